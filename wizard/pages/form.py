"""A submitted form: validated, shown again with its errors, shown on the check page, or sent."""

from __future__ import annotations

import logging
from typing import Any

from flask import Response, redirect, request
from werkzeug.datastructures import MultiDict

from wizard.config.logs import place_of, security_event
from wizard.intake.accept import Unavailable, accept, accepted_before
from wizard.intake.idempotency import Accepted, IdempotencyConflict, Sending
from wizard.intake.prefill import prefill
from wizard.limits.budgets import OverBudget
from wizard.pages.attachments import refused_page
from wizard.pages.blueprint import pages
from wizard.pages.browse import known_situation
from wizard.pages.caller import caller_of_form
from wizard.pages.form_view import SubmittedForm, blank_form, check_page, form_page, submitted_form, support_address
from wizard.web import form_token
from wizard.web.headers import readable_by_sites
from wizard.web.heavy_work import current_allowance
from wizard.web.rate_limits import caller_id, current_caller
from wizard.web.rendering import private, public, render, url
from wizard.web.request_context import current_site

log = logging.getLogger(__name__)


@pages.get("/<language:language>/<category>/<situation>/")
def show_form(category: str, situation: str) -> Response:
    """The empty form, the same for everybody."""
    return public(form_page(blank_form(*known_situation(category, situation), MultiDict())))


@pages.post("/<language:language>/<category>/<situation>/")
def submit(category: str, situation: str) -> Response:
    """Check a filled-in form; show its errors, the check page, or accept it as a ticket."""
    page = submitted_form(*known_situation(category, situation))
    if request.form.get("action") == "edit":
        _prefill(page)
        return private(form_page(page))
    step = request.form.get("step", "")
    if not _is_valid(page, step):
        _prefill(page)
        answer = refused_page(private(form_page(page, 422)), page.files)
        return readable_by_sites(answer) if step else answer
    if step:
        # A script asks whether the client may go on to the next step: nothing is missing so far.
        return readable_by_sites(private(form_page(page)))
    if request.form.get("action") == "send":
        key = form_token.verify(page.container.settings, request.form.get("once", ""), current_site().key, situation)
        # CSRF: without a token of ours no check page was confirmed, this comes from elsewhere (threats W02).
        if key is not None:
            return private(_not_from_here(page) if _is_cross_site() else _send(page, key))
        security_event("form_token_refused", caller=caller_id(), site=current_site().key or None, situation=situation)
    return private(check_page(page))


def _is_valid(page: SubmittedForm, step: str) -> bool:
    is_valid = page.form.validate(through=step)
    refused = {name: errors for name, errors in page.files.errors.items() if name in page.form.ids_through(step)}
    for question, errors in refused.items():
        page.form[question].errors.extend(errors)
    return is_valid and not refused


def _prefill(page: SubmittedForm) -> None:
    page.files.unread = prefill(page.container, page.form, page.files.attachments, current_allowance())


def _is_cross_site() -> bool:
    """Whether another place pressed the button; a frame whose ``sandbox`` takes its origin away looks the same."""
    return request.headers.get("Sec-Fetch-Site") == "cross-site"


def _not_from_here(page: SubmittedForm) -> Response:
    security_event("sent_from_elsewhere", caller=caller_id(), site=current_site().key or None)
    return check_page(page, notice=page.translate("views.not_from_here", address=support_address(page)))


def _send(page: SubmittedForm, key: str) -> Response:
    try:
        ticket = _accept(page, key)
    except OverBudget as over:
        notice = page.translate("views.too_many_tickets", address=support_address(page))
        answer = check_page(page, 429, notice=notice)
        answer.headers["Retry-After"] = str(over.retry_after)
        return answer
    except IdempotencyConflict as conflict:
        security_event("key_reused", caller=caller_id(), route=request.endpoint)
        # Only whoever sent it is shown the ticket: a page with its key may have been passed on.
        receipt_url = _receipt(conflict.ticket.token) if conflict.ticket else None
        return render("already_sent.html", 409, receipt_url=receipt_url, new_url=page.address)
    except Exception as fault:
        # Whatever broke, the client's words stay on the page, and so does the button to send them again.
        is_away = isinstance(fault, Unavailable)
        log.error("not sent: %s", place_of(fault))
        notice = page.translate("views.not_sent", address=support_address(page))
        answer = check_page(page, 503 if is_away else 500, notice=notice)
        if is_away:
            answer.headers["Retry-After"] = "30"
        return answer
    if ticket is None:
        return check_page(page, 422)
    again = {"again": 1} if ticket.repeated else {}
    return redirect(_receipt(ticket.token, **again), code=303)  # type: ignore[return-value]


def _accept(page: SubmittedForm, key: str) -> Accepted | None:
    """The ticket, a former one when the report comes again; None where it still lacks a consent."""
    report = page.report()
    if page.lacks_consent:
        # Its text may have changed since: what was sent under the former one is a ticket all the same.
        return accepted_before(page.container, report, Sending(key, caller=current_caller()))
    return accept(page.container, report, Sending(key, caller=caller_of_form(page, report, key)))


def _receipt(token: str, **values: Any) -> str:
    return url("receipt", token=token, **values)
