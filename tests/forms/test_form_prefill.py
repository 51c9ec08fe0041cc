"""What was extracted elsewhere is prefilled in blank inputs, and the client has the last word; warnings stop nobody."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from wizard.catalog.models import Catalog
from wizard.forms.factory import report_form
from wizard.forms.report_form import ReportForm


def blank(catalog: Catalog, situation: str = "everything", **typed: str) -> ReportForm:
    """A form that was opened, and perhaps filled in, and not checked yet."""
    return report_form(catalog, catalog.situations[situation], "ru")(MultiDict(typed))


def test_a_blank_input_shows_what_is_prefilled_and_sends_it_only_when_it_is_kept(catalog: Catalog) -> None:
    form = blank(catalog)
    form.prefill({"topic": "Корзина", "no such question": "x", "words": ""})
    assert form["topic"].raw == "Корзина"
    assert form["words"].raw == ""
    assert list(form.raw_items()) == []
    assert form.errors_by_question == {}
    assert not form["topic"].needs_confirmation


def test_what_was_typed_is_never_replaced(catalog: Catalog) -> None:
    form = blank(catalog, topic="Моя тема", version="")
    form.prefill({"topic": "Корзина", "version": "5.17"})
    assert (form["topic"].raw, form["version"].raw) == ("Моя тема", "5.17")
    assert list(form.raw_items()) == [("topic", "Моя тема")]


def test_a_prefilled_option_is_ticked_until_another_is(catalog: Catalog) -> None:
    form = blank(catalog)
    form.prefill({"reach": "us"})
    assert [option["id"] for option in form["reach"].options if option["checked"]] == ["us"]
    form = blank(catalog, reach="other")
    form.prefill({"reach": "us"})
    assert [option["id"] for option in form["reach"].options if option["checked"]] == ["other"]


def test_a_prefilled_answer_brings_up_what_depends_on_it(catalog: Catalog) -> None:
    values = {"reach": "us", "address": "203.0.113.25", "parts": "cart", "depth": "глубоко"}
    form = blank(catalog, "branching")
    form.prefill(values)
    assert [form[id_].raw for id_ in values] == list(values.values())
    form = blank(catalog, "branching")
    form.prefill({**values, "reach": "everyone"})
    assert [form[id_].raw for id_ in values] == ["everyone", "", "", ""]


def test_a_prefilled_answer_that_contains_a_condition_s_value_is_not_it(catalog: Catalog) -> None:
    form = blank(catalog, "branching")
    form.prefill({"reach": "u", "address": "203.0.113.25"})
    assert form["address"].raw == ""


def test_a_required_question_that_is_prefilled_says_where_it_comes_from(catalog: Catalog) -> None:
    form = blank(catalog, "branching")
    assert not form.validate()
    assert not form.only_needs_confirmation
    form.prefill({"reach": "everyone"})
    assert form["reach"].errors == ["У кого: нашли в Ваших словах"]
    assert form["reach"].needs_confirmation
    assert not form.only_needs_confirmation, "nobody has said yet who reports"


def test_only_prefilled_answers_stand_in_the_way_when_all_else_is_answered(catalog: Catalog) -> None:
    form = blank(catalog, "branching", name="ИП Соколов А. В.")
    assert not form.validate()
    form.prefill({"reach": "everyone"})
    assert form.only_needs_confirmation
    assert blank(catalog).only_needs_confirmation, "in the way of a form that was not checked stands nothing"


@pytest.mark.parametrize(
    ("typed", "warned"),
    [
        ({"login": "admin password=Qwerty12!"}, ["login"]),
        ({"login": "admin password=***"}, []),
        ({"topic": "password=Qwerty12!", "words": "пароль: qwerty"}, ["words"]),
        ({"topic": "***", "login": "admin"}, []),
    ],
)
def test_of_a_secret_that_was_masked_its_question_is_warned(fill, typed: dict[str, str], warned: list[str]) -> None:
    form = fill(typed)
    assert [advice.question for advice in form.warnings] == warned
    assert {advice.kind for advice in form.warnings} <= {"masked"}
    assert form.errors_by_question == {}


def test_every_mistyped_address_is_warned_of_where_addresses_are_asked(fill) -> None:
    form = fill(mailbox="shop@mial.ru", mailboxes="a@detal36.example, b@gmial.com", topic="c@mial.ru")
    said = [(advice.kind, advice.question) for advice in form.warnings]
    assert said == [("typo", "mailbox"), ("typo", "mailboxes")]
    assert ["shop@mail.ru" in form.warnings[0].text, "b@gmail.com" in form.warnings[1].text] == [True, True]


def test_a_form_of_now_is_judged_by_now(catalog: Catalog) -> None:
    form = blank(catalog, name="ИП Соколов А. В.", started="1 минуту назад")
    assert form.validate(), form.errors_by_question
    assert form["started"].data[:2] == "20"
    assert not form["started"].is_unknown
