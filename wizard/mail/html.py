"""The HTML of letters: constant templates, filled in with autoescape on (threats E18)."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

_TEMPLATES = Path(__file__).parents[2] / "templates" / "mail"
_TAB = 8
"""Characters between two stops of a tab."""

_TYPED = re.compile(r"[\n\t]|^ |  ")
_SPACES = re.compile(r"(?P<indent>^ +)| {2,}", re.MULTILINE)
_LINK = '<a class="link" href="{}" style="color:#1a56a8;overflow-wrap:anywhere">{}</a>'
_RULE = re.compile(r"^\.\w+ \{ (color)?", re.MULTILINE)


def in_lines(text: str, link: str = "") -> Markup:
    """The text with its line ends as ``<br>`` and its spaces and tabs as they were typed, without ``pre-wrap``.

    Readers that know it not, and those that make text of HTML, make one space of many. Each run keeps one at which a
    line may be broken.

    Args:
        link: an address of ours in the text, which becomes a link; never one that somebody typed.
    """
    if link:
        before, _, after = text.rpartition(link)
        return in_lines(before) + Markup(_LINK).format(link, link) + in_lines(after)
    if not _TYPED.search(text):
        return escape(text)
    spaced = _SPACES.sub(_unbroken, text.expandtabs(_TAB))
    return Markup(str(escape(spaced)).replace("\n", "<br>\n"))


def _unbroken(spaces: re.Match[str]) -> str:
    width = len(spaces[0])
    return "\u00a0" * width if spaces["indent"] else "\u00a0" * (width - 1) + " "


@cache
def template(name: str) -> Template:
    """A template of ``templates/mail/``, compiled once for the life of the process."""
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=lambda name: bool(name and name.endswith(".html")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    dark_rules = (_TEMPLATES / "dark.css").read_text("utf-8").strip()
    environment.globals.update(
        in_lines=in_lines, dark_rules=Markup(dark_rules), dark_rules_of_outlook=Markup(_of_outlook(dark_rules))
    )
    return environment


def _of_outlook(dark_rules: str) -> str:
    """The rules for Outlook on the web, which marks what it darkens: texts and grounds by an attribute each."""
    return _RULE.sub(lambda rule: f"[data-ogs{'c' if rule[1] else 'b'}] {rule[0]}", dark_rules)
