"""Who sends a form: the caller, with what speaks for a program, and with the work that the browser has done."""

from __future__ import annotations

from dataclasses import replace

from flask import request

from wizard.limits.doubts import own_words, signs_of_haste, signs_of_message, signs_of_report
from wizard.limits.proof import verify_proof
from wizard.pages.form_view import SubmittedForm
from wizard.tickets.caller import Caller
from wizard.tickets.report import Report
from wizard.web import form_token
from wizard.web.doubts import signs_of_browser, signs_of_scripts, with_doubts
from wizard.web.rate_limits import current_caller
from wizard.web.request_context import request_language


def caller_of_form(page: SubmittedForm, report: Report, key: str) -> Caller:
    """Who sends the report of the check page at hand, whose token has the key."""
    settings = page.container.settings
    is_checked = form_token.is_checked(settings, key, page.typed(), request.form.get("checked", ""))
    caller = with_doubts(
        current_caller(),
        signs_of_browser(),
        signs_of_scripts(),
        signs_of_haste(form_token.age(settings, request.form["once"]), settings.form_least_seconds),
        signs_of_report(page.catalog, report),
        {} if is_checked else {"not_checked": 3},
        words=own_words(page.catalog, report),
    )
    return replace(caller, challenge=verify_proof(settings, request.form.get("altcha", "")))


def caller_of_message(text: str) -> Caller:
    """Who sends the follow-up at hand."""
    return with_doubts(current_caller(), signs_of_browser(), signs_of_message(text, request_language()), words=[text])
