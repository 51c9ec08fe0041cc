"""The file of the consent is checked at start: every fault is named in one line, with the file and the line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from consents import consent_file
from flask import Flask

from wizard.config.setting_types import SettingsError

FAULTS = {
    "no version": ("text: {ru: а, en: b}", ":1: version: is missing"),
    "no text": ("version: 1", ":1: text: is missing"),
    "a language is missing": ("version: 1\ntext:\n  ru: а", ":2: text: has no text in en"),
    "an unknown language": ("version: 1\ntext:\n  ru: а\n  en: b\n  de: c", ':5: unknown language "de"'),
    "an empty text": ("version: 1\ntext:\n  ru: а\n  en: ''", ":4: text: the text in en is empty"),
    "one text for all": ("version: 1\ntext: the same", ":2: text: wants a text for each language: ru, en"),
    "a list in place of a text": ("version: 1\ntext:\n  ru: [а]\n  en: b", ":3: text: the text in ru is empty, or no"),
    "a title in one language": ("version: 1\ntext: {ru: а, en: b}\ntitle: {ru: а}", ":3: title: has no text in en"),
    "a key that is misspelt": (
        "version: 1\ntext: {ru: а, en: b}\nlabbel: {}",
        ':3: unknown key "labbel"; did you mean',
    ),
    "a version of several words": ("version: first of May\ntext: {ru: а, en: b}", ":1: the version is a word"),
    "a list": ("- 1", ":1: version: and text: are wanted"),
    "no YAML": ("version: [", ":1: not YAML"),
}


@pytest.mark.parametrize(("content", "fault"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_stops_the_start_and_says_where_it_is(
    make_app: Callable[..., Flask], tmp_path: Path, content: str, fault: str
) -> None:
    path = tmp_path / "consent.yaml"
    path.write_text(content, "utf-8")
    with pytest.raises(SettingsError) as error:
        make_app(CONSENT=str(path))
    assert f"WIZARD_CONSENT: {path}{fault}" in error.value.message


def test_all_faults_are_named_at_once_each_in_a_line(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    path = tmp_path / "consent.yaml"
    path.write_text("vesion: 1\ntext: {ru: а}\n", "utf-8")
    with pytest.raises(SettingsError) as error:
        make_app(CONSENT=str(path))
    lines = error.value.message.splitlines()
    assert len(lines) == 3 and all(line.startswith(f"WIZARD_CONSENT: {path}:") for line in lines)


def test_a_file_that_is_not_there_is_named(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"WIZARD_CONSENT: .*nowhere\.yaml: cannot be read: No such file"):
        make_app(CONSENT=str(tmp_path / "nowhere.yaml"))


@pytest.mark.parametrize("version", ["1", "1.10", "2026-09-01", "v3_draft"])
def test_a_version_is_the_word_that_was_written(make_app: Callable[..., Flask], tmp_path: Path, version: str) -> None:
    app = make_app(CONSENT=str(consent_file(tmp_path, version)))
    assert app.extensions["zayavka"].consent.version == version
