"""A further message joins its ticket's thread; a new question is a new ticket (threats E08, W07)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from api_client import Caller, errors_of
from installation import Installation
from sqlalchemy import func, select, text
from walker import Page

from wizard.db.engine import db
from wizard.db.models import FollowUp, Ticket, TicketAttachment

COUNT = select(func.count()).select_from(FollowUp)
WORDS = 'Уже открывается,\n  но "медленно" </textarea>'


def token_of(address: str) -> str:
    """The token in a receipt's address."""
    return address.split("/tickets/")[1].split("/")[0]


def test_a_message_from_the_tickets_page_joins_the_desks_thread(desk: Installation) -> None:
    receipt = desk.send("site_down")
    form = desk.client.get(f"/ru/tickets/{token_of(receipt.address)}/follow-up/")
    assert "новый вопрос" in form.text.casefold()
    page = form.submit("send", {"text": "Уже открывается, но медленно"}, {"files": [("log.txt", b"11:05 slow\n")]})
    assert "Уже открывается, но медленно" in page.text
    desk.run_worker()
    first, second = desk.inbox
    assert second["Subject"] == f"Re: {first['Subject']}"
    assert second["In-Reply-To"] == first["Message-ID"]
    assert first["Message-ID"] in second["References"]
    assert second["Message-ID"] != first["Message-ID"]
    assert second["X-Ticket-Number"] == "100001"
    assert second["Reply-To"] == first["Reply-To"]
    assert "Уже открывается, но медленно" in second.get_body(("plain",)).get_content()
    assert "log.txt" in [part.get_filename() for part in second.iter_attachments()]


@pytest.mark.parametrize("number", ["100001", "[##100001##]", "Re: [Заявка N ##100001##] сайт", "№ 100001"])
def test_a_number_with_its_own_address_adds_a_message(desk: Installation, number: str) -> None:
    desk.send("site_down", reg_email="zakaz@detal36.example")
    form = desk.client.get("/ru/follow-up/")
    typed = {"number": number, "address": "Zakaz@Detal36.example", "text": "Ещё одна подробность"}
    page = form.submit("send", typed)
    assert page.status == 200
    assert desk.query(COUNT) == [(1,)]
    assert "tickets/" not in page.html, "whoever knows a number and an address does not learn the token"
    desk.run_worker()
    assert "адрес" in desk.inbox[1].get_body(("plain",)).get_content()


def test_a_number_alone_or_with_a_strangers_address_adds_nothing_and_tells_nothing(desk: Installation) -> None:
    desk.send("site_down", reg_email="zakaz@detal36.example")
    form = desk.client.get("/ru/follow-up/")
    answers = {
        form.submit("send", {"number": number, "address": address, "text": "x"}).summary
        for number, address in [
            ("100001", "stranger@evil.example"),
            ("100001", ""),
            ("100002", "zakaz@detal36.example"),
            ("no number", "zakaz@detal36.example"),
        ]
    }
    assert len(answers) == 1
    assert desk.query(COUNT) == [(0,)]


def test_an_empty_message_is_asked_for_and_a_doubled_one_is_added_once(desk: Installation) -> None:
    token = token_of(desk.send("site_down").address)
    form = desk.client.get(f"/ru/tickets/{token}/follow-up/")
    assert form.submit("send", {"text": "  "}).status == 422
    form.submit("send", {"text": "Одно и то же"})
    form.submit("send", {"text": "Одно и то же"})
    assert desk.query(COUNT) == [(1,)]


@pytest.mark.parametrize("invisible", ["\ue000\ufe0f", "\u2063\u3164", "\U0001d173\n\u0378"])
def test_a_message_of_which_nothing_is_to_be_seen_is_empty_in_form_and_api(desk: Installation, invisible: str) -> None:
    token = token_of(desk.send("site_down").address)
    assert desk.client.get(f"/ru/tickets/{token}/follow-up/").submit("send", {"text": invisible}).status == 422
    answer = Caller(desk).post(f"tickets/{token}/follow-ups", {"text": invisible})
    assert list(errors_of(answer)) == ["text"]
    assert desk.query(COUNT) == [(0,)]


def test_the_same_words_with_another_file_are_another_message(desk: Installation) -> None:
    form = desk.client.get(f"/ru/tickets/{token_of(desk.send('site_down').address)}/follow-up/")
    for log in (b"11:05 slow\n", b"11:06 slower\n", b"11:05 slow\n"):
        form.submit("send", {"text": "Вот ещё журнал"}, {"files": [("log.txt", log)]})
    assert desk.query(select(TicketAttachment.follow_up).order_by(TicketAttachment.id)) == [(1,), (2,)]


@contextmanager
def away(desk: Installation) -> Iterator[None]:
    """No database."""
    database = desk.container.settings.instance_path / "zayavka.db"
    with desk.app.app_context():
        db.engine.dispose()
        database.rename(database.with_suffix(".away"))
        yield
        db.engine.dispose()
        database.with_suffix(".away").rename(database)


@contextmanager
def full(desk: Installation) -> Iterator[None]:
    """A database that can be read and takes nothing more."""
    refuses = "BEFORE INSERT ON follow_ups BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"
    with desk.app.app_context():
        with db.engine.begin() as connection:
            connection.execute(text(f"CREATE TRIGGER refuses {refuses}"))
        yield
        with db.engine.begin() as connection:
            connection.execute(text("DROP TRIGGER refuses"))


def assert_given_back_and_then_added(
    desk: Installation, form: Page, trouble: AbstractContextManager[None], **typed: str
) -> None:
    """A message that cannot be stored now stands on the page with its file, and is added from there later."""
    begun = form.submit("send", {**typed, "text": ""}, {"files": [("log.txt", b"11:05 slow\n")]})
    assert begun.status == 422
    with trouble:
        refused = begun.submit("send", {"text": WORDS})
    assert refused.status == 503
    assert "сервер не смог его записать" in refused.summary
    assert refused.value("text") == WORDS
    assert {name: refused.value(name) for name in typed} == typed
    assert "log.txt" in refused.text
    assert desk.query(COUNT) == [(0,)]
    assert refused.submit("send").status == 200
    assert desk.query(select(FollowUp.text)) == [(WORDS,)]
    assert desk.query(select(TicketAttachment.follow_up, TicketAttachment.name)) == [(1, "log.txt")]


@pytest.mark.parametrize("trouble", [away, full])
def test_a_database_that_stores_no_message_gives_the_words_back_on_the_tickets_page(
    desk: Installation, trouble: Callable[[Installation], AbstractContextManager[None]]
) -> None:
    form = desk.client.get(f"/ru/tickets/{token_of(desk.send('site_down').address)}/follow-up/")
    assert_given_back_and_then_added(desk, form, trouble(desk))


@pytest.mark.parametrize("trouble", [away, full])
def test_a_database_that_stores_no_message_gives_the_words_back_with_number_and_address(
    desk: Installation, trouble: Callable[[Installation], AbstractContextManager[None]]
) -> None:
    desk.send("site_down", reg_email="zakaz@detal36.example")
    typed = {"number": "100001", "address": "zakaz@detal36.example"}
    assert_given_back_and_then_added(desk, desk.client.get("/ru/follow-up/"), trouble(desk), **typed)


def test_a_new_question_starts_with_who_reports_already_filled_in(desk: Installation) -> None:
    receipt = desk.send("site_down", reg_name="ИП из Воронежа", ticket_ref="")
    start = next(link for link in receipt.links() if "/new/" in link)
    category = next(link for link in desk.client.get(start).links() if link.endswith("/new/order/"))
    form_address = next(link for link in desk.client.get(category).links() if link.endswith("/order_status/"))
    form = desk.client.get(form_address)
    assert form.value("reg_name") == "ИП из Воронежа"
    assert form.value("reg_email") == "zakaz@detal36.example"
    assert form.response.headers["Cache-Control"] == "no-store"
    check = form.submit("check", {"order_no": "45812", "details": "Не тот статус"})
    assert check.status == 200
    assert "tickets/" not in check.form()["action"]
    check.submit("send")
    assert desk.query(select(func.count()).select_from(Ticket)) == [(2,)]


def test_when_the_desk_numbers_no_letter_carries_a_number_of_ours(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(NUMBERING="desk")
    receipt = desk.send("pricing_all", suppliers_scope="all")
    [ticket] = desk.query(select(Ticket.receipt))
    assert ticket.receipt.startswith("ОБР-")
    assert ticket.receipt in receipt.text
    assert "100001" not in receipt.html.replace(ticket.receipt, "")
    typed = {"number": ticket.receipt, "address": "zakaz@detal36.example", "text": "И ещё вот что"}
    assert desk.client.get("/ru/follow-up/").submit("send", typed).status == 200
    desk.run_worker()
    letter, follow_up = desk.inbox
    assert ticket.receipt in desk.all_sent
    assert "100001" not in desk.all_sent.replace(ticket.receipt, "")
    for message in (letter, follow_up, *desk.acknowledgements):
        assert "##" not in message["Subject"]
        assert message["X-Ticket-Number"] is None
    assert letter["Subject"].startswith(f"{ticket.receipt} [ВНЕ ОЧЕРЕДИ] Проценка")
    assert letter["X-Ticket-Receipt"]
    assert follow_up["In-Reply-To"] == letter["Message-ID"]
    assert ticket.receipt in desk.acknowledgements[0].get_body(("plain",)).get_content()
    assert "отдельным письмом" in " ".join(desk.acknowledgements[0].get_body(("plain",)).get_content().split())
