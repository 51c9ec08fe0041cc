"""The HTML of letters: constant templates, filled in with autoescape on (threats E18)."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

_TEMPLATES = Path(__file__).parents[2] / "templates" / "mail"
_RULE = re.compile(r"^\.\w+ \{ (color)?", re.MULTILINE)


def in_lines(text: str) -> Markup:
    """The text with its line ends as ``<br>`` and its leading spaces kept, for readers that know no ``pre-wrap``."""
    escaped = str(escape(text))
    if "\n" not in escaped and "  " not in escaped:
        return Markup(escaped)
    return Markup(escaped.replace("  ", "\u00a0 ").replace("\n", "<br>\n"))


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
