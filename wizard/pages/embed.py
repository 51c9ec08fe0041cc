"""For site owners: the script that puts the form into their pages, and the page that composes the line for it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from flask import Response, current_app, make_response, request, url_for
from markupsafe import Markup

from wizard.catalog.models import Catalog, Category, Situation
from wizard.pages.blueprint import pages
from wizard.pages.snippet import MODES, THEMES, Placing, compose_snippet
from wizard.texts import translate
from wizard.web.headers import PAGE_POLICY
from wizard.web.rendering import posting_url, public, render
from wizard.web.request_context import container, current_site, request_language
from wizard.web.static_export import at_service, in_export, static_export

WORDS_LINE = "const WORDS = {};"
"""The line of ``static/js/embed.js`` in which the words are put."""
SERVICE_LINE = 'const SERVICE = "";'
"""The one in which a static export says where the service is."""


SAMPLE = """\
shop:
  title: Detal 36
  origins: [https://detal36.example]
"""
"""The least that ``sites.yaml`` can say."""


@pages.get("/embed.js")
def embed_script() -> Response:
    """The script that site owners name in their pages; the same for everybody."""
    script = _script(Path(str(current_app.static_folder)), container().catalog.languages)
    if export := static_export():
        script = script.replace(SERVICE_LINE, f"const SERVICE = {json.dumps(export.service)};")
    answer = make_response(script)
    answer.headers["Content-Type"] = "text/javascript; charset=utf-8"
    return public(answer)


@cache
def _script(folder: Path, languages: tuple[str, ...]) -> str:
    names = ("title", "open", "write", "close")
    words = {language: {name: translate(language, f"embed.script.{name}") for name in names} for language in languages}
    source = (folder / "js" / "embed.js").read_text("utf-8")
    return source.replace(WORDS_LINE, f"const WORDS = {json.dumps(words, ensure_ascii=False)};")


@pages.get("/<language:language>/embed/")
def compose() -> Response:
    """Compose the snippet and see it live. Of a site its key and its title are shown, and nothing else."""
    placing, export = _placing(), static_export()
    root = at_service(url_for(".choose_language").rstrip("/"))
    public_root = export.service if export else container().settings.base_url
    answer = render(
        "embed.html",
        sites=[site for key, site in container().sites.items() if key],
        placing=placing,
        modes=MODES,
        themes=THEMES,
        opens="/".join(step for step in (placing.category, placing.situation) if step) if placing else "",
        snippet=compose_snippet(public_root, placing) if placing else None,
        live=Markup(compose_snippet(root, placing, in_export(url_for(".embed_script")))) if placing else None,
        form_action_url=posting_url("compose"),
        sample=SAMPLE,
        prefills=_prefills(container().catalog),
    )
    # The form stands here in a frame, as it would on the site owner's page.
    answer.headers["Content-Security-Policy"] = f"{PAGE_POLICY}; frame-src 'self'"
    return public(answer)


def _placing() -> Placing | None:
    """What the site owner chose, defaults where nothing or something unknown was; None while there are no sites.

    The page of a site begins with that site.
    """
    args = request.args
    keys = [key for key in container().sites if key]
    if not keys:
        return None
    site = container().sites[next(key for key in (args.get("of"), current_site().key, keys[0]) if key in keys)]
    category, situation = _opened(args.get("opens", ""))
    return Placing(
        site=site.key,
        language=next((code for code in container().catalog.languages if code == args.get("lang")), request_language()),
        mode=next((mode for mode in MODES if mode == args.get("mode")), "inline"),
        theme=next((theme for theme in THEMES if theme == args.get("theme")), "site"),
        category=category.id if category else None,
        situation=situation.id if situation else None,
    )


def _opened(path: str) -> tuple[Category | None, Situation | None]:
    """The category and the situation of ``category/situation``, as far as they exist."""
    category_id, _, situation_id = path.partition("/")
    category = next((category for category in container().catalog.categories if category.id == category_id), None)
    situations = category.situations if category else ()
    return category, next((situation for situation in situations if situation.id == situation_id), None)


def _prefills(catalog: Catalog) -> list[tuple[str, str]]:
    """The attributes that fill in answers, each with the question that it answers."""
    language = request_language()
    questions = [question for question in catalog.questions.values() if question.prefill]
    return sorted((f"data-{question.prefill}", question.label[language]) for question in questions)
