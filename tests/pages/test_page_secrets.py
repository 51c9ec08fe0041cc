"""A password or a card number in the text is hidden by one press, and never reaches a log."""

from __future__ import annotations

import logging

import pytest
from installation import Installation
from walker import Page

PASSWORD = "Zxcv!98765"
CARD = "4111 1111 1111 1111"


def test_a_password_is_masked_and_its_answer_says_so(desk: Installation):
    check = desk.filled("site_other", details=f"Зайдите сами: логин admin пароль {PASSWORD}, меню съехало вправо")
    assert PASSWORD not in check.text
    answer = check.soup.select_one(".answer:has(.masked)")
    assert "пароль ***, меню съехало" in answer.text
    assert "закрыли звёздочками" in answer.select_one(".masked").text
    assert answer.select_one(".masked button").text.startswith("Вернуть как было")
    assert check.value("details") == "Зайдите сами: логин admin пароль ***, меню съехало вправо"
    assert check.response.headers["Cache-Control"] == "no-store"
    assert len(check.soup.select(".masked")) == 1, "nothing is said where nothing was masked"
    check.submit("send")
    desk.run_worker()
    assert PASSWORD not in desk.all_sent


def test_the_client_may_take_the_masking_back_and_mask_again(desk: Installation):
    check = desk.filled("site_other", details=f"артикул и пароль {PASSWORD}, меню съехало вправо на главной")
    taken_back = press_as_typed(check, "details")
    assert f"пароль {PASSWORD}," in taken_back.text
    assert "уйдёт как написан" in taken_back.text, "said once more, kindly"
    assert not taken_back.soup.select(".masked")
    masked_again = taken_back.submit("cut_out")
    assert PASSWORD not in masked_again.html
    again = press_as_typed(desk.filled("site_other", details=f"пароль {PASSWORD}, меню съехало вправо"), "details")
    again.submit("send")
    desk.run_worker()
    assert PASSWORD in desk.inbox[0].get_body(("plain",)).get_content()


def test_one_answer_is_taken_back_and_the_other_stays_masked(desk: Installation):
    check = desk.filled(
        "site_other", details=f"пароль {PASSWORD}, меню", site_url="https://detal36.example/?token=Qwerty77"
    )
    taken_back = press_as_typed(check, "site_url")
    assert "Qwerty77" in taken_back.text and PASSWORD not in taken_back.text
    assert [note.find_parent(class_="answer").dt.text for note in taken_back.soup.select(".masked")] == [
        "Опишите, что произошло"
    ]
    both = press_as_typed(taken_back, "details")
    assert "Qwerty77" in both.text and PASSWORD in both.text


def test_who_edits_masked_answers_gets_masked_words_and_who_took_them_back_their_own(desk: Installation):
    check = desk.filled("site_other", details=f"пароль {PASSWORD}, меню съехало")
    form = check.submit("edit")
    assert form.value("details") == "пароль ***, меню съехало" and PASSWORD not in form.html
    form = press_as_typed(check, "details").submit("edit")
    assert form.value("details") == f"пароль {PASSWORD}, меню съехало"
    assert form.soup.select_one("#details")["data-masked"] == "пароль ***, меню съехало"
    assert f"пароль {PASSWORD}" in form.submit("check").text


def test_a_form_with_an_error_holds_what_was_typed(desk: Installation):
    refused = desk.filled("site_other", details=f"пароль {PASSWORD}, меню съехало", started="позавчера в полдень ночи")
    assert refused.status == 422
    assert refused.value("details") == f"пароль {PASSWORD}, меню съехало"
    assert refused.soup.select_one("#details")["data-masked"] == "пароль ***, меню съехало"


def test_a_report_that_could_not_be_sent_still_lets_the_client_take_the_masking_back(desk: Installation, monkeypatch):
    check = desk.filled("site_other", details=f"пароль {PASSWORD}, меню съехало")
    monkeypatch.setattr("wizard.intake.accept.writing", broken)
    failed = check.submit("send")
    assert failed.status == 500
    assert failed.soup.select(".masked") and PASSWORD not in failed.text
    assert PASSWORD in press_as_typed(failed, "details").text


def test_a_line_beside_an_option_that_is_put_back_as_typed_can_be_masked_again(desk: Installation):
    check = desk.filled("pricing_all", site_part="other", site_part_other=f"вход, пароль: {PASSWORD}")
    assert PASSWORD not in check.text
    taken_back = press_as_typed(check, "site_part")
    assert PASSWORD in taken_back.text and "уйдёт как написан" in taken_back.text
    masked_again = taken_back.submit("cut_out")
    assert PASSWORD not in masked_again.html and "уйдёт как написан" not in masked_again.text
    masked_again.submit("send")
    desk.run_worker()
    assert PASSWORD not in desk.all_sent


@pytest.mark.parametrize(
    ("situation", "chosen", "line"),
    [
        ("pricing_all", {"site_part": "storefront"}, "site_part_other"),
        ("ws_all", {"ws_scope": "all_catalogs"}, "catalog_name"),
    ],
    ids=["beside an option that is not chosen", "to a question that another answer hides"],
)
def test_for_words_that_are_no_answer_the_draft_gets_asterisks_too(
    desk: Installation, situation: str, chosen: dict[str, str], line: str
):
    check = desk.filled(situation, **chosen, **{line: f"пароль: {PASSWORD}"})
    assert check.status == 200
    [unmasked] = [tag for tag in check.soup.select("input[type=hidden]") if PASSWORD in tag["value"]]
    assert (unmasked["name"], unmasked["data-masked"]) == (line, "пароль: ***")


def press_as_typed(check: Page, question: str) -> Page:
    """Press "Put it back as typed" at an answer."""
    assert check.soup.select_one(f"button[name=as_typed][value={question}]")
    ticked = [value for name, value in check.inputs() if name == "as_typed"]
    return check.submit("", {"as_typed": [*ticked, question]})


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
