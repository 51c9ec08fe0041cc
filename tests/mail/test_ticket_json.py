"""``ticket.json`` is what the schema says that it names, in letters, queue and webhooks, in both versions."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from api_client import Caller
from installation import Installation
from jsonschema import Draft202012Validator
from letters_under_test import DESK, SNAPSHOT, WHEN, attached, file_names, json_of

from wizard.mail.desk_letter import compose_desk_letter
from wizard.mail.follow_up_letter import compose_follow_up
from wizard.mail.message import Letter
from wizard.tickets.similar import Similar
from wizard.tickets.snapshot import AnswerSnapshot
from wizard.tickets.ticket_json import FollowUpMessage, ticket_json

Deliver = Callable[[Letter], EmailMessage]

FOLDER = Path(__file__).parents[2] / "wizard" / "tickets"
NAMES = ("ticket.v1.schema.json", "ticket.schema.json")
SCHEMAS = {schema["$id"]: schema for schema in (json.loads((FOLDER / name).read_text("utf-8")) for name in NAMES)}
VERSION_1 = replace(DESK, ticket_json_version=1)
AGENT = {"Authorization": "Bearer a-token-of-the-tests-0123456789"}


def sound(fields: dict[str, Any], version: int) -> dict[str, Any]:
    """The JSON, once the schema that it names has been asked."""
    assert fields["$schema"] == f"urn:zayavka:ticket:{version}"
    assert fields["schema_version"] == version
    Draft202012Validator(SCHEMAS[fields["$schema"]]).validate(fields)
    return fields


def further_message(desk: Any = DESK, *, verified: bool = True) -> Letter:
    """A further message with a file in the letter and one behind a link."""
    files = [attached(content=b"\0", type_="application/zip", name="first.zip")]
    links = [(attached(content=b"\1", type_="application/zip", name="second.zip").attachment, "https://x.example/")]
    return compose_follow_up(
        SNAPSHOT, desk, "Ещё", files, links, follow_up_number=2, created_at=WHEN, verified=verified
    )


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_both_schemas_are_sound(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    assert set(schema["required"]) | {"consent"} == set(schema["properties"])


@pytest.mark.parametrize("version", [1, 2])
def test_the_members_stand_in_the_order_of_the_schema(version: Any) -> None:
    assert list(ticket_json(SNAPSHOT, version=version)) == SCHEMAS[f"urn:zayavka:ticket:{version}"]["required"]


def test_what_is_new_in_version_2(deliver: Deliver) -> None:
    fields = sound(json_of(deliver(compose_desk_letter(SNAPSHOT, DESK))), 2)
    new = {name: fields[name] for name in fields.keys() - ticket_json(SNAPSHOT, version=1).keys()}
    empty = dict.fromkeys(("desk_url", "follow_up", "similar", "probe"))
    assert new == {**empty, "verified": False, "source": "form"}
    assert ticket_json(SNAPSHOT, version=1).keys() - fields.keys() == {"token_url"}


def test_version_1_is_what_it_was_but_for_an_address_that_opens_no_ticket(deliver: Deliver) -> None:
    snapshot = replace(SNAPSHOT, source="api", answers=(replace(SNAPSHOT.answers[0], precision="day"),))
    fields = sound(json_of(deliver(compose_desk_letter(snapshot, VERSION_1, similar=Similar(1, 2)))), 1)
    assert fields["token_url"] == "https://help.desk.example/ru/follow-up/"
    assert fields["answers"][0].keys() == {"id", "label", "value", "text"}
    assert file_names(deliver(further_message(VERSION_1))) == ["first.zip"], "follow-ups had no JSON"


@pytest.mark.parametrize("verified", [True, False])
def test_a_follow_up_brings_its_message_and_how_sure_we_are_of_its_sender(deliver: Deliver, verified: bool) -> None:
    fields = sound(json_of(deliver(further_message(verified=verified))), 2)
    files = fields["follow_up"].pop("attachments")
    assert fields["follow_up"] == {
        "position": 2,
        "text": "Ещё",
        "created_at": "2026-11-23T16:40:00+00:00",
        "verified": verified,
    }
    assert [file["name"] for file in files] == ["first.zip", "second.zip"]
    assert fields["verified"] is verified
    assert fields["number"] == 100_001 and fields["attachments"] == []


def test_similar_reports_are_numbers(deliver: Deliver) -> None:
    for similar in (Similar(3, 14), Similar(0, 0, 0, 0, 1000)):
        fields = sound(json_of(deliver(compose_desk_letter(SNAPSHOT, DESK, similar=similar))), 2)
        assert fields["similar"] == {
            "hour": similar.hour,
            "day": similar.day,
            "same_hour": similar.same_hour,
            "same_day": similar.same_day,
            "client_week": similar.client_week,
        }


def test_a_lone_surrogate_in_a_follow_up_breaks_no_json(deliver: Deliver) -> None:
    fields = ticket_json(SNAPSHOT, follow_up=FollowUpMessage(1, "\ud800", WHEN, verified=False))
    letter = compose_follow_up(SNAPSHOT, DESK, "\ud800", follow_up_number=1, created_at=WHEN, verified=False)
    [part] = [part for part in letter.attachments if part.name == "ticket.json"]
    assert json.loads(part.content)["follow_up"]["text"] == fields["follow_up"]["text"]


@pytest.mark.parametrize("version", [1, 2])
def test_letter_and_queue_say_the_same_but_for_similar_reports(
    make_desk: Callable[..., Installation], version: int
) -> None:
    desk = make_desk(TICKET_JSON_VERSION=version, AGENT_TOKENS="bot:a-token-of-the-tests-0123456789")
    for moment in ("вчера в 9 вечера", "вчера в 21:40"):
        Caller(desk).create_ticket("site_down", answers={"started": moment})
    desk.run_worker()
    letters = [sound(json_of(letter), version) for letter in desk.inbox]
    entries = Caller(desk, **AGENT).get("queue").get_json()["tickets"]
    not_counted = {"similar": None} if version == 2 else {}
    assert [entry["ticket"] for entry in entries] == [{**fields, **not_counted} for fields in letters]
    assert {fields.get("source") for fields in letters} == {"api" if version == 2 else None}


@pytest.mark.parametrize(
    ("typed", "precision"),
    [
        ("вчера в 21:15", "minute"),
        ("вчера в 9 вечера", "hour"),
        ("сегодня около 0:00", "part_of_day"),
        ("2 дня назад", "day"),
        ("unknown", None),
    ],
)
def test_a_moment_says_how_exact_it_is_by_whichever_door_it_came(
    desk: Installation, typed: str, precision: str | None
) -> None:
    desk.send("site_down", started=typed)
    Caller(desk).create_ticket("site_down", answers={"started": typed, "contact_name": "Андрей"})
    desk.run_worker()
    for letter in desk.inbox:
        answers = {answer["id"]: answer for answer in sound(json_of(letter), 2)["answers"]}
        assert answers["started"]["precision"] == precision
        assert {answer["precision"] for id_, answer in answers.items() if id_ != "started"} == {None}


def test_a_ticket_of_a_former_version_has_moments_of_unknown_precision() -> None:
    snapshot = replace(SNAPSHOT, answers=(AnswerSnapshot("started", "Когда", "2026-11-23T09:40+03:00", "23 ноября"),))
    assert sound(json.loads(json.dumps(ticket_json(snapshot))), 2)["answers"][0]["precision"] is None
