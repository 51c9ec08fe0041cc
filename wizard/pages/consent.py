"""The consent to the processing of personal data: a page of its own, and the box before sending.

Imported only where ``WIZARD_CONSENT`` names a file.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from wizard.catalog.consent import Consent
from wizard.pages.blueprint import know_language
from wizard.texts import Translator, translator
from wizard.tickets.report import GivenConsent
from wizard.web.rendering import public, render, url_in_own_window
from wizard.web.request_context import container, request_language

INPUT = "consent"

consent_pages = Blueprint("consent", __name__)
consent_pages.url_value_preprocessor(know_language)


@consent_pages.get("/<language:language>/consent/")
def show_consent() -> Response:
    """The text, and nothing else that could be agreed to along with it; the same for everybody."""
    consent, language = container().consent, request_language()
    assert consent is not None
    title = consent.title[language] if consent.title else translator(language)("consent.title")
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", consent.text[language])]
    return public(render("consent.html", title=title, version=consent.version, paragraphs=paragraphs))


def given_consent(consent: Consent, language: str, now: datetime) -> GivenConsent | None:
    """The consent that the submitted page gives; None without a tick, and for that beside a former text."""
    if request.form.get(INPUT) != consent.mark(language):
        return None
    return GivenConsent(consent.version, consent.digest(language), now)


def consent_box(consent: Consent, language: str, translate: Translator, *, is_missed: bool) -> dict[str, Any]:
    """The box on the check page. It is ticked by nobody but the client, and only for the very text that stands here."""
    given = request.form.get(INPUT)
    error = translate("consent.changed" if given else "consent.missing") if is_missed else None
    return {
        "name": INPUT,
        "label": consent.label[language] if consent.label else translate("consent.label"),
        "mark": consent.mark(language),
        "is_ticked": given == consent.mark(language),
        "url": url_in_own_window("consent"),
        "errors": {INPUT: [error]} if error else {},
    }
