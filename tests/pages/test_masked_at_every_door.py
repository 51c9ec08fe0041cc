"""A password in every text question of both catalogs, and in every further message, reaches no store and no letter."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from api_client import Caller
from installation import Installation
from walker import Typed

from wizard.catalog.models import Asked, Situation
from wizard.catalog.questions import TypedText, specify_input

MARK = "Zx81"
"""Begins every password here; two letters and two digits that stand nowhere else."""
SHAPES = {
    "url": "https://detal36.example/cart?token={}&id=7",
    "part_number": "OC 90 пароль {}",
    "bounce": "550 5.1.1 <client@mail.example>: user unknown\nпароль: {}",
    "long_text": "Меню съехало, зайдите сами:\nлогин admin\nпароль: {}\nспасибо",
}


def password_of(name: str) -> str:
    """A password for one input."""
    return f"{MARK}{name[:12].replace('_', '')}Qw"


def typed_of(asked: Asked) -> Iterator[tuple[str, Typed]]:
    """Answers to a question with a password in each of its texts."""
    question = asked.question
    if question.type in ("choice", "choices"):
        for option in question.options:
            if option.specify:
                name = specify_input(question.id, option.id)
                yield from ((question.id, option.id), (name, f"пароль: {password_of(name)}"))
    elif not getattr(question, "pattern", None):
        shape = SHAPES.get(question.type, "вход, пароль: {}")
        yield question.id, shape.format(password_of(question.id))


def filled_with_passwords(desk: Installation, situation: Situation, conditions: bool) -> dict[str, Typed]:
    """Answers to all that a situation asks, or to what it asks unless a condition holds."""
    answers: dict[str, Typed] = {}
    for asked in desk.catalog.asked(situation):
        if isinstance(asked.question, TypedText):
            answers.update(typed_of(asked))
    if conditions:
        for asked in desk.catalog.asked(situation):
            answers |= {other: wanted[0] for other, wanted in asked.show_when.items()}
    return answers


def texts_of(desk: Installation) -> set[str]:
    """The inputs of the catalog in which text is typed and masked."""
    questions = [question for question in desk.catalog.questions.values() if isinstance(question, TypedText)]
    lines = {
        specify_input(question.id, option.id)
        for question in questions
        for option in getattr(question, "options", ())
        if option.specify
    }
    texts = {question.id for question in questions if question.type not in ("choice", "choices")}
    return lines | {id_ for id_ in texts if not getattr(desk.catalog.questions[id_], "pattern", None)}


def stored_bytes(desk: Installation) -> bytes:
    """All that the installation has on its disk: database, journal, files, model."""
    folder = Path(desk.app.config["INSTANCE_PATH"])
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def reports(desk: Installation) -> Iterator[tuple[Situation, dict[str, Typed], set[str]]]:
    """Reports that ask every text of the catalog between them, each with the inputs that hold a password."""
    wanted = texts_of(desk)
    for situation in desk.catalog.situations.values():
        for conditions in (False, True):
            answers = filled_with_passwords(desk, situation, conditions)
            new = wanted & {name for name, typed in answers.items() if MARK in str(typed)}
            if new:
                wanted -= new
                yield situation, answers, new
    assert not wanted, "every text is asked somewhere"


@pytest.mark.parametrize("catalog", ["tradesoft", "hosting"])
def test_a_password_in_any_text_of_the_form_reaches_neither_letters_nor_the_disk(
    make_desk: Callable[..., Installation], catalog: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk = make_desk(CATALOG=catalog)
    masked: set[str] = set()
    for situation, answers, _ in reports(desk):
        check = desk.filled(situation.id, **answers)
        assert check.status == 200, check.summary
        assert MARK not in check.text
        masked |= {name.removeprefix("typed.") for name, _ in check.inputs() if name.startswith("typed.")}
        receipt = check.submit("send")
        assert "/tickets/" in receipt.address and MARK not in receipt.html
    desk.run_worker()
    assert texts_of(desk) <= masked, "each was typed somewhere, and masked"
    assert MARK not in desk.all_sent
    assert MARK.encode() not in stored_bytes(desk)
    assert MARK not in caplog.text


@pytest.mark.parametrize("catalog", ["tradesoft", "hosting"])
def test_nor_does_one_in_any_answer_of_a_program(make_desk: Callable[..., Installation], catalog: str) -> None:
    desk = make_desk(CATALOG=catalog, RATELIMIT_ENABLED=False)
    api = Caller(desk)
    for situation, answers, _ in reports(desk):
        report = api.report(situation.id, answers=answers, page=f"https://detal36.example/?token={MARK}page")
        for asked in desk.catalog.asked(situation):
            chosen = report["answers"].get(asked.question.id)
            if asked.question.type == "choices" and isinstance(chosen, str):
                report["answers"][asked.question.id] = [chosen]
        asked_by_name = {asked.question.id for asked in desk.catalog.asked(situation) if asked.question.type == "files"}
        if any(asked.required for asked in desk.catalog.asked(situation) if asked.question.id in asked_by_name):
            report["attachments"] = [api.upload(b"A file for support\n").get_json()["id"]]
        answer = api.post("tickets", report)
        assert answer.status_code == 201, answer.text
        assert MARK not in answer.text
        said = [piece["question"] for piece in answer.get_json()["advice"] if piece["kind"] == "masked"]
        assert said, "the program is told"
    desk.run_worker()
    assert MARK not in desk.all_sent
    assert MARK.encode() not in stored_bytes(desk)


def test_a_password_in_a_further_message_is_masked_at_every_door(desk: Installation) -> None:
    receipt = desk.send("site_down")
    number = receipt.soup.select_one(".ticket-number strong").text
    token_page = desk.client.get(receipt.address.partition("?")[0] + "follow-up/")
    added = token_page.submit("send", {"text": f"Ещё: логин admin пароль: {MARK}first"})
    assert "закрыли звёздочками" in added.text and "пароль: ***" in added.text
    by_number = desk.client.get("/ru/follow-up/")
    email = desk.example_answers("site_down")["reg_email"]
    done = by_number.submit("send", {"number": number, "address": email, "text": f"пароль: {MARK}second"})
    assert done.status == 200 and "закрыли звёздочками" in done.text
    token = receipt.address.rpartition("/tickets/")[2].partition("/")[0]
    answer = Caller(desk).post(f"tickets/{token}/follow-ups", {"text": f"И ещё пароль: {MARK}third"})
    assert answer.get_json()["text"] == "И ещё пароль: ***"
    calm = token_page.submit("send", {"text": "Пароль не подходит, больше ничего"})
    assert "звёздочками" not in calm.text
    desk.run_worker()
    assert len(desk.inbox) == 5
    assert MARK not in desk.all_sent
    assert MARK.encode() not in stored_bytes(desk)


def test_a_program_may_say_which_answers_are_to_be_taken_as_typed(desk: Installation) -> None:
    api = Caller(desk)
    answers = {"details": f"пароль: {MARK}details", "site_url": f"https://detal36.example/?token={MARK}page"}
    answer = api.create_ticket("site_other", answers=answers, as_typed=["details"])
    advice = {piece["kind"]: piece["question"] for piece in answer.get_json()["advice"]}
    assert (advice["masked"], advice["secret"]) == ("site_url", "details")
    desk.run_worker()
    assert f"{MARK}details" in desk.all_sent and f"{MARK}page" not in desk.all_sent


def test_a_program_is_warned_of_a_secret_as_typed_beside_an_option_too(desk: Installation) -> None:
    answers = {"site_part": "other", "site_part_other": f"пароль: {MARK}line"}
    answer = Caller(desk).create_ticket("pricing_all", answers=answers, as_typed=["site_part"])
    assert [piece["question"] for piece in answer.get_json()["advice"] if piece["kind"] == "secret"] == ["site_part"]


def test_a_question_may_let_secrets_through(make_desk: Callable[..., Installation], tmp_path: Path) -> None:
    from wizard.catalog.loader import named_catalog

    text = named_catalog("hosting").read_text(encoding="utf-8")
    marked = text.replace("    part: words\n", "    part: words\n    mask_secrets: false\n", 1)
    assert marked != text
    path = tmp_path / "open.yaml"
    path.write_text(marked, encoding="utf-8")
    desk = make_desk(CATALOG=str(path))
    [(situation, question)] = [
        (situation.id, asked.question.id)
        for situation in desk.catalog.situations.values()
        for asked in desk.catalog.asked(situation)
        if getattr(asked.question, "mask_secrets", True) is False and asked.required
    ][:1]
    check = desk.filled(situation, **{question: f"Сайт не открывается, пароль: {MARK}open, помогите"})
    assert f"{MARK}open" in check.text
    assert not check.soup.select(".masked") and "уйдёт как написан" not in check.text
    check.submit("send")
    desk.run_worker()
    assert f"{MARK}open" in desk.all_sent


def test_a_mail_that_came_back_offers_no_secret(desk: Installation) -> None:
    api = Caller(desk)
    words = f"Магазин пишет: «Ошибка 500, password={MARK}offered», помогите"
    answer = api.post("tickets", {"situation": "site_other", "language": "ru", "answers": {"details": words}})
    assert answer.status_code == 422
    assert MARK not in json.dumps(answer.get_json())
