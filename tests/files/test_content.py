"""Files are looked at in pieces: nothing that lies across two of them is missed, and memory does not grow."""

from __future__ import annotations

import io
import tracemalloc
import zipfile

import pytest
from specimens import ALL, LARGEST, checked

from wizard.files.content import CHUNK, Content
from wizard.files.inspection import FileRefused, inspect

LINE = "2026-11-24 09:40:00 проценка: поставщик не ответил за 30 с, повтор\n"


@pytest.mark.parametrize("shift", range(-12, 3))
def test_what_lies_across_two_pieces_is_found(shift: int) -> None:
    before = b"a" * (CHUNK + shift)
    assert Content(io.BytesIO(before + b"%%EOF" + b"b" * CHUNK)).count(b"%%EOF") == 1
    live = b"<?xml version='1.0'?><a>" + b"a" * (CHUNK + shift - 24) + b"<!ENTITY x 'y'></a>"
    with pytest.raises(FileRefused, match="page"):
        checked(live, "a.xml")
    assert checked(before + "ё".encode() * 10 + b"b" * CHUNK, "a.txt").type == "text/plain"


def test_overlapping_signs_are_counted_once() -> None:
    scans = b"\xff\xda" * (CHUNK // 2 + 3)
    assert Content(io.BytesIO(b"x" + scans)).count(b"\xff\xda") == CHUNK // 2 + 3


def test_a_text_in_another_encoding_is_recognised_by_its_last_letter() -> None:
    text = LINE * 5000
    assert checked(text.encode("cp1251"), "a.log").type == "text/plain"
    assert checked(text.encode("utf-16"), "a.log").type == "text/plain"
    assert checked(text.encode() + "ё".encode("cp1251"), "a.log").type == "text/plain"
    with pytest.raises(FileRefused, match="text_broken"):
        checked(text.encode() + b"\0", "a.log")


def big_zip() -> bytes:
    """An archive of 9 MB that is not packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("server.log", LINE.encode() * 90_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("a.log", lambda: LINE.encode() * 90_000),
        ("a.csv", lambda: LINE.encode("cp1251") * 140_000),
        ("a.xml", lambda: b"<a>" + LINE.encode() * 90_000 + b"</a>"),
        ("a.pdf", lambda: b"%PDF-1.7\n" + b"x" * 9_000_000 + b"\n%%EOF\n"),
        ("a.zip", big_zip),
        ("a.xls", lambda: compound(9_000_000)),
    ],
)
def test_memory_does_not_grow_with_the_file(name: str, make: object) -> None:
    content = io.BytesIO(make())  # type: ignore[operator]
    inspect(io.BytesIO(b"a" * 1000), "warm.txt", ALL, LARGEST)
    tracemalloc.start()
    try:
        assert inspect(content, name, ALL, LARGEST).size > 8_000_000
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


def compound(size: int) -> bytes:
    """A workbook of the older kind, its directory at the end."""
    head = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504)
    head[30:32] = (9).to_bytes(2, "little")
    name = "Workbook".encode("utf-16-le") + b"\0\0"
    entry = bytearray(128)
    entry[: len(name)] = name
    entry[64:66] = len(name).to_bytes(2, "little")
    entry[66] = 2
    return bytes(head) + b"\0" * (size // 512 * 512) + bytes(entry) + b"\0" * 384
