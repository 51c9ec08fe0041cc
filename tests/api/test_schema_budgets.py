"""A call of any size costs only so much: schemas bound everything, and what is too long is not looked into (L17)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from api_client import Caller, errors_of

from wizard.api.answers_schema import answers_schema
from wizard.api.bounded_validation import MOST_FAULTS, _bounded

MANY = 100_000
MOST_STEPS = 5_000
"""Keywords of schemas that one call may evaluate; an ordinary report takes a few hundred."""

BODIES: dict[str, dict[str, Any]] = {
    "wrong options": {"answers": {"price_wrong_kind": ["x"] * MANY}},
    "right options": {"answers": {"price_wrong_kind": ["price"] * 80_000}},
    "blank options": {"answers": {"price_wrong_kind": [""] * MANY}},
    "numbers in place of options": {"answers": {"price_wrong_kind": [5] * MANY}},
    "a list in place of a text": {"answers": {"details": ["x"] * MANY}},
    "a long text": {"answers": {"details": "x" * 1_000_000}},
    "unknown questions": {"answers": {f"a{n}": "" for n in range(50_000)}},
    "as many unknown questions as are looked at": {"answers": {f"a{n}": ["x"] * 300 for n in range(400)}},
    "unknown members": {f"a{n}": "" for n in range(50_000)},
    "facts to leave out": {"leave_out": ["ip"] * MANY},
    "unknown facts to leave out": {"leave_out": ["x"] * MANY},
    "attachments": {"attachments": ["x"] * MANY},
    "attachments with questions": {"attachments": [{"id": "x"}] * 60_000},
}


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts every keyword of a schema that is evaluated."""
    count: Counter[str] = Counter()

    def counting(name: str, keyword: Any) -> Any:
        def check(*arguments: Any) -> Iterator[Any]:
            count[name] += 1
            yield from keyword(*arguments) or ()

        return check

    for name, keyword in list(_bounded().VALIDATORS.items()):
        monkeypatch.setitem(_bounded().VALIDATORS, name, counting(name, keyword))
    return count


@pytest.mark.parametrize("name", BODIES)
def test_a_call_of_any_size_is_refused_after_few_steps(api: Caller, steps: Counter[str], name: str) -> None:
    body = BODIES[name]
    report = {**api.report("pricing_wrong"), **body}
    report["answers"] = {**api.report("pricing_wrong")["answers"], **body.get("answers", {})}
    answer = api.post("tickets", report)
    assert answer.status_code == 422
    assert 0 < len(errors_of(answer)) <= MOST_FAULTS + 10
    assert steps.total() < MOST_STEPS, steps.most_common(5)


def test_the_other_calls_are_bounded_alike(api: Caller, steps: Counter[str]) -> None:
    token = api.create_ticket().json["token"]
    steps.clear()
    members = {f"a{n}": "" for n in range(50_000)}
    for path, body in {
        f"tickets/{token}/follow-ups": {"text": "x", "attachments": ["x"] * MANY},
        "assess": {"text": "x" * 900_000},
    }.items():
        assert api.post(path, body).status_code == 422
        assert api.post(path, {**members, "text": "x"}).status_code == 422
        assert api.post(path, [1] * MANY).status_code == 422
    assert steps.total() < MOST_STEPS


def test_an_ordinary_report_takes_few_steps(api: Caller, steps: Counter[str]) -> None:
    api.create_ticket("pricing_wrong")
    assert 20 < steps.total() < 1000


def test_a_list_within_its_length_is_told_what_is_wrong_in_it(api: Caller) -> None:
    def fault(value: Any) -> list[str]:
        answer = api.post("tickets", api.report("pricing_wrong", answers={"price_wrong_kind": value}))
        return errors_of(answer).get("price_wrong_kind", [])

    assert fault(["price", 5]) == fault([5] * MANY) == ["Передайте массив строк"]
    assert fault(["price", "x"]) == fault(["x"] * MANY) == ["Отметьте варианты из предложенных"]
    assert fault("price") == ["Передайте массив строк"]


def test_every_text_list_and_object_that_a_call_may_hold_has_a_bound(api: Caller) -> None:
    document = api.get("openapi.json").json
    schemas = {name: schema for name, schema in document["components"]["schemas"].items() if name.endswith("Request")}
    assert {"TicketRequest", "FollowUpRequest", "AssessRequest"} <= set(schemas)
    catalog = api.desk.catalog
    for situation in catalog.situations.values():
        schemas[situation.id] = answers_schema(catalog, situation, "en")
    unbounded = [f"{name}: {place}" for name, schema in schemas.items() for place in _unbounded(schema, "")]
    assert unbounded == []


def _unbounded(schema: Any, place: str) -> Iterator[str]:
    """Where a schema, by itself, sets no end."""
    bounds = {
        "string": ("maxLength", "enum", "const", "pattern", "oneOf"),
        "array": ("maxItems",),
        "object": ("maxProperties", "additionalProperties"),
    }
    if isinstance(schema, list):
        for number, part in enumerate(schema):
            yield from _unbounded(part, f"{place}/{number}")
    elif isinstance(schema, dict):
        kind = schema.get("type")
        if isinstance(kind, str) and kind in bounds and not set(bounds[kind]) & set(schema):
            yield place
        if isinstance(schema.get("additionalProperties"), dict) and "maxProperties" not in schema:
            yield place
        for key, part in schema.items():
            if key not in ("examples", "x-attachments"):
                yield from _unbounded(part, f"{place}/{key}")
