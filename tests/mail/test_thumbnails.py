"""Thumbnails: named, of a width that every reader keeps, and decoding those of one letter costs only so much."""

from __future__ import annotations

import io
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from bs4 import BeautifulSoup
from letters_under_test import DESK, SNAPSHOT, html_of
from PIL import Image

from wizard.mail.desk_letter import compose_desk_letter
from wizard.mail.message import Letter, LoadedFile
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


@pytest.mark.parametrize(
    ("width", "height", "shown"), [(100, 80, 100), (636, 100, 636), (1272, 200, 636), (390, 1440, 195)]
)
def test_a_thumbnail_says_how_wide_it_is_and_fits_the_column(
    deliver: Callable[[Letter], EmailMessage], width: int, height: int, shown: int
) -> None:
    """Outlook knows no ``max-width``: without the attribute it shows a picture at its own size in inches."""
    message = deliver(compose_desk_letter(SNAPSHOT, DESK, [picture("снимок.png", width, height)]))
    [image] = BeautifulSoup(html_of(message), "html5lib").find_all("img")
    assert (image["width"], image["alt"]) == (str(shown), "снимок.png")
    [part] = [part for part in message.walk() if part.get_content_type() == "image/jpeg"]
    assert Image.open(io.BytesIO(part.get_payload(decode=True))).width == shown


@pytest.mark.parametrize(
    ("name", "preview"),
    [
        ("снимок экрана.png", "снимок экрана.preview.jpg"),
        ("a.b.png", "a.b.preview.jpg"),
        ("png", "png.preview.jpg"),
        ("щ" * 300 + ".png", "щ" * 88 + ".preview.jpg"),
        ("[##7##]" + "x" * 100 + ".png", "[#7#]" + "x" * 83 + ".preview.jpg"),
    ],
)
def test_a_thumbnail_is_named_after_its_picture(name: str, preview: str) -> None:
    _, [part] = thumbnails_of([picture(name, 10, 10)], "desk.example")
    assert part.name == preview
