"""A new question from a ticket's page: the same path, with the reporter's identity prefilled."""

from __future__ import annotations

from flask import Response
from werkzeug.datastructures import MultiDict

from wizard.intake.readable import snapshot_of
from wizard.pages.blueprint import pages
from wizard.pages.browse import known_category, known_situation
from wizard.pages.form_view import blank_form, form_page
from wizard.pages.tickets import ticket_of_token
from wizard.web.rendering import private, render
from wizard.web.request_context import container


@pages.get("/<language:language>/tickets/<token>/new/")
def new_start(token: str) -> Response:
    """The categories, on the way to a new question."""
    ticket_of_token(token)
    return private(render("start.html", carried=token))


@pages.get("/<language:language>/tickets/<token>/new/<category>/")
def new_category(token: str, category: str) -> Response:
    """The situations of a category, on the way to a new question."""
    ticket_of_token(token)
    return private(render("category.html", category=known_category(category), carried=token))


@pages.get("/<language:language>/tickets/<token>/new/<category>/<situation>/")
def new_form(token: str, category: str, situation: str) -> Response:
    """The form with the identity of the ticket's reporter, to be seen and changed."""
    ticket = snapshot_of(container(), ticket_of_token(token))
    known = MultiDict((answer.id, str(answer.value)) for answer in ticket.answers if answer.part == "identity")
    return private(form_page(blank_form(*known_situation(category, situation), known), carried=token))
