# ruff: noqa: E501 (texts stand here as clients write them)
"""Whether a text can be acted on, whether it holds two questions, and whether it goes on with a ticket."""

from __future__ import annotations

import pytest

from wizard.catalog.loader import load_catalog, named_catalog
from wizard.triage.scope import scope_in
from wizard.triage.several_questions import several_questions
from wizard.triage.ticket_numbers import continues_ticket, ticket_numbers
from wizard.triage.vague import ask_back, says_too_little

CATALOG = load_catalog(named_catalog("tradesoft"))


@pytest.mark.parametrize(
    "text",
    [
        "не работает", "сайт тормозит", "помогите срочно!!!", "Выдаёт какую-то ошибку 1045", "my mail is not working",
        "Отчёты показывают какую-то ерунду, директор мне не верит, помогите разобраться, где правда",
        "Добрый день! Ситуация странная, сотрудники недовольны. С уважением, ООО «Поршень и Ко»",
        "procenka ne rabotaet", "[##300100##] Всё по-прежнему, синхронизация дурит",
    ],
)  # fmt: skip
def test_many_words_without_a_fact_say_too_little(text):
    assert says_too_little(CATALOG, text)


@pytest.mark.parametrize(
    "text",
    [
        "Как настроить ящик в Outlook?", "где в админке поменять логотип на сайте", "пришлите акт сверки за третий квартал",
        "С 9:40 белая страница на detal36.example", "нет цен на OC 47 KNECHT у Emex с утра",
        "корзина не работает ни у кого, после «Оформить» пусто", "how to change the logo on the site",
        "kak podkluchit postavshika po API", "По нулям после загрузки прайса «Опт», GDB1550 TRW",
    ],
)  # fmt: skip
def test_a_short_text_with_facts_or_a_clear_request_says_enough(text):
    assert not says_too_little(CATALOG, text)


def test_facts_given_in_answer_to_other_questions_count():
    assert says_too_little(CATALOG, "клиенты жалуются, что заказы пропадают из списка")
    assert not says_too_little(CATALOG, "клиенты жалуются, что заказы пропадают из списка", answered=2)


def test_one_thing_is_asked_back_in_the_clients_language():
    asked = ask_back(CATALOG, "pricing_other", "нет цен", "ru")
    assert asked.startswith("Поняли: ") and asked.count("?") <= 1
    assert ask_back(CATALOG, "pricing_other", "no prices", "en").startswith("Understood: ")
    assert "текст" in ask_back(CATALOG, None, "ошибка 1045", "ru")


@pytest.mark.parametrize(
    ("text", "several"),
    [
        ("Не проценивается Берг, артикул OC47. И заодно подскажите, как поменять логотип на сайте", True),
        ("Прайс не загружается. Второй вопрос: когда пришлёте акт за июль?", True),
        ("1) сайт открывается белой страницей у всех 2) пришлите УПД за октябрь на почту", True),
        ("С 8:40 не оформляется заказ. И подскажите, что нам делать?", False),
        ("Сайт не открывается, и телефон тоже не помогает, и клиенты звонят", False),
        ("Не приходят письма о заказах: и клиенту, и менеджеру, и в копию", False),
    ],
)
def test_two_matters_are_told_from_two_facts(text, several):
    assert several_questions(CATALOG, text) is several


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("[##123456##] проблема осталась", ("123456",)),
        ("Re: [Заявка N ##123456##] сайт", ("123456",)),
        ("Fwd: [Request N##123456##]", ("123456",)),
        ("по заявке № 104233 и по тикету 104234", ("104233", "104234")),
        ("обращение 204518, ticket #204519", ("204518", "204519")),
        ("заказ 45812, артикул 0451103316, ИНН 3666000000, +7 900 000-00-00", ()),
        ("", ()),
    ],
)
def test_ticket_numbers_are_found_in_every_form_and_other_numbers_are_none(text, numbers):
    assert ticket_numbers(text) == numbers


@pytest.mark.parametrize(
    ("subject", "text", "continues"),
    [
        ("Re: [##207741##] Заказ не передался", "Добавляю к заявке: ещё не передался заказ 45830", True),
        ("Re: [##207741##] Заказ не передался", "Спасибо, всё решилось! Теперь не загружается прайс", False),
        ("Re: [##600518##] Счёт на каталоги", "С 12:35 ни одного предложения ни от одного поставщика", False),
        (None, "по заявке ##200100## вопрос закрыт. пришлите ещё акт сверки", False),
        (None, "сайт не открывается", None),
    ],
)
def test_a_named_ticket_goes_on_unless_the_text_is_about_something_else(subject, text, continues):
    assert continues_ticket(CATALOG, subject, text) is continues


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("не открывается ни у кого", "everyone"),
        ("нет цен от всех поставщиков", "everyone"),
        ("только у нас в офисе", "only_some"),
        ("не у всех клиентов", "only_some"),
        ("nobody can sign in", "everyone"),
        ("не открывается у всех, хотя говорят, что только у нас", None),
        ("сайт не открывается", None),
    ],
)
def test_who_is_affected_is_read_from_the_words(text, scope):
    assert scope_in(CATALOG.phrasebook, text) == scope
