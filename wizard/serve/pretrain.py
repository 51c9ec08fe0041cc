"""Pretraining: triage learns from the catalog before a client asks, in a process of its own that then ends."""

from __future__ import annotations

import os
import subprocess
import sys
from threading import Lock, Thread

from wizard.container import Container
from wizard.triage.suggest.model_store import is_intact
from wizard.triage.suggest.ranker import model_path


class Pretraining:
    """One run of ``flask triage learn``, where it is needed. Neither it nor its memory stays with the service."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_stopped = False

    def start(self) -> None:
        """Begin to learn, unless what would be learned is there already."""
        file = model_path(self._container.catalog, self._container.settings.model_folder)
        with self._lock:
            if self._is_stopped or is_intact(file):
                return
            self._process = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "app", "triage", "learn", f"--parent={os.getpid()}"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                # Ctrl-C is for the service, which then stops this one.
                start_new_session=True,
            )
            # A finished process stays in the system's table until somebody has asked how it ended.
            Thread(target=self._process.wait, daemon=True).start()

    def stop(self) -> None:
        """Learn no more. What is not whole by now is learned by the next start."""
        with self._lock:
            self._is_stopped = True
            if self._process:
                self._process.terminate()
                self._process.wait()
