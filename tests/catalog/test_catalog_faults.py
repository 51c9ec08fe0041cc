"""Each fault is reported at its line, with what is allowed there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from wizard.catalog.validation.faults import Fault

MORE = "  {}: {{type: phone, label: {{ru: Раз, en: Once}}, section: clarify}}\ncategories:\n"
SECTIONS = """\
  - {id: clarify, title: {ru: Уточним, en: Facts}}
  - {id: who, title: {ru: Кто Вы, en: Who you are}}"""

# What is changed in the small catalog: the old text, the new text, words of the fault reported at that line; and, where
# it is reported at another line, how that line reads.
CASES: dict[str, tuple[str, ...]] = {
    "duplicate key": (
        "version: 1",
        "version: 1\nversion: 2",
        'duplicate key "version": it already stands in line 2',
        "version: 2",
    ),
    "duplicate question": ("  serial:\n", "  kind: {type: phone}\n  serial:\n", 'duplicate key "kind"', "  kind:\n"),
    "unknown key": (
        "time_zone: Europe",
        "timezone: UTC\ntime_zone: Europe",
        'unknown key "timezone"; did you mean "time',
    ),
    "unknown key in a question": (
        "    example: A-1",
        "    exmple: A-1",
        'did you mean "example"? (allowed: label, hint',
    ),
    "key of another type": (
        "    part: identity\n  scope",
        "    part: identity\n    options: []\n  scope",
        '"options"',
        "    options: []",
    ),
    "id inside a question": ("    example: A-1", "    id: serial", 'unknown key "id"'),
    "missing key": ("        label: {ru: Медленно, en: Slow}\n", "", 'the key "label" is missing', "- id: slow"),
    "missing language": ("{ru: Мастерская, en: Workshop}", "{ru: Мастерская}", 'missing in the language "en"'),
    "missing language deep": ("{id: all, label: {ru: Всё, en: All}}", "{id: all, label: {en: All}}", 'language "ru"'),
    "missing language of phrases": ("{ru: [сломалось], en: [broken]}", "{ru: [сломалось]}", 'language "en"'),
    "missing language of an example": ("    example: A-1", "    example: {en: A-1}", 'in the language "ru"'),
    "missing language of a lead": ("say: {ru: Это другое, en: Something else}", "say: {en: x}", 'language "ru"'),
    "unknown language": ("{ru: Имя, en: Name}", "{ru: Имя, en: Name, de: Name}", 'unknown language "de"'),
    "one text for all languages": ("label: {ru: Имя, en: Name}", "label: Имя", "a text in every language is wanted"),
    "empty text": ("label: {ru: Имя, en: Name}", 'label: {ru: "", en: Name}', "empty: write a text"),
    "boolean language": ("languages: [ru, en]", "languages: [ru, no]", 'where a word is meant, quote it: "no"'),
    "boolean option": ('- {id: "no", label', "- {id: no, label", 'where a word is meant, quote it: "no"'),
    "boolean in a condition": ("serial: {scope: other}", "serial: {scope: [on]}", 'quote it: "on"'),
    "boolean key": ("{ru: Имя, en: Name}", "{ru: Имя, en: Name, no: Navn}", 'quote it: "no"'),
    "number as a word": ('rule: "1"', "rule: 1", 'YAML reads 1 as a number; where a word is meant, quote it: "1"'),
    "time as a word": ("address: 1 Main Street", "address: 9:40", 'quote it: "9:40"'),
    "malformed id": ("  - id: machines", "  - id: Machines-1", "small Latin letters"),
    "word for a number": ("version: 1", "version: first", "a whole number is wanted"),
    "number too small": ("version: 1", "version: 0", "at least 1 is wanted"),
    "unknown type": ("    type: choices", "    type: chioces", 'did you mean "choices"'),
    "no type": ("    type: choices\n", "", "a question with a type is wanted", "  kind:\n"),
    "unknown key beside an unknown type": (
        "type: choices\n    label",
        "type: list\n    labl: x\n    label",
        'unknown key "labl"',
        "    labl",
    ),
    "missing language beside an unknown type": (
        "type: choices\n    label: {ru: Вид, en: Kind}",
        "type: list\n    label: {ru: Вид}",
        'missing in the language "en"',
        "    label: {ru: Вид}",
    ),
    "unknown part": ("    part: identity\n  scope", "    part: identy\n  scope", 'did you mean "identity"?'),
    "text for a list": ("required: [scope]", "required: scope", "a list is wanted"),
    "list for a mapping": ("politeness:\n", "politeness: []\nother:\n", "a mapping is wanted"),
    "too few options": (
        '\n      - {id: "no", label: {ru: Никакой, en: None}}',
        "",
        "at least 2 are wanted",
        "      - {id: saw",
    ),
    "unknown question": (
        "required: [scope, serial]",
        "required: [scope, seral]",
        'question "seral"; did you mean "serial"',
    ),
    "question twice": ("optional: [kind]", "optional: [kind, scope]", 'duplicate question: "scope"'),
    "similar by who reports": (
        "    part: identity\n  scope",
        "    part: identity\n    groups_similar: true\n  scope",
        '"part: identity" is not what a report is about',
        "    groups_similar: true",
    ),
    "similar by a type that cannot": (
        "questions:\n",
        "questions:\n  when:\n    type: datetime\n    label: {ru: Когда, en: When}\n    section: clarify\n"
        "    groups_similar: true\n",
        "answers of the type datetime do not tell what a report is about (types that do: url, domain,",
        "    groups_similar: true",
    ),
    "question never asked": ("        optional: [kind]\n", "", 'the question "kind" is never asked', "  kind:\n"),
    "deciding question that is not asked": (
        "        required: [scope]\n",
        "        required: [scope]\n        deciding: [serial]\n",
        'unknown question of this situation "serial" (allowed: scope, name, mail)',
        "        deciding: [serial]",
    ),
    "deciding question twice": (
        "deciding: [kind]",
        "deciding: [kind, kind]",
        'duplicate question: "kind"',
    ),
    "deciding question for files": (
        "  kind:\n    type: choices\n    label: {ru: Вид, en: Kind}",
        "  kind:\n    type: files\n    types: [png]\n    label: {ru: Вид, en: Kind}",
        '"kind" is of the type files, which no line can show',
        "deciding: [kind]",
    ),
    "deciding question for a key": (
        "  kind:\n    type: choices\n    label: {ru: Вид, en: Kind}",
        "  kind:\n    type: tail\n    label: {ru: Вид, en: Kind}",
        '"kind" is of the type tail: no end of a key stands in a subject',
        "deciding: [kind]",
    ),
    "deciding question for own words": (
        "  kind:\n    type: choices\n    label: {ru: Вид, en: Kind}",
        "  kind:\n    type: long_text\n    part: words\n    label: {ru: Вид, en: Kind}",
        '"kind" is of the part words',
        "deciding: [kind]",
    ),
    "useful question that is not asked": (
        "        deciding: [kind]\n",
        "        deciding: [kind]\n        useful: [knd]\n",
        'unknown optional question of this situation "knd"; did you mean "kind"? (allowed: kind)',
        "        useful: [knd]",
    ),
    "useful question that is required": (
        "        deciding: [kind]\n",
        "        deciding: [kind]\n        useful: [serial]\n",
        '"serial" is required here: it is missed by itself when it is left blank',
        "        useful: [serial]",
    ),
    "useful question twice": (
        "        deciding: [kind]\n",
        "        deciding: [kind]\n        useful: [kind, kind]\n",
        'duplicate question: "kind"',
        "        useful: [kind, kind]",
    ),
    "unknown section": (
        "    section: clarify\n    pattern",
        "    section: clarfy\n    pattern",
        'did you mean "clarify"',
    ),
    "unknown situation": ("to: stopped", "to: stoped", 'unknown situation "stoped"; did you mean "stopped"'),
    "lead to itself": ("to: stopped", "to: slow", "leads to itself"),
    "unknown category": ("categories: [machines]", "categories: [machine]", 'did you mean "machines"'),
    "unknown fast-track rule": ('rule: "1"', 'rule: "7"', 'unknown fast-track rule "7" (allowed: 1)'),
    "fast track without a rule": ('          rule: "1"\n', "", 'the key "rule" is missing', "        fast_track:\n"),
    "rule never used": ("channels:", '  - {id: "2", text: {ru: Два, en: Two}}\nchannels:', "never used"),
    "duplicate situation": ("- id: slow", "- id: stopped", 'duplicate situation: "stopped" already stands in line'),
    "duplicate section": ("{id: who, title", "{id: clarify, title", "duplicate id in sections"),
    "duplicate option": ("{id: other, label: {ru: Другое", "{id: all, label: {ru: Другое", 'duplicate option: "all"'),
    "condition on what is not asked": ("- when: {scope: all}", "- when: {kind: saw}", '"kind" is not asked in this'),
    "condition for what is not asked": (
        "serial: {scope: other}",
        "mail: {kind: saw}\n          nil: {scope: all}",
        '"nil"',
        "          nil: {scope: all}",
    ),
    "condition on an unknown option": ("serial: {scope: other}", "serial: {scope: othr}", 'did you mean "other"'),
    "condition on a text": ("kind: {scope: [all]}", "kind: {serial: a}", "a condition needs a choice or choices"),
    "condition that never holds": ("kind: {scope: [all]}", "kind: {scope: []}", "it never holds (allowed: all, other)"),
    "empty condition": ("- when: {scope: all}", "- when: {}", "a condition names at least one question"),
    "condition on a later question": (
        "serial: {scope: other}",
        "serial: {kind: saw}",
        '"serial" is shown before "kind"',
    ),
    "condition on itself": ("kind: {scope: [all]}", "kind: {kind: saw}", "circular condition: kind → kind"),
    "circular condition": ("serial: {scope: other}", "scope: {kind: saw}", "circular condition: scope → kind → scope"),
    "priority on an unknown option": (
        "scope: [other]}, priority",
        "scope: [none]}, priority",
        'option of "scope" "none"',
    ),
    "unknown identity question": ("one_of: [name, mail]", "one_of: [name, male]", 'unknown question "male"'),
    "reply to a name": ("reply_to: [mail]", "reply_to: [name]", "wanted here: email"),
    "call an e-mail": ("  name: [name]", "  name: [name]\n  phone: [mail]", "wanted here: phone", "  phone: [mail]"),
    "no address to reply to": ("reply_to: [mail]", "reply_to: []", "names at least one question"),
    "name that is not identity": ("  name: [name]", "  name: [serial]", "not among the questions of identity"),
    "identity first": (SECTIONS, "\n".join(reversed(SECTIONS.split("\n"))), "comes last", "sections:\n"),
    "pattern": ('pattern: "[A-Z]-[0-9]+"', 'pattern: "[A-Z"', "not a regular expression"),
    "example that does not fit": ("example: A-1", "example: a-1", 'the example "a-1" does not match'),
    "bounds": ("    example: A-1", "    min_length: 9\n    max_length: 3", "no answer fits"),
    "time zone": ("Europe/Moscow", "Europe/Moskow", "did you mean Europe/Moscow"),
    "reserved input": ("categories:\n", MORE.format("once"), '"once" is the name of an input of the form itself'),
    "specified input": (
        "categories:\n",
        MORE.format("scope_other"),
        'would be called "scope_other"',
        "{id: other, label",
    ),
    "reserved category": ("  - id: machines", "  - id: tickets", "reserved for an address of the site"),
    "alias": (
        "title: {ru: Мастерская, en: Workshop}",
        "title: &t {ru: x, en: y}\ncopy: *t",
        "aliases (*name)",
        "copy:",
    ),
    "merge key": ("version: 1", "<<: {version: 1}", "merge keys (<<) are not allowed"),
    "tag": ("version: 1", "version: !!python/name:os.system x", "is not allowed: write a plain text"),
    "not YAML": ("    example: A-1", "    example: [A-1", "not YAML", "    section: clarify\n    pattern"),
    "second document": ("version: 1", "version: 1\n---\nversion: 1", "a second document begins", "---"),
    "control sign": ("example: A-1", "example: A\x07", "control characters are not allowed"),
}


def changed(small: str, old: str, new: str, place: str = "") -> tuple[str, int]:
    """The changed catalog and the line at which its fault must be reported."""
    assert small.count(old) == 1, f"the small catalog has {old!r} {small.count(old)} times"
    start = small.index(old)
    text = small[:start] + new + small[start + len(old) :]
    at = text.index(place) if place else start
    return text, text.count("\n", 0, at) + 1


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_reported_at_its_line_with_what_is_allowed(
    name: str, small: str, faults_of: Callable[[str], list[Fault]]
) -> None:
    old, new, words, *place = CASES[name]
    text, line = changed(small, old, new, *place)
    faults = [(fault.line, fault.problem) for fault in faults_of(text)]
    assert any(at == line and words in problem for at, problem in faults), (line, faults)
