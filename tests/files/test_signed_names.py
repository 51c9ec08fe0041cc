"""A page carries a file that is not sent yet by a name that only we can make (threats W07)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.files.signed_names import sign, unsign

KEYS = ["an old key of the installation", "the key of the installation"]
DAY = 24 * 3600
UPLOAD = "0123456789abcdef0123456789abcdef"


def test_a_name_that_we_signed_is_read_again() -> None:
    assert unsign(sign(UPLOAD, KEYS), KEYS, DAY) == UPLOAD


def test_a_name_lives_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    name, now = sign(UPLOAD, KEYS), time.time()
    monkeypatch.setattr(time, "time", lambda: now + 24 * 3600 - 60)
    assert unsign(name, KEYS, DAY) == UPLOAD
    monkeypatch.setattr(time, "time", lambda: now + 24 * 3600 + 60)
    assert unsign(name, KEYS, DAY) is None


def test_a_new_key_signs_and_the_old_one_is_still_believed() -> None:
    before = sign(UPLOAD, KEYS[:1])
    assert unsign(before, KEYS, DAY) == UPLOAD
    assert unsign(sign(UPLOAD, KEYS), KEYS[1:], DAY) == UPLOAD
    assert unsign(before, KEYS[1:], DAY) is None


def test_a_name_with_any_sign_changed_is_not_ours() -> None:
    name = sign(UPLOAD, KEYS)
    for place, old in enumerate(name[:-1]):
        changed = name[:place] + ("A" if old != "A" else "B") + name[place + 1 :]
        assert unsign(changed, KEYS, DAY) is None
    assert unsign(UPLOAD, KEYS, DAY) is None


@given(st.text(max_size=200))
def test_no_text_makes_it_stumble(text: str) -> None:
    assert unsign(text, KEYS, DAY) is None
