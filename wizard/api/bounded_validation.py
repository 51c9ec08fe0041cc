"""JSON Schema within bounds: what is too long is not looked into, and errors are counted only so far (threats L17).

A schema says how long everything may be, and jsonschema looks at all of it nevertheless: 100,000 wrong strings in one
list cost seven seconds and 830 MB. Here a list that is longer than its schema allows has that one fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

    Keyword = Callable[[Validator, Any, Any, Mapping[str, Any]], Iterable[ValidationError] | None]

MOST_FAULTS = 50
"""Faults after which no further one is looked for: whoever sends a thousand needs no thousand answers."""
MOST_VALUES = 100
"""Values of one list: more than any question has options."""
MOST_MEMBERS = 500
"""Members of one object, as many as fields of a submitted form."""


def validator_of(schema: Mapping[str, Any]) -> Validator:
    """What compares values with a schema."""
    validator: Validator = _bounded()(schema)
    return validator


def faults_of(validator: Validator, value: Any) -> list[ValidationError]:
    """The first faults of a value."""
    return list(islice(validator.iter_errors(value), MOST_FAULTS))


def unknown_members(fault: ValidationError) -> list[str]:
    """The first members of an object that its schema does not know."""
    known = fault.schema.get("properties", {})
    return list(islice((name for name in fault.instance if name not in known), MOST_FAULTS))


@cache
def _bounded() -> Any:
    # Imported here: a process that nobody calls by the API does not pay for it.
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    keywords = Draft202012Validator.VALIDATORS
    bounded = {name: _unless_too_long(keywords[name], "maxItems", MOST_VALUES) for name in ("items", "contains")}
    bounded["pattern"] = _unless_too_long(keywords["pattern"], "maxLength", None)
    bounded["additionalProperties"] = _without_naming(keywords["additionalProperties"])
    return extend(Draft202012Validator, bounded)


def _unless_too_long(keyword: Keyword, limit: str, otherwise: int | None) -> Keyword:
    """The keyword, for values that are not too long for it: those have their fault already."""

    def check(validator: Validator, value: Any, instance: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
        most = schema.get(limit, otherwise)
        if most is None or not isinstance(instance, list | str) or len(instance) <= most:
            yield from keyword(validator, value, instance, schema) or ()

    return check


def _without_naming(keyword: Keyword) -> Keyword:
    """``additionalProperties`` whose message does not name all of them, sorted: nobody reads it."""
    from jsonschema.exceptions import ValidationError

    def check(validator: Validator, value: Any, instance: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
        if value is not False:
            yield from keyword(validator, value, instance, schema) or ()
        elif isinstance(instance, dict) and any(name not in schema.get("properties", ()) for name in instance):
            yield ValidationError("unknown members")

    return check
