"""Conditions: on a question that is asked, shown before, and has the value."""

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
        for piece in situation.node.get(key).each():
            when = piece.get("when")
            yield from _condition(index, situation, when)
            yield from _empty(when)


def _show_when(index: Index, situation: SituationNode) -> Iterator[Fault]:
    needs: dict[str, list[str]] = {}
    for id_, when in situation.node.get("show_when").items():
        if id_ not in index.questions:
            yield when.key_fault(unknown("question", id_, situation.asked))
            continue
        if id_ not in situation.asked:
            yield when.key_fault(_not_asked(id_, situation))
        yield from _condition(index, situation, when)
        yield from _empty(when)
        needs[id_] = [other for other, _ in when.items() if other in situation.asked]
    circles = _circles(needs)
    for id_, circle in circles.items():
        path = " → ".join((*circle, circle[0]))
        yield situation.node.get("show_when").get(id_).key_fault(f"circular condition: {path}")
    yield from _order(situation, needs, in_circle={id_ for circle in circles.values() for id_ in circle})


def _order(situation: SituationNode, needs: dict[str, list[str]], in_circle: set[str]) -> Iterator[Fault]:
    position = {id_: index for index, id_ in enumerate(situation.asked)}
    for id_, others in needs.items():
        for other in others:
            if id_ in position and id_ not in in_circle and position[other] > position[id_]:
                place = situation.node.get("show_when").get(id_).get(other)
                order = ", ".join(situation.asked)
                yield place.key_fault(f'"{id_}" is shown before "{other}", on which it depends (order: {order})')


def _circles(needs: dict[str, list[str]]) -> dict[str, list[str]]:
    """The circles among conditions, each told once: by the first question at which it was found."""
    circles: dict[str, list[str]] = {}
    for start in needs:
        if not any(start in circle for circle in circles.values()):
            circle = _circle_from(start, needs)
            if circle:
                circles[start] = circle
    return circles


def _circle_from(start: str, needs: dict[str, list[str]]) -> list[str] | None:
    """The way from a question through what it depends on back to itself, if there is one."""
    ways, seen = [[start]], {start}
    while ways:
        way = ways.pop()
        for other in needs.get(way[-1], ()):
            if other == start:
                return way
            if other not in seen:
                seen.add(other)
                ways.append([*way, other])
    return None


def _condition(index: Index, situation: SituationNode, when: Node) -> Iterator[Fault]:
    for id_, values in when.items():
        if id_ not in index.questions:
            yield values.key_fault(unknown("question", id_, situation.asked))
            continue
        if id_ not in situation.asked:
            yield values.key_fault(_not_asked(id_, situation))
        yield from _values(index, id_, values)


def _values(index: Index, id_: str, values: Node) -> Iterator[Fault]:
    found = index.type_of(id_)
    if found not in ("choice", "choices"):
        if found is not None:
            yield values.key_fault(f'"{id_}" is of the type {found}: a condition needs a choice or choices')
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
    return f'the question "{id_}" is not asked in this situation (asked: {", ".join(situation.asked)})'
