"""The consent over the API: the catalog names it, a report carries it, a former one is answered with the present."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from api_client import Caller
from consents import TEXT, consent_file, sha256
from sqlalchemy import select

from wizard.db.models import Ticket
from wizard.tickets import snapshot

VERSION = "2026-09-01"
PROBLEM = "/api/v1/problems/consent-needed"


@pytest.fixture
def asking(make_api: Callable[..., Caller], tmp_path: Path) -> Caller:
    """A program that calls an installation which asks for a consent."""
    return make_api(CONSENT=str(consent_file(tmp_path)), BASE_URL="https://help.desk.example")


def test_the_catalog_names_version_text_and_address(asking: Caller) -> None:
    consent = asking.get("catalog?language=en").json["consent"]
    assert consent == {
        "version": VERSION,
        "sha256": sha256(TEXT["en"]),
        "url": "https://help.desk.example/en/consent/",
        "title": "Consent to the processing of personal data",
        "label": "I consent to the processing of my personal data",
        "text": TEXT["en"],
    }
    assert sha256(consent["text"]) == consent["sha256"]


@pytest.mark.parametrize("given", [{"version": VERSION}, {"version": VERSION, "sha256": sha256(TEXT["ru"])}])
def test_a_report_with_the_present_consent_is_accepted_and_keeps_it(asking: Caller, given: dict[str, str]) -> None:
    asking.create_ticket(consent=given)
    [row] = asking.desk.query(select(Ticket.number, Ticket.token, Ticket.record))
    kept = snapshot.load(row).consent
    assert kept is not None and (kept.version, kept.sha256) == (VERSION, sha256(TEXT["ru"]))


@pytest.mark.parametrize(
    "given",
    [None, {"version": "2025-01-01"}, {"version": VERSION, "sha256": sha256("other words")}],
    ids=["none", "a former version", "another text"],
)
def test_a_missing_or_former_consent_is_refused_with_the_present_one(
    asking: Caller, given: dict[str, str] | None
) -> None:
    report = asking.report(**({"consent": given} if given else {}))
    answer = asking.post("tickets", report, headers={"Idempotency-Key": "one-key-for-both-tries"})
    assert answer.status_code == 422 and answer.json["type"] == PROBLEM
    named = answer.json["consent"]
    assert named == {
        "version": VERSION,
        "sha256": sha256(TEXT["ru"]),
        "url": "https://help.desk.example/ru/consent/",
    }
    [text] = answer.json["errors"]["consent"]
    assert VERSION in text and named["url"] in text
    assert asking.desk.query(select(Ticket.number)) == []
    # The refused report has not used up its key.
    answer = asking.post(
        "tickets", {**report, "consent": {"version": VERSION}}, headers={"Idempotency-Key": "one-key-for-both-tries"}
    )
    assert answer.status_code == 201


@pytest.mark.parametrize("given", ["yes", True, {}, {"version": 1}, {"version": VERSION, "agreed": True}])
def test_what_is_no_consent_is_refused_as_any_other_wrong_member(asking: Caller, given: object) -> None:
    answer = asking.post("tickets", asking.report(consent=given))
    assert answer.status_code == 422 and "consent" in answer.json["errors"]


def test_a_retry_is_answered_although_the_text_has_changed(
    asking: Caller, make_api: Callable[..., Caller], tmp_path: Path
) -> None:
    first = asking.create_ticket(key="the-key-of-a-report", consent={"version": VERSION})
    path = consent_file(tmp_path, "2027-01-01")
    later = make_api(CONSENT=str(path), SQLALCHEMY_DATABASE_URI=asking.desk.container.settings.database_uri)
    again = later.create_ticket(key="the-key-of-a-report", consent={"version": VERSION})
    assert again.json["token"] == first.json["token"]


def test_the_document_describes_it_and_its_examples_are_accepted(asking: Caller) -> None:
    schemas = asking.document.content["components"]["schemas"]
    assert "consent" in schemas["TicketRequest"]["required"] and "consent" in schemas["Catalog"]["required"]
    call = asking.document.content["paths"]["/tickets"]["post"]
    assert "consent-needed" in call["responses"]["422"]["content"]["application/problem+json"]["examples"]
    for shown in call["requestBody"]["content"]["application/json"]["examples"].values():
        assert asking.post("tickets", shown["value"]).status_code == 201
    shown = asking.document.content["paths"]["/catalog"]["get"]["responses"]["200"]["content"]["application/json"]
    asking.document.validator(shown["schema"]).validate(shown["examples"]["answer"]["value"])


def test_where_none_is_asked_for_the_document_says_nothing_and_none_is_taken(api: Caller) -> None:
    schemas = api.document.content["components"]["schemas"]
    assert "consent" not in schemas["TicketRequest"]["properties"]
    assert "consent" not in schemas["Catalog"]["properties"] and "consent" not in api.get("catalog").json
    answer = api.post("tickets", api.report(consent={"version": VERSION}))
    assert answer.status_code == 422 and list(answer.json["errors"]) == ["consent"]


def test_a_follow_up_needs_none(asking: Caller) -> None:
    token = asking.create_ticket(consent={"version": VERSION}).json["token"]
    assert asking.post(f"tickets/{token}/follow-ups", {"text": "It opens again"}).status_code == 201
