"""Sizes of files and limits in words: one way for pages, letters, the API and, by its table of units, the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wizard.texts import Translator


_UNITS: Final[tuple[tuple[int, str], ...]] = (
    (1_000_000, "views.file_megabytes"),
    (1_000, "views.file_kilobytes"),
    (1, "views.file_bytes"),
)
"""Bytes of a unit, and its text: decimal units (IEC 80000-13), as file managers and shops of disks show them."""

Unit = tuple[int, int, str]
"""From how many bytes on a unit is used, how many it has, and its text with ``{size}`` to be filled in."""


def size_text(size: int, translate: Translator) -> str:
    """The size of a file: ``10.5 MB``, in Russian ``10,5 МБ``; rounded to a tenth, if any."""
    _, bytes_in, text = next(unit for unit in size_units(translate) if size >= unit[0])
    # In whole numbers, with halves up: as the browser counts too, so that both say the same of one file.
    return text.replace("{size}", _number((size * 10 + bytes_in // 2) // bytes_in, translate))


def limit_text(limit: int, translate: Translator) -> str:
    """The largest size that is accepted, rounded down to a tenth: of 10 MiB ``10.4 MB``.

    A limit is a promise, shown beside sizes from ``size_text``. A file within it must be accepted, so that it is never
    rounded up: 10.5 MB would promise more than is accepted. And its words should refuse no file that the server
    accepts: 10 MB, which 10 MiB is called where mebibytes pass for megabytes, would refuse a file of 10.4 MB that fits.
    """
    bytes_in, key = next((unit for unit in _UNITS if limit >= unit[0]), _UNITS[-1])
    return translate(key, size=_number(limit * 10 // bytes_in, translate))


def size_units(translate: Translator) -> tuple[Unit, ...]:
    """The units in a language, the largest first: all that a script needs to say what ``size_text`` says."""
    # 999,950 bytes are 1000 kB when rounded, and that is 1 MB.
    return tuple(
        (bytes_in - bytes_in // 20_000 if bytes_in > 1 else 0, bytes_in, translate(key)) for bytes_in, key in _UNITS
    )


def _number(tenths: int, translate: Translator) -> str:
    whole, rest = divmod(tenths, 10)
    return f"{whole}{translate('views.decimal_mark')}{rest}" if rest else str(whole)
