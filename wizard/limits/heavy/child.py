"""The process that reads files, from inside: no network, no database, nothing of the application's settings.

It looks at one file after the other until its parent is gone. Whatever a file makes go wrong costs this process.
"""

from __future__ import annotations

import io
import os
import resource
import sys
from collections.abc import Callable, Mapping
from typing import IO, Any

from wizard.config.parent_process import end_with, name_process
from wizard.files.content import Content
from wizard.files.inspection import look_at
from wizard.files.pixels import PixelBudget
from wizard.files.refusal import FileRefused
from wizard.limits.heavy.frames import LENGTHS, packed, unpacked

NAME = "zayavka files"
NICE = 5
"""Pages go first."""

MOST_MEMORY = 3 * 1024**3
"""Bytes of address space that this process can never exceed, whatever has taken it over."""

Answer = tuple[dict[str, Any], Content | None]


def main(parent: int) -> None:
    """Answer what is asked on standard input until it ends."""
    end_with(parent)
    name_process(NAME)
    os.nice(NICE)
    _restrain()
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not stand among the answers.
    os.dup2(2, 1)
    while lengths := requests.read(LENGTHS.size):
        header, length = LENGTHS.unpack(lengths)
        request, content = unpacked(requests.read(header)), Content(io.BytesIO(requests.read(length)))
        _bound(request["seconds"], request["memory"])
        _write(answers, *WORK[request["work"]](request, content))


def look(request: Mapping[str, Any], content: Content) -> Answer:
    """Say what a file is, and redraw it when it is a picture."""
    pixels = PixelBudget(request["pixels"], request["together"])
    try:
        kind, checked = look_at(content, request["ending"], request["allowed"], request["most"], pixels)
    except FileRefused as refused:
        return {"refused": refused.reason, "values": refused.values, "pixels": pixels.left}, None
    return {"kind": kind, "pixels": pixels.left}, checked if checked is not content else None


def summarise_mail(_request: Mapping[str, Any], content: Content) -> Answer:
    """Say what a mail that came back reports."""
    # Imported here: most processes never see a mail.
    from wizard.triage.bounce import eml_summary

    return {"summary": eml_summary.summarise_within(content.at(0, eml_summary.BYTES))}, None


WORK: Mapping[str, Callable[[Mapping[str, Any], Content], Answer]] = {
    "look": look,
    "summarise_mail": summarise_mail,
}


def _write(answers: IO[bytes], members: dict[str, Any], content: Content | None) -> None:
    answers.write(packed(members, content.size if content else 0))
    for chunk in content.chunks() if content else ():
        answers.write(chunk)
    answers.flush()


def _restrain() -> None:
    """No core dump, no byte written to any file, and the first to be killed when the machine has no memory left."""
    if sys.platform == "linux":
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("1000")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def _bound(seconds: int, memory: int) -> None:
    """Bound what one file may cost: seconds of processor, and bytes of memory beyond what is taken already."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + seconds, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_AS, (min(_address_space() + memory, MOST_MEMORY), MOST_MEMORY))


def _address_space() -> int:
    if sys.platform != "linux":
        return 0
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[0]) * resource.getpagesize()
