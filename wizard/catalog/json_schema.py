"""The JSON Schema by which an editor helps to write a catalog: it completes keys and marks mistakes as one types."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import Any

from wizard.catalog.model_types import CatalogModel
from wizard.catalog.models import Catalog
from wizard.catalog.questions import QuestionBase

_INCLUDE = {
    "description": "Files whose top-level keys belong to this catalog too; paths are relative to this file.",
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
}


def json_schema() -> dict[str, Any]:
    """A JSON Schema (2020-12) of one catalog file, whole or a part that another file includes.

    It knows the shape only. References between the parts are checked by ``load_catalog``.
    """
    document = Catalog.model_json_schema()
    definitions = document["$defs"]
    for model in _models(CatalogModel):
        definition = document if model is Catalog else definitions.get(model.__name__)
        if definition is None:
            continue
        _describe(definition, model)
        if issubclass(model, QuestionBase):
            # In YAML the id of a question is the key under which it stands.
            del definition["properties"]["id"]
            definition["required"].remove("id")
    for node in _objects(document):
        if "patternProperties" in node:
            node["additionalProperties"] = False
    return _as_file_schema(document)


def _as_file_schema(document: dict[str, Any]) -> dict[str, Any]:
    """A file that includes others need not hold everything, and a part that is included holds no id."""
    required = document.pop("required")
    document["properties"]["include"] = _INCLUDE
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **document,
        "if": {"required": ["id"], "not": {"required": ["include"]}},
        "then": {"required": required},
    }


def _models(model: type[CatalogModel]) -> Iterator[type[CatalogModel]]:
    for child in model.__subclasses__():
        yield child
        yield from _models(child)


def _describe(definition: dict[str, Any], model: type[CatalogModel]) -> None:
    """Put the docstrings of a model's fields where editors look for them.

    Pydantic can do so itself, at the price of reading the source at every start of the program.
    """
    for parent in reversed(model.__mro__):
        if isinstance(parent, type) and issubclass(parent, CatalogModel):
            for name, text in _field_docstrings(parent):
                if name in definition["properties"]:
                    definition["properties"][name]["description"] = text


def _field_docstrings(model: type[CatalogModel]) -> Iterator[tuple[str, str]]:
    (class_,) = ast.parse(inspect.getsource(model)).body
    assert isinstance(class_, ast.ClassDef)
    for field, text in zip(class_.body, class_.body[1:], strict=False):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str):
            yield field.target.id, inspect.cleandoc(text.value.value).replace("``", "`")


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _objects(child)
