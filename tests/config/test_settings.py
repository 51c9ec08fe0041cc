"""A wrong setting stops the start with one line that names it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from wizard.config.setting_types import SettingsError, database_url
from wizard.config.sites import SitesError

PARTS_OF_ADDRESSES = (
    *("sqlite", "postgresql", "postgresql+psycopg://", "sqlite://", "mysql", "+", "://", ":", "/", "@", "[", "]"),
    *("::1", "host", "5432", "-5", "?", "a=b", "\n", " ", "ü", "%40"),
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NUMBERING", "both"),
        ("TICKET_TAG", "[##]"),
        ("MAIL_PORT", 70000),
        ("SUPPORT_INBOX", "support"),
        ("SUPPORT_INBOX", "a@desk.example\r\nBcc: b@desk.example"),
        ("MAIL_DEFAULT_SENDER", "Desk <desk@desk.example>"),
        ("BASE_URL", "help.desk.example"),
        ("PRIVACY_URL", "javascript:alert(1)"),
        ("RETENTION_TICKET_DAYS", -1),
        ("RETENTION_EVIDENCE_DAYS", "month"),
        ("TRUSTED_PROXIES", -1),
        ("SECRET_KEY", "short"),
        ("SQLALCHEMY_DATABASE_URI", "foo"),
        ("SQLALCHEMY_DATABASE_URI", "mysql://user@host/name"),
        ("SQLALCHEMY_DATABASE_URI", "postgresql://user:canary@host:port/name"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(make_app: Callable[..., Flask], name: str, value: object) -> None:
    with pytest.raises(SettingsError) as fault:
        make_app(**{name: value})
    assert f"WIZARD_{name}" in fault.value.message
    assert "\n" not in fault.value.message


@pytest.mark.parametrize("name", ["TICKET_TAG", "DESK_TAG"])
@pytest.mark.parametrize(
    "pattern",
    [
        *("[##]", "[{number}] [{number}]", "[{0}{number}]", "[{number}]{x}", "[{number}]{", "{{{number}}}"),
        *("[{number!r}]", "[{number:d}]", "[{number}\n]", "{number}", " {number} ", "Ticket {number}", "7{number}"),
    ],
)
def test_a_tag_that_cannot_be_filled_in_or_told_from_other_text_stops_the_start(
    make_app: Callable[..., Flask], name: str, pattern: str
) -> None:
    with pytest.raises(SettingsError) as fault:
        make_app(**{name: pattern})
    assert fault.value.message.startswith(f"WIZARD_{name}: must contain ")
    assert "\n" not in fault.value.message


@pytest.mark.parametrize("pattern", ["[##{number}##]", "[## {number} ##]"])
def test_desk_and_service_do_not_count_in_one_shape(make_app: Callable[..., Flask], pattern: str) -> None:
    with pytest.raises(SettingsError, match=r"^WIZARD_DESK_TAG must not be TICKET_TAG too.*NUMBERING=desk$"):
        make_app(DESK_TAG=pattern)
    assert make_app(DESK_TAG=pattern, NUMBERING="desk")


def test_an_empty_tag_of_the_desks_is_none(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIZARD_DESK_TAG", "")
    assert make_app().extensions["zayavka"].settings.tag_of_desk == ""
    assert make_app(NUMBERING="desk").extensions["zayavka"].settings.tag_of_desk == "[##{number}##]"


@given(st.lists(st.sampled_from(PARTS_OF_ADDRESSES), max_size=10).map("".join))
@example("postgresql+psycopg://user:p/w?d@[::1]:5432/name?sslmode=require")
@example("sqlite:////folder/zayavka.db")
@example("postgresql://host:/name")
def test_a_databases_address_is_judged_as_sqlalchemy_would_without_loading_it(url: str) -> None:
    try:
        is_known = make_url(url).get_backend_name() in ("sqlite", "postgresql")
    except (ArgumentError, ValueError, TypeError):
        is_known = False
    if is_known:
        assert database_url(url) == url
    else:
        with pytest.raises(ValueError, match="must be the address of a database"):
            database_url(url)


def test_a_lease_shorter_than_a_letter_may_take_is_refused(make_app: Callable[..., Flask]) -> None:
    with pytest.raises(SettingsError, match="OUTBOX_LEASE"):
        make_app(MAIL_DEADLINE=300, OUTBOX_LEASE=60)


def test_a_mail_server_elsewhere_needs_real_addresses(make_app: Callable[..., Flask]) -> None:
    elsewhere = {"MAIL_SERVER": "mail.desk.example", "MAIL_DEFAULT_SENDER": "zayavka@desk.example"}
    with pytest.raises(SettingsError, match="SUPPORT_INBOX"):
        make_app(**elsewhere)
    assert make_app(**elsewhere, SUPPORT_INBOX="support@desk.example")


def test_no_secret_stands_in_what_a_program_prints_of_the_settings(make_app: Callable[..., Flask]) -> None:
    settings = make_app(SECRET_KEY="a key not to be seen", MAIL_PASSWORD="canary").extensions["zayavka"].settings
    assert "a key not to be seen" not in repr(settings)
    assert "canary" not in repr(settings)


def test_a_language_that_the_catalog_lacks_is_refused_at_start(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="WIZARD_DESK_LANGUAGE"):
        make_app(DESK_LANGUAGE="fr")
    path = tmp_path / "sites.yaml"
    path.write_text("shop: {language: fr}")
    with pytest.raises(SitesError, match=r"shop\.language"):
        make_app(SITES=str(path))


def test_an_unwritable_instance_folder_is_named(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingsError, match="WIZARD_INSTANCE_PATH"):
        make_app(INSTANCE_PATH=str(tmp_path / "file" / "instance"))


def test_a_secret_key_is_made_once_and_kept(make_app: Callable[..., Flask]) -> None:
    first = make_app(SECRET_KEY=None)
    again = make_app(SECRET_KEY=None, INSTANCE_PATH=first.instance_path)
    assert first.config["SECRET_KEY"] == again.config["SECRET_KEY"]
    assert len(first.config["SECRET_KEY"]) == 64


def test_a_password_of_digits_is_a_password(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIZARD_MAIL_PASSWORD", "0123456")
    monkeypatch.setenv("WIZARD_MAIL_USERNAME", "1.10")
    settings = make_app().extensions["zayavka"].settings
    assert settings.mail_password == "0123456"
    assert settings.mail_username == "1.10"
    assert "0123456" not in repr(settings)


@pytest.mark.parametrize(
    "yaml",
    [
        "shop: {origins: ['https://shop.example/path']}",
        "shop: {copies: ['https://shop.example/help']}",
        "shop: {copies: ['https://shop.example']}",
        "shop: {copies: ['https://name@shop.example/help/']}",
        "shop: {copies: ['https://shop.example/help/?a=/']}",
        "shop: {copies: ['/help/']}",
        "shop: {colour: red}",
        "shop: [",
        "shop: {inbox: a b}",
    ],
)
def test_a_fault_in_the_file_of_sites_is_named(make_app: Callable[..., Flask], tmp_path: Path, yaml: str) -> None:
    path = tmp_path / "sites.yaml"
    path.write_text(yaml)
    with pytest.raises(SitesError, match=r"sites\.yaml"):
        make_app(SITES=str(path))
