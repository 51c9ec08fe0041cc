"""Errors are problems with a stable type; pages keep pages; nobody ever sees a stack (threats V06, W16)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from api_client import Caller
from installation import Installation

from wizard.api.problems import STATUS
from wizard.db.engine import db
from wizard.texts import LANGUAGES, translate


def problem_of(answer: Any, status: int, kind: str) -> dict[str, Any]:
    """The problem, checked for what every one of them has."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    body: dict[str, Any] = answer.json
    assert body["type"] == f"/api/v1/problems/{kind}"
    assert body["status"] == status
    assert body["title"]
    assert "Traceback" not in answer.text
    return body


def test_every_kind_of_problem_has_a_title_in_every_language() -> None:
    for kind in STATUS:
        for language in LANGUAGES:
            assert translate(language, f"api.{kind}.title")


@pytest.mark.parametrize(
    ("body", "case"),
    [
        (b"", "Строка 1, знак 1"),
        (b"{", "Строка 1, знак 2"),
        (b'{"a": 1,\n "b" 2}', "Строка 2, знак 6"),
        (b"{'a': 1}", "Строка 1, знак 2"),
        (b'{"a": "\xff"}', "Байт 8"),
        (b'\xef\xbb\xbf{"a": 1}', "Строка 1, знак 1"),
        (b'{"answers": {"site_url": "a", "site_url": "b"}}', "«site_url» назван дважды"),
        (b'{"answers": {"site_url": "a", "site\\u005furl": "b"}}', "«site_url» назван дважды"),
        (b'{"a": [NaN]}', "Строка 1, знак 8"),
        (b'{"a":\n -Infinity}', "Строка 2, знак 2"),
        (b'{"a": 1e400}', "Строка 1, знак 7"),
        (b'{"a": ' + b"9" * 5000 + b"}", "Строка 1, знак 7"),
        (b'{"a": "1e400", "b": 1e400}', "Строка 1, знак 21"),
        (b'{"a":' * 12 + b"[" + b"]" + b"}" * 12, "вложено глубже 12"),
        (b"[" * 500_000, "вложено глубже 12"),
        (b'{"a":' * 100_000, "вложено глубже 12"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(api: Caller, body: bytes, case: str) -> None:
    answer = api.post("tickets", data=body, content_type="application/json")
    assert case in problem_of(answer, 400, "not-json")["detail"]


def test_numbers_and_depth_within_reason_are_json(api: Caller) -> None:
    body = b'{"a": 12.5, "b": -3, "c": 1e3, "d": [[[[[[[[[[[]]]]]]]]]]], "e": "\\"[{NaN"}'
    problem_of(api.post("tickets", data=body, content_type="application/json"), 422, "refused")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
def test_json_must_say_that_it_is_json(api: Caller, kind: str | None) -> None:
    answer = api.post("tickets", data=b"{}", content_type=kind)
    problem_of(answer, 415, "media-type")
    assert answer.headers["Accept"] == "application/json"
    packed = api.post("tickets", {}, headers={"Content-Encoding": "gzip"})
    problem_of(packed, 415, "media-type")


def test_a_body_beyond_measure_is_refused_whether_it_says_so_or_not(api: Caller) -> None:
    body = b'{"a": "' + b"x" * 2**20 + b'"}'
    problem_of(api.post("tickets", data=body, content_type="application/json"), 413, "too-large")
    unannounced = api.post(
        "tickets",
        data=body,
        content_type="application/json",
        environ_overrides={"CONTENT_LENGTH": "", "wsgi.input_terminated": True},
    )
    problem_of(unannounced, 413, "too-large")


def test_addresses_and_methods_that_are_not_there(api: Caller) -> None:
    for place in ("nothing", "situations/nothing", "tickets/100001", "tickets/" + "x" * 22, "catalog/", ""):
        problem_of(api.get(place), 404, "not-found")
    answer = api.client.put("/api/v1/tickets")
    problem_of(answer, 405, "method-not-allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


def test_pages_keep_their_pages(api: Caller) -> None:
    for place, status in (("/ru/nothing/", 404), ("/api/", 404), ("/apis/v1/", 404)):
        answer = api.client.get(place)
        assert (answer.status_code, answer.mimetype) == (status, "text/html")


@pytest.mark.parametrize(
    ("headers", "query", "title"),
    [
        ({}, "", "Здесь ничего нет"),
        ({"Accept-Language": "en-GB,en;q=0.9"}, "", "There is nothing here"),
        ({"Accept-Language": "en"}, "?language=ru", "Здесь ничего нет"),
        ({"Accept-Language": "de"}, "?language=xx", "Здесь ничего нет"),
    ],
)
def test_a_problem_speaks_the_language_that_is_asked_for(
    api: Caller, headers: dict[str, str], query: str, title: str
) -> None:
    assert api.get(f"nothing{query}", headers=headers).json["title"] == title


def test_a_body_is_answered_in_the_language_that_it_names_or_in_that_of_its_site(
    make_api: Callable[..., Caller], tmp_path: Path
) -> None:
    path = tmp_path / "sites.yaml"
    path.write_text("shop: {language: en}")
    api = make_api(SITES=str(path))
    russian, english = "Такого поля здесь нет", "There is no such member here"
    for body, text in (
        ({}, russian),
        ({"language": "en"}, english),
        ({"site": "shop"}, english),
        ({"site": "shop", "language": "ru"}, russian),
        ({"site": ["shop"], "language": ["en"]}, russian),
    ):
        assert api.post("tickets", {**body, "colour": "red"}).json["errors"]["colour"] == [text]
    token = api.create_ticket("q_unclear", site="shop", language="en").json["token"]
    assert api.get(f"tickets/{token}").json["language"] == "en"
    report = {"situation": "q_unclear", "site": "shop", "answers": api.report("q_unclear")["answers"]}
    report["answers"]["details"] = "Which section changes the price list?"
    assert "/en/tickets/" in api.post("tickets", report).json["url"]


def test_a_database_away_is_a_503_that_says_when_to_try_again(api: Caller) -> None:
    database = api.desk.container.settings.instance_path / "zayavka.db"
    token = api.create_ticket().json["token"]
    with api.desk.app.app_context():
        db.engine.dispose()
        database.rename(database.with_suffix(".away"))
        for answer in (
            api.post("tickets", api.report()),
            api.post("tickets", api.report(), headers={"Idempotency-Key": "12345678"}),
            api.get(f"tickets/{token}"),
            api.post(f"tickets/{token}/follow-ups", {"text": "Ещё"}),
            api.upload(b"11:05 slow"),
        ):
            problem_of(answer, 503, "unavailable")
            assert answer.headers["Retry-After"] == "30"
        for place in ("catalog", "situations/site_down", "evidence"):
            assert api.get(place).status_code == 200, "these need no database"
        assert api.post("assess", {"text": "Не открывается сайт"}).status_code == 200
        db.engine.dispose()
        database.unlink(missing_ok=True)
        database.with_suffix(".away").rename(database)
    assert api.get(f"tickets/{token}").status_code == 200


def test_an_unexpected_fault_reveals_nothing_of_the_machine(
    make_desk: Callable[..., Installation], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    api = Caller(make_desk())

    def broken(*_: object) -> None:
        raise ZeroDivisionError("canary words of a client")

    monkeypatch.setattr("wizard.api.tickets.accept", broken)
    problem_of(api.post("tickets", api.report()), 500, "fault")
    assert "ZeroDivisionError" in caplog.text
    assert "canary" not in caplog.text
