"""The dispatcher: a thread that gives one file after the other to the process that reads them."""

from __future__ import annotations

import logging
import threading
import time

from wizard.config.logs import place_of
from wizard.limits.heavy.process import ProcessFailed, ReadingProcess
from wizard.limits.heavy.slots import slot
from wizard.limits.heavy.turns import Answer, Busy, Job, Turns

log = logging.getLogger(__name__)

LONGEST_WAIT = 25.0
"""Seconds that a file waits for its turn; then its sender is asked to come again."""
IDLE = 60.0
"""Seconds without a file after which the process ends, and gives its memory back."""
POLL = 0.1
"""Seconds between two looks whether somebody still waits."""


class Dispatcher:
    """All heavy work of a web process. Thread and process are started by the first file, and end when none comes."""

    def __init__(self) -> None:
        self.turns = Turns()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._process: ReadingProcess | None = None

    def do(self, job: Job) -> Answer:
        """Let a file be read when it is its turn, and wait for that.

        Raises:
            Busy: too much waits already, it has waited too long, or nobody waits for the answer any more.
            ProcessFailed: the process died of it, or was killed: it took too long.
        """
        self.turns.join(job)
        self._ensure_thread()
        until = time.monotonic() + LONGEST_WAIT
        while True:
            try:
                return job.answer.result(POLL)
            except TimeoutError:
                if (time.monotonic() > until or job.is_given_up()) and self.turns.withdraw(job):
                    raise Busy from None

    def _ensure_thread(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="heavy work", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        # The process lives as long as this thread, which made it, and not as long as that of some request.
        while True:
            if waiting := self.turns.wait(IDLE):
                with slot(waiting.slots):
                    # Whoever came while this waited for the slot may go before.
                    self._do(self.turns.take())
                continue
            with self._lock:
                if self.turns.wait(0) is None:
                    self._end_process()
                    self._thread = None
                    return

    def _do(self, job: Job | None) -> None:
        if job is None:
            return
        began = time.monotonic()
        outcome = self._outcome(job, began + job.patience)
        # Before the answer: the next file of the same request finds its address charged.
        self.turns.finish(time.monotonic() - began)
        if isinstance(outcome, Exception):
            job.answer.set_exception(outcome)
        else:
            job.answer.set_result(outcome)

    def _outcome(self, job: Job, until: float) -> Answer | Exception:
        try:
            return self._ask(job, until)
        except Busy as nobody_waits:
            return nobody_waits
        except Exception as fault:
            self._end_process()
            words = "the process that read it was replaced" if isinstance(fault, ProcessFailed) else place_of(fault)
            log.warning("a file was not read: %s", words)
            return ProcessFailed()

    def _ask(self, job: Job, until: float) -> Answer:
        if job.is_given_up():
            raise Busy
        if self._process and not self._process.is_alive:
            # Something else has ended it since: no fault of this file.
            self._end_process()
        if self._process is None:
            self._process = ReadingProcess()
        return self._process.ask(
            job.request, job.content, job.most, lambda: time.monotonic() > until or job.is_given_up()
        )

    def _end_process(self) -> None:
        if self._process:
            self._process.end()
            self._process = None


dispatcher = Dispatcher()
"""Of this process. Nothing runs before the first file."""
