"""Rate limits: how often one caller may call, counted in memory or where ``RATELIMIT_STORAGE_URI`` says.

The API's limits are settings (``api_limit``, ``api_limit_writing``). How many tickets, follow-ups and wrong guesses one
address may send: ``limits``. How many acknowledgements go to an address: ``outbox.quotas``. How much one may upload:
``intake.upload_quota``.
"""

from __future__ import annotations

from datetime import UTC, datetime

from flask import current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from wizard.limits.calls import CallCounter
from wizard.tickets.caller import Caller
from wizard.values.ip import network_of
from wizard.web.evidence import caller_ip
from wizard.web.request_context import container

limiter = Limiter(key_func=get_remote_address, in_memory_fallback_enabled=True)


def caller_network() -> str:
    """Whom a request counts for: the caller's address, or the network of it that one customer has (IPv6)."""
    return network_of(caller_ip(request, container().settings.trusted_proxies))


def current_caller() -> Caller:
    """Who sends the request at hand."""
    return Caller(caller_network())


def caller_id() -> str:
    """Who sends the request at hand, for the log (``config.logs.security_event``): the same caller has the same id."""
    return current_caller().log_id(container().settings.secret_key)


def spend_call(caller: Caller) -> None:
    """Count the request at hand, which has a text read, for its caller.

    Raises:
        OverBudget: there were too many.
    """
    counter: CallCounter = current_app.extensions.setdefault("call_counter", CallCounter())
    counter.spend(container().settings, caller, datetime.now(UTC))
