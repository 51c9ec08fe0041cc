"""The header ``X-Site-Secret``: by it a site's own server is known, whose reports have no budget (docs/api.md)."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

from flask import Response, after_this_request, current_app, request

from wizard.config.logs import security_event
from wizard.config.sites import Site
from wizard.tickets.caller import Caller
from wizard.web.rate_limits import current_caller
from wizard.web.request_context import container

log = logging.getLogger(__name__)

HEADER = "X-Site-Secret"

PAUSE = 3600.0
"""Seconds between two lines of the log about one site."""


def caller_of(site_key: str) -> Caller:
    """Who sends the request at hand, which names a site.

    A server that names a site without a secret of its own shares a budget with all who do so: for one release.
    """
    caller, site = current_caller(), container().sites.get(site_key)
    written = request.headers.get(HEADER)
    if site is None or not site.key:
        return caller
    if written is not None and site.has_secret(written):
        return replace(caller, site=site.key)
    if written is not None and site.secrets:
        security_event("site_secret_wrong", caller=caller.log_id(container().settings.secret_key), site=site.key)
        _warn(site, "the secret that it sends is not among its secrets in sites.yaml: its server is any other caller")
    elif not site.secrets and not _is_from_page():
        _warn(site, f"its server sends no secret: set secret_env in sites.yaml, send {HEADER}")
        return replace(caller, named_site=site.key)
    return caller


def _is_from_page() -> bool:
    """Whether a browser makes the call, and so a client: clients have budgets of their own."""
    return "Origin" in request.headers or "Sec-Fetch-Site" in request.headers


def _warn(site: Site, words: str) -> None:
    @after_this_request
    def add_warning(answer: Response) -> Response:
        answer.headers["Warning"] = f'299 - "site {site.key}: {words}"'
        return answer

    logged: dict[str, float] = current_app.extensions.setdefault("site_warnings", {})
    now = time.monotonic()
    if now - logged.get(site.key, -PAUSE) >= PAUSE:
        logged[site.key] = now
        log.warning("site %s: %s (docs/api.md, Your own server)", site.key, words)
