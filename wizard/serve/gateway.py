"""The gateway: ASGI in front of the WSGI app, so that no slow client holds a thread (decision 0016).

Pages from the cache are answered at once. Any other request is counted for its address, its body is buffered whole, it
waits for its turn at a thread, and its answer is sent without one.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from flask import Flask

from wizard.config.logs import place_of, security_event
from wizard.container import Container
from wizard.serve.connections import network_of_peer
from wizard.serve.environ import Fields, environ_of, fields_of, has_body, path_of
from wizard.serve.refusals import Refusals
from wizard.serve.request_body import Body, BodyLimits, ClientGone, Receive, Refused, Spool
from wizard.serve.turns import Turns
from wizard.serve.wsgi_call import WsgiCall
from wizard.tickets.caller import Caller
from wizard.web.answer import Answer
from wizard.web.evidence import forwarded_address
from wizard.web.heavy_work import CLIENT_GONE
from wizard.web.hosts import HostCheck

log = logging.getLogger(__name__)

THREADS, RESERVED = 10, 2
"""Requests that a web process works on at a time; of these, turns for addresses that have none."""

LINGER, LINGER_SILENCE = 30.0, 5.0
"""Seconds for which the rest of a refused body is thrown away, and for which its client may be silent meanwhile: a
browser that is cut off while it sends never reads the answer."""

WATCH_AFTER = 0.05
"""Seconds of work after which it is noticed that a client leaves."""

SEND_PIECE = 60.0
"""Seconds in which a client must take a piece of a long answer."""

Send = Callable[[dict[str, Any]], Awaitable[None]]
"""ASGI's ``send``."""


class _Request:
    """A request under way, and the client at its other end."""

    def __init__(
        self, scope: dict[str, Any], fields: Fields, receive: Receive, send: Send, address: str | None
    ) -> None:
        """``address`` is the network that it is counted for; None where that would be a proxy of ours."""
        self.scope, self.fields, self.receive, self.send, self.address = scope, fields, receive, send, address
        self.gone = threading.Event()
        """The client has left."""
        self._watch: asyncio.Task[None] | None = None

    def watch(self) -> asyncio.Task[None]:
        """Notice from now on that the client leaves, once its body has come."""
        self._watch = self._watch or asyncio.create_task(self._receive_end())
        return self._watch

    def deliver(self, answer: Answer) -> None:
        """Send a whole answer, from any thread: Granian does so at once, and nobody waits for the event loop."""
        self.send(_start(answer))
        self.send(_end(answer.body))

    def watch_no_more(self) -> None:
        """Its answer is on its way."""
        if self._watch:
            self._watch.cancel()

    async def _receive_end(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass
        self.gone.set()


class Gateway:
    """Takes requests from Granian and gives them to the app."""

    def __init__(self, app: Flask, loop: asyncio.AbstractEventLoop) -> None:
        container: Container = app.extensions["zayavka"]
        settings = self._settings = container.settings
        self._app, self._loop = app, loop
        # What the app is called by: the check of the host, and behind it the cache of pages.
        assert isinstance(app.wsgi_app, HostCheck)
        self._pages = app.wsgi_app
        self._refusals = Refusals(container)
        max_bytes = app.config["MAX_CONTENT_LENGTH"]
        self._limits = BodyLimits(max_bytes, settings.body_deadline, settings.body_grace, settings.body_least_speed)
        folder = settings.instance_path / "spool"
        self._spool = Spool(folder, settings.request_spool_bytes, settings.disk_reserve_bytes)
        self._turns = Turns(THREADS, RESERVED)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
        self._under_way: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self.busy_peers: set[tuple[str, int]] = set()
        """Addresses and ports of the clients that have a request under way."""

    def schedule(self, call: Any) -> None:
        """Take a request, in Granian's thread: a cached page is answered there, which saves waking the event loop.

        Args:
            call: Granian's: ``scope``, ``proto`` (ASGI's ``receive`` and ``send``), and ``done`` at its end.
        """
        try:
            scope = call.scope
            fields = fields_of(scope["headers"])
            answer = self._pages.cached(scope["method"], path_of(scope), _query_of(scope), fields)
            if answer:
                call.proto.send(_start(answer))
                call.proto.send(_end(answer.body))
            else:
                self._loop.call_soon_threadsafe(self._begin, call, fields)
        except Exception as fault:
            call.err(fault)

    def _begin(self, call: Any, fields: Fields) -> None:
        task = self._loop.create_task(self._handle(call, fields))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _handle(self, call: Any, fields: Fields) -> None:
        scope, receive, send = call.scope, call.proto.receive, call.proto.send
        try:
            await self._count(_Request(scope, fields, receive, send, self._address_of(scope, fields)))
        except Exception as fault:
            log.error("unexpected fault: %s", place_of(fault))
        finally:
            call.done()

    def _address_of(self, scope: dict[str, Any], fields: Fields) -> str | None:
        """Whom a request is counted for: never for a proxy of ours, whose clients would share its limit."""
        if trusted := self._settings.trusted_proxies:
            forwarded = forwarded_address([fields.get("HTTP_X_FORWARDED_FOR", "")], trusted)
            return network_of_peer(forwarded) if forwarded else None
        return network_of_peer(scope["client"][0])

    async def _count(self, request: _Request) -> None:
        address, counts = request.address, self._under_way
        most = self._settings.requests_per_address
        if address and most and counts[address] >= most:
            caller = Caller(address).digest(self._settings.secret_key)[:12]
            security_event("rate_limited", caller=caller, rule="requests")
            await self._refuse("too_many", request)
            return
        peer = request.scope["client"][0], int(request.scope["client"][1])
        self.busy_peers.add(peer)
        if address:
            counts[address] += 1
        try:
            await self._take(request)
        finally:
            self.busy_peers.discard(peer)
            if address:
                counts[address] -= 1
                if not counts[address]:
                    del counts[address]

    async def _take(self, request: _Request) -> None:
        """Buffer the body, have the app answer, send what it says."""
        body = Body(self._spool, self._limits, request.address)
        try:
            length = int(request.fields.get("CONTENT_LENGTH") or 0)
            if length > self._limits.max_bytes:
                raise Refused("too_large")
            if has_body(request.fields):
                await body.read(request.receive, length or None)
            environ = environ_of(request.scope, request.fields, await body.open(), body.length)
            await self._work(request, environ)
        except Refused as refused:
            body.close()
            await self._refuse(refused.kind, request)
        except ClientGone:
            pass
        finally:
            body.close()

    async def _work(self, request: _Request, environ: dict[str, Any]) -> None:
        environ[CLIENT_GONE] = request.gone
        if not self._turns.take_now(request.address) and not await self._turn(request):
            return
        # Most answers are there before anybody could leave.
        watch_soon = self._loop.call_later(WATCH_AFTER, request.watch)
        call = WsgiCall(self._app, environ, self._threads, request.deliver)
        try:
            try:
                answer = await call.start()
            except Exception as fault:
                # Flask answers for its own faults: this one comes from what stands around it.
                log.error("unexpected fault: %s", place_of(fault))
                raise Refused("fault") from None
            finally:
                self._turns.give_back(request.address)
            await self._answer(request, call, answer)
        finally:
            watch_soon.cancel()
            request.watch_no_more()

    async def _turn(self, request: _Request) -> bool:
        """Wait for a turn at a thread; False if the client leaves first."""
        watch = request.watch()
        turn = asyncio.create_task(self._turns.take(request.address))
        await asyncio.wait((turn, watch), return_when=asyncio.FIRST_COMPLETED)
        if not request.gone.is_set():
            await turn
            return True
        if turn.done():
            self._turns.give_back(request.address)
        turn.cancel()
        request.watch_no_more()
        return False

    async def _answer(self, request: _Request, call: WsgiCall, answer: Answer) -> None:
        """Send an answer; a long one piece by piece, as fast as the client takes it."""
        if call.is_whole:
            return
        request.watch()
        try:
            await request.send(_start(answer))
            content: bytes | None = answer.body
            while content is not None and not request.gone.is_set():
                async with asyncio.timeout(SEND_PIECE):
                    await request.send({"type": "http.response.body", "body": content, "more_body": True})
                content = await call.next()
            if content is None:
                await request.send(_end(b""))
        except TimeoutError:
            log.info("an answer was not taken in time")
        finally:
            await call.close()

    async def _refuse(self, kind: str, request: _Request) -> None:
        scope = request.scope
        answer = self._refusals.answer(kind, path_of(scope), _query_of(scope), request.fields)
        await request.send(_start(answer))
        await request.send(_end(b"" if scope["method"] == "HEAD" else answer.body))
        # Who waits to be asked for a body sends none; who was too slow has had time enough.
        if "HTTP_EXPECT" not in request.fields and kind != "too_slow":
            await _linger(request.receive)


async def _linger(receive: Receive) -> None:
    """Throw away what is still to come of a body."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER):
            while True:
                async with asyncio.timeout(LINGER_SILENCE):
                    if not (await receive()).get("more_body"):
                        return


def _query_of(scope: dict[str, Any]) -> str:
    query: bytes = scope["query_string"]
    return query.decode("latin-1")


def _start(answer: Answer) -> dict[str, Any]:
    return {"type": "http.response.start", "status": answer.status, "headers": answer.encoded_headers}


def _end(content: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": content, "more_body": False}
