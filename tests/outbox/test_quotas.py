"""The acknowledgement goes to an address that nobody has verified: it must not become a weapon (threats E11–E14)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from installation import Installation
from sqlalchemy import func, select

from wizard.db.models import Delivery, Ticket
from wizard.intake.accept import accept
from wizard.outbox.quotas import answers_itself
from wizard.tickets.evidence import Evidence
from wizard.tickets.report import Report

ACKNOWLEDGEMENTS = select(func.count()).select_from(Delivery).where(Delivery.kind == "acknowledgement")
TO_DESK = select(func.count()).select_from(Delivery).where(Delivery.kind == "desk")


def flood(desk: Installation, addresses: list[str], start: datetime | None = None) -> None:
    """Send a report of its own content from each address."""
    begun = start or datetime.now(UTC)
    with desk.app.app_context():
        for n, address in enumerate(addresses):
            answers = {"details": f"Сообщение {n}", "reg_email": address}
            report = Report("q_unclear", "ru", "", answers, Evidence(time=begun + timedelta(milliseconds=n)))
            accept(desk.container, report, f"key {begun} {n}")


def test_five_hundred_reports_bring_a_victim_three_letters_and_the_desk_all_five_hundred(desk: Installation) -> None:
    flood(desk, ["victim@mail.example"] * 500)
    assert desk.query(ACKNOWLEDGEMENTS) == [(3,)]
    assert desk.query(TO_DESK) == [(500,)]


def test_spellings_of_one_mailbox_count_together(desk: Installation) -> None:
    flood(desk, ["victim@mail.example", "VICTIM@mail.example", "victim+a@mail.example", "vic.tim@mail.example"])
    assert desk.query(ACKNOWLEDGEMENTS) == [(3,)]


def test_the_next_day_the_address_is_answered_again(desk: Installation) -> None:
    flood(desk, ["client@mail.example"] * 5, datetime.now(UTC) - timedelta(days=2))
    flood(desk, ["client@mail.example"] * 5)
    assert desk.query(ACKNOWLEDGEMENTS) == [(6,)]


def test_a_domain_and_the_whole_service_have_quotas_of_their_own(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(ACKNOWLEDGEMENTS_PER_DOMAIN_HOUR=10, ACKNOWLEDGEMENTS_PER_HOUR=25)
    flood(desk, [f"client{n}@mail.example" for n in range(50)])
    assert desk.query(ACKNOWLEDGEMENTS) == [(10,)]
    flood(desk, [f"client@shop{n}.example" for n in range(50)])
    assert desk.query(ACKNOWLEDGEMENTS) == [(25,)]
    assert desk.query(TO_DESK) == [(100,)]


@pytest.mark.parametrize(
    "address",
    [
        "support@desk.example",
        "SUPPORT@Desk.Example",
        "support+loop@desk.example",
        "zayavka@desk.example",
        "noreply@shop.example",
        "no-reply@shop.example",
        "mailer-daemon@shop.example",
        "postmaster@shop.example",
        "abuse+list@shop.example",
        "list-bounces@shop.example",
        "do_not_reply@shop.example",
        "do.not.reply@shop.example",
        "donotreply@shop.example",
        "DontReply@shop.example",
        "never-reply2@shop.example",
        "noreply_shop@shop.example",
        "no.replies@shop.example",
        "autoreply@shop.example",
        "auto-reply@shop.example",
        "auto_responder@shop.example",
        "auto.response+1@shop.example",
        "robot@shop.example",
        "robot3@shop.example",
        "mail-robot@shop.example",
        "bot@shop.example",
        "mailbot@shop.example",
        "notification@shop.example",
        "notifications@shop.example",
        "notify@shop.example",
        "order-notifications@shop.example",
        "nobody@shop.example",
        "alert@shop.example",
        "alerts@shop.example",
        "zabbix.alerts@shop.example",
        "daemon@shop.example",
        "cron-daemon@shop.example",
        "mailer@shop.example",
        "dev-null@shop.example",
        "unsubscribe@shop.example",
    ],
)
def test_no_acknowledgement_goes_where_a_program_answers(desk: Installation, address: str) -> None:
    flood(desk, [address])
    assert desk.query(ACKNOWLEDGEMENTS) == [(0,)]
    assert desk.query(TO_DESK) == [(1,)]


@pytest.mark.parametrize(
    "address",
    [
        "robotov@shop.example",
        "nikolay.alertov@shop.example",
        "norephl@shop.example",
        "botov.ivan@shop.example",
        "i.botkin@shop.example",
        "robotics@shop.example",
        "alerta@shop.example",
        "daemonov@shop.example",
        "notary@shop.example",
        "nobodyov@shop.example",
        "auto@shop.example",
        "autoparts-reply@shop.example",
        "auto.mail36@shop.example",
        "replyev@shop.example",
        "mailerov@shop.example",
        "abbott@shop.example",
    ],
)
def test_people_whose_names_look_like_a_programs_are_answered(desk: Installation, address: str) -> None:
    assert not answers_itself(address, {"support@desk.example"}, desk.container.settings)


def test_a_suppressed_acknowledgement_does_not_show_to_whoever_sends(desk: Installation) -> None:
    flood(desk, ["victim@mail.example"] * 5)
    receipt = desk.send("q_unclear", details="Ещё одно", reg_email="victim@mail.example", contact_email="")
    assert receipt.status == 200
    assert desk.query(select(func.count()).select_from(Ticket)) == [(6,)]


def test_reports_at_the_same_instant_do_not_slip_past_the_quota(
    make_desk: Callable[..., Installation], fresh_postgresql: str
) -> None:
    desk = make_desk(SQLALCHEMY_DATABASE_URI=fresh_postgresql)

    def report_many(who: int) -> None:
        with desk.app.app_context():
            for n in range(5):
                answers = {"details": f"{who} {n}", "reg_email": "victim@mail.example"}
                report = Report("q_unclear", "ru", "", answers, Evidence(time=datetime.now(UTC)))
                accept(desk.container, report, f"key {who} {n}")

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(report_many, range(12)))
    assert desk.query(ACKNOWLEDGEMENTS) == [(3,)]
    assert desk.query(TO_DESK) == [(60,)]
