"""For site owners: the script that puts the form into their pages, and the page that composes the line for it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from flask import Response, current_app, make_response, request, url_for
from markupsafe import Markup

from wizard.catalog.models import Catalog, Situation
from wizard.pages.blueprint import pages
from wizard.pages.snippet import MODES, THEMES, Placing, compose_snippet
from wizard.texts import translate
from wizard.web.headers import PAGE_POLICY
from wizard.web.rendering import posting_url, public, render
from wizard.web.request_context import container, current_site, request_language
from wizard.web.static_export import at_service, in_copy, static_copy

PLACE_OF_WORDS = "const WORDS = {};"
"""The line of ``static/js/embed.js`` in which the words are put."""
PLACE_OF_SERVICE = 'const SERVICE = "";'
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
    if copy := static_copy():
        script = script.replace(PLACE_OF_SERVICE, f"const SERVICE = {json.dumps(copy.service)};")
    answer = make_response(script)
    answer.headers["Content-Type"] = "text/javascript; charset=utf-8"
    return public(answer)


@cache
def _script(folder: Path, languages: tuple[str, ...]) -> str:
    names = ("title", "open", "write", "close")
    words = {language: {name: translate(language, f"embed.script.{name}") for name in names} for language in languages}
    source = (folder / "js" / "embed.js").read_text("utf-8")
    return source.replace(PLACE_OF_WORDS, f"const WORDS = {json.dumps(words, ensure_ascii=False)};")


@pages.get("/<language:language>/embed/")
def compose() -> Response:
    """Compose the snippet and see it live. Of a site its key and its title are shown, and nothing else."""
    placing, copy = _chosen(), static_copy()
    root = at_service(url_for(".choose_language").rstrip("/"))
    public_root = copy.service if copy else container().settings.base_url
    answer = render(
        "embed.html",
        sites=[site for key, site in container().sites.items() if key],
        placing=placing,
        modes=MODES,
        themes=THEMES,
        opens="/".join(step for step in (placing.category, placing.situation) if step) if placing else "",
        snippet=compose_snippet(public_root, placing) if placing else None,
        live=Markup(compose_snippet(root, placing, in_copy(url_for(".embed_script")))) if placing else None,
        form_action_url=posting_url("compose"),
        sample=SAMPLE,
        prefills=_prefills(container().catalog),
    )
    # The form stands here in a frame, as it would on the site owner's page.
    answer.headers["Content-Security-Policy"] = f"{PAGE_POLICY}; frame-src 'self'"
    return public(answer)


def _chosen() -> Placing | None:
    """What the site owner chose, defaults where nothing or something unknown was; None while there are no sites.

    The page of a site begins with that site.
    """
    asked = request.args
    keys = [key for key in container().sites if key]
    if not keys:
        return None
    site = container().sites[next(each for each in (asked.get("of"), current_site().key, keys[0]) if each in keys)]
    category, _, situation = asked.get("opens", "").partition("/")
    group = next((each for each in container().catalog.categories if each.id == category), None)
    found: Situation | None = next((each for each in group.situations if each.id == situation), None) if group else None
    return Placing(
        site=site.key,
        language=next(
            (each for each in container().catalog.languages if each == asked.get("lang")), request_language()
        ),
        mode=next((each for each in MODES if each == asked.get("mode")), "inline"),
        theme=next((each for each in THEMES if each == asked.get("theme")), "site"),
        category=group.id if group else None,
        situation=found.id if found else None,
    )


def _prefills(catalog: Catalog) -> list[tuple[str, str]]:
    """The attributes that fill in answers, each with the question that it answers."""
    language = request_language()
    named = {each.prefill: each.label[language] for each in catalog.questions.values() if each.prefill}
    return sorted((f"data-{prefill}", label) for prefill, label in named.items())
