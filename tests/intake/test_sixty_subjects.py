"""Sixty tickets of one situation have sixty different subjects: in both catalogs, in both languages, at both doors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

import pytest
from api_client import Caller
from installation import Installation, example

from wizard.catalog.models import Situation
from wizard.intake.snapshot_build import answers_of, reporter_of
from wizard.intake.subject_line import in_short, subject_of
from wizard.tickets.evidence import Evidence
from wizard.tickets.report import Report, Value

SIXTY = range(1, 61)
FREE = {"API_LIMIT_WRITING": "1000000 per minute", "BUDGET_TICKETS_HOUR": 0, "BUDGET_TICKETS_DAY": 0}

TYPED: Mapping[str, Callable[[int], Value]] = {
    "url": lambda n: f"https://shop-{n}.example/cart?id=1",
    "domain": lambda n: f"shop-{n}.example",
    "email": lambda n: f"box-{n}@shop.example",
    "phone": lambda n: f"+7 900 000-00-{n:02}",
    "part_number": lambda n: f"09864942{n:02}",
    "short_text": lambda n: f"Случай {n}",
    "long_text": lambda n: f"Запись {n}",
}
"""Answers of sixty clients to a question, by its type; those of a choice tell nobody apart."""

Contents = Iterator[tuple[str, list[dict[str, Value]]]]


def sixty_contents(desk: Installation, situation: Situation) -> Contents:
    """Sixty reports that differ in what the situation asks, or in the client's words where it asks no such thing."""
    catalog = desk.catalog
    answers: dict[str, Value] = {**desk.example_answers(situation.id)}
    asked = {asked.question.id: asked.question for asked in catalog.asked(situation)}
    typed = [id_ for id_ in situation.deciding if asked[id_].type in TYPED and id_ in answers]
    if typed:
        yield "answers", [{**answers, typed[0]: TYPED[asked[typed[0]].type](n)} for n in SIXTY]
    elif words := [id_ for id_, question in asked.items() if question.part == "words"]:
        yield "words", [{**answers, words[0]: f"Добрый день! Случай {n}: ничего не видно"} for n in SIXTY]
    client = catalog.identity.registered_name
    yield "clients", [{**answers, str(client): f"ООО «Деталь {n}»"} for n in SIXTY]


def subject_line(desk: Installation, situation: Situation, answers: Mapping[str, Value]) -> str:
    """The subject of a report behind tag and queue."""
    report = Report(situation.id, "ru", "", answers, Evidence(time=datetime.now(UTC)))
    shown = answers_of(desk.catalog, situation, answers, desk.container.desk_language)
    short = in_short(desk.container, report, shown)
    return subject_of(desk.container, report, short, reporter_of(desk.catalog, answers))


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("catalog", ["tradesoft", "hosting"])
def test_in_every_situation_sixty_contents_have_sixty_subjects(
    make_desk: Callable[..., Installation], catalog: str, language: str
) -> None:
    desk = make_desk(CATALOG=catalog, DESK_LANGUAGE=language)
    kinds = set()
    for situation in desk.catalog.situations.values():
        for kind, contents in sixty_contents(desk, situation):
            subjects = {subject_line(desk, situation, answers) for answers in contents}
            assert len(subjects) == 60, (situation.id, kind, sorted(subjects)[:3])
            assert all(len(subject) <= 78 for subject in subjects)
            kinds.add(kind)
    assert kinds == {"answers", "words", "clients"}


def worded(desk: Installation, situation: Situation, n: int, host: str, client: str) -> dict[str, Value]:
    """The report of one client and site: all that is asked is answered, and only the words are this one's."""
    answers = {**desk.example_answers(situation.id), str(desk.catalog.identity.registered_name): client}
    for asked in desk.catalog.asked(situation):
        question = asked.question
        if question.type in ("url", "domain"):
            answers[question.id] = f"https://{host}/catalog/" if question.type == "url" else host
        elif question.id in situation.deciding and question.id not in answers:
            answers[question.id] = example(asked, "ru")
    words = next(asked.question.id for asked in desk.catalog.asked(situation) if asked.question.part == "words")
    return {**answers, words: f"Добрый день! Случай {n}: ничего не видно и не слышно с самого утра"}


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("detal36.example", "ИП Соколов А. В."),
        ("avtozapchasti-vostok-i-zapad.example", "Общество с ограниченной ответственностью «Торговый дом Восток»"),
    ],
)
@pytest.mark.parametrize("catalog", ["tradesoft", "hosting"])
def test_sixty_reports_of_one_client_and_site_have_sixty_subjects_by_their_first_words(
    make_desk: Callable[..., Installation], catalog: str, language: str, host: str, client: str
) -> None:
    desk = make_desk(CATALOG=catalog, DESK_LANGUAGE=language)
    asking = [
        situation
        for situation in desk.catalog.situations.values()
        if any(asked.question.part == "words" for asked in desk.catalog.asked(situation))
    ]
    assert len(asking) >= 10
    for situation in asking:
        subjects = {subject_line(desk, situation, worded(desk, situation, n, host, client)) for n in SIXTY}
        assert len(subjects) == 60, (situation.id, sorted(subjects)[:3])
        assert all(len(subject) <= 78 and " — " in subject for subject in subjects)


def test_sixty_pages_of_one_site_have_sixty_subjects(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk()
    for situation in (desk.catalog.situations["site_page_error"], desk.catalog.situations["site_display"]):
        answers = desk.example_answers(situation.id)
        pages = [f"https://detal36.example/catalog/part-{n}.html?article=OC47" for n in SIXTY]
        assert len({subject_line(desk, situation, {**answers, "page_url": page}) for page in pages}) == 60


def letters_of(desk: Installation) -> list[str]:
    """The subjects of the desk's letters, as they arrived, less their tags; each as every subject has to be."""
    desk.run_worker()
    subjects = [str(letter["Subject"]) for letter in desk.inbox]
    lines = [re.sub(r"^\[##\d{6}##\] (\[ВНЕ ОЧЕРЕДИ\] )?", "", subject) for subject in subjects]
    assert all(0 < len(line) <= 78 and not re.search(r"[\[\]#]|\d{5}", line) for line in lines), lines
    return lines


def test_sixty_filled_in_forms_with_sixty_part_numbers(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(**FREE)
    for n in SIXTY:
        desk.send("pricing_all", article=f"09864942{n:02}", brand="BOSCH")
    lines = letters_of(desk)
    assert len(lines) == len(set(lines)) == 60
    assert lines[0] == "Проценка пуста у всех поставщиков: 0986 4942 01 BOSCH — ИП Соколов А. В."


def test_sixty_reports_of_the_api_with_sixty_domains(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(CATALOG="hosting", **FREE)
    caller = Caller(desk)
    for n in SIXTY:
        caller.create_ticket("site_unreachable", answers={"site_domain": f"shop-{n}.example"})
    lines = letters_of(desk)
    assert len(lines) == len(set(lines)) == 60
    assert lines[0].startswith("Сайт не открывается: shop-1.example; Сегодня")


def test_sixty_clients_who_say_the_same(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(**FREE)
    caller = Caller(desk)
    for n in SIXTY:
        caller.create_ticket("q_unclear", answers={"details": "Ничего не работает", "reg_name": f"Деталь {n}"})
    lines = letters_of(desk)
    assert len(lines) == len(set(lines)) == 60
    assert "Ситуация не выбрана: Ничего не работает — Деталь 7" in lines
