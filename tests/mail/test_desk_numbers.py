"""Desks that number by themselves: their tag in follow-ups, marks for their rules, letters that no robot answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage

import pytest
from flask import Flask
from installation import Installation
from letters_under_test import DESK, SNAPSHOT, WHEN

from wizard.config.desk import Desk
from wizard.config.setting_types import SettingsError
from wizard.mail.acknowledgement import compose_acknowledgement
from wizard.mail.desk_letter import compose_desk_letter
from wizard.mail.fallback_letter import UnreadableTicket, compose_fallback, compose_unreadable
from wizard.mail.follow_up_letter import compose_follow_up
from wizard.mail.message import Letter

Deliver = Callable[[Letter], EmailMessage]

RT = replace(DESK, desk_tag="[rt.desk.example #{number}]")
BY_RECEIPT = replace(SNAPSHOT, number=None, tag=None, receipt="ОБР-7K3M-9Q")


def follow_up(desk: Desk = DESK, snapshot=SNAPSHOT, *, verified: bool = True, reference: str | None = None) -> Letter:  # type: ignore[no-untyped-def]
    """The second follow-up of a ticket."""
    return compose_follow_up(
        snapshot,
        desk,
        "Заработало",
        follow_up_number=2,
        created_at=WHEN,
        verified=verified,
        desk_reference=reference,
    )


def test_a_follow_up_carries_the_desks_tag_beside_ours_once_its_number_is_known(deliver: Deliver) -> None:
    ours = str(deliver(compose_desk_letter(SNAPSHOT, RT))["Subject"])
    assert ours.startswith("[##100001##] ")
    assert deliver(follow_up(RT, reference="4711"))["Subject"] == f"Re: [rt.desk.example #4711] {ours}"
    assert deliver(follow_up(RT))["Subject"] == f"Re: {ours}"
    assert deliver(follow_up(DESK, reference="4711"))["Subject"] == f"Re: {ours}", "where nobody said how it looks"


def test_where_the_desk_numbers_its_tag_is_the_only_one(deliver: Deliver) -> None:
    desk = replace(DESK, desk_tag=DESK.tag_pattern)
    ours = str(deliver(compose_desk_letter(BY_RECEIPT, desk))["Subject"])
    assert "##" not in ours
    assert deliver(follow_up(desk, BY_RECEIPT, reference="4711"))["Subject"] == f"Re: [##4711##] {ours}"


@pytest.mark.parametrize(("verified", "mark"), [(True, "yes"), (False, "no")])
def test_rules_of_the_desk_tell_follow_ups_apart_and_know_who_sent_them(
    deliver: Deliver, verified: bool, mark: str
) -> None:
    message = deliver(follow_up(verified=verified))
    assert (message["X-Ticket-Follow-Up"], message["X-Ticket-Verified"]) == ("2", mark)
    first = deliver(compose_desk_letter(SNAPSHOT, DESK))
    assert first["X-Ticket-Follow-Up"] is None and first["X-Ticket-Verified"] is None


def letters_to_desk(desk: Desk) -> list[Letter]:
    """One of every kind that brings the desk a report or a follow-up."""
    return [
        compose_desk_letter(SNAPSHOT, desk),
        follow_up(desk),
        compose_fallback(SNAPSHOT, desk, "ValueError"),
        compose_unreadable(desk, UnreadableTicket(100_001, None, "a token", WHEN, "{}")),
    ]


def test_letters_to_the_desk_say_that_a_program_made_them_where_it_is_wanted(deliver: Deliver) -> None:
    wanted = [deliver(letter)["Auto-Submitted"] for letter in letters_to_desk(replace(DESK, is_auto_submitted=True))]
    assert wanted == ["auto-generated"] * 4
    assert [deliver(letter)["Auto-Submitted"] for letter in letters_to_desk(DESK)] == [None] * 4
    acknowledgement = compose_acknowledgement(SNAPSHOT, DESK, "manager@detal36.example")
    assert deliver(acknowledgement)["Auto-Submitted"] == "auto-generated", "as ever"


def test_the_setting_reaches_the_letters(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(MAIL_AUTO_SUBMITTED="true")
    desk.send("site_down")
    desk.run_worker()
    assert [letter["Auto-Submitted"] for letter in desk.inbox] == ["auto-generated"]


def test_the_start_is_refused_where_the_desks_answer_brings_the_number(make_app: Callable[..., Flask]) -> None:
    with pytest.raises(SettingsError) as fault:
        make_app(MAIL_AUTO_SUBMITTED=True, NUMBERING="desk")
    assert "WIZARD_MAIL_AUTO_SUBMITTED" in fault.value.message and "NUMBERING=desk" in fault.value.message
    assert "number" in fault.value.message and "\n" not in fault.value.message


def test_a_follow_up_that_cannot_be_composed_is_marked_all_the_same(
    desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = desk.send("site_down")
    form = desk.client.get(receipt.address.partition("?")[0] + "follow-up/")
    form.submit("send", {"text": "Уже открывается"})

    def fails(*_: object, **__: object) -> Letter:
        raise ValueError("no letter today")

    monkeypatch.setattr("wizard.outbox.email_delivery.compose_follow_up", fails)
    desk.run_worker()
    _, fallback = desk.inbox
    assert (fallback["X-Ticket-Follow-Up"], fallback["X-Ticket-Verified"]) == ("1", "yes")
