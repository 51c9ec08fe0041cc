"""Pydantic's validation errors as faults of a file: the line, and what is allowed there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from wizard.catalog.model_types import Id, Language, OptionId
from wizard.catalog.validation.faults import Fault, unknown
from wizard.catalog.validation.shape import QUESTION_TYPES, places
from wizard.catalog.yaml_nodes import Node, not_a_word

_PATTERNS = {
    get_args(alias)[1].pattern: words
    for alias, words in (
        (Id, "an id: small Latin letters, digits and _, a letter first, up to 40 signs"),
        (OptionId, "an id: small Latin letters, digits and _, up to 40 signs"),
        (Language, "a language: two small Latin letters, as ru or en"),
    )
}


def shape_faults(validation: ValidationError, root: Node, *, is_whole: bool) -> Iterator[Fault]:
    """The faults of a catalog whose shape is wrong, each at its line.

    ``is_whole`` says that every included file could be read: else a missing part may well be in one that could not.
    """
    texts = {id(place.node) for place in places(root) if place.model is None}
    for error in validation.errors(include_url=False, include_input=False):
        if error["type"] == "extra_forbidden" or _is_of_question_id(error["loc"]):
            continue
        if error["type"] == "missing" and len(error["loc"]) == 1 and not is_whole:
            continue
        node = _find(root, error["loc"])
        if error["type"] == "too_short" and isinstance(node.value, list) and _is_long_enough(node, error):
            continue  # pydantic counts the items left after its other faults
        problem = _problem(error, node, is_text=id(node) in texts)
        if error["type"] == "union_tag_invalid":
            node = node.get("type")
        on_key = error["type"] in ("missing", "union_tag_not_found") or error["loc"][-1] == "[key]"
        yield node.key_fault(problem) if on_key else node.fault(problem)


def _is_of_question_id(loc: tuple[int | str, ...]) -> bool:
    # A question's id is its key: its fault is reported once, at the key.
    return len(loc) == 4 and loc[0] == "questions" and loc[3] == "id"


def _is_long_enough(node: Node, error: ErrorDetails) -> bool:
    return len(node.elements()) >= int(error["ctx"]["min_length"])


def _find(root: Node, loc: tuple[int | str, ...]) -> Node:
    """The node of a pydantic error. Its path holds names of union members, which no file holds."""
    steps = list(loc)
    if len(steps) > 2 and steps[0] == "questions" and steps[2] in QUESTION_TYPES:
        del steps[2]
    node = root
    for step in steps:
        if isinstance(step, int) and step < len(node.elements()):
            node = node.elements()[step]
        elif isinstance(step, str) and node.has(step):
            node = node.get(step)
    return node


def _problem(error: ErrorDetails, node: Node, *, is_text: bool) -> str:
    context = error.get("ctx", {})
    message = _MESSAGES.get(error["type"])
    if error["type"] == "missing":
        return f'the key "{error["loc"][-1]}" is missing'
    if is_text and error["type"] == "dict_type":
        return "a text in every language is wanted: {ru: …, en: …}"
    return message(context, node) if message else error["msg"]


def _word(_: dict[str, Any], node: Node) -> str:
    if isinstance(node.value, dict | list):
        return "one text is wanted here, not a list or a mapping"
    return not_a_word(node)


def _pattern(pattern: str) -> str:
    return f"wanted: {_PATTERNS.get(pattern, 'a word of the form ' + pattern)}"


def _literal(context: dict[str, Any], node: Node) -> str:
    return unknown("word", _shown(node), context["expected"].replace("'", "").replace(" or ", ", ").split(", "))


def _shown(node: Node) -> str:
    return node.raw or ("a mapping" if isinstance(node.value, dict) else "a list" if node.elements() else "")


_MESSAGES: dict[str, Callable[[dict[str, Any], Node], str]] = {
    "string_type": _word,
    "string_too_short": lambda _, __: "empty: write a text, or leave the key out",
    "string_pattern_mismatch": lambda context, _: _pattern(context["pattern"]),
    "literal_error": _literal,
    "union_tag_invalid": lambda _, node: unknown("type", node.get("type").raw, QUESTION_TYPES),
    "union_tag_not_found": lambda _, __: f"a question with a type is wanted (allowed: {', '.join(QUESTION_TYPES)})",
    "tuple_type": lambda _, __: "a list is wanted: [one, two], or a line that begins with - for each",
    "dict_type": lambda _, __: "a mapping is wanted: lines of the form key: value",
    "mapping_type": lambda _, __: "a mapping is wanted: lines of the form key: value",
    "model_type": lambda _, __: "a mapping is wanted: lines of the form key: value",
    "too_short": lambda context, _: f"at least {context['min_length']} are wanted here",
    "int_type": lambda _, __: "a whole number is wanted",
    "int_parsing": lambda _, __: "a whole number is wanted",
    "int_from_float": lambda _, __: "a whole number is wanted",
    "bool_type": lambda _, __: "true or false is wanted",
    "bool_parsing": lambda _, __: "true or false is wanted",
    "greater_than_equal": lambda context, _: f"at least {context['ge']} is wanted",
    "less_than_equal": lambda context, _: f"at most {context['le']} is wanted",
}
