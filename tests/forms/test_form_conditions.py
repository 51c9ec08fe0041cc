"""Which questions are checked, and what is said when one is missing."""

from __future__ import annotations

from wizard.catalog.models import Catalog
from wizard.forms.factory import report_form


def test_a_form_class_is_built_once_for_a_situation_and_language(catalog: Catalog) -> None:
    everything = catalog.situations["everything"]
    assert report_form(catalog, everything, "ru") is report_form(catalog, everything, "ru")
    assert report_form(catalog, everything, "ru") is not report_form(catalog, everything, "en")
    assert report_form(catalog, everything, "ru") is not report_form(catalog, catalog.situations["strict"], "ru")


def test_two_catalogs_of_one_name_have_forms_of_their_own(catalog: Catalog) -> None:
    other = catalog.model_copy(update={"identity": catalog.identity.model_copy(update={"one_of": ()})})
    form = report_form(other, other.situations["everything"], "ru")()
    assert form.catalog is other
    assert form.validate()


def test_a_blank_required_question_is_answered_with_its_own_instruction(fill) -> None:
    form = fill(situation="strict")
    errors = form.errors_by_question
    assert errors["topic"] == ["Назовите тему"]
    assert errors["words"] == ["Заполните поле «Своими словами»"]
    assert errors["reach"] == ["Выберите ответ на вопрос «У кого»"]
    assert errors["parts"] == ["Отметьте хотя бы один ответ на вопрос «Какие части»"]
    assert errors["started"] == ["Укажите дату и время, хотя бы примерно, в поле «Когда началось»"]
    assert errors["files"] == ["Добавьте файл в поле «Снимок»"]
    assert list(errors) == [asked.question.id for asked in form.asked if asked.required]


def test_the_other_language_is_spoken_throughout(fill) -> None:
    errors = fill(situation="strict", language="en", version="x").errors_by_question
    assert errors["topic"] == ["Назовите тему (en)"]
    assert errors["words"] == ["Fill in “Своими словами (en)”"]
    assert errors["version"] == ["Версия — это числа с точками (en)"]


def test_a_question_is_checked_only_when_it_applies(fill) -> None:
    assert fill(situation="branching", reach="everyone").errors_by_question == {}
    assert set(fill(situation="branching", reach="us").errors_by_question) == {"address", "parts"}


def test_a_condition_on_a_question_that_does_not_apply_does_not_hold(fill) -> None:
    shown = fill(situation="branching", reach="us", address="203.0.113.25", parts=["search", "cart"])
    assert set(shown.errors_by_question) == {"depth"}
    hidden = fill(situation="branching", reach="everyone", parts="cart", depth="глубоко")
    assert hidden.errors_by_question == {}
    assert hidden.answers() == {"reach": "everyone", "name": "ИП Соколов А. В."}


def test_an_answer_that_does_not_apply_is_dropped_and_still_shown_again(fill) -> None:
    form = fill(situation="branching", reach="everyone", address="203.0.113.25")
    assert "address" not in form.answers()
    assert form["address"].raw == "203.0.113.25"
    assert ("address", "203.0.113.25") in list(form.raw_items())


def test_a_choice_that_is_not_offered_opens_nothing(fill) -> None:
    assert fill(situation="branching", reach="nobody").errors_by_question == {
        "reach": ["Выберите один из предложенных вариантов"]
    }


def test_what_depends_on_a_choice_is_asked_while_its_line_is_missing(fill) -> None:
    form = fill(situation="branching", reach="other")
    assert set(form.errors_by_question) == {"reach", "parts"}
    assert "reach" not in form.answers()


def test_one_way_to_know_the_client_is_enough(fill) -> None:
    assert fill(named=False, email="a@detal36.example").errors_by_question == {}
    assert fill(named=False).errors_by_question == {"name": ["Укажите имя или почту: достаточно одного"]}


def test_a_mistyped_address_is_not_also_called_missing(fill) -> None:
    assert list(fill(named=False, email="a").errors_by_question) == ["email"]


def test_an_option_that_asks_to_specify_wants_its_line(fill) -> None:
    assert fill(reach="other").errors_by_question == {"reach": ["Вы выбрали «Вариант other». Уточните, что именно"]}
    form = fill(reach="other", reach_other="  у соседа ", parts=["else", "search"], parts_else="шапка")
    assert form.answers() == {
        "reach": "other",
        "reach_other": "у соседа",
        "parts": ("search", "else"),
        "parts_else": "шапка",
        "name": "ИП Соколов А. В.",
    }


def test_a_line_beside_an_option_that_was_not_chosen_is_kept_for_showing_only(fill) -> None:
    form = fill(reach="us", reach_other="у соседа")
    assert "reach_other" not in form.answers()
    assert form["reach"].specify_raw("other") == "у соседа"


def test_several_answers_come_once_each_in_the_order_of_the_catalog(answer) -> None:
    assert answer("parts", ["cart", "search", "cart", ""]) == ("search", "cart")
    assert answer("parts", ["cart", "nothing"]) == ["Отметьте варианты из предложенных"]


def test_files_are_counted(fill) -> None:
    assert fill(attached={"files": 3}).errors_by_question == {}
    assert fill(attached={"files": 4}).errors_by_question == {"files": ["Оставьте не больше 3: сейчас файлов 4"]}
    assert "files" not in fill(situation="strict", attached={"files": 1}).errors_by_question


def test_everything_typed_is_shown_again_right_or_wrong(fill) -> None:
    form = fill(topic=" Тема  с пробелами ", mailbox="не адрес", parts=["cart", "x"], started=["вчера в 9", "unknown"])
    assert form["topic"].raw == " Тема  с пробелами "
    assert form["mailbox"].raw == "не адрес"
    assert form["parts"].raw_list == ["cart", "x"]
    assert [option["id"] for option in form["parts"].options if option["checked"]] == ["cart"]
    assert form["started"].raw == "вчера в 9"


def test_a_blank_form_has_its_sections_and_no_errors(catalog: Catalog) -> None:
    form = report_form(catalog, catalog.situations["branching"], "ru")()
    assert [(step.id, [field.name for field in fields]) for step, fields in form.steps] == [
        ("facts", ["reach", "address", "parts", "depth"]),
        ("who", ["name", "email"]),
    ]
    assert form.errors_by_question == {}
    assert form["name"].one_of
    assert not form["name"].required
    assert form["address"].condition == {"reach": ("us",)}
