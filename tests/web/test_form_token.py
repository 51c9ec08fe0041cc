"""The token of a check page: what was not signed for this form is none, whatever form it has."""

from __future__ import annotations

import time

import pytest
from installation import Installation
from itsdangerous import URLSafeTimedSerializer

from wizard.web import form_token

FORM = ("shop", "site_down")


def signed(desk: Installation, content: object) -> str:
    """Anything under our own signature."""
    text = URLSafeTimedSerializer([desk.container.settings.secret_key], salt="once").dumps(content)
    assert isinstance(text, str)
    return text


def test_a_token_of_this_form_gives_its_key(desk: Installation) -> None:
    settings = desk.container.settings
    keys = [form_token.verify(settings, form_token.issue(settings, *FORM), *FORM) for _ in range(2)]
    assert None not in keys
    assert keys[0] != keys[1]
    assert form_token.verify(settings, signed(desk, ["key", *FORM]), *FORM) == "key"


@pytest.mark.parametrize(
    "content",
    [
        *(5, None, "text", [], {}, ["key"], ["key", "shop"], ["key", "shop", "site_down", "more"]),
        *([5, *FORM], [None, *FORM], ["key", "a", "site_down"], ["key", "z", "site_down"]),
        *(["key", "shop", "a"], ["key", "shop", "z"], ["key", "site_down", "shop"]),
    ],
)
def test_content_of_another_form_is_no_key_even_when_it_is_signed(desk: Installation, content: object) -> None:
    assert form_token.verify(desk.container.settings, signed(desk, content), *FORM) is None


@pytest.mark.parametrize("text", ["", "x", ".", "a.b.c", "\ud800", "щ", "[1]", "x" * 100_000])
def test_what_is_not_signed_is_no_key(desk: Installation, text: str) -> None:
    assert form_token.verify(desk.container.settings, text, *FORM) is None


def test_a_key_lives_for_a_day(desk: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, now = desk.container.settings, time.time()
    token = form_token.issue(settings, *FORM)
    for age, is_alive in ((24 * 3600 - 60, True), (24 * 3600 + 60, False)):
        monkeypatch.setattr(time, "time", lambda age=age: now + age)
        assert (form_token.verify(settings, token, *FORM) is not None) is is_alive
