"""What the service reads out of a text and sees of a caller; nothing of either is stored."""

from __future__ import annotations

from collections.abc import Callable

from api_client import Caller, errors_of


def test_a_text_is_assessed_as_triage_reads_it(api: Caller) -> None:
    text = "[##123456##] Проценка не работает по всем поставщикам, пароль: qwerty12"
    assessment = api.post("assess", {"text": text}).json
    assert assessment["suggestions"][0]["situation"] == "pricing_all"
    assert api.desk.client.get(assessment["suggestions"][0]["url"]).status == 200
    assert assessment["ticket_numbers"] == ["123456"]
    [secret] = assessment["secrets"]
    assert text[secret["start"] : secret["end"]] == "qwerty12"
    assert set(assessment) == {
        "vague",
        "ask",
        "polite",
        "several_questions",
        "ticket_numbers",
        "continues_ticket",
        "secrets",
        "has_error_text",
        "has_bounce_text",
        "suggestions",
    }


def test_a_vague_text_is_asked_back_in_the_asked_language(api: Caller) -> None:
    assessment = api.post("assess", {"text": "не работает", "language": "en", "situation": "pricing_all"}).json
    assert assessment["vague"]
    assert assessment["ask"].isascii() or "—" in assessment["ask"] or "“" in assessment["ask"]
    assert api.post("assess", {"text": "Не работает"}, headers={"Accept-Language": "ru"}).json["ask"]


def test_a_text_of_no_shape_is_refused(api: Caller) -> None:
    assert set(errors_of(api.post("assess", {}))) == {"text"}
    assert set(errors_of(api.post("assess", {"text": "x" * 20_001}))) == {"text"}
    assert set(errors_of(api.post("assess", {"text": "x", "situation": "nothing"}))) == {"situation"}


def test_evidence_is_what_the_server_sees(make_api: Callable[..., Caller]) -> None:
    api = make_api(TRUSTED_PROXIES=1)
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    seen = api.get("evidence", headers={"X-Forwarded-For": "198.51.100.9, 203.0.113.25", "User-Agent": agent}).json
    assert (seen["ip"], seen["browser"], seen["os"]) == ("203.0.113.25", "Firefox 140", "Windows 10")
    assert seen["public_ip"] == "203.0.113.25"
    assert seen["time"].endswith("+00:00")
