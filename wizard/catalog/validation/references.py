"""Checks of the references between the parts of a catalog.

The checks read nodes, not models: they run on whatever is well-shaped, even when pydantic found faults elsewhere, and
are silent about what is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

from wizard.catalog.models import RESERVED_CATEGORIES
from wizard.catalog.validation.conditions import condition_faults
from wizard.catalog.validation.faults import Fault, unknown
from wizard.catalog.validation.index import Index, SituationNode, ids_of, words_of
from wizard.catalog.validation.question_checks import question_faults
from wizard.catalog.yaml_nodes import Node


def semantic_faults(root: Node) -> list[Fault]:
    """Every fault in how the parts of a catalog refer to one another."""
    index = Index(root)
    return [fault for check in _CHECKS for fault in check(index)]


def _duplicate_ids(index: Index) -> Iterator[Fault]:
    root = index.root
    for key in ("sections", "rules", "channels", "fast_track_rules", "vague", "categories"):
        yield from _duplicates(f"id in {key}", (part.get("id") for part in root.get(key).elements()))
    for rule in root.get("rules").elements():
        yield from _duplicates("id in items", (item.get("id") for item in rule.get("items").elements()))
    yield from _duplicates("situation", (situation.node.get("id") for situation in index.situations))
    yield from _duplicates("language", root.get("languages").words())


def _time_zone(index: Index) -> Iterator[Fault]:
    node = index.root.get("time_zone")
    if node.word is None:
        return
    try:
        ZoneInfo(node.word)
    except (ValueError, OSError, LookupError):
        matches = get_close_matches(node.word, available_timezones(), n=3)
        guess = f"; did you mean {' or '.join(matches)}?" if matches else ""
        yield node.fault(f'unknown time zone "{node.word}"{guess} (allowed: IANA names, as Europe/Moscow or UTC)')


def _identity(index: Index) -> Iterator[Fault]:
    identity = index.root.get("identity")
    yield from _references(identity.get("questions"), index.questions, "question")
    yield from _duplicates("question", identity.get("questions").words())
    for key, types, within in (
        ("one_of", None, index.identity),
        ("registered_name", {"short_text"}, index.identity),
        ("registered_email", {"email"}, index.identity),
        ("reply_to", {"email"}, index.identity),
        ("name", {"short_text"}, index.identity),
        ("phone", {"phone"}, None),
    ):
        for node in identity.get(key).words():
            yield from _identity_reference(index, node, types, within)
    for key in ("questions", "one_of", "reply_to", "name"):
        if identity.has(key) and identity.get(key).value == []:
            yield identity.get(key).fault(f'"{key}" names at least one question')
    yield from _identity_last(index)


def _identity_reference(
    index: Index, node: Node, types: set[str] | None, within: tuple[str, ...] | None
) -> Iterator[Fault]:
    if node.value not in index.questions:
        yield node.fault(unknown("question", node.value, index.questions))
        return
    if within is not None and node.value not in within:
        yield node.fault(f'"{node.value}" is not among the questions of identity (allowed: {", ".join(within)})')
    question_type = index.type_of(node.value)
    if types and question_type and question_type not in types:
        allowed = " or ".join(types)
        yield node.fault(f'"{node.value}" is a question of the type {question_type}; wanted here: {allowed}')
    elif types == {"email"} and index.questions[node.value].get("several").value is True:
        yield node.fault(f'"{node.value}" takes several addresses; wanted here: a question for one address')


def _identity_last(index: Index) -> Iterator[Fault]:
    """Identity comes late (ux.md): no other section stands behind one of its own."""
    used = {index.section_of(id_) for situation in index.situations for id_ in situation.question_ids} - {None}
    own = {index.section_of(id_) for id_ in index.identity if id_ in index.questions}
    shown = [section for section in index.sections if section in used]
    firsts = [position for position, section in enumerate(shown) if section in own]
    if firsts and any(section not in own for section in shown[min(firsts) :]):
        late = [section for section in shown[min(firsts) :] if section not in own]
        yield index.root.get("sections").key_fault(
            f'the section of identity ("{shown[min(firsts)]}") comes last; behind it stand: {", ".join(late)}'
        )


def _situations(index: Index) -> Iterator[Fault]:
    for situation in index.situations:
        lists = [situation.node.get("required"), situation.node.get("optional")]
        for node in lists:
            yield from _references(node, index.questions, "question")
        yield from _duplicates("question", (word for node in lists for word in node.words()))
        yield from _deciding(index, situation)
        yield from _useful(situation)
        yield from condition_faults(index, situation)
        yield from _leads(index, situation)


def _deciding(index: Index, situation: SituationNode) -> Iterator[Fault]:
    node = situation.node.get("deciding")
    yield from _duplicates("question", node.words())
    for word in node.words():
        if word.value not in situation.question_ids:
            yield word.fault(unknown("question of this situation", word.value, situation.question_ids))
        elif index.type_of(word.value) in ("files", "bounce"):
            yield word.fault(f'"{word.value}" is of the type {index.type_of(word.value)}, which no line can show')
        elif index.type_of(word.value) == "tail":
            yield word.fault(f'"{word.value}" is of the type tail: no end of a key stands in a subject')
        elif (part := index.questions[word.value].get("part").word) in ("words", "error"):
            yield word.fault(f'"{word.value}" is of the part {part}: own words stand behind what decides by themselves')


def _useful(situation: SituationNode) -> Iterator[Fault]:
    node, optional = situation.node.get("useful"), words_of(situation.node.get("optional"))
    yield from _duplicates("question", node.words())
    for word in node.words():
        if word.value in words_of(situation.node.get("required")):
            yield word.fault(f'"{word.value}" is required here: it is missed by itself when it is left blank')
        elif word.value not in optional:
            yield word.fault(unknown("optional question of this situation", word.value, optional))


def _leads(index: Index, situation: SituationNode) -> Iterator[Fault]:
    known = [other.id for other in index.situations if other.id]
    for lead in situation.node.get("leads").elements():
        to = lead.get("to")
        if to.word is None:
            continue
        if to.word == situation.id:
            yield to.fault(f'the situation "{to.word}" leads to itself')
        elif to.word not in known:
            yield to.fault(unknown("situation", to.word, known))


def _categories(index: Index) -> Iterator[Fault]:
    known = ids_of(index.root.get("categories"))
    for category in index.categories:
        if category.get("id").word in RESERVED_CATEGORIES:
            reserved = ", ".join(sorted(RESERVED_CATEGORIES))
            yield category.get("id").fault(f"the id is reserved for an address of the site (reserved: {reserved})")
    for phrase in index.root.get("vague").elements():
        yield from _references(phrase.get("categories"), known, "category")


def _examples(index: Index) -> Iterator[Fault]:
    known = [situation.id for situation in index.situations if situation.id]
    for id_, phrases in index.root.get("examples").items():
        if id_ not in known:
            yield phrases.key_fault(unknown("situation", id_, known))


def _fast_track(index: Index) -> Iterator[Fault]:
    used = set()
    for situation in index.situations:
        rule = situation.node.get("fast_track").get("rule")
        used.add(rule.word)
        if rule.word is not None and rule.word not in index.rules:
            yield rule.fault(unknown("fast-track rule", rule.word, index.rules))
    for rule in index.root.get("fast_track_rules").elements():
        id_ = rule.get("id")
        if id_.word is not None and id_.word not in used:
            yield id_.fault(f'the fast-track rule "{id_.word}" is never used: no situation names it under fast_track')


def _references(node: Node, known: Iterable[str], what: str) -> Iterator[Fault]:
    for word in node.words():
        if word.value not in known:
            yield word.fault(unknown(what, word.value, known))


def _duplicates(what: str, nodes: Iterable[Node]) -> Iterator[Fault]:
    first: dict[str, Node] = {}
    for node in nodes:
        if node.word is None:
            continue
        if node.word in first:
            yield node.fault(f'duplicate {what}: "{node.word}" already stands in line {first[node.word].line}')
        first.setdefault(node.word, node)


_CHECKS: tuple[Callable[[Index], Iterator[Fault]], ...] = (
    _duplicate_ids,
    _time_zone,
    _identity,
    _categories,
    _situations,
    _examples,
    _fast_track,
    question_faults,
)
