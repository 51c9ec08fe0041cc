"""Bodies of calls: read as strict JSON, validated by their JSON Schema, faults reported by member."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from wizard.api.blueprint import request_translator, set_answer_language
from wizard.api.bounded_validation import MOST_FAULTS, faults_of, unknown_members
from wizard.api.problems import Problem, refused
from wizard.api.strict_json import NotJson, read_json
from wizard.texts import Translator
from wizard.values.text import replace_surrogates

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

LARGEST_BODY = 2**20
"""Bytes; as much as the form takes in text."""


def read_body() -> Any:
    """The JSON of the call at hand.

    Raises:
        Problem: it is of another media type, too large, or no JSON.
    """
    if request.mimetype != "application/json" or request.headers.get("Content-Encoding", "identity") != "identity":
        raise Problem("media_type", headers={"Accept": "application/json"}, expected="application/json")
    # One byte more than is taken: a body that does not say how long it is may be longer.
    request.max_content_length = LARGEST_BODY + 1
    too_large = Problem("too_large", "body", bytes=LARGEST_BODY)
    if (request.content_length or 0) > LARGEST_BODY:
        raise too_large
    body = request.get_data(cache=False)
    if len(body) > LARGEST_BODY:
        raise too_large
    try:
        return read_json(body)
    except NotJson as fault:
        raise Problem("not_json", fault.case, **fault.values) from None


def checked_body(validator: Validator) -> dict[str, Any]:
    """The body of the call at hand, when it is as its schema says.

    Raises:
        Problem: it is not; the errors stand under the names of the members.
    """
    body = read_body()
    set_answer_language(body)
    translate = request_translator()
    errors: dict[str, list[str]] = {}
    for fault in faults_of(validator, body):
        for name, text in _by_member(fault, translate):
            if name in errors or len(errors) < MOST_FAULTS:
                errors.setdefault(name, [text])
    if errors:
        raise refused(errors)
    assert isinstance(body, dict)
    return body


def shown_name(name: str) -> str:
    """The name of a member, fit to be repeated."""
    return replace_surrogates(name[:80])


def wrong_type(fault: ValidationError, translate: Translator) -> str:
    """What to pass in place of a value of a wrong type."""
    expected = fault.validator_value
    if expected == "array" and fault.schema.get("items", {}).get("type") == "string":
        return translate("api.wrong.strings")
    return translate(f"api.wrong.{expected if isinstance(expected, str) else expected[0]}")


def _by_member(fault: ValidationError, translate: Translator) -> list[tuple[str, str]]:
    name = str(fault.absolute_path[0]) if fault.absolute_path else ""
    if fault.validator == "additionalProperties" and not name:
        return [(shown_name(member), translate("api.unknown_member")) for member in unknown_members(fault)]
    if fault.validator == "required" and not name:
        return [(member, translate("api.missing")) for member in fault.validator_value if member not in fault.instance]
    if fault.validator == "dependentRequired" and not name:
        wanted = [
            member for given, members in fault.validator_value.items() if given in fault.instance for member in members
        ]
        return [(member, translate("api.missing")) for member in wanted if member not in fault.instance]
    return [(shown_name(name) or "body", _error_text(fault, translate))]


def _error_text(fault: ValidationError, translate: Translator) -> str:
    match fault.validator:
        case "type":
            return wrong_type(fault, translate)
        case "enum":
            values = [str(value) for value in fault.validator_value]
            return (
                translate("api.one_of", values=", ".join(values))
                if len(values) <= 10
                else translate("api.unknown_value")
            )
        case "maxLength" | "maxItems" | "maxProperties":
            return translate("api.too_long", limit=fault.validator_value)
        case _:
            return translate("api.does_not_fit")
