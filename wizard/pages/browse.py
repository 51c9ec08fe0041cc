"""The way to the form: pages of links, the same for everybody."""

from __future__ import annotations

from flask import Response, abort, redirect

from wizard.catalog.models import Category, Situation
from wizard.pages.blueprint import pages
from wizard.web.rendering import public, render, url
from wizard.web.request_context import container, request_language


@pages.get("/")
def choose_language() -> Response:
    """Lead to the start page in the language that the browser asks for."""
    answer = redirect(url("start", language=request_language()), code=302)
    answer.headers["Vary"] = "Accept-Language"
    answer.headers["Cache-Control"] = "no-cache"
    return answer  # type: ignore[return-value]


@pages.get("/<language:language>/")
def start() -> Response:
    """What happened: the rules in short and the categories."""
    return public(render("start.html", has_search=True))


@pages.get("/<language:language>/rules/")
def rules() -> Response:
    """Every rule in full."""
    return public(render("rules.html"))


@pages.get("/<language:language>/<category>/")
def category(category: str) -> Response:
    """The situations of a category."""
    found = known_category(category)
    return public(render("category.html", category=found))


def known_category(category: str) -> Category:
    """The category of an address, or 404."""
    found = next((each for each in container().catalog.categories if each.id == category), None)
    return found or abort(404)


def known_situation(category: str, situation: str) -> tuple[Category, Situation]:
    """The situation of an address, or 404."""
    catalog = container().catalog
    found = catalog.situations.get(situation)
    if found is None or catalog.category_of[situation].id != category:
        abort(404)
    return catalog.category_of[situation], found
