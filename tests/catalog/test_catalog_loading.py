"""What loads, what is refused, and that all faults are reported at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.catalog.loader import CatalogError, load_catalog, named_catalog
from wizard.catalog.models import RESERVED_INPUTS, Asked, Catalog


def load(folder: Path, text: str, **parts: str) -> Catalog:
    """Load a catalog written into a folder, its parts beside it."""
    for name, part in parts.items():
        (folder / f"{name}.yaml").write_text(part, "utf-8")
    (folder / "head.yaml").write_text(text, "utf-8")
    return load_catalog(folder / "head.yaml")


def refusal(folder: Path, text: str, **parts: str) -> list[str]:
    """The faults of such a catalog, without the folder."""
    with pytest.raises(CatalogError) as refused:
        load(folder, text, **parts)
    assert str(refused.value) == "\n".join(map(str, refused.value.faults))
    return [line.replace(f"{folder}/", "") for line in str(refused.value).splitlines()]


def split_at(text: str, key: str) -> tuple[str, str]:
    """A catalog in two: what stands before a top-level key, and the key with what follows it."""
    head, separator, tail = text.partition(f"\n{key}:\n")
    return head + "\n", separator.lstrip("\n") + tail


def test_the_small_catalog_has_no_fault(small, faults_of):
    assert faults_of(small) == []


def test_the_hosting_catalog_has_no_fault():
    catalog = load_catalog(named_catalog("hosting"))
    assert catalog.id == "hosting"
    assert len(catalog.situations) == 14
    assert {situation.fast_track.rule for situation in catalog.situations.values() if situation.fast_track} == {
        rule.id for rule in catalog.fast_track_rules
    }


def test_all_faults_of_all_kinds_are_reported_together(tmp_path, small):
    text = (
        small.replace("version: 1", "version: 1\nversion: 2")
        .replace("title: {ru: Мастерская, en: Workshop}", "title: {ru: Мастерская}")
        .replace("to: stopped", "to: nowhere")
        .replace("    part: identity\n  mail", "    part: nowhere\n  mail")
        .replace("optional: [kind]", "optional: [kindd]")
        .replace('rule: "1"', "rule: 1")
        .replace("time_zone: Europe/Moscow", "time_zone: Moscow\ncolour: red")
    )
    faults = refusal(tmp_path, text)
    for words in (
        'head.yaml:3: duplicate key "version"',
        'head.yaml:5: unknown time zone "Moscow"',
        'head.yaml:6: unknown key "colour"',
        'head.yaml:7: the text is missing in the language "en"',
        'unknown situation "nowhere"',
        'unknown word "nowhere"',
        'unknown question "kindd"; did you mean "kind"?',
        "YAML reads 1 as a number",
    ):
        assert any(words in line for line in faults), (words, faults)
    lines = [int(line.split(":")[1]) for line in faults]
    assert lines == sorted(lines)


def test_a_catalog_of_the_wrong_shape_throughout_is_refused_with_lines(tmp_path):
    text = (
        "id: [x]\nlanguages: ru\nquestions: [1, 2]\nsections: {}\nidentity: no\ncategories: [[], {situations: [3]}]\n"
    )
    faults = refusal(tmp_path, text)
    for line in range(1, 7):
        assert any(fault.startswith(f"head.yaml:{line}: ") for fault in faults), (line, faults)


@pytest.mark.parametrize("text", ["", "# nothing\n", "just words\n", "- a\n- list\n", "null\n"])
def test_a_file_that_is_no_catalog_is_refused_with_a_line(tmp_path, text):
    assert all(line.startswith("head.yaml:1: ") for line in refusal(tmp_path, text))


def test_a_file_that_is_not_utf8_is_refused_at_its_line(tmp_path):
    (tmp_path / "latin.yaml").write_bytes("id: x\ntitle: Werkstätte\n".encode("latin-1"))
    with pytest.raises(CatalogError, match=r"latin.yaml:2: not UTF-8"):
        load_catalog(tmp_path / "latin.yaml")


def test_a_byte_order_mark_does_no_harm(tmp_path, small):
    (tmp_path / "mark.yaml").write_bytes(b"\xef\xbb\xbf" + small.encode())
    assert load_catalog(tmp_path / "mark.yaml").id == "small"


def test_a_missing_file_is_reported_by_its_name(tmp_path):
    with pytest.raises(CatalogError, match=r"nowhere.yaml: cannot be read"):
        load_catalog(tmp_path / "nowhere.yaml")


def test_an_alias_bomb_is_refused_at_once(tmp_path):
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    faults = refusal(tmp_path, "\n".join(lines))
    assert "head.yaml:2: aliases (*name) are not allowed: write the value again" in faults


@pytest.mark.parametrize("depth", [41, 900, 5_000])
def test_a_deeply_nested_file_is_refused_not_fatal(tmp_path, depth):
    faults = refusal(tmp_path, "id: " + "[" * depth + "]" * depth)
    assert any("head.yaml:1: " in line for line in faults)


def test_built_in_catalogs_are_found_by_name_and_others_by_path(tmp_path, small):
    (tmp_path / "mine.yaml").write_text(small, "utf-8")
    assert named_catalog("hosting").name == "hosting.yaml"
    assert named_catalog("tradesoft").name == "tradesoft.yaml"
    assert named_catalog(str(tmp_path / "mine.yaml")) == tmp_path / "mine.yaml"


@pytest.mark.parametrize("name", ["hostng", "/nowhere/at/all.yaml", "", "\0", "x" * 5000])
def test_an_unknown_name_is_answered_with_the_built_in_ones(name):
    with pytest.raises(CatalogError, match=r"name of a built-in catalog \(hosting, tradesoft\)"):
        named_catalog(name)


def test_a_catalog_may_be_split_into_several_files(tmp_path, small):
    head, tail = split_at(small, "questions")
    questions, situations = split_at(tail, "categories")
    whole = load(tmp_path, small)
    split = load(tmp_path, head + "include: [q.yaml, s.yaml]\n", q=questions, s=situations)
    assert split == whole


def test_a_fault_in_an_included_file_carries_that_files_name_and_line(tmp_path, small):
    head, tail = split_at(small, "categories")
    faults = refusal(tmp_path, head + "include: s.yaml\n", s="# situations\n" + tail.replace("to: stopped", "to: nil"))
    line = ("# situations\n" + tail).splitlines().index("            to: stopped") + 1
    assert faults == [f's.yaml:{line}: unknown situation "nil" (allowed: stopped, slow)']


def test_a_key_in_two_files_is_a_fault(tmp_path, small):
    faults = refusal(tmp_path, small + "include: [s.yaml]\n", s="version: 2\n")
    assert faults == ['s.yaml:1: duplicate key "version": it already stands in head.yaml:2']


def test_an_included_file_includes_no_others(tmp_path, small):
    faults = refusal(tmp_path, small + "include: [s.yaml]\n", s="include: [t.yaml]\n")
    assert faults == ["s.yaml:1: only the first file of a catalog includes others"]


@pytest.mark.parametrize("path", ["../outside.yaml", "/etc/passwd", "link.yaml", '"\\0"', "x/../../outside.yaml"])
def test_nothing_outside_the_catalogs_folder_is_read(tmp_path, small, path):
    (tmp_path / "outside.yaml").write_text("secret: 1\n", "utf-8")
    folder = tmp_path / "inside"
    folder.mkdir()
    (folder / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    faults = refusal(folder, f"include: [{path}]\n" + small)
    assert len(faults) == 1
    assert faults[0].startswith("head.yaml:1: ")
    assert "is not a file in the folder of the catalog" in faults[0]


def test_a_missing_part_is_reported_without_the_noise_of_what_it_would_define(tmp_path, small):
    head, _ = split_at(small, "questions")
    faults = refusal(tmp_path, "include: [q.yaml]\n" + head)
    assert faults == ['head.yaml:1: "q.yaml" does not exist; paths are relative to this file']


def test_faults_beside_a_broken_part_are_reported_too(tmp_path, small):
    head, tail = split_at(small, "categories")
    faults = refusal(
        tmp_path, "include: [s.yaml]\n" + head.replace("version: 1", "version: one"), s=tail + "   bad: [\n"
    )
    assert any(line.startswith("s.yaml:") and "not YAML" in line for line in faults)
    assert "head.yaml:3: a whole number is wanted" in faults
    assert len(faults) == 2


@pytest.mark.parametrize("include", ["[1]", "{a: b}", "no", "[[q.yaml]]"])
def test_an_include_that_names_no_files_is_a_fault(tmp_path, small, include):
    faults = refusal(tmp_path, f"include: {include}\n" + small)
    assert faults == ["head.yaml:1: a list of files is wanted: include: [questions.yaml, situations.yaml]"]


def ids(asked: tuple[Asked, ...]) -> list[str]:
    return [item.question.id for item in asked]


def test_questions_are_asked_by_section_required_ones_first_and_identity_last(tmp_path, small):
    catalog = load(tmp_path, small)
    asked = catalog.asked(catalog.situations["stopped"])
    assert ids(asked) == ["scope", "serial", "kind", "name", "mail"]
    assert [item.required for item in asked] == [True, True, False, False, False]
    assert asked[1].show_when == {"scope": ("other",)}


def test_a_situation_may_require_a_question_of_identity(tmp_path, small):
    catalog = load(tmp_path, small.replace("required: [scope]\n", "required: [mail, scope]\n"))
    asked = catalog.asked(catalog.situations["slow"])
    assert [(item.question.id, item.required) for item in asked] == [("scope", True), ("mail", True), ("name", False)]


def test_a_condition_on_a_question_of_identity_is_no_fault(small, faults_of):
    changed = small.replace("questions: [name, mail]", "questions: [kind, name, mail]").replace(
        "    label: {ru: Вид, en: Kind}\n    section: clarify", "    label: {ru: Вид, en: Kind}\n    section: who"
    )
    changed = changed.replace("kind: {scope: [all]}", "name: {kind: saw}").replace("        optional: [kind]\n", "")
    assert faults_of(changed) == []


def test_a_fast_track_without_a_condition_is_always_fast(small, faults_of):
    assert faults_of(small.replace("          when: {scope: all}\n", "          when: {}\n")) == []


def test_one_value_of_a_condition_needs_no_list(tmp_path, small):
    situation = load(tmp_path, small).situations["stopped"]
    assert situation.show_when["serial"] == {"scope": ("other",)}


def test_what_is_built_from_parts_of_a_catalog_can_be_cached_under_them():
    catalog = load_catalog(named_catalog("hosting"))
    again = load_catalog(named_catalog("hosting"))
    assert catalog == again
    for situation in catalog.situations.values():
        assert hash(situation) == hash(again.situations[situation.id])
        assert catalog.asked(situation) is catalog.asked(situation)
        assert {hash(asked.question) for asked in catalog.asked(situation)}
    assert catalog.situations is catalog.situations


def test_every_reserved_name_is_refused(small, faults_of):
    for name in RESERVED_INPUTS:
        changed = (
            small.replace("  scope:\n", f"  {name}:\n").replace("scope:", f"{name}:").replace("[scope", f"[{name}")
        )
        assert any("of the form itself" in fault.problem for fault in faults_of(changed))


def test_a_cycle_of_three_conditions_is_reported_once(small, faults_of):
    changed = small.replace(
        "          serial: {scope: other}\n          kind: {scope: [all]}\n",
        "          scope: {kind: saw}\n          kind: {third: a}\n          third: {scope: all}\n",
    ).replace(
        "categories:\n",
        "  third: {type: choice, label: {ru: Три, en: Three}, section: clarify,\n"
        "    options: [{id: a, label: {ru: А, en: A}}, {id: b, label: {ru: Б, en: B}}]}\ncategories:\n",
    )
    changed = changed.replace("optional: [kind]", "optional: [kind, third]")
    assert [fault.problem for fault in faults_of(changed)] == ["circular condition: scope → kind → third → scope"]


def test_an_unquoted_comma_in_a_text_is_explained(small, faults_of):
    faults = faults_of(small.replace("en: Workshop}", "en: Workshop, saws and planes}"))
    assert any("quote the text" in fault.problem and fault.line == 5 for fault in faults), faults
