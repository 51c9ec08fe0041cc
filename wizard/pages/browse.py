"""Browsing to a form: the start page, the rules and the categories, the same for everybody."""

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
    return public(render("category.html", category=known_category(category)))


def known_category(id_: str) -> Category:
    """The category of an address, or 404."""
    return next((category for category in container().catalog.categories if category.id == id_), None) or abort(404)


def known_situation(category: str, id_: str) -> tuple[Category, Situation]:
    """The situation of an address, or 404."""
    catalog = container().catalog
    situation = catalog.situations.get(id_)
    if situation is None or catalog.category_of[id_].id != category:
        abort(404)
    return catalog.category_of[id_], situation
