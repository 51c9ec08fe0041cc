"""One call of the WSGI app, made in threads; what it answers is fetched piece by piece."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import Any, TypeVar

from wizard.web.answer import Answer

PIECE = 256 * 2**10
"""Bytes of an answer that are fetched at a time."""

T = TypeVar("T")


class WsgiCall:
    """Calls the app and walks over its answer, always in one context, though not always in one thread."""

    def __init__(
        self, app: Callable[..., Any], environ: dict[str, Any], threads: Executor, deliver: Callable[[Answer], None]
    ) -> None:
        """``deliver`` is given an answer whose first piece is all of it, in the thread that called the app."""
        self._app, self._environ, self._threads, self._deliver = app, environ, threads, deliver
        self._context = contextvars.copy_context()
        self._status, self._headers = 500, list[tuple[str, str]]()
        self._iterable: Any = ()
        self._chunks: Iterator[bytes] = iter(())
        self._left: int | None = None
        self.is_whole = False
        """The answer's first piece is all of it."""

    async def start(self) -> Answer:
        """Call the app; its answer, with the first piece of its body."""
        return await self._in_thread(self._call)

    async def next(self) -> bytes | None:
        """The next piece, or None at the end."""
        return await self._in_thread(self._piece)

    async def close(self) -> None:
        """Tell the app that its answer is sent, or that nobody takes it."""
        await self._in_thread(self._close)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._context.run, work)

    def _call(self) -> Answer:
        try:
            self._iterable = self._app(self._environ, self._start_response)
            self._chunks = iter(self._iterable)
            first = self._piece()
            self.is_whole = first is None or self._left == 0 or self._is_single()
        except BaseException:
            self._close()
            raise
        answer = Answer(self._status, self._headers, first or b"")
        if self.is_whole:
            self._close()
            self._deliver(answer)
        return answer

    def _start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        self._status, self._headers = int(status[:3]), headers
        lengths = [value for name, value in headers if name.lower() == "content-length"]
        self._left = int(lengths[0]) if lengths and self._environ["REQUEST_METHOD"] != "HEAD" else None

    def _is_single(self) -> bool:
        return isinstance(self._iterable, list | tuple) and len(self._iterable) == 1

    def _piece(self) -> bytes | None:
        """Chunks as they come; those of an answer whose length is known are put together."""
        chunks, size = [], 0
        for chunk in self._chunks:
            chunks.append(chunk)
            size += len(chunk)
            if size >= PIECE or (size and self._left is None):
                break
            if self._left is not None and size >= self._left:
                break
        if self._left is not None:
            self._left -= size
        return b"".join(chunks) if chunks else None

    def _close(self) -> None:
        if hasattr(self._iterable, "close"):
            self._iterable.close()
        self._iterable, self._chunks = (), iter(())
