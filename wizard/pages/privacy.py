"""The privacy page: what is kept, how long, where, who sees it; made from the settings that the worker works by."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response

from wizard.config.settings import Settings
from wizard.pages.blueprint import pages
from wizard.texts import Translator, translator
from wizard.web.rendering import public, render
from wizard.web.request_context import container, current_site, request_language
from wizard.web.static_export import static_export


@pages.get("/<language:language>/privacy/")
def privacy() -> Response:
    """What becomes of personal data, the same for everybody who comes from a site."""
    installation, site, language = container(), current_site(), request_language()
    settings, export = installation.settings, static_export()
    return public(
        render(
            "privacy.html",
            lifetimes=_lifetimes(settings, translator(language)),
            host=urlsplit(export.service if export else settings.base_url).hostname,
            desk=installation.desk_name(site, language),
            address=installation.inbox_of(site),
            policy_url=settings.privacy_url,
            has_consent=installation.consent is not None,
        )
    )


def _lifetimes(settings: Settings, translate: Translator) -> list[tuple[str, str]]:
    """What is deleted, and after how long."""
    days = {
        "words": settings.retention_ticket_days,
        "evidence": settings.retention_evidence_days,
        "letters": settings.retention_outbox_days,
        "pending": settings.retention_upload_days,
    }
    for_ever = translate("privacy.for_ever")
    return [
        (translate(f"privacy.{name}"), days_text(count, translate) if count else for_ever)
        for name, count in days.items()
    ]


def days_text(count: int, translate: Translator) -> str:
    """``1 день``, ``2 дня``, ``5 дней``, ``21 день``; English has two of these forms."""
    last, is_teen = count % 10, count % 100 in range(11, 15)
    form = "many" if is_teen or last not in range(1, 5) else "few" if last > 1 else "1" if count == 1 else "21"
    return translate(f"privacy.days_{form}", count=count)
