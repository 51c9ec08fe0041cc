"""The OpenAPI 3.1 document, made from the routes, the calls' descriptions and the catalog."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flask import Response, current_app
from werkzeug.routing import Rule

from wizard.api.blueprint import PREFIX, api, in_json, public
from wizard.api.examples import example_answers, example_reports
from wizard.api.operations import Operation, operations
from wizard.api.problems import STATUS, TYPE, type_of
from wizard.api.response_schemas import components
from wizard.api.schema_parts import ref
from wizard.api.webhook_schemas import webhooks
from wizard.catalog.models import Catalog
from wizard.texts import translate
from wizard.tickets.ticket_json import Version
from wizard.web.request_context import container

Document = dict[str, Any]

VERSION = "1.2.0"
"""Of the API: raised in the middle for what is new, at the front never: that would be another ``/api/v2``."""

HEADERS: Mapping[str, Document] = {
    "Location": {"description": "Where the ticket can be looked at.", "schema": {"type": "string", "format": "uri"}},
    "Idempotent-Replayed": {
        "description": "`true` when the same had been accepted before.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "ETag": {"description": "Changes with the content.", "schema": {"type": "string"}},
    "Cache-Control": {"description": "How long it may be kept, and by whom.", "schema": {"type": "string"}},
    "Content-Language": {"description": "The language of the texts.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    "WWW-Authenticate": {"description": "RFC 6750.", "schema": {"type": "string"}},
}
TAGS = {
    "catalog": "What can be reported.",
    "reports": "Files, reports, tickets by their token, follow-ups.",
    "reading": "What the service makes of a text and of a caller. Nothing is stored.",
    "agents": "The queue. For programs of the desk, with a token of their own.",
    "webhooks": "What the endpoint of a site in sites.yaml is told.",
}
_ALWAYS = ("Cache-Control", "Content-Language")
_OF_STATUS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}

_PLACEHOLDER = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


@api.get("/openapi.json")
def openapi() -> Response:
    """This document itself."""
    settings = container().settings
    rules = current_app.url_map.iter_rules()
    whole = document(rules, container().catalog, settings.base_url, settings.ticket_json_version)
    if container().consent:
        # Imported here: nobody pays for a consent that is not asked for.
        from wizard.api.consent import describe_consent

        describe_consent(whole, container())
    return public(in_json(whole))


def document(rules: Iterable[Rule], catalog: Catalog, base_url: str, version: Version) -> Document:
    """The whole document, with ``ticket.json`` in the version that is in use.

    Raises:
        KeyError: a route is described nowhere.
    """
    language = "en" if "en" in catalog.languages else catalog.default_language
    return {
        "openapi": "3.1.1",
        "info": {
            "title": f"{catalog.title[language]}: reports",
            "version": VERSION,
            "description": "Hand in reports that are exactly as good as those of the form, and work on the queue.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "externalDocs": {"description": "To read and to try", "url": f"{base_url}{PREFIX}/docs"},
        "servers": [{"url": f"{base_url}{PREFIX}"}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": _paths(rules, catalog, base_url, language, version),
        "webhooks": webhooks(),
        "components": {
            "schemas": components(catalog, version),
            "headers": dict(HEADERS),
            "parameters": {
                "AcceptLanguage": {
                    "name": "Accept-Language",
                    "in": "header",
                    "required": False,
                    "schema": {"type": "string", "examples": list(catalog.languages)},
                    "description": "The language of the texts, where the call names none.",
                }
            },
            "securitySchemes": {
                "agent": {"type": "http", "scheme": "bearer", "description": "One of WIZARD_AGENT_TOKENS."}
            },
        },
        "security": [],
    }


def _paths(rules: Iterable[Rule], catalog: Catalog, base_url: str, language: str, version: Version) -> Document:
    reports = example_reports(catalog, language)
    calls = operations(catalog, reports)
    # The last category is for questions that fit nowhere else: nothing of them is out of turn.
    bodies = [report["value"] for report in reports.values()] or [
        {"situation": next(iter(catalog.situations)), "answers": {}}
    ]
    answers = example_answers(catalog, language, base_url, bodies[-1], version)
    paths: dict[str, Document] = defaultdict(dict)
    for rule in rules:
        if rule.endpoint.startswith(f"{api.name}."):
            path = _PLACEHOLDER.sub(r"{\1}", rule.rule.removeprefix(PREFIX))
            operation = _operation(calls[rule.endpoint], answers[rule.endpoint], catalog, language)
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                paths[path][method.lower()] = operation
    return dict(sorted(paths.items()))


def _operation(call: Operation, answer: Any, catalog: Catalog, language: str) -> Document:
    return {
        "operationId": call.id,
        "tags": [call.tag],
        "summary": call.summary,
        **({"description": call.description} if call.description else {}),
        "security": [{"agent": []}] if call.for_agents else [],
        "parameters": [
            *(parameter.described(catalog) for parameter in call.parameters),
            {"$ref": "#/components/parameters/AcceptLanguage"},
        ],
        **({"requestBody": {"required": True, "content": call.body}} if call.body else {}),
        "responses": dict(_responses(call, answer, language)),
    }


def _responses(call: Operation, answer: Any, language: str) -> Iterator[tuple[str, Document]]:
    own = (*call.headers, *(("ETag",) if call.is_cacheable else ()), *_ALWAYS)
    yield (
        str(call.status),
        {
            "description": call.summary,
            "headers": _headers(own),
            "content": {call.media_type: {"schema": call.answer, "examples": {"answer": {"value": answer}}}},
            **({"links": dict(call.links)} if call.links else {}),
        },
    )
    if call.is_cacheable:
        yield "304", {"description": "It is still what its tag says.", "headers": _headers(("ETag", "Cache-Control"))}
    by_status: dict[int, list[str]] = defaultdict(list)
    for kind in call.problems:
        by_status[STATUS[kind]].append(kind)
    for status, kinds in sorted(by_status.items()):
        yield str(status), _problem_response(status, kinds, language)


def _problem_response(status: int, kinds: list[str], language: str) -> Document:
    titles = {kind: translate(language, f"api.{kind}.title") for kind in kinds}
    return {
        "description": ". ".join(titles.values()),
        "headers": _headers((*_OF_STATUS.get(status, ()), *_ALWAYS)),
        "content": {
            "application/problem+json": {
                "schema": ref("Problem"),
                "examples": {
                    type_of(kind).removeprefix(TYPE): {"value": _example_problem(kind, title, status)}
                    for kind, title in titles.items()
                },
            }
        },
    }


def _example_problem(kind: str, title: str, status: int) -> Document:
    errors = {"errors": {"site_url": ["…"]}} if kind == "refused" else {}
    return {"type": type_of(kind), "title": title, "status": status, **errors}


def _headers(names: Iterable[str]) -> Document:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
