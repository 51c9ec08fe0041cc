"""What the pages promise to the eye, the keyboard and the screen reader, as far as it can be read without a browser."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader
from werkzeug.datastructures import MultiDict

from wizard.catalog.loader import load_catalog, named_catalog
from wizard.catalog.model_types import in_language
from wizard.catalog.models import Catalog
from wizard.config.sites import Site
from wizard.files.file_types import accepts
from wizard.forms.factory import report_form
from wizard.texts import LANGUAGES, translate, translator

ROOT = Path(__file__).parents[2]
CSS = (ROOT / "static" / "zayavka.css").read_text("utf-8")
TEMPLATES = sorted((ROOT / "templates").glob("*.html"))
ENVIRONMENT = Environment(loader=FileSystemLoader(ROOT / "templates"), autoescape=True)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(named_catalog("tradesoft"))


class Tags(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))

    def ids(self) -> list[str]:
        return [attributes["id"] or "" for _, attributes in self.all if "id" in attributes]


def form_page(catalog: Catalog, situation_id: str, language: str, typed: list[tuple[str, str]] | None = None) -> str:
    """The page of a form as a client gets it, blank or after a check."""
    situation = catalog.situations[situation_id]
    form = report_form(catalog, situation, language)(MultiDict(typed or []))
    if typed is not None:
        form.validate()
    return ENVIRONMENT.get_template("situation.html").render(
        **everywhere(catalog, language),
        situation=situation,
        category=catalog.category_of[situation_id],
        form=form,
        steps=form.steps,
        errors=form.errors_by_question,
        upload_limits={"max_files": 5, "max_bytes": 10, "max_size": "10 MB", "units": []},
        uploads={},
        form_action_url="/form/",
    )


def everywhere(catalog: Catalog, language: str) -> dict[str, Any]:
    return {
        "translate": translator(language),
        "language": language,
        "languages": catalog.languages,
        "t": lambda text: in_language(text, language),
        "catalog": catalog,
        "site": Site(),
        "url": lambda name, **values: f"/{name}/",
        "asset": lambda path: f"/static/{path}",
        "accepts": accepts,
        "other_language_url": "/other/",
        "embedded": False,
        "theme": "auto",
        "status": 200,
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_names_each_input_once_and_labels_it(catalog: Catalog, language: str) -> None:
    for id_ in catalog.situations:
        tags = Tags(form_page(catalog, id_, language))
        ids = Counter(tags.ids())
        assert not [name for name, times in ids.items() if times > 1], id_
        labelled = {attributes["for"] for tag, attributes in tags.all if tag == "label"}
        for tag, attributes in tags.all:
            if tag in ("input", "textarea") and attributes.get("type") != "hidden":
                assert attributes["id"] in labelled, (id_, attributes)
            for name in (attributes.get("aria-describedby") or "").split():
                assert name in ids, (id_, attributes)


def test_each_error_of_the_summary_leads_to_its_question_and_is_tied_to_it(catalog: Catalog) -> None:
    html = form_page(catalog, "pricing_all", "ru", [("site_url", "javascript:1"), ("contact_email", "a@@b")])
    tags = Tags(html)
    links = [str(attributes["href"])[1:] for tag, attributes in tags.all if tag == "a" and attributes.get("href", "#")]
    targets = [link for link in links if link in ("site_url", "article", "brand", "contact_email")]
    assert targets == ["site_url", "article", "brand", "contact_email"]
    assert set(targets) <= set(tags.ids())
    article = next(attributes for tag, attributes in tags.all if attributes.get("id") == "article")
    assert article["aria-invalid"] == "true"
    assert (article["aria-describedby"] or "").startswith("article-error")
    assert "<title>Ошибка: " in html


def test_what_was_typed_is_shown_again_to_the_last_sign(catalog: Catalog) -> None:
    html = form_page(
        catalog, "site_down", "ru", [("details", "\n<b>\"&' две\nстроки"), ("started", "вчера после обеда")]
    )
    assert ">\n\n&lt;b&gt;&#34;&amp;&#39; две\nстроки</textarea>" in html
    started = next(attributes for _, attributes in Tags(html).all if attributes.get("id") == "started")
    assert (started["type"], started["value"]) == ("text", "вчера после обеда")


def test_a_conditional_question_says_when_it_is_meant(catalog: Catalog) -> None:
    condition = next(
        (situation.id, question, when)
        for situation in catalog.situations.values()
        for question, when in situation.show_when.items()
    )
    other = next(iter(condition[2]))
    label = in_language(catalog.questions[other].label, "ru")
    assert f"Только если на вопрос «{label}» Вы ответили «" in form_page(catalog, condition[0], "ru")


def test_templates_hold_no_style_no_script_and_no_foreign_address() -> None:
    foreign = re.compile(r'<script(?! type="module" src="\{\{ asset\()|<style|\sstyle=|\son\w+=|https?://')
    for template in TEMPLATES:
        assert not foreign.search(template.read_text("utf-8")), template.name


def test_every_text_that_a_template_says_exists_in_both_languages() -> None:
    source = "".join(template.read_text("utf-8") for template in TEMPLATES)
    keys = set(re.findall(r'translate\("(pages\.[a-z_.]+[a-z])"', source))
    assert len(keys) > 60
    for key in keys:
        for language in LANGUAGES:
            assert translate(language, key), key


def test_the_style_sheet_is_small_and_asks_nobody_else() -> None:
    assert len(gzip.compress(CSS.encode(), 9)) < 15_000
    assert "url(" not in CSS
    assert "@import" not in CSS


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_borders_stand_out_enough(theme: str) -> None:
    """WCAG 2.2: 4.5:1 for text (1.4.3), 3:1 for the borders of fields (1.4.11), which axe does not look at."""
    colours = theme_colours(theme)
    pairs = {
        4.5: [
            *(
                (text, ground)
                for text in ("ink", "muted", "accent")
                for ground in ("page", "wash", "surface", "accent-soft")
            ),
            *(("fault", ground) for ground in ("surface", "fault-soft")),
            ("accent-strong", "accent-soft"),
            ("on-accent", "accent"),
            ("on-ticket", "ticket"),
        ],
        3.0: [("border", ground) for ground in ("field", "surface", "page")],
    }
    weak = [
        (text, ground, round(contrast(colours[text], colours[ground]), 2))
        for least, colour_pairs in pairs.items()
        for text, ground in colour_pairs
        if contrast(colours[text], colours[ground]) < least
    ]
    assert not weak


def test_each_theme_has_its_colours_once_and_old_browsers_have_the_light_ones() -> None:
    assert set(theme_colours("light")) == set(theme_colours("dark")) >= {"accent", "ink", "page", "border", "fault"}
    old = re.search(r"@supports not \(color: light-dark\(#000, #fff\)\) \{\s*:root:root \{(.*?)\}", CSS, re.DOTALL)
    assert old
    assert dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", old[1])) == theme_colours("light")
    for sheet in (ROOT / "static").glob("*.css"):
        assert "prefers-color-scheme" not in sheet.read_text("utf-8"), sheet.name


def theme_colours(theme: str) -> dict[str, str]:
    pairs = re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{3,6}), (#[0-9a-f]{3,6})\);", CSS)
    return {name: dark if theme == "dark" else light for name, light, dark in pairs}


def contrast(colour: str, other: str) -> float:
    lighter, darker = sorted((luminance(colour), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    shares = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
