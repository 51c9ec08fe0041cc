"""What looks like a program's report is a ticket whose letter to the desk is held; nothing is refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from api_client import Caller as ApiCaller
from installation import Installation
from sqlalchemy import select, update
from walker import Page, Walker

from wizard.db.engine import writing
from wizard.db.models import BudgetUsage, Delivery
from wizard.intake import retention
from wizard.limits.repetition import doubt_repetition
from wizard.tickets.caller import Caller
from wizard.web.doubts import with_doubts

WORDS = "После вчерашнего обновления на странице заказа пропала кнопка оплаты, покупатели звонят и жалуются целый день"
"""A text of more letters than two people write alike by chance."""
SPAM = "We offer SEO and backlinks for your website, organic traffic guaranteed. Click here: http://seo.example"
DESKTOP = {"screen": "1920×1080", "time_zone": "Europe/Moscow"}
"""What a script says of the browser."""


def held_for(desk: Installation) -> list[str | None]:
    """Why the letters to the desk are held, oldest first; None for each that is not."""
    letters = select(Delivery.state, Delivery.held_for).where(Delivery.kind.in_(("desk", "follow_up")))
    rows = desk.query(letters.order_by(Delivery.id))
    assert all((row.state == "held") == (row.held_for is not None) for row in rows)
    return [row.held_for for row in rows]


def at_check(desk: Installation, situation: str = "q_unclear", **typed: str) -> Page:
    """The check page of a report."""
    check = desk.filled(situation, **{"details": WORDS, **typed})
    assert check.status == 200, check.summary
    return check


def accepted(receipt: Page) -> Page:
    """What a client is shown: nothing of being held."""
    assert receipt.status == 200
    assert "/tickets/" in receipt.address
    assert "Заявка принята" in receipt.text
    return receipt


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let seconds pass for whoever asks for the time."""
    real, passed = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + passed[0])

    def let_pass(seconds: float) -> None:
        passed[0] += seconds

    return let_pass


def test_an_honest_report_without_scripts_is_not_held(desk: Installation) -> None:
    accepted(at_check(desk).submit("send"))
    desk.run_worker()
    assert held_for(desk) == [None]
    assert len(desk.inbox) == 1


def test_a_check_page_confirmed_before_anybody_can_have_read_it_is_held(
    make_desk: Callable[..., Installation], later: Callable[[float], None]
) -> None:
    desk = make_desk(FORM_LEAST_SECONDS=3)
    accepted(at_check(desk, details="Раз").submit("send"))
    check = at_check(desk, details="Два")
    later(4)
    accepted(check.submit("send"))
    assert held_for(desk) == ["too_fast,no_scripts", None]
    desk.run_worker()
    assert len(desk.inbox) == 1


def test_somebody_quick_with_a_browser_is_not_held(
    make_desk: Callable[..., Installation], later: Callable[[float], None]
) -> None:
    desk = make_desk(FORM_LEAST_SECONDS=3)
    check = at_check(desk, **DESKTOP)
    later(1.5)
    accepted(check.submit("send"))
    assert held_for(desk) == [None]


def test_the_honeypot_is_in_every_form_and_whoever_fills_it_in_is_held(desk: Installation) -> None:
    form = desk.client.get(desk.address("q_unclear"))
    assert ("second_subject", "") in form.inputs()
    assert "Это поле оставьте пустым" in form.text
    check = at_check(desk, second_subject="Hello")
    accepted(check.submit("send"))
    assert held_for(desk) == ["honeypot,no_scripts"]


def test_a_follow_up_with_the_honeypot_filled_in_is_held(desk: Installation) -> None:
    receipt = accepted(at_check(desk).submit("send"))
    address = receipt.address.partition("?")[0] + "follow-up/"
    for typed in ({"text": "Ещё пропала кнопка «Назад»"}, {"text": "Hello", "second_subject": "Hello"}):
        assert "/tickets/" in desk.client.get(address).submit("", typed).address
    by_number = {"number": "100001", "address": "zakaz@detal36.example", "text": SPAM}
    done = desk.client.get("/ru/follow-up/").submit("", {**by_number, "second_subject": "x"})
    assert done.status == 200
    assert [reasons and reasons.split(",")[0] for reasons in held_for(desk)] == [None, None, "honeypot", "honeypot"]


def test_words_that_no_check_page_showed_are_held_whoever_got_the_token(desk: Installation) -> None:
    token = at_check(desk, details="Безобидный вопрос")
    accepted(token.submit("send", {"details": "Совсем другие слова"}))
    assert held_for(desk) == ["not_checked,no_scripts"]


def test_a_page_that_was_open_while_the_key_was_changed_is_not_held(make_desk: Callable[..., Installation]) -> None:
    before = make_desk()
    checks = [at_check(before, details=f"Вопрос {n}") for n in range(2)]
    desk = make_desk(SECRET_KEY="the key that came next", SECRET_KEY_FALLBACKS=["a key of the tests"])
    walker = Walker(desk.app.test_client())
    pages = [Page(walker, check.response, check.address) for check in checks]
    accepted(pages[0].submit("send"))
    accepted(pages[1].submit("send", {"details": "Совсем другие слова"}))
    assert held_for(desk) == [None, "not_checked,no_scripts"]


def test_a_page_of_a_former_version_which_sealed_nothing_is_not_held_for_that(
    desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("wizard.web.form_token.SEALED", "")
        check = at_check(desk)
    accepted(check.submit("send", {"checked": ""}))
    accepted(at_check(desk, details="И ещё вопрос").submit("send", {"checked": ""}))
    assert held_for(desk) == [None, "not_checked,no_scripts"]


@pytest.mark.parametrize(
    "typed",
    [
        {"details": "Первая строка\r\nвторая  строка \r\n\r\n третья"},
        {"details": " края "},
        {"details": "Пароль: Qwerty-77xz, логин admin"},
        {"details": "«\ud800»".encode("utf-8", "replace").decode()},
        {"leave_out": "ip"},
    ],
)
def test_what_a_browser_and_the_form_change_on_the_way_is_what_was_checked(
    desk: Installation, typed: Mapping[str, str]
) -> None:
    accepted(at_check(desk, **typed).submit("send"))
    assert held_for(desk) == [None]


def test_words_that_were_cut_out_on_the_last_look_are_what_was_checked(desk: Installation) -> None:
    check = at_check(desk, details="Вход не работает, логин admin, пароль: Qwerty-77xz")
    again = check.submit("cut_out")
    assert "Qwerty" not in again.html
    accepted(again.submit("send"))
    assert held_for(desk) == [None]


def test_every_situation_can_be_sent_without_being_held(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(BUDGET_TICKETS_HOUR=0)
    for situation in desk.catalog.situations:
        desk.send(situation)
    assert [reasons for reasons in held_for(desk) if reasons] == []


def test_a_page_that_is_shown_again_because_sending_failed_is_what_was_checked(
    desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = at_check(desk)
    with monkeypatch.context() as patched:
        patched.setattr("wizard.pages.form.accept", lambda *_: 1 / 0)
        again = check.submit("send")
    assert again.status == 500
    accepted(again.submit("send"))
    assert held_for(desk) == [None]


@pytest.mark.parametrize(
    ("headers", "is_held"),
    [
        ({"User-Agent": "python-requests/2.32"}, True),
        ({"User-Agent": ""}, True),
        ({"User-Agent": "Lynx/2.9.2", "Accept-Language": "ru"}, False),
        (
            {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/131.0.0.0 Safari/537.36", "Accept-Language": "ru"},
            False,
        ),
    ],
)
def test_a_program_that_says_what_it_is_is_held(desk: Installation, headers: dict[str, str], is_held: bool) -> None:
    client = Walker(desk.app.test_client(), headers=headers)
    desk.client = client
    accepted(at_check(desk).submit("send"))
    assert [bool(reasons) for reasons in held_for(desk)] == [is_held]


def test_spam_is_held_at_the_form_at_the_api_and_as_a_follow_up(desk: Installation) -> None:
    token = at_check(desk, details=SPAM).submit("send").address.split("/")[-2]
    api = ApiCaller(desk)
    api.create_ticket("q_unclear", answers={"details": SPAM + " now", "reg_email": "x@mail.example"})
    api.create_ticket("q_unclear", answers={"details": "Не приходят письма", "reg_email": "x@mail.example"})
    assert api.post(f"tickets/{token}/follow-ups", {"text": SPAM}).status_code == 201
    assert [bool(reasons) for reasons in held_for(desk)] == [True, True, False, True]


def test_the_same_words_again_are_held_with_whatever_address_number_and_situation(desk: Installation) -> None:
    for situation, details, address in (
        ("q_unclear", f"{WORDS}. Заказ 45812", "a@mail.example"),
        ("q_unclear", f"{WORDS}. Заказ 45813", "b@mail.example"),
        ("acc_other", f"{WORDS.upper()}! (заказ) https://shop.example/", "c@mail.example"),
    ):
        accepted(at_check(desk, situation, details=details, reg_email=address).submit("send"))
    assert held_for(desk) == [None, "repeated", "repeated"]


def test_few_words_are_everybodys(desk: Installation) -> None:
    for n in range(4):
        accepted(at_check(desk, details="Сайт не открывается", reg_email=f"{n}@mail.example").submit("send"))
    assert held_for(desk) == [None] * 4


def test_long_words_are_known_from_whatever_address_they_come(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(TRUSTED_PROXIES=1)
    for n in range(3):
        desk.client = Walker(desk.app.test_client(), headers={"X-Forwarded-For": f"203.0.113.{n}"})
        accepted(at_check(desk, details=f"{WORDS}. {WORDS}. {WORDS}", reg_email=f"{n}@mail.example").submit("send"))
    assert held_for(desk) == [None, None, "repeated"]


def test_the_words_of_another_office_are_their_own(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(TRUSTED_PROXIES=1)
    for n in range(3):
        desk.client = Walker(desk.app.test_client(), headers={"X-Forwarded-For": f"203.0.113.{n}"})
        accepted(at_check(desk, reg_email=f"{n}@mail.example").submit("send"))
    assert held_for(desk) == [None] * 3


def test_the_same_words_count_for_a_day_on_either_database(either_desk: Installation) -> None:
    desk = either_desk
    accepted(at_check(desk, reg_email="a@mail.example").submit("send"))
    with desk.app.app_context(), writing() as connection:
        [hour] = connection.execute(select(BudgetUsage.hour).where(BudgetUsage.scope == "words")).scalars()
        connection.execute(update(BudgetUsage).values(hour=hour - timedelta(hours=23)))
    accepted(at_check(desk, reg_email="b@mail.example").submit("send"))
    with desk.app.app_context(), writing() as connection:
        for former, age in ((hour - timedelta(hours=23), 48), (hour, 25)):
            moved = update(BudgetUsage).where(BudgetUsage.hour == former)
            connection.execute(moved.values(hour=hour - timedelta(hours=age)))
    accepted(at_check(desk, reg_email="c@mail.example").submit("send"))
    assert held_for(desk) == [None, "repeated", None]
    with desk.app.app_context():
        retention.sweep(desk.container, hour + timedelta(days=1))
    assert len(desk.query(select(BudgetUsage).where(BudgetUsage.scope == "words"))) == 1


def test_a_fast_track_letter_is_never_held(desk: Installation) -> None:
    receipt = desk.filled("pricing_all", details=SPAM, second_subject="x").submit("send")
    assert "/tickets/" in receipt.address
    assert held_for(desk) == [None]


def test_a_sites_own_server_is_never_doubted(desk: Installation) -> None:
    server, stranger = Caller("203.0.113.7", site="shop"), Caller("203.0.113.7")
    settings, now = desk.container.settings, datetime.now(UTC)
    with desk.app.test_request_context():
        assert with_doubts(server, {"links": 3}) == server
        assert with_doubts(stranger, {"links": 3}).doubts == ("links",)
    with desk.app.app_context(), writing() as connection:
        callers = (server, stranger, server, stranger)
        doubts = [doubt_repetition(connection, settings, caller, [WORDS], now).doubts for caller in callers]
    assert doubts == [(), (), (), ("repeated",)]


def test_nothing_is_held_for_doubts_where_the_owner_wants_it_so(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(HOLD_DOUBTFUL=False, FORM_LEAST_SECONDS=3)
    for n in range(2):
        typed = {"details": f"{SPAM} {WORDS}", "reg_email": f"{n}@mail.example", "second_subject": "x"}
        accepted(at_check(desk, **typed).submit("send"))
    assert held_for(desk) == [None] * 2
