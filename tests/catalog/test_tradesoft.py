"""The Tradesoft catalog says and asks what the desk's rules and its list of situations promise."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from pydantic import BaseModel

from wizard.catalog.loader import load_catalog, named_catalog
from wizard.catalog.models import Catalog, Situation
from wizard.catalog.questions import Choice, Choices, LongText, Moment, Question, ShortText
from wizard.triage.advice import give_advice
from wizard.triage.verdict import decide_verdict, holds

HERE = Path(__file__).parent
EXPECTED = json.loads((HERE / "tradesoft_ids.json").read_text("utf-8"))
RULES = (HERE / "tradesoft_rules.ru.txt").read_text("utf-8")

FAST = {
    "site_down": (
        "1",
        [{"reach": "everyone"}],
        [{"reach": "only_us"}, {"reach": "some_clients"}, {"reach": "not_checked"}],
    ),
    "pricing_all": (
        "2",
        [{"suppliers_scope": "all"}],
        [{"suppliers_scope": "one"}, {"suppliers_scope": "several"}, {"suppliers_scope": "unknown"}],
    ),
    "order_fail": ("3", [{"order_scope": "all"}], [{"order_scope": "some"}, {"order_scope": "not_checked"}]),
    "pay_all": ("4", [{"pay_scope": "all"}], [{"pay_scope": "one"}, {"pay_scope": "unknown"}]),
    "auth_fail": (
        "5",
        [
            {"auth_scope": "nobody", "auth_where": "site"},
            {"auth_scope": "nobody", "auth_where": "admin_panel"},
            {"auth_scope": "new_users", "auth_where": "site"},
        ],
        [
            {"auth_scope": "nobody", "auth_where": "program"},
            {"auth_scope": "one_user", "auth_where": "site"},
            {"auth_scope": "unknown", "auth_where": "site"},
        ],
    ),
    "ws_all": (
        "6",
        [{"ws_scope": "all_catalogs"}, {"ws_scope": "all_suppliers"}, {"ws_scope": "both"}],
        [{"ws_scope": "one_catalog"}, {"ws_scope": "unknown"}],
    ),
    "pl_sync_upload": ("7", [{"sync_on": "yes"}], [{"sync_on": "no"}, {"sync_on": "unknown"}]),
    "sync_all": (
        "8",
        [{"sync_scope": "nothing"}],
        [{"sync_scope": only} for only in ("only_orders", "only_clients", "only_stock", "some_records", "unknown")],
    ),
}
"""Rule, the answers that make it fast, the neighbouring ones that do not."""

ROUND_TRIPS = {
    ("site_down", "site_access"): ({"reach": "only_us"}, {"reach": "everyone"}),
    ("sync_all", "sync_partial"): ({"sync_scope": "only_orders"}, {"sync_scope": "nothing"}),
    ("pl_import_file", "pl_autoimport"): ({"pl_how": "mail"}, {"pl_how": "by_hand"}),
    ("mail_bounce", "mail_not_delivered"): ({"mail_bounced": "no"}, {"mail_bounced": "yes"}),
    ("mail_notif", "mail_sms"): ({"notif_kind": "sms"}, {"notif_kind": "telegram"}),
}
ONE_WAY = {
    ("pricing_all", "pricing_supplier"): {"suppliers_scope": "several"},
    ("pricing_other", "pricing_all"): {"suppliers_scope": "all"},
    ("order_fail", "order_one_item"): {"order_scope": "some", "order_step": "add_to_cart"},
    ("order_other", "order_fail"): {"order_scope": "all"},
    ("auth_fail", "auth_single"): {"auth_scope": "one_user", "auth_where": "site"},
    ("auth_fail", "app_start"): {"auth_scope": "nobody", "auth_where": "program"},
    ("auth_other", "auth_fail"): {"auth_scope": "new_users"},
    ("pay_all", "pay_one"): {"pay_scope": "one"},
    ("pay_other", "pay_all"): {"pay_scope": "all"},
    ("ws_all", "ws_catalog_one"): {"ws_scope": "one_catalog"},
    ("ws_other", "ws_all"): {"ws_scope": "all_suppliers"},
    ("pl_other", "pl_sync_upload"): {"pl_how": "program", "sync_on": "yes"},
    ("x_other", "x_1c"): {"x_system": "one_c"},
}


@cache
def tradesoft() -> Catalog:
    return load_catalog(named_catalog("tradesoft"))


def plain(text: str) -> str:
    return " ".join(text.split()).rstrip(";.:").casefold()


def localised(value: object) -> Iterator[dict[str, str]]:
    """Every text of a part of the catalog, however deep."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from localised(getattr(value, name))
    elif isinstance(value, dict):
        if value and set(value) <= {"ru", "en"}:
            yield value
        else:
            for item in value.values():
                yield from localised(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from localised(item)


def messages() -> Iterator[str]:
    """What is said to a client who answered too little or chose another situation."""
    catalog = tradesoft()
    parts: list[object] = [catalog.identity.empty, catalog.politeness, *(phrase.ask for phrase in catalog.vague)]
    for question in catalog.questions.values():
        parts += [question.label, question.hint, question.empty, getattr(question, "wrong", None)]
    for situation in catalog.situations.values():
        parts += [situation.fast_track and situation.fast_track.otherwise, *(lead.say for lead in situation.leads)]
    for part in parts:
        for text in localised(part):
            yield from text.values()


def asked_of(situation: Situation) -> list[Question]:
    return [tradesoft().questions[id_] for id_ in (*situation.required, *situation.optional)]


def test_no_situation_and_no_question_of_the_list_is_lost_or_changed():
    situations = tradesoft().situations
    assert {id_: tradesoft().category_of[id_].id for id_ in situations} == {
        id_: row["category"] for id_, row in EXPECTED.items()
    }
    for id_, row in EXPECTED.items():
        assert sorted(situations[id_].required) == sorted(row["required"]), id_
        # Beyond the list, every form has a place for the client's own words.
        assert sorted({*situations[id_].optional} - {"details"}) == sorted({*row["optional"]} - {"details"}), id_
        assert {"details", "steps", "goal"} & {*situations[id_].required, *situations[id_].optional}, id_
    assert (len(tradesoft().categories), len(situations), len(tradesoft().questions)) == (13, 71, 68)


def test_every_rule_is_said_in_the_desks_own_words():
    texts = {plain(text["ru"]) for text in localised(tradesoft().rules)}
    wanted = [plain(line.removeprefix("- ")) for line in RULES.splitlines() if line.strip("- ")]
    assert [line for line in wanted if line not in texts] == []
    assert 4 <= sum(rule.in_short is not None for rule in tradesoft().rules) <= 6


def test_the_eight_situations_out_of_turn_are_the_rules_own_and_no_others():
    fast = {id_: situation.fast_track.rule for id_, situation in tradesoft().situations.items() if situation.fast_track}
    assert fast == {id_: rule for id_, (rule, _, _) in FAST.items()}
    lines = RULES.split("обрабатываются следующие ситуации:\n")[1].splitlines()[:8]
    assert [rule.id for rule in tradesoft().fast_track_rules] == [str(number) for number in range(1, 9)]
    assert [plain(rule.text["ru"]) for rule in tradesoft().fast_track_rules] == [plain(line[2:]) for line in lines]
    listed = next(rule for rule in tradesoft().rules if rule.id == "order").items
    for language in ("ru", "en"):
        texts = [plain(item.text[language]) for item in listed]
        assert texts == [plain(rule.text[language]) for rule in tradesoft().fast_track_rules]


@pytest.mark.parametrize("id_", FAST)
def test_only_the_answers_named_by_the_rule_go_out_of_turn(id_: str):
    rule, fast, in_turn = FAST[id_]
    situation = tradesoft().situations[id_]
    for answers in fast:
        assert decide_verdict(tradesoft(), situation, answers).rule == rule
    for answers in (*in_turn, {}):
        verdict = decide_verdict(tradesoft(), situation, answers)
        assert (
            not verdict.fast_track
            and "измените ответ" in verdict.reason["ru"]
            and "change the answer" in verdict.reason["en"]
        )


@pytest.mark.parametrize(("pair", "answers"), [*ONE_WAY.items(), *((p, a) for p, (a, _) in ROUND_TRIPS.items())])
def test_a_wrong_choice_is_shown_one_way_out(pair: tuple[str, str], answers: dict[str, str]):
    assert leads(pair[0], answers) == [pair[1]]


@pytest.mark.parametrize(("pair", "answers"), [(pair, answers) for pair, (_, answers) in ROUND_TRIPS.items()])
def test_a_wrong_choice_leads_back(pair: tuple[str, str], answers: dict[str, str]):
    assert leads(pair[1], answers) == [pair[0]]


@pytest.mark.parametrize("id_", FAST)
def test_nobody_is_sent_away_from_a_report_that_goes_out_of_turn(id_: str):
    assert [leads(id_, answers) for answers in FAST[id_][1]] == [[] for _ in FAST[id_][1]]


def leads(id_: str, answers: dict[str, str]) -> list[str]:
    return [lead.to for lead in tradesoft().situations[id_].leads if holds(lead.when, answers)]


def test_everything_is_said_in_both_languages_and_english_is_english():
    for text in localised(tradesoft()):
        assert set(text) == {"ru", "en"}, text
        assert isinstance(text["en"], tuple | dict) or not re.search("[а-яё]", text["en"], re.IGNORECASE), text


def test_nobody_is_blamed():
    blame = re.compile(
        r"неверно заполнен|некорректн|вы забыли|ошиблись|\bупс\b|invalid|incorrect|you forgot|oops", re.I
    )
    assert [text for text in messages() if blame.search(text)] == []


def test_clients_are_addressed_with_a_capital():
    plain_you = re.compile(r"\b(вы|вас|вам|вами|ваш|ваша|ваше|ваши|вашего|вашей|ваших|вашим|вашему)\b")
    assert [text for text in messages() if plain_you.search(text)] == []


def test_a_missing_answer_is_met_with_an_instruction_and_a_hint_is_one_short_sentence():
    required = {id_ for situation in tradesoft().situations.values() for id_ in situation.required}
    assert [id_ for id_ in required if tradesoft().questions[id_].empty is None] == []
    hints = [hint for question in tradesoft().questions.values() if question.hint for hint in question.hint.values()]
    assert [hint for hint in hints if hint.endswith((".", "!")) or len(hint) > 100] == []


def test_every_question_has_an_example_where_one_helps():
    for question in tradesoft().questions.values():
        assert question.example is not None or isinstance(question, Choice | Choices | Moment), question.id
        if isinstance(question, ShortText | LongText):
            example = question.example
            texts = [example] if isinstance(example, str) else list((example or {}).values())
            assert all(question.min_length <= len(text) <= question.max_length for text in texts), question.id


def test_a_short_true_answer_is_never_refused():
    assert [
        question.id
        for question in tradesoft().questions.values()
        if isinstance(question, LongText) and question.min_length > 3
    ] == []


def test_a_screen_shows_at_most_four_fields_and_fast_track_needs_at_most_eight():
    for situation in tradesoft().situations.values():
        for section in ("clarify", "details"):
            shown = [question.id for question in asked_of(situation) if question.section == section]
            shown = [id_ for id_ in shown if id_ in situation.required or not tradesoft().questions[id_].folded]
            assert len(shown) <= 4, (situation.id, section, shown)
        if situation.fast_track:
            assert len(situation.required) + 1 <= 8, situation.id


@pytest.mark.parametrize("id_", FAST)
def test_the_answer_that_decides_the_queue_is_asked_first(id_: str):
    situation = tradesoft().situations[id_]
    deciding = list(situation.fast_track.when) if situation.fast_track else []
    assert list(situation.required[: len(deciding)]) == deciding
    assert {tradesoft().questions[question].section for question in deciding} == {"clarify"}


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_subject_is_short_understood_without_its_category_and_no_other_situations(language):
    subjects = {}
    for situation in tradesoft().situations.values():
        assert situation.subject is not None, situation.id
        subject = situation.subject[language]
        assert len(subject) <= 33 and subject[0].isupper() and not subject.endswith("."), situation.id
        subjects.setdefault(subject.casefold(), []).append(situation.id)
    assert all(len(ids) == 1 for ids in subjects.values()), subjects


@pytest.mark.parametrize(
    ("id_", "question", "text", "language"),
    [
        ("site_down", "details", "сайт не работает, срочно", "ru"),
        ("site_slow", "details", "сайт тормозит", "ru"),
        ("pricing_other", "details", "Почему нет результатов??", "ru"),
        ("order_fail", "steps", "клиенты жалуются что корзина не пашет", "ru"),
        ("auth_other", "details", "не могу войти", "ru"),
        ("pay_other", "details", "не проходит оплата", "ru"),
        ("ws_other", "details", "каталоги не работают", "ru"),
        ("app_other", "details", "программа вылетает помогите", "ru"),
        ("mail_other", "details", "my mail is not working", "en"),
        ("x_other", "details", "1с не работает с вашей программой", "ru"),
        ("q_unclear", "details", "у меня не работает почта", "ru"),
        ("q_unclear", "details", "Выдаёт какую-то ошибку 1045", "ru"),
        ("q_unclear", "details", "помогите срочно", "ru"),
        ("acc_other", "details", "ничего не работает", "ru"),
    ],
)
def test_words_that_say_too_little_are_met_with_one_question(id_: str, question: str, text: str, language: str):
    answers = {question: text, "reg_email": "a@b.example"}
    kinds = [advice.kind for advice in give_advice(tradesoft(), tradesoft().situations[id_], answers, language)]
    assert kinds.count("vague") == 1


def test_the_examples_themselves_are_never_called_vague():
    for situation in tradesoft().situations.values():
        for language in ("ru", "en"):
            examples = {
                question.id: question.example for question in asked_of(situation) if isinstance(question, LongText)
            }
            answers = {id_: text if isinstance(text, str) else text[language] for id_, text in examples.items() if text}
            kinds = [advice.kind for advice in give_advice(tradesoft(), situation, answers, language)]
            assert "vague" not in kinds, situation.id
