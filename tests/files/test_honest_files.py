"""What a client has to show reaches the desk."""

from __future__ import annotations

import hashlib
import io

import pytest
from PIL import Image
from specimens import HONEST, PDF, XML, animation, archive, checked, picture

from wizard.files.file_types import accepts
from wizard.files.inspection import FileRefused


@pytest.mark.parametrize("name", HONEST)
def test_every_kind_is_taken_under_its_name_and_type(name: str) -> None:
    content, media_type = HONEST[name]
    file = checked(content, name)
    assert (file.name, file.type) == (name, media_type)
    assert (file.size, file.sha256) == (len(file.content), hashlib.sha256(file.content).hexdigest())
    if not media_type.startswith("image/"):
        assert file.content == content


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_looks_as_it_did(kind: str) -> None:
    with Image.open(io.BytesIO(checked(picture(kind), "x.png").content)) as image:
        assert (image.size, image.format) == ((40, 30), kind)
        red, _, blue = image.convert("RGB").getpixel((5, 5))
        assert red > 200 and blue < 80


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_png_of_any_mode_is_taken(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (20, 10)).save(out, format="PNG")
    with Image.open(io.BytesIO(checked(out.getvalue(), "x.png").content)) as image:
        assert image.size == (20, 10)


def test_a_printers_jpeg_becomes_one_that_screens_show() -> None:
    with Image.open(io.BytesIO(checked(picture("JPEG", mode="CMYK"), "x.jpg").content)) as image:
        assert image.mode == "RGB"


def test_what_is_see_through_stays_so() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (255, 0, 0, 0)).save(out, format="PNG")
    with Image.open(io.BytesIO(checked(out.getvalue(), "x.png").content)) as image:
        assert image.convert("RGBA").getpixel((1, 1))[3] == 0


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_an_animation_keeps_moving_at_its_pace(kind: str) -> None:
    with Image.open(io.BytesIO(checked(animation(kind, frames=4), "x.gif").content)) as image:
        assert image.n_frames == 4
        image.seek(1)
        image.load()
        assert image.info["duration"] == 70


def test_a_very_long_animation_keeps_its_first_frame() -> None:
    with Image.open(io.BytesIO(checked(animation("GIF", frames=301), "x.gif").content)) as image:
        assert image.n_frames == 1


def test_a_picture_keeps_neither_the_place_nor_the_camera_and_stays_upright() -> None:
    exif = Image.Exif()
    exif[0x010F] = "CameraMaker"
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[2] = (55.0, 45.0, 21.0)
    for kind in ("JPEG", "WEBP", "PNG"):
        content = picture(kind, exif=exif)
        assert b"CameraMaker" in content
        file = checked(content, "photo.jpg")
        assert b"CameraMaker" not in file.content and b"Exif" not in file.content and b"eXIf" not in file.content
        with Image.open(io.BytesIO(file.content)) as image:
            assert image.size == (30, 40)
            assert not image.getexif()


def test_a_picture_keeps_no_comment_no_profile_and_no_text() -> None:
    hidden = b"<script>hidden</script>"
    for kind, options in (
        ("JPEG", {"comment": hidden, "icc_profile": hidden, "xmp": hidden}),
        ("GIF", {"comment": hidden}),
        ("PNG", {"icc_profile": hidden}),
        ("WEBP", {"xmp": hidden}),
    ):
        assert hidden not in checked(picture(kind, **options), "x.png").content


def test_the_same_picture_twice_is_the_same_file() -> None:
    assert checked(picture("PNG"), "a.png").sha256 == checked(picture("PNG"), "b.png").sha256


@pytest.mark.parametrize("name", ["access_log", "error.log.1", "error.log-20261123", "site.log"])
def test_a_servers_log_is_taken_as_text_where_texts_are(name: str) -> None:
    assert checked(b"GET / 200\n", name, ("txt",)).name.endswith(".txt")


def test_a_log_cut_in_the_middle_of_a_letter_is_taken() -> None:
    assert checked("Ошибка соединения\n".encode()[1:] * 50, "tail.log").type == "text/plain"


def test_a_log_that_quotes_a_web_page_is_taken() -> None:
    assert checked(b"12:00 answer: <html><script>x</script></html>\n", "site.log").type == "text/plain"


def test_a_price_list_of_a_marketplace_is_taken() -> None:
    yml = b'<?xml version="1.0" encoding="windows-1251"?>\n<!DOCTYPE yml_catalog SYSTEM "shops.dtd">\n<yml_catalog/>'
    assert checked(yml, "price.xml").type == "application/xml"


def test_a_wrong_ending_is_made_to_agree_with_the_content() -> None:
    assert checked(picture("PNG"), "снимок.jpg").name == "снимок.png"
    assert checked(PDF, "акт.xls").name == "акт.pdf"
    assert checked(picture("JPEG"), "a.png.exe").name == "a.png.exe.jpg"
    assert checked(archive("a.txt"), "Новая папка").name == "Новая папка.zip"


def test_a_file_is_taken_only_where_its_kind_is_asked_for() -> None:
    with pytest.raises(FileRefused) as refused:
        checked(XML, "x.xml", ("png", "jpg", "pdf"))
    assert refused.value.values["kinds"] == "PNG, JPEG, PDF"


def test_the_file_field_offers_all_endings_of_a_kind() -> None:
    assert accepts(("jpg", "pdf")) == ".jpg,.pdf,.jpeg,image/jpeg"
