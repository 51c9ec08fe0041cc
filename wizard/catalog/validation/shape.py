"""The schema laid over the nodes of a file: which node should be what, even where others are wrong."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from wizard.catalog.model_types import CatalogModel, Language
from wizard.catalog.models import Catalog
from wizard.catalog.questions import Question, QuestionBase
from wizard.catalog.validation.faults import Fault, unknown
from wizard.catalog.yaml_nodes import Node

QUESTION_TYPES: dict[str, type[QuestionBase]] = {
    get_args(model.model_fields["type"].annotation)[0]: model for model in get_args(get_args(Question)[0])
}
"""The models of questions by their ``type``."""


@dataclass(frozen=True, eq=False)
class Place:
    """A node, and what the schema wants there."""

    node: Node
    model: type[CatalogModel] | None
    """The model that it should fit; None for a text in every language."""


def places(root: Node) -> Iterator[Place]:
    """The place of every model and every text of a catalog, wherever the shape around it is right."""
    return _places(root, Catalog)


def fields_of(model: type[CatalogModel]) -> dict[str, FieldInfo]:
    """The fields of a model in YAML, by key.

    A question's id is the key under which it stands, not one in it. One whose type is not known may hold what any
    question may: its other faults can then be reported along with that of its type.
    """
    models = QUESTION_TYPES.values() if model is QuestionBase else (model,)
    fields = {name: field for known in models for name, field in known.model_fields.items()}
    if issubclass(model, QuestionBase):
        del fields["id"]
    return fields


def unknown_keys(root: Node) -> Iterator[Fault]:
    """Keys that the schema does not know."""
    for place in places(root):
        if place.model is None:
            continue
        allowed = fields_of(place.model)
        for key, value in place.node.items():
            if key not in allowed:
                yield value.key_fault(unknown("key", key, allowed))


def language_faults(root: Node) -> Iterator[Fault]:
    """Texts that are missing in a language, or given in one that the catalog does not have."""
    languages = [node.value for node in root.get("languages").words()]
    if not languages:
        return
    for place in places(root):
        if place.model is not None or not isinstance(place.node.value, dict):
            continue
        for language in languages:
            if not place.node.has(language):
                yield place.node.key_fault(f'the text is missing in the language "{language}"')
        for language, text in place.node.items():
            if language not in languages:
                yield text.key_fault(unknown("language", language, languages) + _comma_hint(language, text))


def _comma_hint(language: str, text: Node) -> str:
    """The likely slip when a "language" reads as the second half of a sentence."""
    if text.value is not None or len(language) <= 2:
        return ""
    return "; inside {} a comma begins a new key: quote the text"


def _places(node: Node, wanted: Any) -> Iterator[Place]:
    if wanted == Question:
        wanted = QUESTION_TYPES.get(node.get("type").word or "", QuestionBase)
    origin, arguments = get_origin(wanted), get_args(wanted)
    if origin is Annotated:
        yield from _places(node, arguments[0])
    elif origin in (Union, types.UnionType):
        for member in arguments:
            yield from _places(node, member)
    elif origin is tuple:
        for item in node.elements():
            yield from _places(item, arguments[0])
    elif origin is Mapping and arguments[0] == Language:
        yield Place(node, None)
    elif origin is Mapping:
        for _, value in node.items():
            yield from _places(value, arguments[1])
    elif isinstance(wanted, type) and issubclass(wanted, CatalogModel):
        yield from _model_places(node, wanted)


def _model_places(node: Node, model: type[CatalogModel]) -> Iterator[Place]:
    yield Place(node, model)
    for name, field in fields_of(model).items():
        if node.has(name):
            yield from _places(node.get(name), field.annotation)
