"""A password or a card number in the text is hidden by one press, and never reaches a log."""

from __future__ import annotations

import logging

import pytest
from installation import Installation

PASSWORD = "Zxcv!98765"
CARD = "4111 1111 1111 1111"


def test_a_password_is_hidden_by_one_press_and_the_letter_does_not_hold_it(desk: Installation):
    check = desk.filled("site_other", details=f"Зайдите сами: логин admin пароль {PASSWORD}, меню съехало вправо")
    assert PASSWORD in check.text
    assert check.soup.select_one(".advice button").text == "Изменить"
    hidden = check.submit("cut_out")
    assert hidden.status == 200
    assert PASSWORD not in hidden.html
    assert "пароль ***" in hidden.text
    assert "Скрыть его" not in hidden.text
    hidden.submit("send")
    desk.run_worker()
    assert all(PASSWORD not in letter.as_string() for letter in desk.inbox)


def test_a_client_may_send_a_password_all_the_same(desk: Installation):
    desk.filled("site_other", details=f"пароль {PASSWORD}, меню съехало вправо на главной").submit("send")
    desk.run_worker()
    assert PASSWORD in desk.inbox[0].get_body(("plain",)).get_content()


def test_a_card_number_is_not_accepted_and_hidden_by_one_press(desk: Installation):
    refused = desk.filled("site_other", details=f"Списали с карты {CARD} дважды, а заказ 45812 не оплачен")
    assert refused.status == 422
    check = refused.submit("cut_out")
    assert check.status == 200
    assert "с карты *** дважды" in check.text


def test_enter_presses_continue_and_not_the_button_that_hides(desk: Installation):
    refused = desk.filled("site_other", details=f"карта {CARD}")
    assert refused.form().find("button", type="submit")["value"] == "check"


@pytest.mark.parametrize("breaks", ["database", "view", "worker", "nothing"])
def test_no_log_holds_what_a_client_wrote(desk: Installation, breaks: str, caplog, capfd, monkeypatch):
    canaries = {"details": f"канарейка пароль {PASSWORD}", "contact_name": "Канарейкин", "reg_name": "ИП Канарейкин"}
    caplog.set_level(logging.DEBUG)
    check = desk.filled("site_other", **canaries)
    if breaks == "database":
        monkeypatch.setattr("wizard.intake.accept.writing", broken)
    elif breaks == "view":
        monkeypatch.setattr("wizard.intake.accept.digest_of", broken)
    check.submit("send")
    if breaks == "worker":
        monkeypatch.setattr("wizard.tickets.snapshot.load", broken)
    desk.run_worker()
    said = caplog.text + "".join(capfd.readouterr())
    assert PASSWORD not in said
    assert "анарейк" not in said


def broken(*arguments: object, **_: object):
    """Fail as code fails that has a client's words in its hands."""
    raise ValueError(f"broken with {arguments!r}: пароль {PASSWORD} Канарейкин")
