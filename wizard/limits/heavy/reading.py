"""Files of a request, looked at within its allowance: by the process for it, as far as that costs anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wizard.catalog.questions import FileType
from wizard.files.content import Content
from wizard.files.file_types import kind_of_image
from wizard.files.inspection import look_at
from wizard.files.pixels import PixelBudget
from wizard.files.refusal import FileRefused
from wizard.limits.heavy.allowance import Allowance
from wizard.limits.heavy.dispatcher import dispatcher
from wizard.limits.heavy.process import ProcessFailed
from wizard.limits.heavy.turns import Answer, Busy, Job
from wizard.triage.bounce import eml
from wizard.triage.bounce.eml import Unreadable
from wizard.triage.bounce.report import Bounce

if TYPE_CHECKING:
    from wizard.files.inspection import Look

SECONDS: Mapping[str, int] = {"look": 10, "summarise_mail": eml.SECONDS}
"""Seconds of processor that one file may take."""
PATIENCE = 3
"""So many times as long it may take on a machine that is busy with other things."""
MEMORY: Mapping[str, int] = {"look": 1536 * 1024**2, "summarise_mail": 200 * 1024**2}
"""Bytes of memory that one file may take: a WebP of 50 megapixels takes 1.2 GB."""
LIGHT = 256 * 1024
"""Bytes of a file that is no picture, up to which it is looked at where it arrives: that takes a few milliseconds."""


def looking(allowance: Allowance) -> Look:
    """How ``files.inspection.inspect`` is to look at the files of a request."""
    return partial(_look, allowance)


def read_mail(source: bytes | Path, allowance: Allowance) -> Bounce | Unreadable | None:
    """Read a mail that came back; ``Unreadable`` also where there is no time for it now. Never raises."""
    return eml.read_eml(source, partial(_summarise, allowance))


def _look(
    allowance: Allowance, content: Content, ending: str, allowed: Sequence[FileType], most: int
) -> tuple[FileType, Content]:
    if content.size <= LIGHT and kind_of_image(content.head(16)) is None:
        return look_at(content, ending, allowed, most)
    pixels = allowance.pixels
    details = {"ending": ending, "allowed": list(allowed), "pixels": pixels.left, "together": pixels.together}
    try:
        answer, file = _do("look", allowance, content, most, **details)
        kind = _judged(answer, allowed, pixels)
    except Busy:
        raise FileRefused("busy") from None
    except ProcessFailed:
        # What it would have cost nobody knows: no more pictures of this request.
        pixels.left = 0
        raise FileRefused("file_costly") from None
    return kind, Content(file) if file else content


def _judged(answer: Mapping[str, Any], allowed: Sequence[FileType], pixels: PixelBudget) -> FileType:
    """The kind that was found.

    The process may have been taken over by what it read: its word counts for no more than a client's.

    Raises:
        FileRefused: it refuses the file.
        ProcessFailed: its answer is none.
    """
    try:
        pixels.left = min(pixels.left, int(answer["pixels"]))
        if "refused" in answer:
            raise FileRefused(str(answer["refused"]), **answer["values"])
        return next(kind for kind in allowed if kind == answer["kind"])
    except (LookupError, TypeError, ValueError, StopIteration) as fault:
        raise ProcessFailed from fault


def _summarise(allowance: Allowance, raw: bytes) -> Any:
    return _do("summarise_mail", allowance, Content(BytesIO(raw)), 0)[0]["summary"]


def _do(work: str, allowance: Allowance, content: Content, most: int, **details: object) -> Answer:
    seconds = SECONDS[work]
    request = {"work": work, "seconds": seconds, "memory": MEMORY[work], "most": most, **details}
    return dispatcher.do(
        Job(
            network=allowance.network,
            request=request,
            content=content,
            most=most,
            patience=PATIENCE * seconds,
            slots=allowance.slots,
            is_given_up=allowance.is_given_up,
        )
    )
