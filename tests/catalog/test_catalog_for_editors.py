"""What helps those who write a catalog: the JSON Schema for their editor, the outline, the guide."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import wizard.catalog.loader
from wizard.catalog.json_schema import json_schema
from wizard.catalog.loader import CatalogError, load_catalog, named_catalog
from wizard.catalog.outline import outline
from wizard.catalog.yaml_nodes import read_yaml

BUILT_IN = sorted(Path(wizard.catalog.loader.__file__).parent.glob("**/*.yaml"))
SCHEMA = json_schema()
GUIDE = Path(__file__).parents[2] / "docs" / "catalog.md"


def schema_faults(text: str) -> list[str]:
    node, _ = read_yaml(text.encode(), "text")
    assert node is not None
    return [error.json_path for error in Draft202012Validator(SCHEMA).iter_errors(node.plain())]


def test_the_schema_is_a_schema_and_json():
    Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


@pytest.mark.parametrize("path", BUILT_IN, ids=lambda path: path.name)
def test_the_schema_accepts_every_file_of_the_built_in_catalogs(path):
    assert schema_faults(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("version: 1", "version: one", "$.version"),
        ("version: 1\n", "", "$"),
        ("    example: A-1", "    exmple: A-1", "$.questions.serial"),
        ("    example: A-1", "    id: serial", "$.questions.serial"),
        ("{ru: Мастерская, en: Workshop}", "{ru: Мастерская, english: Workshop}", "$.title"),
        ("kind: {scope: [all]}", "kind: {scope: 3}", "$.categories[0].situations[0].show_when.kind.scope"),
    ],
)
def test_the_schema_marks_what_the_loader_refuses(small, old, new, place):
    assert schema_faults(small) == []
    paths = schema_faults(small.replace(old, new))
    assert paths
    assert all(path.startswith(place) or place.startswith(path) for path in paths), paths


def test_the_schema_explains_its_keys():
    question = SCHEMA["$defs"]["ShortText"]["properties"]
    assert question["pattern"]["description"] == "A regular expression that the whole answer must match."
    assert "captured fact" in question["evidence"]["description"]


def test_the_outline_shows_every_situation_and_question_in_its_language():
    catalog = load_catalog(named_catalog("hosting"))
    shown = {language: outline(catalog, language) for language in catalog.languages}
    for language, text in shown.items():
        for situation in catalog.situations.values():
            assert f"  {situation.label[language]} ({situation.id}" in text
        for question in catalog.questions.values():
            assert f"{question.id}: {question.label[language]} [{question.type}" in text
    assert not re.search("[а-яё]", shown["en"])


def test_the_outline_shows_queues_conditions_and_leads():
    lines = outline(load_catalog(named_catalog("hosting")), "en").splitlines()
    assert "  The website does not open (site_unreachable, out of turn by rule outage, priority high)" in lines
    assert "    * visible_to: Who cannot open the website [choice: everyone, some, only_me, unknown]" in lines
    assert "    * returned_text: Text of the returned letter [bounce], when was_returned is yes" in lines
    assert "    > mail_stopped, when mail_scope is all" in lines
    assert "    ! priority high, when certificate_message is expired or other_name" in lines


def test_the_outline_refuses_a_language_that_the_catalog_lacks():
    with pytest.raises(ValueError, match=r'no language "de" \(allowed: ru, en\)'):
        outline(load_catalog(named_catalog("hosting")), "de")


def guide_files(folder: Path) -> None:
    """Write the guide's examples into the files that their first lines name; a file may grow over several examples."""
    for name, text in re.findall(r"```yaml\n# (\S+\.yaml)\n(.*?)```", GUIDE.read_text("utf-8"), re.S):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(text)


def test_the_worked_example_of_the_guide_loads(tmp_path):
    guide_files(tmp_path)
    catalog = load_catalog(tmp_path / "library.yaml")
    assert list(catalog.situations) == ["reader_locked_out", "book_missing"]
    assert catalog.asked(catalog.situations["reader_locked_out"])[1].show_when == {"who_waits": ("only_me", "other")}


def test_the_faults_that_the_guide_shows_are_what_the_loader_says(tmp_path):
    guide_files(tmp_path)
    with pytest.raises(CatalogError) as refused:
        load_catalog(tmp_path / "faulty.yaml")
    (shown,) = re.findall(r"```text\n(faulty.yaml:.*?)\n```", GUIDE.read_text("utf-8"), re.S)
    assert str(refused.value).replace(f"{tmp_path}/", "") == shown


def test_the_guide_names_every_type_of_question_and_every_key():
    guide = GUIDE.read_text("utf-8")
    for name, definition in SCHEMA["$defs"].items():
        for key in definition.get("properties", {}):
            assert f"`{key}`" in guide, (name, key)
        question_type = definition.get("properties", {}).get("type", {}).get("const")
        assert question_type is None or f"`{question_type}`" in guide
