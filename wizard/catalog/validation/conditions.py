"""Checks of conditions: each names a question that is asked, shown before, and has the value."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.catalog.validation.faults import Fault, unknown
from wizard.catalog.validation.index import Index, SituationNode
from wizard.catalog.yaml_nodes import Node


def condition_faults(index: Index, situation: SituationNode) -> Iterator[Fault]:
    """Faults of every condition of a situation."""
    yield from _show_when(index, situation)
    fast_track = situation.node.get("fast_track").get("when")
    yield from _condition(index, situation, fast_track)
    for key in ("leads", "priorities"):
        for rule in situation.node.get(key).elements():
            when = rule.get("when")
            yield from _condition(index, situation, when)
            yield from _empty(when)


def _show_when(index: Index, situation: SituationNode) -> Iterator[Fault]:
    depends_on: dict[str, list[str]] = {}
    for id_, when in situation.node.get("show_when").items():
        if id_ not in index.questions:
            yield when.key_fault(unknown("question", id_, situation.question_ids))
            continue
        if id_ not in situation.question_ids:
            yield when.key_fault(_not_asked(id_, situation))
        yield from _condition(index, situation, when)
        yield from _empty(when)
        depends_on[id_] = [other for other, _ in when.items() if other in situation.question_ids]
    cycles = _cycles(depends_on)
    for id_, cycle in cycles.items():
        path = " → ".join((*cycle, cycle[0]))
        yield situation.node.get("show_when").get(id_).key_fault(f"circular condition: {path}")
    yield from _order(situation, depends_on, in_cycle={id_ for cycle in cycles.values() for id_ in cycle})


def _order(situation: SituationNode, depends_on: dict[str, list[str]], in_cycle: set[str]) -> Iterator[Fault]:
    position = {id_: index for index, id_ in enumerate(situation.question_ids)}
    for id_, others in depends_on.items():
        for other in others:
            if id_ in position and id_ not in in_cycle and position[other] > position[id_]:
                node = situation.node.get("show_when").get(id_).get(other)
                order = ", ".join(situation.question_ids)
                yield node.key_fault(f'"{id_}" is shown before "{other}", on which it depends (order: {order})')


def _cycles(depends_on: dict[str, list[str]]) -> dict[str, list[str]]:
    """The cycles among conditions, each reported once: at its first question."""
    cycles: dict[str, list[str]] = {}
    for start in depends_on:
        if not any(start in cycle for cycle in cycles.values()):
            cycle = _cycle_from(start, depends_on)
            if cycle:
                cycles[start] = cycle
    return cycles


def _cycle_from(start: str, depends_on: dict[str, list[str]]) -> list[str] | None:
    """The path from a question through its dependencies back to itself, if there is one."""
    paths, seen = [[start]], {start}
    while paths:
        path = paths.pop()
        for dependency in depends_on.get(path[-1], ()):
            if dependency == start:
                return path
            if dependency not in seen:
                seen.add(dependency)
                paths.append([*path, dependency])
    return None


def _condition(index: Index, situation: SituationNode, when: Node) -> Iterator[Fault]:
    for id_, values in when.items():
        if id_ not in index.questions:
            yield values.key_fault(unknown("question", id_, situation.question_ids))
            continue
        if id_ not in situation.question_ids:
            yield values.key_fault(_not_asked(id_, situation))
        yield from _values(index, id_, values)


def _values(index: Index, id_: str, values: Node) -> Iterator[Fault]:
    question_type = index.type_of(id_)
    if question_type not in ("choice", "choices"):
        if question_type is not None:
            yield values.key_fault(f'"{id_}" is of the type {question_type}: a condition needs a choice or choices')
        return
    options = index.options(id_)
    if options is None:
        return
    if values.value == []:
        yield values.fault(f"no option is named, so it never holds (allowed: {', '.join(options)})")
    for value in values.words():
        if value.value not in options:
            yield value.fault(unknown(f'option of "{id_}"', value.value, options))


def _empty(when: Node) -> Iterator[Fault]:
    # A fast track without a condition is a situation that is always fast; elsewhere it would be a slip.
    if when.value == {}:
        yield when.fault("a condition names at least one question: {question: [option, …]}")


def _not_asked(id_: str, situation: SituationNode) -> str:
    return f'the question "{id_}" is not asked in this situation (asked: {", ".join(situation.question_ids)})'
