"""What can be reported: the catalog, and the schema of each situation's answers. Both need no database."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from wizard.api.answers_schema import answers_schema
from wizard.api.blueprint import PREFIX, api, in_json, public, request_language, request_translator
from wizard.api.problems import Problem, refused
from wizard.catalog.cache import cached_on_catalog
from wizard.catalog.model_types import in_language
from wizard.catalog.models import Catalog, Category, Rule, Situation
from wizard.web.request_context import container


@api.get("/catalog")
def show_catalog() -> Response:
    """The rules, the categories and their situations."""
    language = asked_language()
    shown = shown_catalog(container().catalog, container().settings.base_url, language)
    if container().consent:
        # Imported here: nobody pays for a consent that is not asked for.
        from wizard.api.consent import shown_consent

        shown["consent"] = shown_consent(container(), language)
    return public(in_json(shown))


@api.get("/situations/<situation>")
def show_situation(situation: str) -> Response:
    """The JSON Schema of a situation's answers."""
    language = asked_language()
    entry = container().catalog.situations.get(situation)
    if entry is None:
        raise Problem("not_found")
    schema = shown_schema(container().catalog, container().settings.base_url, entry, language)
    return public(in_json(schema, media_type="application/schema+json"))


def asked_language() -> str:
    """The language that the query asks for.

    Raises:
        Problem: the catalog has no such language.
    """
    named, languages = request.args.get("language"), container().catalog.languages
    if named is not None and named not in languages:
        raise refused({"language": [request_translator()("api.one_of", values=", ".join(languages))]})
    return request_language()


@cached_on_catalog
def _schema(catalog: Catalog, situation: Situation, language: str) -> dict[str, Any]:
    return answers_schema(catalog, situation, language)


def shown_schema(catalog: Catalog, base_url: str, situation: Situation, language: str) -> dict[str, Any]:
    """The JSON Schema of a situation's answers under its own address."""
    return {"$id": _schema_address(base_url, situation, language), **_schema(catalog, situation, language)}


def shown_catalog(catalog: Catalog, base_url: str, language: str, most: int | None = None) -> dict[str, Any]:
    """A catalog as programs see it; of each list only the first ``most``, where that is named."""
    return {
        "id": catalog.id,
        "version": catalog.version,
        "language": language,
        "languages": list(catalog.languages),
        "time_zone": catalog.time_zone,
        "title": in_language(catalog.title, language),
        "politeness": in_language(catalog.politeness.reminder, language),
        "rules": [_rule(rule, language) for rule in catalog.rules[:most]],
        "fast_track_rules": [
            {"id": rule.id, "text": in_language(rule.text, language)} for rule in catalog.fast_track_rules[:most]
        ],
        "categories": [_category(base_url, category, language, most) for category in catalog.categories[:most]],
    }


def _rule(rule: Rule, language: str) -> dict[str, Any]:
    return {
        "id": rule.id,
        "text": in_language(rule.text, language),
        "in_short": in_language(rule.in_short, language) if rule.in_short else None,
        "items": [{"id": item.id, "text": in_language(item.text, language)} for item in rule.items],
    }


def _schema_address(base_url: str, situation: Situation, language: str) -> str:
    return f"{base_url}{PREFIX}/situations/{situation.id}?language={language}"


def _category(base_url: str, category: Category, language: str, most: int | None) -> dict[str, Any]:
    return {
        "id": category.id,
        "label": in_language(category.label, language),
        "hint": in_language(category.hint, language) if category.hint else None,
        "situations": [
            {
                "id": situation.id,
                "label": in_language(situation.label, language),
                "hint": in_language(situation.hint, language) if situation.hint else None,
                "schema": _schema_address(base_url, situation, language),
                "url": f"{base_url}/{language}/{category.id}/{situation.id}/",
            }
            for situation in category.situations[:most]
        ],
    }
