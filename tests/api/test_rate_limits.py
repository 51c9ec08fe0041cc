"""Rate limits, how often one address may call: an IPv4 address or an IPv6 /64 (threats W09, W10)."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from api_client import Caller
from flask import Flask
from test_problems import problem_of

from wizard.config.setting_types import SettingsError


def calls(api: Caller, ip: str, count: int) -> list[int]:
    """The statuses of some calls from an address."""
    return [api.get("evidence", environ_overrides={"REMOTE_ADDR": ip}).status_code for _ in range(count)]


def test_too_many_calls_are_told_when_to_try_again(make_api: Callable[..., Caller]) -> None:
    api = make_api(API_LIMIT="3 per minute")
    assert calls(api, "203.0.113.7", 4) == [200, 200, 200, 429]
    assert calls(api, "203.0.113.8", 1) == [200]
    answer = api.get("evidence", environ_overrides={"REMOTE_ADDR": "203.0.113.7"})
    problem_of(answer, 429, "too-many-requests")
    assert 1 <= int(answer.headers["Retry-After"]) <= 61


def test_all_addresses_of_one_64_count_as_one(make_api: Callable[..., Caller]) -> None:
    api = make_api(API_LIMIT="3 per minute")
    statuses = [calls(api, f"2001:db8:1:2:{n:x}::{n:x}", 1)[0] for n in range(1, 6)]
    assert statuses == [200, 200, 200, 429, 429]
    assert calls(api, "2001:db8:1:3::1", 1) == [200]


def test_calls_that_store_something_share_a_limit_of_their_own(make_api: Callable[..., Caller]) -> None:
    api = make_api(API_LIMIT_WRITING="2 per minute")
    assert api.upload(b"11:05 slow").status_code == 201
    token = api.create_ticket().json["token"]
    problem_of(api.post(f"tickets/{token}/follow-ups", {"text": "Ещё"}), 429, "too-many-requests")
    assert api.get(f"tickets/{token}").status_code == 200
    assert api.desk.send("q_unclear").status == 200, "the form has no part in it"


def test_reading_about_the_api_counts_for_no_call(make_api: Callable[..., Caller]) -> None:
    api = make_api(API_LIMIT="2 per minute")
    for place in ("docs", "problems/refused", "docs", "problems/refused"):
        answer = api.client.get(f"/api/v1/{place}")
        assert (answer.status_code, answer.mimetype) == (200, "text/html")
        assert answer.headers["Cache-Control"] == "public, max-age=600"
    assert calls(api, "127.0.0.1", 3) == [200, 200, 429]
    assert api.client.get("/api/v1/docs").status_code == 200
    problem_of(api.client.get("/api/v1/problems/nothing"), 404, "not-found")


@pytest.mark.parametrize("name", ["API_LIMIT", "API_LIMIT_WRITING"])
def test_a_limit_of_no_shape_stops_the_start(make_app: Callable[..., Flask], name: str) -> None:
    with pytest.raises(SettingsError, match=f"WIZARD_{name}"):
        make_app(**{name: "many"})


def test_a_place_to_count_that_nobody_knows_stops_the_start(make_app: Callable[..., Flask]) -> None:
    with pytest.raises(SettingsError, match="WIZARD_RATELIMIT_STORAGE_URI") as fault:
        make_app(RATELIMIT_STORAGE_URI="nothing://127.0.0.1")
    assert "\n" not in fault.value.message


def test_with_the_counting_server_away_each_process_counts_for_itself(
    make_api: Callable[..., Caller], caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = f"redis://127.0.0.1:{nobody.getsockname()[1]}"
        api = make_api(API_LIMIT="3 per minute", RATELIMIT_STORAGE_URI=away)
        assert calls(api, "203.0.113.7", 4) == [200, 200, 200, 429]
        answer = api.get("evidence", environ_overrides={"REMOTE_ADDR": "203.0.113.7"})
        assert 1 <= int(answer.headers["Retry-After"]) <= 61
