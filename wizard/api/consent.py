"""The consent to the processing of personal data in the API: what programs are told, what they send, how it is judged.

Imported only where ``WIZARD_CONSENT`` names a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wizard.api.problems import STATUS, Problem, type_of
from wizard.api.schema_parts import ADDRESS, TEXT, Schema, members
from wizard.catalog.consent import VERSION, Consent
from wizard.container import Container
from wizard.texts import translate
from wizard.tickets.report import GivenConsent

DIGEST: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
GIVEN: Schema = {
    "type": "object",
    "description": "The text that the client agreed to, as `GET catalog` names it in the language of the report.",
    "required": ["version"],
    "properties": {
        "version": {"type": "string", "pattern": f"^{VERSION.pattern}$", "maxLength": 40},
        "sha256": {**DIGEST, "description": "Where it is sent, the text must be this very one."},
    },
    "additionalProperties": False,
}
"""What a report carries."""
CURRENT: Schema = members(
    "What clients agree to before a report is sent. `sha256` is that of `text` as UTF-8.",
    version=TEXT,
    sha256=DIGEST,
    url=ADDRESS,
    title=TEXT,
    label=TEXT,
    text=TEXT,
)
NAMED: Schema = members("The text that is asked for now.", version=TEXT, sha256=DIGEST, url=ADDRESS)


def given_consent(container: Container, body: Mapping[str, str] | None, language: str, now: datetime) -> GivenConsent:
    """The consent that a report carries.

    Raises:
        Problem: there is none, or it is one to a former text.
    """
    consent = container.consent
    assert consent is not None
    named = _named(container, consent, language)
    if body is None or body["version"] != named["version"] or body.get("sha256", named["sha256"]) != named["sha256"]:
        case = "missing" if body is None else "changed"
        detail = translate(language, f"api.consent_needed.{case}", **named)
        raise Problem("consent_needed", errors={"consent": [detail]}, detail=detail, members={"consent": named})
    return GivenConsent(named["version"], named["sha256"], now)


def shown_consent(container: Container, language: str) -> dict[str, str]:
    """The consent as ``GET catalog`` shows it."""
    consent = container.consent
    assert consent is not None
    return {
        **_named(container, consent, language),
        "title": consent.title[language] if consent.title else translate(language, "consent.title"),
        "label": consent.label[language] if consent.label else translate(language, "consent.label"),
        "text": consent.text[language],
    }


def describe_consent(document: dict[str, Any], container: Container) -> None:
    """Add to the OpenAPI document what an installation that asks for a consent wants and says beside the rest."""
    schemas = document["components"]["schemas"]
    for name, member in (("TicketRequest", GIVEN), ("Catalog", CURRENT)):
        schemas[name] = {
            **schemas[name],
            "required": [*schemas[name]["required"], "consent"],
            "properties": {**schemas[name]["properties"], "consent": member},
        }
    problem = schemas["Problem"]
    schemas["Problem"] = {**problem, "properties": {**problem["properties"], "consent": NAMED}}
    _describe_problem(document, container)
    _add_to_examples(document, container)


def _describe_problem(document: dict[str, Any], container: Container) -> None:
    answer = document["paths"]["/tickets"]["post"]["responses"]["422"]
    language = "en" if "en" in container.catalog.languages else container.catalog.default_language
    title = translate(language, "api.consent_needed.title")
    answer["content"]["application/problem+json"]["examples"]["consent-needed"] = {
        "value": {"type": type_of("consent_needed"), "title": title, "status": STATUS["consent_needed"]}
    }


def _add_to_examples(document: dict[str, Any], container: Container) -> None:
    paths, consent = document["paths"], container.consent
    assert consent is not None
    for example in paths["/tickets"]["post"]["requestBody"]["content"]["application/json"]["examples"].values():
        example["value"]["consent"] = {"version": consent.version}
    for link in paths["/attachments"]["post"]["responses"]["201"].get("links", {}).values():
        if isinstance(link.get("requestBody"), dict) and "situation" in link["requestBody"]:
            link["requestBody"]["consent"] = {"version": consent.version}
    shown = paths["/catalog"]["get"]["responses"]["200"]["content"]["application/json"]["examples"]["answer"]["value"]
    shown["consent"] = shown_consent(container, shown["language"])


def _named(container: Container, consent: Consent, language: str) -> dict[str, str]:
    return {
        "version": consent.version,
        "sha256": consent.digest(language),
        "url": f"{container.settings.base_url}/{language}/consent/",
    }
