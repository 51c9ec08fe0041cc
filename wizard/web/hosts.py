"""The ``Host`` header: well formed, and one of ``TRUSTED_HOSTS`` where those are set. No address is ever made of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Request, Response
from werkzeug.sansio.utils import host_is_trusted

from wizard.config.logs import security_event
from wizard.config.settings import Settings
from wizard.tickets.caller import Caller
from wizard.values.ip import network_of
from wizard.web.evidence import caller_ip
from wizard.web.headers import always

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Two headers arrive as one with a comma. An underscore is no sign of a host, but containers have such names.
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")

HEALTH_CHECKS = frozenset({"/healthz", "/readyz"})
"""What balancers ask for by the machine's address, whatever the service is called."""


class HostCheck:
    """WSGI middleware, before the cache of pages: a request for another host, for two or for none is refused (400)."""

    def __init__(self, app: WSGIApplication, settings: Settings) -> None:
        self._app, self._settings = app, settings

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass a request on, or refuse it."""
        application = self._app if self._is_served(environ) else self._refuse(environ)
        return application(environ, start_response)

    def _is_served(self, environ: WSGIEnvironment) -> bool:
        host, is_any_served = environ.get("HTTP_HOST", ""), not self._settings.trusted_hosts
        if environ.get("PATH_INFO") in HEALTH_CHECKS:
            is_any_served = True
        if not host:
            # HTTP/1.0 may leave it out, HTTP/1.1 may not (RFC 9112, section 3.2).
            return is_any_served and environ.get("SERVER_PROTOCOL") == "HTTP/1.0"
        if not _HOST.fullmatch(host):
            return False
        return is_any_served or host_is_trusted(host.lower(), self._settings.trusted_hosts)

    def _refuse(self, environ: WSGIEnvironment) -> Response:
        caller = Caller(network_of(caller_ip(Request(environ), self._settings.trusted_proxies)))
        security_event("host_refused", caller=caller.digest(self._settings.secret_key)[:12])
        answer = Response("This is not the address of this service.\n", 400, mimetype="text/plain")
        answer.headers.update(always(self._settings))
        answer.headers["Cache-Control"] = "no-store"
        return answer
