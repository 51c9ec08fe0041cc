"""Every text of the program is said somewhere: a key that nobody uses any more is translated for nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from wizard.texts import _texts

ROOT = Path(__file__).parents[1]
KEY = r"[a-z0-9_.-]"
QUOTED = re.compile(rf"""["']({KEY}+)["']""")
JOINED = re.compile(r"""["']\s*[+~]\s*([\w.()]+)(?:\s*[+~]\s*["']|(?=[\s,)\]}]))""")
"""``"api." ~ kind ~ ".title"``, ``"priority_" + name``."""
FILLED_IN = re.compile(rf"""["']({KEY}*(?:{{[^{{}}\n]+}}{KEY}*)+)["'}}]?""")
"""``f"views.error_{code}_title"``."""
HOLE = re.compile(r"{([^{}]+)}")


def sources() -> Iterator[str]:
    """Code and templates, and catalogs, whose words are filled in."""
    for folder, ending in (("wizard", "py"), ("wizard/catalog", "yaml"), ("templates", "html")):
        yield from (path.read_text("utf-8") for path in sorted((ROOT / folder).rglob(f"*.{ending}")))


def pattern_of(shape: str) -> re.Pattern[str]:
    """What a key that code completes can be: in each hole one of the words that its expression names, or any."""
    literals, holes = HOLE.split(shape)[::2], HOLE.split(shape)[1::2]
    fillings = [
        "|".join([*map(re.escape, sorted(re.findall(r"'([^']*)'", hole), key=len, reverse=True)), f"{KEY}+"])
        for hole in holes
    ]
    return re.compile(
        re.escape(literals[0])
        + "".join(f"({filling}){re.escape(literal)}" for filling, literal in zip(fillings, literals[1:], strict=True))
    )


def unused(keys: list[str]) -> list[str]:
    """Those that no code and no template names, whole or in parts."""
    text = JOINED.sub(r"{\1}", "\n".join(sources()))
    quoted = set(QUOTED.findall(text))
    # Statuses are numbers; members of a record are named by attributes.
    words = quoted | set(re.findall(r"\b[0-9]{3}\b", text)) | set(re.findall(r"^    ([a-z_]+)\b[:=]", text, re.M))
    shapes = {shape for shape in FILLED_IN.findall(text) if re.match(r"[a-z]+[._]", shape)}
    patterns = [pattern_of(shape) for shape in sorted(shapes)]

    def is_said(key: str) -> bool:
        return key in quoted or any(
            all(end in words or not end or is_said(end) for end in match.groups())
            for match in (pattern.fullmatch(key) for pattern in patterns)
            if match
        )

    return [key for key in keys if not is_said(key)]


def test_every_text_is_said_somewhere() -> None:
    assert unused(list(_texts())) == []
    assert unused(["mail.former", "views.error_604_text", "former.title"]) == [
        "mail.former",
        "views.error_604_text",
        "former.title",
    ]
