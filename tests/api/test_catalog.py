"""What can be reported, as programs read it: the catalog, and a JSON Schema for each situation's answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from api_client import Caller, errors_of
from jsonschema import Draft202012Validator

CATALOGS = ["tradesoft", "hosting"]


def problems(schema: dict[str, Any], answers: dict[str, Any]) -> set[str]:
    """The keywords that answers break."""
    return {error.validator for error in Draft202012Validator(schema).iter_errors(answers)}


@pytest.mark.parametrize("catalog", CATALOGS)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_situation_of_the_catalog_has_a_valid_schema_in_the_asked_language(
    make_api: Callable[..., Caller], catalog: str, language: str
) -> None:
    api = make_api(CATALOG=catalog, BASE_URL="https://help.desk.example")
    listed = api.get(f"catalog?language={language}").json
    situations = [situation for category in listed["categories"] for situation in category["situations"]]
    assert [situation["id"] for situation in situations] == list(api.desk.catalog.situations)
    for situation in situations:
        schema = api.get(situation["schema"].removeprefix("https://help.desk.example/api/v1/")).json
        Draft202012Validator.check_schema(schema)
        in_catalog = api.desk.catalog.situations[situation["id"]]
        assert schema["title"] == situation["label"] == in_catalog.label[language]
        for asked in api.desk.catalog.asked(in_catalog):
            if asked.question.type != "files":
                property_ = schema["properties"][asked.question.id]
                assert property_["title"] == asked.question.label[language]
                assert property_["examples"]
        answers = api.report(situation["id"], language)["answers"]
        assert problems(schema, answers) == set()
        assert api.client.get(situation["url"].removeprefix("https://help.desk.example")).status_code == 200


def test_a_schema_says_types_lengths_options_and_what_is_required(api: Caller) -> None:
    schema = api.get("situations/site_down?language=en").json
    answers = api.desk.example_answers("site_down", "en")
    assert problems(schema, {**answers, "details": "x" * 5000}) == {"maxLength"}
    assert problems(schema, {**answers, "reach": "nobody"}) == {"oneOf"}
    assert problems(schema, {**answers, "details": 5}) == {"type"}
    assert problems(schema, {**answers, "other": "x"}) == {"additionalProperties"}
    assert problems(schema, {name: answer for name, answer in answers.items() if name != "reach"}) == {"required"}
    nameless = {name: answer for name, answer in answers.items() if name not in ("reg_name", "reg_email")}
    assert problems(schema, nameless) == {"anyOf"}


def test_a_condition_is_an_if_then(api: Caller) -> None:
    schema = api.get("situations/mail_bounce").json
    answers = {**api.desk.example_answers("mail_bounce"), "mail_bounced": "yes"}
    assert problems(schema, answers) == set()
    answers.pop("bounce_text")
    assert problems(schema, answers) == {"required"}
    assert problems(schema, {**answers, "bounce_text": "short"}) == {"minLength"}
    assert problems(schema, {**answers, "mail_bounced": "no"}) == set()
    assert problems(schema, {**answers, "mail_bounced": "no", "bounce_text": "short"}) == set()


def test_an_option_that_asks_to_specify_needs_its_line(api: Caller) -> None:
    situation, question = next(
        (situation.id, asked.question)
        for situation in api.desk.catalog.situations.values()
        for asked in api.desk.catalog.asked(situation)
        if asked.question.type == "choice" and any(option.specify for option in asked.question.options)
    )
    other = next(option.id for option in question.options if option.specify)
    schema = api.get(f"situations/{situation}").json
    answers = {**api.desk.example_answers(situation), question.id: other}
    assert problems(schema, answers) == {"required"}
    assert problems(schema, {**answers, f"{question.id}_{other}": "Касса"}) == set()


def test_a_schema_tells_which_files_a_situation_takes(api: Caller) -> None:
    [file] = api.get("situations/pl_import_file").json["x-attachments"]
    assert (file["question"], file["required"], file["max_files"]) == ("pl_file", True, 1)
    assert "by_hand" in file["when"]["pl_how"]
    assert api.get("situations/pricing_slow").json["x-attachments"] == []


def test_catalog_and_schemas_are_cacheable_and_revalidated_by_their_etags(api: Caller) -> None:
    for place in ("catalog", "situations/site_down"):
        answer = api.get(place)
        assert answer.headers["Cache-Control"].startswith("public")
        assert "Accept-Language" in answer.headers["Vary"]
        again = api.get(place, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
        assert api.get(f"{place}?language=en").headers["ETag"] != answer.headers["ETag"]


def test_a_language_that_the_catalog_lacks_is_refused(api: Caller) -> None:
    for place in ("catalog", "situations/site_down"):
        assert errors_of(api.get(f"{place}?language=de")) == {"language": ["Возможные значения: ru, en"]}
    assert api.get("catalog", headers={"Accept-Language": "en"}).json["language"] == "en"
