"""The Host header makes no address, reaches no cache, and may be limited to names of ours (threats M2, ASVS 3.4.1)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import redirect
from installation import Installation

EVIL = {"Host": "evil.example"}
WITHOUT_A_SLASH = ("/ru", "/en", "/ru/site", "/ru/site/site_down", "/ru/tickets/token", "/en/follow-up", "/mailbox")


def open_page(desk: Installation, path: str, **options: Any) -> Any:
    """An answer, without following where it leads."""
    return desk.app.test_client().open(path, **options)


@pytest.mark.parametrize(
    "path", [*WITHOUT_A_SLASH, "/", "/ru/search/", "//evil.example/ru", "/ru//site", "/ru/site?site=a"]
)
@pytest.mark.parametrize("headers", [EVIL, {**EVIL, "X-Forwarded-Host": "evil.example"}])
def test_no_redirect_repeats_the_host(
    make_desk: Callable[..., Installation], path: str, headers: dict[str, str]
) -> None:
    desk = make_desk(MAIL_SERVER=None)
    answer = open_page(desk, path, headers=headers, environ_base={"REMOTE_ADDR": "127.0.0.1"})
    assert answer.status_code in (302, 308)
    location = answer.headers["Location"]
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert "http" not in location
    assert "http://evil" not in answer.text
    if answer.status_code == 308:
        assert answer.headers["Cache-Control"] == "no-store"
        assert location.endswith("?site=a") is path.endswith("?site=a")


@pytest.mark.parametrize("address", ["http://a//b.example/", "//b//c.example", "http://a/\\b.example", "/ru/"])
def test_whatever_a_redirect_says_it_leads_within_the_service(desk: Installation, address: str) -> None:
    with desk.app.test_request_context("/"):
        answer = desk.app.process_response(redirect(address))  # type: ignore[arg-type]
    assert answer.headers["Location"] in ("/b.example/", "/c.example", "/b.example", "/ru/")


def test_a_redirect_of_the_api_repeats_no_host_either(desk: Installation) -> None:
    answer = open_page(desk, "/api/v1//catalog", headers=EVIL)
    assert (answer.status_code, answer.headers["Location"]) == (308, "/api/v1/catalog")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "host", ["a.example,b.example", "a.example, b.example", "a b", "a/b", "user@a", "a?b", "", "ü.example"]
)
@pytest.mark.parametrize("path", ["/ru/", "/api/v1/catalog", "/healthz"])
def test_two_hosts_or_none_are_refused(desk: Installation, host: str, path: str) -> None:
    answer = open_page(desk, path, environ_overrides={"HTTP_HOST": host.encode().decode("latin-1")})
    assert answer.status_code == 400
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    if host:
        assert host not in answer.text


def test_a_client_of_http_1_0_needs_no_host(desk: Installation) -> None:
    old = {"HTTP_HOST": "", "SERVER_PROTOCOL": "HTTP/1.0"}
    assert open_page(desk, "/ru/", environ_overrides=old).status_code == 200


@pytest.mark.parametrize(
    "host", ["help.desk.example", "HELP.desk.example:8443", "a.b.shop.example", "10.0.0.5:8000", "web_1"]
)
def test_by_default_any_host_is_served_and_changes_nothing(desk: Installation, host: str) -> None:
    answer = open_page(desk, "/ru/", headers={"Host": host})
    assert answer.status_code == 200
    assert answer.data == open_page(desk, "/ru/").data


def test_only_trusted_hosts_are_served_and_health_checks_by_any(
    make_desk: Callable[..., Installation], caplog: pytest.LogCaptureFixture
) -> None:
    desk = make_desk(TRUSTED_HOSTS="help.desk.example, .shop.example")
    for host, status in {
        "help.desk.example": 200,
        "HELP.desk.example:8000": 200,
        "a.shop.example": 200,
        "evil.example": 400,
        "help.desk.example.evil.example": 400,
        "xhelp.desk.example": 400,
        "10.0.0.5": 400,
    }.items():
        # Twice: the second answer would come from the cache of pages.
        assert [open_page(desk, "/ru/", headers={"Host": host}).status_code for _ in range(2)] == [status] * 2, host
        assert open_page(desk, "/healthz", headers={"Host": host}).status_code == 200
    events = [record.getMessage() for record in caplog.records if record.name == "wizard.security"]
    assert len(events) == 8
    assert all(event.startswith("host_refused caller=") for event in events)
    assert "example" not in "".join(events)
    with caplog.at_level(logging.INFO):
        assert desk.app.test_client().get("/ru", headers={"Host": "help.desk.example"}).status_code == 308


@pytest.mark.parametrize(
    ("base_url", "is_promised"), [("https://help.desk.example", True), ("http://127.0.0.1:8000", False)]
)
def test_tls_is_promised_by_every_answer_where_clients_come_by_it(
    make_desk: Callable[..., Installation], base_url: str, is_promised: bool
) -> None:
    desk = make_desk(BASE_URL=base_url)
    answers = [
        *(
            open_page(desk, path)
            for path in ("/", "/ru", "/ru/", "/ru/", "/ru/nothing/", "/xx/", "/healthz", "/embed.js")
        ),
        *(open_page(desk, f"/api/v1/{path}") for path in ("catalog", "nothing", "queue", "docs", "openapi.json")),
        open_page(desk, "/static/zayavka.css"),
        open_page(desk, "/ru/", method="PUT"),
        open_page(desk, "/ru/site/site_down/", method="POST"),
        open_page(desk, "/ru/", headers={"Host": "a,b"}),
        open_page(desk, "/ru/", headers={"If-None-Match": open_page(desk, "/ru/").headers["ETag"]}),
    ]
    assert {answer.status_code for answer in answers} >= {200, 302, 304, 308, 400, 404, 405, 422}
    values = {answer.headers.get("Strict-Transport-Security") for answer in answers}
    assert values == ({"max-age=31536000"} if is_promised else {None})


@pytest.mark.parametrize(("base_url", "is_promised"), [("https://localhost", True), ("http://localhost", False)])
def test_the_local_mailbox_makes_the_same_promise(
    make_desk: Callable[..., Installation], base_url: str, is_promised: bool
) -> None:
    desk = make_desk(MAIL_SERVER=None, BASE_URL=base_url)
    for path, status in (("/mailbox/", 200), ("/mailbox/none/", 404)):
        answer = open_page(desk, path, environ_base={"REMOTE_ADDR": "127.0.0.1"})
        assert answer.status_code == status
        assert ("Strict-Transport-Security" in answer.headers) is is_promised
