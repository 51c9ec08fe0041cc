"""What can be reported: the catalog, and the schema of each situation's answers. Both need no database."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from wizard.api.answers_schema import answers_schema
from wizard.api.blueprint import PREFIX, api, in_json, public, say_spoken, spoken_language
from wizard.api.problems import Problem, refused
from wizard.api.tickets import form_address
from wizard.catalog.keeping import kept_in_catalog
from wizard.catalog.schema import Catalog, Category, Rule, Situation, in_language
from wizard.service import Service, service


@api.get("/catalog")
def show_catalog() -> Response:
    """The rules, the categories and their situations."""
    return public(in_json(_catalog(service(), asked_language())))


@api.get("/situations/<situation>")
def show_situation(situation: str) -> Response:
    """The JSON Schema of a situation's answers."""
    current, language = service(), asked_language()
    found = current.catalog.situations.get(situation)
    if found is None:
        raise Problem("not_found")
    schema = {"$id": _schema_address(current, found, language), **_schema(current.catalog, found, language)}
    return public(in_json(schema, media_type="application/schema+json"))


def asked_language() -> str:
    """The language that the query asks for.

    Raises:
        Problem: the catalog has no such language.
    """
    named, languages = request.args.get("language"), service().catalog.languages
    if named is not None and named not in languages:
        raise refused({"language": [say_spoken()("api.one_of", values=", ".join(languages))]})
    return spoken_language()


@kept_in_catalog
def _schema(catalog: Catalog, situation: Situation, language: str) -> dict[str, Any]:
    return answers_schema(catalog, situation, language)


def _schema_address(current: Service, situation: Situation, language: str) -> str:
    return f"{current.settings.base_url}{PREFIX}/situations/{situation.id}?language={language}"


def _catalog(current: Service, language: str) -> dict[str, Any]:
    catalog = current.catalog
    return {
        "id": catalog.id,
        "version": catalog.version,
        "language": language,
        "languages": list(catalog.languages),
        "time_zone": catalog.time_zone,
        "title": in_language(catalog.title, language),
        "politeness": in_language(catalog.politeness.reminder, language),
        "rules": [_rule(each, language) for each in catalog.rules],
        "fast_track_rules": [
            {"id": each.id, "text": in_language(each.text, language)} for each in catalog.fast_track_rules
        ],
        "categories": [_category(current, each, language) for each in catalog.categories],
    }


def _rule(rule: Rule, language: str) -> dict[str, Any]:
    return {
        "id": rule.id,
        "text": in_language(rule.text, language),
        "in_short": in_language(rule.in_short, language) if rule.in_short else None,
        "items": [{"id": each.id, "text": in_language(each.text, language)} for each in rule.items],
    }


def _category(current: Service, category: Category, language: str) -> dict[str, Any]:
    return {
        "id": category.id,
        "label": in_language(category.label, language),
        "hint": in_language(category.hint, language) if category.hint else None,
        "situations": [
            {
                "id": each.id,
                "label": in_language(each.label, language),
                "hint": in_language(each.hint, language) if each.hint else None,
                "schema": _schema_address(current, each, language),
                "url": form_address(current, each.id, language),
            }
            for each in category.situations
        ],
    }
