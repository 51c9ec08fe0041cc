"""What a client is told before sending, once and kindly."""

from __future__ import annotations

from wizard.catalog.loader import load_catalog, named_catalog
from wizard.triage.advice import give_advice
from wizard.triage.verdict import decide_verdict

CATALOG = load_catalog(named_catalog("tradesoft"))


def advice(situation, language="ru", **answers):
    return {given.kind: given for given in give_advice(CATALOG, CATALOG.situations[situation], answers, language)}


def test_a_text_that_contradicts_the_answer_is_pointed_out_and_the_answer_still_decides():
    answers = {"reach": "only_us", "details": "Сайт не открывается ни у кого, белая страница на detal36.example с 9:40"}
    note = advice("site_down", **answers)["scope"]
    assert "у всех" in note.text
    assert note.question == "reach"
    assert not decide_verdict(CATALOG, CATALOG.situations["site_down"], answers).fast_track


def test_a_text_that_agrees_with_the_answer_is_left_alone():
    assert "scope" not in advice("site_down", reach="everyone", details="Не открывается ни у кого")


def test_not_everybody_is_not_everybody():
    assert advice("site_down", reach="everyone", details="не открывается не у всех")["scope"].kind == "scope"


def test_an_error_number_alone_is_asked_for_its_text():
    note = advice("site_access", error_text="1045")["vague"]
    assert note.question == "error_text"
    assert "текст ошибки" in note.text


def test_a_short_text_beside_a_part_number_says_enough():
    answers = {"article": "OC 47", "brand": "KNECHT", "details": "нет цен"}
    assert "vague" not in advice("pricing_other", **answers)


def test_what_is_asked_back_begins_with_what_is_understood():
    assert advice("site_other", details="что-то с сайтом")["vague"].text.startswith("Поняли: Другое про сайт")
    assert advice("site_other", "en", details="my site is broken")["vague"].text.startswith("Understood: ")


def test_two_questions_are_advised_to_become_two_tickets():
    text = "Не проценивается Берг, артикул OC47, и заодно подскажите, как поменять логотип на сайте"
    assert "два вопроса" in advice("pricing_other", details=text)["several"].text


def test_a_password_is_pointed_out_without_being_repeated():
    note = advice("q_unclear", details="зайдите сами, логин admin пароль Zxcv!9876, не видны заказы")["secret"]
    assert "Zxcv" not in note.text


def test_rude_words_are_answered_once_and_not_quoted():
    note = advice("site_other", details="идиоты, сайт motor-shop.example опять показывает чужой баннер")["rude"]
    assert "живой человек" in note.text
    assert "идиот" not in note.text


def test_angry_without_an_insult_is_polite():
    assert "rude" not in advice(
        "site_other", details="Третий раз пишу! Сколько можно ждать? Клиенты уходят, мы платили!"
    )


def test_a_named_ticket_that_goes_on_leads_to_its_letter():
    assert "204518" in advice("q_unclear", details="по заявке ##204518## проблема осталась")["continues"].text
    assert "continues" not in advice("q_unclear", details="по заявке ##204518## вопрос закрыт. пришлите ещё акт сверки")
