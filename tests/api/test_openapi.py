"""The OpenAPI document is valid, complete and true. That every answer keeps to it, each call of these tests sees."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from api_client import Caller
from installation import Installation
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from wizard.api.problems import STATUS

CATALOGS = ["tradesoft", "hosting"]


def operations_of(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every call: its path, its method, and what is said of it."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


@pytest.mark.parametrize("catalog", CATALOGS)
def test_the_document_is_valid(make_api: Callable[..., Caller], catalog: str) -> None:
    document = make_api(CATALOG=catalog, BASE_URL="https://help.desk.example").document.content
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": "https://help.desk.example/api/v1"}]
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_route_of_the_api_is_described_and_nothing_else(desk: Installation, api: Caller) -> None:
    described = {(method.upper(), path) for path, method, _ in operations_of(api.document.content)}
    routes = {
        (method, rule.rule.removeprefix("/api/v1").replace("<int:", "<").replace("<", "{").replace(">", "}"))
        for rule in desk.app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == routes


def test_every_call_describes_all_its_answers_with_shape_and_example(api: Caller) -> None:
    ids = [operation["operationId"] for _, _, operation in operations_of(api.document.content)]
    assert len(ids) == len(set(ids))
    for path, method, operation in operations_of(api.document.content):
        assert operation["summary"] and operation["tags"], path
        statuses = set(operation["responses"])
        assert {"429", "500"} < statuses, path
        if "requestBody" in operation:
            assert {"413", "415", "422", "403", "400"} <= statuses, path
        for status, answer in operation["responses"].items():
            if status == "304":
                continue
            assert "Cache-Control" in answer["headers"]
            [content] = answer["content"].values()
            assert content["schema"]
            assert content["examples"]
            if status in ("429", "503"):
                assert "Retry-After" in answer["headers"]
        for content in operation.get("requestBody", {}).get("content", {}).values():
            assert content["schema"]
            assert (method == "post" and path == "/attachments") or content["examples"]


@pytest.mark.parametrize("catalog", CATALOGS)
def test_every_example_of_an_answer_has_the_shape_of_its_schema(make_api: Callable[..., Caller], catalog: str) -> None:
    document = make_api(CATALOG=catalog).document
    count = 0
    for path, method, operation in operations_of(document.content):
        for status, answer in operation["responses"].items():
            for content in answer.get("content", {}).values():
                for name, shown in content["examples"].items():
                    document.validator(content["schema"]).validate(shown["value"])
                    assert shown["value"].get("status", int(status)) == int(status), f"{method} {path}: {name}"
                    count += 1
    assert count > 60


def test_every_kind_of_problem_is_described_by_some_call(api: Caller) -> None:
    kinds = {
        name
        for _, _, operation in operations_of(api.document.content)
        for answer in operation["responses"].values()
        for name in answer.get("content", {}).get("application/problem+json", {}).get("examples", {})
    }
    assert kinds == {kind.replace("_", "-") for kind in STATUS} - {"method-not-allowed", "consent-needed"}


@pytest.mark.parametrize("catalog", CATALOGS)
def test_every_example_of_a_report_is_accepted(make_api: Callable[..., Caller], catalog: str) -> None:
    api = make_api(CATALOG=catalog)
    content = api.document.content["paths"]["/tickets"]["post"]["requestBody"]["content"]["application/json"]
    assert len(content["examples"]) > 3
    for name, shown in content["examples"].items():
        assert api.post("tickets", shown["value"]).status_code == 201, name


def test_what_agents_alone_may_do_says_so(api: Caller) -> None:
    for path, _, operation in operations_of(api.document.content):
        is_agents = operation["tags"] == ["agents"]
        assert operation["security"] == ([{"agent": []}] if is_agents else []), path
        assert ("401" in operation["responses"]) == is_agents


def test_the_document_names_nothing_of_the_sites_and_nobody_of_the_agents(agent: Caller, with_sites: Caller) -> None:
    for api in (agent, with_sites):
        text = json.dumps(api.document.content)
        assert not any(name in text for name in ("a-token-of-the-tests", "www.detal36.example", "support-shop@"))
