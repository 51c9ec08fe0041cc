"""Budgets: what one address sends beyond its share is held, and beyond many times that refused; nothing is lost."""

from __future__ import annotations

import io
import multiprocessing
import re
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import pytest
from api_client import Caller as Program
from flooding import HELD, OFFICE, OTHER, count, from_address, send, send_fast_track, token_of, wait_out_the_hour
from installation import Installation
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from walker import Walker

from app import create_app
from wizard.db.engine import db, writing
from wizard.db.models import BudgetUsage, Delivery, FollowUp, PendingUpload, Ticket
from wizard.intake.accept import Unavailable, accept
from wizard.intake.idempotency import Sending
from wizard.limits import budgets, calls
from wizard.limits.calls import CallCounter
from wizard.limits.usage import count_for_all
from wizard.tickets.caller import Caller
from wizard.tickets.evidence import Evidence
from wizard.tickets.report import Report

NOW = datetime.now(UTC)


def is_too_many(answer: Any) -> bool:
    """Whether a program is told to wait."""
    return answer.status_code == 429 and answer.json["type"] == "/api/v1/problems/too-many-requests"


@pytest.fixture(autouse=True)
def within_an_hour() -> None:
    """Begin where the hour does not end at once."""
    wait_out_the_hour()


def submit(desk: Installation, words: str, caller: Caller, **instead: str) -> int:
    """Accept a report of a caller's below the pages; its number."""
    answers = {"details": words, "reg_name": "Detal 36", **instead}
    report = Report("q_unclear", "ru", "", answers, Evidence(time=datetime.now(UTC)))
    with desk.app.app_context():
        return accept(desk.container, report, Sending(f"key {words}", caller=caller)).number


def held_for(desk: Installation, number: int) -> str | None:
    """Why the desk's letter of a ticket is held."""
    row = select(Delivery.held_for).where(Delivery.ticket_number == number, Delivery.kind == "desk")
    [(reasons,)] = desk.query(row)
    return str(reasons) if reasons else None


def test_of_185_tickets_in_a_row_twenty_letters_go_out_and_the_rest_are_held(either_desk: Installation) -> None:
    desk = either_desk
    tokens = {token_of(send(desk, f"Сообщение {n}")) for n in range(185)}
    assert len(tokens) == 185
    other = token_of(send(desk, "Сообщение из другого места", OTHER))
    fast = token_of(send_fast_track(desk, "Сайт не открывается"))
    held = {number for (number,) in desk.query(HELD)}
    assert len(held) == 165
    not_held = select(Ticket.number).where(Ticket.token.in_([other, fast]))
    assert not held & {number for (number,) in desk.query(not_held)}
    reasons = select(Delivery.held_for).where(Delivery.state == "held").distinct()
    assert desk.query(reasons) == [(budgets.ADDRESS_HOUR,)]
    desk.run_worker()
    assert len(desk.inbox) == 22
    assert desk.inbox[0]["X-Ticket-Fast-Track"] == "yes"
    assert desk.watch() == ([], desk.watch()[1]) and desk.watch()[1]["desk"]["waiting"] == 1, "the digest alone"
    desk.run_worker()
    desk.run_worker()
    assert [letter["Subject"] for letter in desk.inbox[22:]] == ["Удержанные письма: 165"]
    released = desk.app.test_cli_runner().invoke(args=["outbox", "release", "--all"])
    assert released.output == "165 held letters go out now.\n"
    desk.run_worker()
    numbers = {letter["X-Ticket-Number"] for letter in desk.inbox if letter["X-Ticket-Number"]}
    assert len(numbers) == 187, "not one is lost"
    assert len(desk.inbox) == 188, "and not one comes twice"


def test_of_242_follow_ups_in_a_row_thirty_letters_go_out_and_all_are_kept(desk: Installation) -> None:
    token = token_of(send(desk, "Вопрос"))
    client = desk.app.test_client()
    for n in range(242):
        answer = client.post(f"/ru/tickets/{token}/follow-up/", data={"text": f"Ещё {n}"}, **from_address(OFFICE))
        assert answer.status_code == 303
    assert desk.query(select(func.count()).select_from(FollowUp)) == [(242,)]
    assert count(desk, Delivery.kind == "follow_up", Delivery.state == "owed") == 30
    assert count(desk, Delivery.kind == "follow_up", Delivery.held_for.like("address_%")) == 212
    page = client.get(f"/ru/tickets/{token}/").text
    assert page.count("Ещё ") >= 242


def test_the_receipt_of_a_held_ticket_is_that_of_any_other(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(BUDGET_TICKETS_HOUR=1)
    api = Program(desk)
    plain, held = (token_of(send(desk, "Одно и то же", reg_email=f"a{n}@detal36.example")) for n in (1, 2))
    assert count(desk, Delivery.state == "held", Delivery.kind == "desk") == 1

    def shown(token: str, number: int) -> tuple[str, str]:
        page = desk.app.test_client().get(f"/ru/tickets/{token}/").text
        program = api.get(f"tickets/{token}").text
        return tuple(_less_its_own(text, token, number) for text in (page, program))  # type: ignore[return-value]

    assert shown(plain, 100_001) == shown(held, 100_002)
    bodies = [api.create_ticket("q_unclear", answers={"details": f"Сообщение {n}"}).json for n in range(2)]
    assert count(desk, Delivery.state == "held", Delivery.kind == "desk") == 2
    same = [{**body, "number": 0, "tag": "", "token": "", "url": ""} for body in bodies]
    assert same[0] == same[1]


def _less_its_own(text: str, token: str, number: int) -> str:
    text = text.replace(token, "TOKEN").replace(str(number), "NUMBER")
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.+]+|\b\d{1,2}:\d\d\b", "TIME", text)


@pytest.fixture
def strict(make_desk: Callable[..., Installation]) -> Installation:
    """Two tickets and follow-ups an hour, held up to the fourth."""
    return make_desk(BUDGET_TICKETS_HOUR=2, BUDGET_FOLLOW_UPS_HOUR=2, BUDGET_REFUSED_AT=2)


def test_what_is_refused_leaves_the_clients_words_on_the_page(strict: Installation) -> None:
    assert [send(strict, f"Сообщение {n}").status_code for n in range(4)] == [303] * 4
    refused = Walker(strict.app.test_client(), **from_address(OFFICE)).get(strict.address("q_unclear"))
    refused = refused.submit("check", {"details": "Пятое за час", "reg_email": "a@detal36.example"}).submit("send")
    assert refused.status == 429
    assert 1 <= int(refused.response.headers["Retry-After"]) <= 3601
    assert "с Вашего адреса в сети их пришло слишком много" in refused.text and "Пятое за час" in refused.text
    assert strict.query(select(func.count()).select_from(Ticket)) == [(4,)]
    refused.walker.options = from_address(OTHER)
    assert "/tickets/" in refused.submit("send").address, "the same page sends it from elsewhere"


def test_a_refused_follow_up_stays_on_its_page(strict: Installation) -> None:
    token = token_of(send(strict, "Вопрос", reg_email="a@detal36.example"))
    walker = Walker(strict.app.test_client(), **from_address(OFFICE))
    for n in range(4):
        assert walker.get(f"/ru/tickets/{token}/follow-up/").submit("send", {"text": f"Ещё {n}"}).status == 200
    refused = walker.get(f"/ru/tickets/{token}/follow-up/").submit("send", {"text": "И ещё"})
    typed = {"number": "100001", "address": "a@detal36.example", "text": "И ещё"}
    by_number = walker.get("/ru/follow-up/").submit("send", typed)
    for page in (refused, by_number):
        assert page.status == 429 and page.response.headers["Retry-After"]
        assert page.value("text") == "И ещё" and "слишком много" in page.text
    assert strict.query(select(func.count()).select_from(FollowUp)) == [(4,)]


def test_a_program_is_told_when_to_try_again_and_may_repeat_what_was_accepted(strict: Installation) -> None:
    api = Program(strict)
    answers = [api.create_ticket("q_unclear", key=f"key-{n:08}", answers={"details": f"№ {n}"}) for n in range(4)]
    refused = api.post("tickets", api.report("q_unclear", answers={"details": "№ 5"}))
    assert is_too_many(refused)
    assert 1 <= int(refused.headers["Retry-After"]) <= 3601
    assert api.create_ticket("q_unclear", key="key-00000000", answers={"details": "№ 0"}).text == answers[0].text
    follow_ups = [
        api.post(f"tickets/{answers[0].json['token']}/follow-ups", {"text": f"{n}"}).status_code for n in range(5)
    ]
    assert follow_ups == [201] * 4 + [429]


def _accept_many(instance: str, database: str, who: int) -> list[int]:
    settings = {"SQLALCHEMY_DATABASE_URI": database} if database else {}
    app = create_app({"INSTANCE_PATH": instance, "SECRET_KEY": "a key of the tests", **settings})
    with app.app_context():
        numbers = []
        for n in range(15):
            report = Report("q_unclear", "ru", "", {"details": f"{who} {n}"}, Evidence(time=datetime.now(UTC)))
            sending = Sending(f"key {who} {n}", caller=Caller("203.0.113.7/32"))
            numbers.append(accept(app.extensions["zayavka"], report, sending).number)
        return numbers


def test_processes_share_one_budget_to_the_letter(either_desk: Installation) -> None:
    settings = either_desk.container.settings
    place = (str(settings.instance_path), settings.sqlalchemy_database_uri)
    context = multiprocessing.get_context("spawn")
    with context.Pool(2, initializer=_find_modules, initargs=(list(sys.path),)) as pool:
        numbers = [*chain.from_iterable(pool.starmap(_accept_many, [(*place, who) for who in range(2)]))]
    assert len(set(numbers)) == 30
    assert count(either_desk, Delivery.state == "owed", Delivery.kind == "desk") == 20
    assert count(either_desk, Delivery.state == "held", Delivery.kind == "desk") == 10


def _find_modules(path: list[str]) -> None:
    sys.path[:] = path


def test_a_day_has_a_budget_too_and_old_rows_go(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(BUDGET_TICKETS_DAY=3)
    caller = Caller("203.0.113.7/32")
    assert [held_for(desk, submit(desk, f"{n}", caller)) for n in range(3)] == [None] * 3
    with desk.app.app_context(), writing() as connection:
        connection.execute(text("UPDATE budget_usage SET hour = datetime(hour, '-22 hours')"))
    assert held_for(desk, submit(desk, "4", caller)) == budgets.ADDRESS_DAY
    with desk.app.app_context(), writing() as connection:
        connection.execute(text("UPDATE budget_usage SET hour = datetime(hour, '-30 hours')"))
    assert held_for(desk, submit(desk, "5", caller)) is None
    desk.run_worker()
    old = select(func.count()).select_from(BudgetUsage).where(BudgetUsage.hour < NOW - timedelta(days=2))
    assert desk.query(old) == [(0,)]
    assert desk.query(select(func.count()).select_from(BudgetUsage))[0][0] > 0


def test_the_flood_of_all_leaves_a_share_to_whoever_sent_little(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(BUDGET_TICKETS_IN_ALL_HOUR=30)
    numbers = [submit(desk, f"{ip} {n}", Caller(f"198.51.100.{ip}/32")) for ip in range(6) for n in range(5)]
    assert [held_for(desk, number) for number in numbers] == [None] * 30
    quiet, loud = Caller("203.0.113.7/32"), Caller("198.51.100.1/32")
    assert held_for(desk, submit(desk, "loud", loud)) == budgets.IN_ALL
    assert [held_for(desk, submit(desk, f"quiet {n}", quiet)) for n in range(3)] == [None, None, budgets.IN_ALL]
    worked = Caller("203.0.113.9/32", has_worked=True)
    assert [held_for(desk, submit(desk, f"worked {n}", worked)) for n in range(3)] == [None] * 3


def test_work_lifts_the_budget_doubts_hold_and_fast_track_passes(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(BUDGET_TICKETS_HOUR=1)
    office = "203.0.113.7/32"
    assert held_for(desk, submit(desk, "1", Caller(office))) is None
    assert held_for(desk, submit(desk, "2", Caller(office))) == budgets.ADDRESS_HOUR
    assert held_for(desk, submit(desk, "3", Caller(office, has_worked=True))) is None
    doubtful = Caller("203.0.113.8/32", doubts=("many_links", "honeypot"))
    assert held_for(desk, submit(desk, "4", doubtful)) == "many_links,honeypot"
    both = Caller(office, doubts=("honeypot",))
    assert held_for(desk, submit(desk, "5", both)) == "address_hour,honeypot"
    own_server = Caller(office, site="shop", doubts=("honeypot",))
    assert held_for(desk, submit(desk, "6", own_server)) is None
    report = Report("site_down", "ru", "", {"reach": "everyone", "details": "7"}, Evidence(time=datetime.now(UTC)))
    with desk.app.app_context():
        number = accept(desk.container, report, Sending("key 7", caller=Caller(office))).number
        assert held_for(desk, number) is None, "over its budget"
        number = accept(desk.container, report, Sending("key 8", caller=Caller("203.0.113.9/32", doubts=("a",)))).number
        assert held_for(desk, number) is None, "doubtful"
        with pytest.raises(budgets.OverBudget):
            accept(desk.container, report, Sending("key 9", caller=both))


def test_a_doubt_is_noted_once_and_what_is_held_is_logged_when_it_is_stored(
    make_desk: Callable[..., Installation], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk, caller = make_desk(BUDGET_TICKETS_HOUR=1, HOLD_DOUBTFUL=True), Caller("203.0.113.7/32")
    words = "После вчерашнего обновления на странице заказа пропала кнопка оплаты, покупатели звонят и жалуются"
    submit(desk, words, caller)
    rounds, count_in_all = [0], budgets.count_in_all

    def count_at_the_second_try(*given: Any) -> None:
        rounds[0] += 1
        assert not [record for record in caplog.records if record.getMessage().startswith("held ")]
        if rounds[0] == 1:
            raise IntegrityError("", {}, Exception())
        count_in_all(*given)

    monkeypatch.setattr(budgets, "count_in_all", count_at_the_second_try)
    number = submit(desk, f"{words}!", caller)
    assert rounds == [2]
    assert held_for(desk, number) == "address_hour,repeated"
    held = [record.getMessage() for record in caplog.records if record.getMessage().startswith("held ")]
    assert len(held) == 1 and "reason=address_hour" in held[0]


def test_a_flood_does_not_use_up_the_day_of_the_others_behind_its_address(
    make_desk: Callable[..., Installation],
) -> None:
    desk = make_desk(BUDGET_TICKETS_HOUR=3, BUDGET_TICKETS_DAY=10, BUDGET_REFUSED_AT=10)
    caller = Caller("203.0.113.7/32")
    for n in range(25):
        submit(desk, f"{n}", caller)
    with desk.app.app_context(), writing() as connection:
        connection.execute(text("UPDATE budget_usage SET hour = datetime(hour, '-1 hours')"))
    assert [held_for(desk, submit(desk, f"later {n}", caller)) for n in range(4)] == [None] * 3 + ["address_hour"]
    for n in range(26):
        submit(desk, f"held {n}", caller)
    with pytest.raises(budgets.OverBudget):
        submit(desk, "one too many", caller)
    [(tickets,)] = desk.query(select(func.count()).select_from(Ticket))
    assert tickets == 25 + 30, "ten times three in the hour, held or not"


def test_zero_is_no_limit(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(BUDGET_TICKETS_HOUR=0, BUDGET_TICKETS_DAY=0, BUDGET_TICKETS_IN_ALL_HOUR=0)
    assert {held_for(desk, submit(desk, f"{n}", Caller("203.0.113.7/32"))) for n in range(30)} == {None}
    assert desk.query(select(func.count()).select_from(BudgetUsage)) == [(0,)], "and costs nothing"


def test_no_address_is_stored_with_what_is_counted(desk: Installation) -> None:
    send(desk, "Сообщение")
    callers = [str(row.caller) for row in desk.query(select(BudgetUsage.caller))]
    assert callers and not [caller for caller in callers if "203.0" in caller]


def test_a_budget_is_nearly_spent_before_it_is_and_never_while_the_database_is_away(desk: Installation) -> None:
    caller, settings = Caller("203.0.113.7/32"), desk.container.settings

    def is_nearly_spent() -> bool:
        with desk.app.app_context():
            return budgets.is_nearly_spent(settings, caller, datetime.now(UTC))

    for n in range(14):
        submit(desk, f"{n}", caller)
    assert not is_nearly_spent()
    submit(desk, "one more", caller)
    assert is_nearly_spent()
    with desk.app.app_context(), writing() as connection:
        connection.execute(delete(BudgetUsage))
        count_for_all(connection, budgets.TICKETS, datetime.now(UTC), settings.budget_tickets_in_all_hour)
    assert is_nearly_spent(), "all together have spent theirs"
    database = settings.instance_path / "zayavka.db"
    with desk.app.app_context():
        db.engine.dispose()
    database.rename(database.with_suffix(".away"))
    assert not is_nearly_spent()
    database.with_suffix(".away").rename(database)


def test_a_database_that_does_not_answer_is_asked_once_in_half_a_minute(
    desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    now, answers = [1000.0], [False]
    monkeypatch.setattr("wizard.limits.absence.time.monotonic", lambda: now[0])

    @contextmanager
    def ask() -> Iterator[Any]:
        asked.append("asked")
        if not answers[0]:
            raise OperationalError("", {}, Exception())
        with writing() as connection:
            yield connection

    monkeypatch.setattr(budgets, "reading", ask)
    monkeypatch.setattr(calls, "writing", ask)
    counter = CallCounter()

    def ask_both(count: int = 25) -> int:
        asked.clear()
        with desk.app.app_context():
            for _ in range(count):
                assert not budgets.is_nearly_spent(desk.container.settings, Caller(f"{OFFICE}/32"), NOW)
        assert read_texts(desk, counter, count) == count
        return len(asked)

    assert ask_both() == 1
    now[0] += 31
    assert ask_both() == 1
    now[0], answers[0] = now[0] + 31, True
    assert ask_both() > 25


def test_the_page_that_says_that_the_database_is_away_asks_it_nothing(
    desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    check, asked = desk.filled("q_unclear"), []

    def be_away(*_: Any) -> None:
        raise Unavailable

    monkeypatch.setattr("wizard.pages.form.accept", be_away)
    monkeypatch.setattr(budgets, "is_nearly_spent", lambda *given: bool(asked.append(given)))
    assert check.submit("send").status == 503
    assert asked == []


def test_one_address_does_not_use_up_the_acknowledgements_of_all(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(BUDGET_TICKETS_HOUR=0, ACKNOWLEDGEMENTS_PER_SENDER_HOUR=5, ACKNOWLEDGEMENTS_PER_HOUR=8)
    for n in range(20):
        submit(desk, f"{n}", Caller("203.0.113.7/32"), reg_email=f"victim{n}@mail{n}.example")
    assert count(desk, Delivery.kind == "acknowledgement") == 5
    submit(desk, "честный", Caller("203.0.113.8/32"), reg_email="client@detal36.example")
    assert count(desk, Delivery.kind == "acknowledgement") == 6


@pytest.mark.parametrize("quota", ["ACKNOWLEDGEMENTS_PER_HOUR", "ACKNOWLEDGEMENTS_PER_DOMAIN_HOUR"])
def test_what_is_held_takes_no_acknowledgement_from_others(make_desk: Callable[..., Installation], quota: str) -> None:
    desk = make_desk(BUDGET_TICKETS_HOUR=2, **{quota: 4})
    for n in range(15):
        submit(desk, f"{n}", Caller("203.0.113.7/32"), reg_email=f"victim{n}@detal36.example")
    submit(desk, "честный", Caller("203.0.113.8/32"), reg_email="client@detal36.example")
    owed = select(Delivery.recipient).where(Delivery.kind == "acknowledgement", Delivery.state == "owed")
    assert ("client@detal36.example",) in desk.query(owed)


def read_texts(desk: Installation, counter: CallCounter, count: int, ip: str = OFFICE) -> int:
    """Have texts read for an address by one process; how many were not refused."""
    taken = 0
    with desk.app.app_context():
        for _ in range(count):
            with suppress(budgets.OverBudget):
                counter.spend(desk.container.settings, Caller(f"{ip}/32"), datetime.now(UTC))
                taken += 1
    return taken


def test_texts_are_read_for_one_address_so_often_and_the_words_stay_in_the_box(
    make_desk: Callable[..., Installation],
) -> None:
    desk = make_desk(BUDGET_ASSESS_HOUR=30)
    counter = desk.app.extensions["call_counter"] = CallCounter()
    assert read_texts(desk, counter, 35) == 30
    here = from_address(OFFICE)
    refused = Program(desk).post("assess", {"text": "Сайт не открывается"}, **here)
    assert is_too_many(refused) and 1 <= int(refused.headers["Retry-After"]) <= 3601
    page = desk.app.test_client().post("/ru/search/", data={"text": "проценка пустая"}, **here)
    assert page.status_code == 429 and "проценка пустая" in page.text and page.headers["Retry-After"]
    assert read_texts(desk, counter, 5, OTHER) == 5


def test_texts_read_at_the_same_instant_count_once(either_desk: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, counter, count_row = either_desk, CallCounter(), calls.count

    def count_slowly(*given: Any) -> int:
        time.sleep(0.05)
        return count_row(*given)

    monkeypatch.setattr(calls, "count", count_slowly)
    with ThreadPoolExecutor(8) as pool:
        taken = sum(pool.map(lambda _: read_texts(desk, counter, 10), range(8)))
    assert taken == 80
    for callers in (BudgetUsage.caller.startswith("all-"), ~BudgetUsage.caller.startswith("all-")):
        assert desk.query(select(func.sum(BudgetUsage.used)).where(callers)) == [(80,)]


def test_texts_that_another_process_read_count_here(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(BUDGET_ASSESS_HOUR=100)
    taken = [read_texts(desk, CallCounter(), 80) for _ in range(2)]
    assert taken[0] == 80 and 19 <= taken[1] <= 40, "the second learns of the first with its first batch"


def test_texts_of_all_have_a_budget_and_a_database_that_is_away_refuses_nobody(
    make_desk: Callable[..., Installation],
) -> None:
    desk = make_desk(BUDGET_ASSESS_IN_ALL_HOUR=100)
    counter = CallCounter()
    assert sum(read_texts(desk, counter, 40, f"198.51.100.{n}") for n in range(4)) == 160
    assert read_texts(desk, counter, 90, "198.51.100.1") < 60, "more than a tenth of what an address may"
    assert read_texts(desk, counter, 19, OFFICE) == 19
    database = desk.container.settings.instance_path / "zayavka.db"
    with desk.app.app_context():
        db.engine.dispose()
    database.rename(database.with_suffix(".away"))
    assert read_texts(desk, CallCounter(), 100, OFFICE) == 100
    database.with_suffix(".away").rename(database)


def test_many_at_the_same_instant_are_counted_exactly_and_nobody_locks_the_other_out(
    make_desk: Callable[..., Installation], fresh_postgresql: str
) -> None:
    desk = make_desk(SQLALCHEMY_DATABASE_URI=fresh_postgresql, BUDGET_TICKETS_HOUR=5)

    def report_many(who: int) -> None:
        for n in range(6):
            caller = Caller(f"198.51.100.{(who + n) % 3}/32")
            submit(desk, f"{who} {n}", caller, reg_email=f"client{n % 2}@detal36.example")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(report_many, range(8)))
    assert count(desk, Delivery.kind == "desk") == 48
    assert count(desk, Delivery.kind == "desk", Delivery.state == "owed") == 15
    used = select(func.sum(BudgetUsage.used)).where(BudgetUsage.caller.startswith("all-"))
    assert desk.query(used) == [(48,)]


def test_files_are_counted_too(make_desk: Callable[..., Installation], monkeypatch: pytest.MonkeyPatch) -> None:
    api = Program(make_desk(UPLOAD_FILES_PER_IP_HOUR=3))
    here = from_address(OFFICE)

    def upload(n: int, options: dict[str, Any]) -> int:
        data = {"file": (io.BytesIO(f"11:05 slow {n}".encode()), "log.txt")}
        return int(api.post("attachments", data=data, content_type="multipart/form-data", **options).status_code)

    assert [upload(n, here) for n in range(4)] == [201, 201, 201, 503]
    with monkeypatch.context() as patched:
        patched.setattr("wizard.intake.uploads.inspect", lambda *_: pytest.fail("nobody looks at what has no room"))
        assert upload(5, here) == 503
    assert upload(9, from_address(OTHER)) == 201
    assert api.desk.query(select(func.count()).select_from(PendingUpload)) == [(4,)]
