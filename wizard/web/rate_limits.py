"""Rate limits: how often one caller may call, counted in memory or where ``RATELIMIT_STORAGE_URI`` says.

The API's limits are settings (``api_limit``, ``api_limit_writing``). How many acknowledgements are sent is no matter of
callers: ``outbox.quotas``. How many bytes one address may upload: ``intake.uploads``.
"""

from __future__ import annotations

from flask import request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from wizard.tickets.caller import Caller
from wizard.values.ip import network_of
from wizard.web.evidence import caller_ip
from wizard.web.request_context import container

WRONG_GUESSES = "20 per hour"
"""How often one caller may guess a ticket's number and address: only refused requests count (threats W07)."""

limiter = Limiter(key_func=get_remote_address, in_memory_fallback_enabled=True)


def caller_network() -> str:
    """Whom a request counts for: the caller's address, or the network of it that one customer has (IPv6)."""
    return network_of(caller_ip(request, container().settings.trusted_proxies))


def current_caller() -> Caller:
    """Who sends the request at hand."""
    return Caller(caller_network())


def caller_id() -> str:
    """Who sends the request at hand, for the log (``config.logs.security_event``): the same caller has the same id."""
    return current_caller().digest(container().settings.secret_key)[:12]
