"""A file's name sanitised: never a path, never a disguise (threats U02, E22; ASVS 5.4.1, 5.4.2)."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from wizard.files.file_types import ENDINGS
from wizard.values.text import BLANKS, INVISIBLE_CATEGORIES

if TYPE_CHECKING:
    from wizard.catalog.questions import FileType

LONGEST = 100
"""Characters of a clean name, its ending included."""

LONGEST_ENCODED = 180
"""Bytes of a clean name in UTF-8: file systems end at 255, and whoever saves it may add to it."""

WITHOUT_NAME = "file"

# In a name, control signs and line ends part nothing: they go like the others.
INVISIBLE = INVISIBLE_CATEGORIES | {"Cc", "Zl", "Zp"}
NOT_IN_NAMES = re.compile(r'[<>:"|?*/\\]')
DEVICES = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?=\.|$)", re.IGNORECASE)
CLAIM = re.compile(r"[A-Za-z0-9_-]{1,20}")
ENDING = re.compile(r"\.([A-Za-z0-9]{1,5})$")


def clean_name(raw: str, kind: FileType) -> str:
    """What to call a file of the kind that was detected in it. Never empty; at most ``LONGEST`` characters.

    The name ends in the detected kind, whatever it claimed: a PNG called ``a.jpg`` becomes ``a.png``, one called
    ``a.png.exe`` becomes ``a.png.exe.png``: an ending that is none of ours stays to be seen.
    """
    name = _last_part(_visible(raw))
    stem, ending = _parted(name, kind)
    # No name looks like a ticket's tag: it stands in letters and in ticket.json alike (threats E07).
    stem = re.sub("#{2,}", "#", _plain(stem))
    if DEVICES.match(stem):
        stem = f"{WITHOUT_NAME}-{stem}"
    return f"{_shortened(stem, len(ending) + 1) or WITHOUT_NAME}.{ending}"


def shown_name(raw: str) -> str:
    """A name to be repeated to its sender in a refusal: no disguise, no path, not long."""
    return _shortened(_plain(_last_part(_visible(raw))), 0) or WITHOUT_NAME


def claimed_ending(raw: str) -> str:
    """The ending that a name claims, in small letters; empty when it has none."""
    _, dot, ending = _last_part(_visible(raw)).rstrip(". ").rpartition(".")
    return ending.lower() if dot and CLAIM.fullmatch(ending) else ""


def _visible(raw: str) -> str:
    composed = unicodedata.normalize("NFC", raw[:10_000])
    visible = ("" if sign in BLANKS or unicodedata.category(sign) in INVISIBLE else sign for sign in composed)
    # Taking a sign out may let two others compose: once more.
    return unicodedata.normalize("NFC", "".join(visible))


def _last_part(name: str) -> str:
    # Old browsers send the whole path; a Windows path counts on every system.
    return re.split(r"[/\\]", name.rstrip("/\\ "))[-1]


def _parted(name: str, kind: FileType) -> tuple[str, str]:
    """The stem and the ending: the name's own when it tells the truth (``jpeg``), else the kind's."""
    name = name.rstrip(". ")
    match = ENDING.search(name)
    claimed = ENDINGS.get(match[1].lower()) if match else None
    if match is None or claimed is None:
        return name, kind
    return name[: match.start()], match[1].lower() if claimed == kind else kind


def _plain(name: str) -> str:
    # "=?" would begin an encoded word in the letter's headers (threats E01).
    name = NOT_IN_NAMES.sub("_", name.replace("=?", "=_"))
    return re.sub(r"\s+", " ", name).strip(" .").lstrip("-~ .")


def _shortened(stem: str, reserved: int) -> str:
    stem = stem[: LONGEST - reserved]
    while len(stem.encode()) > LONGEST_ENCODED - reserved:
        stem = stem[:-1]
    return stem.rstrip(" .")
