"""Form and API are one: the same input gets the same verdict, the same words, and the same ticket."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from api_client import Caller
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from installation import Installation, example
from jsonschema import Draft202012Validator
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from wizard.api.answers_schema import answers_schema, cleaned
from wizard.catalog.models import Asked, Catalog, Situation
from wizard.catalog.questions import specify_input
from wizard.db.models import Ticket

BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
BLANKS = st.sampled_from(["", "   ", "\u200b", "\t\n"])
# A form cannot send a lone surrogate, and a browser sends no other line end than CRLF.
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
ODD = st.sampled_from(
    [
        "4111 1111 1111 1111",
        "password=qwerty12",
        "[##123456##]",
        "https://Мой-Сайт.рф/путь?a=1",
        "mailto:shop@detal36.example",
        "shop@detal36",
        "а" * 5000,
        "e\u0301" * 300,
        "unknown",
        "сегодня",
        "23.11.2026 9:40",
        "01.01.2099 10:00",
        "203.0.113.7",
        "192.168.0.1",
        "other",
        "a" * 41,
        "не работает проценка по OC 47 KNECHT с 9:40 на detal36.example",
    ]
)


def typed_for(asked: Asked, language: str) -> st.SearchStrategy[Any]:
    """What may come as the answer to a question: fit, blank, odd, anything."""
    question = asked.question
    options = [option.id for option in getattr(question, "options", ())]
    fit = example(asked, language)
    if question.type == "choices":
        option = st.one_of(st.sampled_from(options), st.sampled_from([*options, "no_such_option", ""]))
        return st.lists(option, max_size=4)
    if options:
        return st.one_of(st.sampled_from(options), st.just(f" {options[-1]} "), BLANKS, ODD, WORDS)
    return st.one_of(st.just(fit), st.just(f"  {fit}\u00a0"), edges(question), BLANKS, ODD, WORDS)


def edges(question: Any) -> st.SearchStrategy[str]:
    """The longest and shortest that may be, and one more and less."""
    least, most = getattr(question, "min_length", 1), getattr(question, "max_length", 60)
    return st.sampled_from(["а" * length for length in (most, most + 1, least, least - 1)])


@st.composite
def inputs(draw: st.DrawFn, catalogs: list[Catalog]) -> tuple[Catalog, Situation, str, dict[str, Any]]:
    """A situation, a language, and what came for its questions: mostly fit, so that both verdicts are met."""
    catalog = draw(st.sampled_from(catalogs))
    situation = draw(st.sampled_from(list(catalog.situations.values())))
    language = draw(st.sampled_from(list(catalog.languages)))
    questions = [asked for asked in catalog.asked(situation) if asked.question.type != "files"]
    answers: dict[str, Any] = {}
    spoilt = set(draw(st.lists(st.sampled_from([asked.question.id for asked in questions]), max_size=4)))
    for asked in questions:
        id_ = asked.question.id
        if id_ in spoilt:
            answers[id_] = draw(typed_for(asked, language))
        elif asked.required or draw(st.booleans()):
            answers[id_] = _fit(draw, asked, language)
        for option in getattr(asked.question, "options", ()):
            if option.specify and draw(st.booleans()):
                answers[specify_input(id_, option.id)] = draw(st.one_of(WORDS, ODD, st.just("Касса")))
    return catalog, situation, language, answers


def _fit(draw: st.DrawFn, asked: Asked, language: str) -> Any:
    options = [option.id for option in getattr(asked.question, "options", ())]
    if asked.question.type == "choices":
        return draw(st.lists(st.sampled_from(options), min_size=1, max_size=3))
    return draw(st.sampled_from(options)) if options else example(asked, language)


class Both:
    """Two installations, each with its form and its API, and the count of what was compared."""

    def __init__(self, desks: list[Installation]) -> None:
        self.desks = {desk.catalog.id: desk for desk in desks}
        self.compared: Counter[str] = Counter()

    def compare(self, catalog: Catalog, situation: Situation, language: str, answers: Mapping[str, Any]) -> None:
        """Send the same to both, and see that both say the same."""
        desk = self.desks[catalog.id]
        desk.client.options = {"headers": {"User-Agent": BROWSER}}
        page = desk.client.post(
            desk.address(situation.id, language), MultiDict([*_as_form(answers), ("action", "check")])
        )
        body = {"situation": situation.id, "language": language, "answers": dict(answers)}
        called = Caller(desk, User_Agent=BROWSER).post("tickets", body)
        by_form = dict(_errors_on(page.soup))
        by_api = {id_: ". ".join(texts) for id_, texts in called.json.get("errors", {}).items()}
        assert _plain(by_api) == _plain(by_form)
        assert (page.status, called.status_code) in ((200, 201), (422, 422))
        self.compared["refused" if by_form else "accepted"] += 1
        if not by_form:
            # Whatever was typed became the same answers both ways.
            by_form_token = page.submit("send").address.split("/tickets/")[1].split("/")[0]
            stored = [
                json.loads(record)["answers"]
                for token in (by_form_token, called.json["token"])
                for (record,) in desk.query(select(Ticket.record).where(Ticket.token == token))
            ]
            assert len(stored) == 2 and stored[0] == stored[1]
            schema = Draft202012Validator(answers_schema(catalog, situation, language))
            assert list(schema.iter_errors(cleaned(catalog, situation, answers))) == []


def _as_form(answers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for id_, value in answers.items():
        yield from ((id_, text) for text in (value if isinstance(value, list) else [value]))


def _errors_on(soup: Any) -> Iterator[tuple[str, str]]:
    for fault in soup.find_all("p", class_="fault", id=True):
        fault.find(class_="visually-hidden").decompose()
        yield fault["id"].removesuffix("-error"), fault.get_text()


def _plain(errors: Mapping[str, str]) -> dict[str, str]:
    return {id_: " ".join(text.split()) for id_, text in errors.items()}


@pytest.fixture
def both(make_desk: Callable[..., Installation]) -> Both:
    """Both catalogs, each with its form and its API."""
    free = {"API_LIMIT_WRITING": "1000000 per minute", "BUDGET_TICKETS_HOUR": 0, "BUDGET_TICKETS_DAY": 0}
    return Both([make_desk(**free), make_desk(CATALOG="hosting", **free)])


def _agree(both: Both, examples: int) -> None:
    catalogs = [desk.catalog for desk in both.desks.values()]

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(inputs(catalogs))
    def run(case: tuple[Catalog, Situation, str, dict[str, Any]]) -> None:
        both.compare(*case)

    run()
    print(f"form and API agree on {sum(both.compared.values())} cases: {dict(both.compared)}")
    assert both.compared["accepted"] > examples / 20
    assert both.compared["refused"] > examples / 20


def test_form_and_api_give_the_same_verdict_the_same_words_and_the_same_ticket(both: Both) -> None:
    _agree(both, 200)


@pytest.mark.torture
def test_form_and_api_agree_on_thousands_of_inputs(both: Both) -> None:
    _agree(both, 5000)


def test_every_question_at_its_longest_and_shortest(both: Both) -> None:
    seen = set()
    for desk in both.desks.values():
        for situation in desk.catalog.situations.values():
            answers = Caller(desk).report(situation.id)["answers"]
            needs_files = any(
                asked.required and asked.question.type == "files" for asked in desk.catalog.asked(situation)
            )
            for asked in desk.catalog.asked(situation):
                question = asked.question
                most = getattr(question, "max_length", None)
                if most is None or question.id in seen or asked.show_when or needs_files:
                    continue
                seen.add(question.id)
                for length in (most, most + 1, question.min_length, question.min_length - 1):
                    both.compare(desk.catalog, situation, "ru", {**answers, question.id: "а" * length})
    assert both.compared["accepted"] > 40
    assert both.compared["refused"] > 40


@pytest.mark.parametrize("blank", ["", " ", "\u200b", []])
def test_every_question_blank_in_a_report_that_is_fit(both: Both, blank: Any) -> None:
    for desk in both.desks.values():
        for situation in list(desk.catalog.situations.values())[::3]:
            answers = Caller(desk).report(situation.id)["answers"]
            for asked in desk.catalog.asked(situation):
                several = asked.question.type == "choices"
                if asked.question.type != "files" and several == isinstance(blank, list):
                    answers = {asked.question.id: blank, **answers}
            both.compare(desk.catalog, situation, "ru", answers)
    assert both.compared["accepted"] > 20


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_situation_blank_is_refused_in_the_same_words(both: Both, language: str) -> None:
    for desk in list(both.desks.values()):
        for situation in desk.catalog.situations.values():
            both.compare(desk.catalog, situation, language, {})
