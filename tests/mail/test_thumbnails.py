"""Thumbnails: decoding the pictures of one letter costs only so much, however many there are."""

from __future__ import annotations

import io

from PIL import Image

from wizard.mail.message import LoadedFile
from wizard.mail.thumbnails import thumbnails_of
from wizard.tickets.report import Attachment


def picture(name: str, width: int, height: int) -> LoadedFile:
    """An attached picture of one colour: few bytes, however large."""
    out = io.BytesIO()
    Image.new("1", (width, height)).save(out, "PNG")
    content = out.getvalue()
    return LoadedFile(Attachment(name, name, "image/png", len(content), name), content)


def names(*files: LoadedFile) -> list[str]:
    """The pictures that have a thumbnail."""
    thumbnails, parts = thumbnails_of(files, "desk.example")
    assert len(thumbnails) == len(parts)
    return [thumbnail.name for thumbnail in thumbnails]


def test_pictures_beyond_the_pixels_of_a_letter_have_no_thumbnail_and_later_small_ones_do() -> None:
    large = [picture(f"{n}.png", 6000, 5000) for n in (1, 2, 3)]
    assert names(*large, picture("small.png", 800, 600)) == ["1.png", "small.png"]


def test_a_broken_picture_is_passed_over() -> None:
    whole = picture("a.png", 100, 100)
    broken = LoadedFile(whole.attachment, whole.content[:40])
    assert names(broken, whole) == ["a.png"]
