"""What goes wrong in a browser while a test looks elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

OWN_PARTS = ("script", "stylesheet", "image", "font")


class Watch:
    """Collects errors of scripts, what the content security policy stopped, and requests to strangers.

    That a page was answered with 4xx or 5xx, or could not be had, is a matter for the test itself; that a part of a
    page could not be had is a fault, unless ``may_lose_parts`` says that the network is cut on purpose.
    """

    def __init__(self, context: BrowserContext, origins: Iterable[str]) -> None:
        self.faults: list[str] = []
        self.origins = set(origins)
        self.may_lose_parts = False
        context.on("console", self._hear)
        context.on("weberror", self._see_error)
        context.on("request", self._see_request)
        context.on("response", self._see_response)
        context.on("requestfailed", self._see_failure)

    def _hear(self, message: ConsoleMessage) -> None:
        # The policy's refusals come as errors too. What could not be loaded is told apart in _see_response.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"console: {message.text}")

    def _see_error(self, error: WebError) -> None:
        self.faults.append(f"script: {error.error}")

    def _see_request(self, request: Request) -> None:
        to = urlsplit(request.url)
        if to.scheme in ("http", "https", "ws", "wss") and f"{to.scheme}://{to.netloc}" not in self.origins:
            self.faults.append(f"request to a stranger: {request.url}")

    def _see_response(self, response: Response) -> None:
        if response.status >= 400 and response.request.resource_type in OWN_PARTS:
            self.faults.append(f"{response.status}: {response.url}")

    def _see_failure(self, request: Request) -> None:
        # A page that is left before it is whole gives up the rest.
        is_left = request.failure == "net::ERR_ABORTED"
        if request.resource_type in OWN_PARTS and not (self.may_lose_parts or is_left):
            self.faults.append(f"lost: {request.url}")
