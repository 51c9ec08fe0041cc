"""The ``Host`` header: well formed, and one of ``TRUSTED_HOSTS`` where those are set. No address is ever made of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from flask import Request, Response
from werkzeug.sansio.utils import host_is_trusted

from wizard.config.logs import security_event
from wizard.config.settings import Settings
from wizard.tickets.caller import Caller
from wizard.values.ip import network_of
from wizard.web.answer import Answer
from wizard.web.evidence import caller_ip
from wizard.web.headers import always
from wizard.web.page_cache import PageCache

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# Two headers arrive as one with a comma. An underscore is no sign of a host, but containers have such names.
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")

LONGEST_HOST = 260
"""Characters of a name (RFC 1035, section 2.3.4) and a port."""

HEALTH_CHECKS = frozenset({"/healthz", "/readyz"})
"""What balancers ask for by the machine's address, whatever the service is called."""


class HostCheck:
    """WSGI middleware, before the cache of pages: a request for another host, for two or for none is refused (400)."""

    def __init__(self, pages: PageCache, settings: Settings) -> None:
        self._pages, self._settings = pages, settings

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass a request on, or refuse it."""
        application = self._pages if self._is_served(environ) else self._refuse(environ)
        return application(environ, start_response)

    def cached(self, method: str, path: str, query: str, fields: Mapping[str, Any]) -> Answer | None:
        """The answer to a request whose page is cached already (``PageCache.cached``), and whose host is served.

        None to any other, which goes the ordinary way.
        """
        is_served = self._serves(fields.get("HTTP_HOST", ""), path)
        return self._pages.cached(method, path, query, fields) if is_served else None

    def _is_served(self, environ: WSGIEnvironment) -> bool:
        host, path = environ.get("HTTP_HOST", ""), environ.get("PATH_INFO", "")
        if not host:
            # HTTP/1.0 may leave it out, HTTP/1.1 may not (RFC 9112, section 3.2).
            return self._serves_any(path) and environ.get("SERVER_PROTOCOL") == "HTTP/1.0"
        return self._serves(host, path)

    def _serves(self, host: str, path: str) -> bool:
        is_host = len(host) <= LONGEST_HOST and _HOST.fullmatch(host) is not None
        return is_host and (self._serves_any(path) or host_is_trusted(host.lower(), self._settings.trusted_hosts))

    def _serves_any(self, path: str) -> bool:
        return not self._settings.trusted_hosts or path in HEALTH_CHECKS

    def _refuse(self, environ: WSGIEnvironment) -> Response:
        caller = Caller(network_of(caller_ip(Request(environ), self._settings.trusted_proxies)))
        security_event("host_refused", caller=caller.log_id(self._settings.secret_key))
        answer = Response("This is not the address of this service.\n", 400, mimetype="text/plain")
        answer.headers.update(always(self._settings))
        answer.headers["Cache-Control"] = "no-store"
        return answer
