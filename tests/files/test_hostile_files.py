"""A file is what it holds, not what it says; what is not taken is refused in words that help (threats U01, U03–U06)."""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import threading
import zipfile
from itertools import product
from pathlib import Path

import pytest
from PIL import Image
from specimens import (
    ALL,
    EXE,
    HTML,
    PDF,
    SVG,
    animation,
    archive,
    checked,
    compound,
    gif_flood,
    jpeg_flood,
    picture,
    png_flood,
    webp_flood,
    workbook,
)

from wizard.files.inspection import FileRefused
from wizard.texts import translator

ROOT = Path(__file__).parents[2]
SCRIPT = b"/*<script>alert(document.domain)</script>*/=1;"

CARRIERS = {kind.lower(): picture(kind) for kind in ("PNG", "JPEG", "WEBP", "GIF")}
PASSENGERS = {
    "page": HTML,
    "drawing": SVG,
    "script": SCRIPT,
    "archive": archive("payload.txt", content=SCRIPT),
    "program": EXE,
    "document": PDF,
    "jar": archive("META-INF/MANIFEST.MF", "Evil.class"),
    "php": b"<?php system($_GET['c']); ?>",
}
# A passenger behind the picture, and one inside it where the kind has a place for words.
POLYGLOTS = {f"{passenger} behind {carrier}": CARRIERS[carrier] + PASSENGERS[passenger]
             for carrier, passenger in product(CARRIERS, PASSENGERS)}  # fmt: skip
POLYGLOTS |= {
    f"{name} in the comment of a jpeg": picture("JPEG", comment=data[:60_000]) for name, data in PASSENGERS.items()
}
POLYGLOTS |= {
    f"{name} in the comment of a gif": picture("GIF", comment=data[:250]) for name, data in PASSENGERS.items()
}
POLYGLOTS |= {f"{name} in the profile of a png": picture("PNG", icc_profile=data) for name, data in PASSENGERS.items()}

REFUSED: dict[str, tuple[bytes, str]] = {
    **{f"program.{ending}": (EXE, "kind") for ending in ("exe", "scr", "com", "dll")},
    **{f"program as {ending}": (EXE, "text_broken") for ending in ("txt", "log", "csv", "xml", "eml")},
    **{f"program as {ending}": (EXE, "kind") for ending in ("png", "jpg", "pdf", "xlsx", "zip", "doc", "msg")},
    **{f"page as {ending}": (HTML, "page") for ending in ("txt", "log", "csv", "xml", "eml")},
    **{f"page as {ending}": (HTML, "kind") for ending in ("html", "png", "pdf", "xls", "htm", "xhtml", "hta")},
    **{f"drawing as {ending}": (SVG, "page") for ending in ("txt", "log", "xml")},
    **{f"drawing as {ending}": (SVG, "kind") for ending in ("svg", "png", "svgz")},
    "page after blanks and remarks.txt": (b"\xef\xbb\xbf \n<!-- a --><!-- b -->\n<HTML>", "page"),
    "page in two bytes a letter.txt": ("<html><script>".encode("utf-16"), "page"),
    "drawing under a prefix.xml": (b'<?xml version="1.0"?><s:svg xmlns:s="x"/>', "page"),
    "page inside another root.xml": (b'<a><h:script xmlns:h="http://www.w3.org/1999/xhtml"/></a>', "page"),
    "style sheet that is a program.xml": (b'<?xml version="1.0"?><?xml-stylesheet href="#x"?><a/>', "page"),
    "a billion laughs.xml": (b'<!DOCTYPE a [<!ENTITY l "ha">]><a>&l;</a>', "page"),
    "no xml at all.xml": (b"just words", "document_broken"),
    "no letter at all.eml": (b"just words\n\nand more", "document_broken"),
    "nothing.png": (b"", "empty"),
    "nothing.txt": (b"", "empty"),
    "noise.txt": (bytes(range(256)) * 10, "text_broken"),
    "controls.txt": (b"\x01\x02\x03\x04\x05\x06\x0e\x0f" * 10, "text_broken"),
    "command.bat": (b"@echo off\ndel *.*", "kind"),
    "script.js": (SCRIPT, "kind"),
    ".htaccess": (b"AddType application/x-httpd-php .png", "kind"),
    "cut short.png": (picture("PNG", (400, 300))[:-200], "image_broken"),
    "cut short.jpg": (picture("JPEG")[:200], "image_broken"),
    "cut short.gif": (picture("GIF")[:20], "image_broken"),
    "cut short.webp": (picture("WEBP")[:24], "image_broken"),
    "signature only.png": (b"\x89PNG\r\n\x1a\n" + SCRIPT, "image_broken"),
    "signature only.gif": (b"GIF89a" + SCRIPT, "image_broken"),
    "signature only.jpg": (b"\xff\xd8\xff\xe0" + SCRIPT, "image_broken"),
    "picture of a stranger kind.png": (picture("BMP"), "kind"),
    "tiff as.jpg": (picture("TIFF"), "kind"),
    "icon as.gif": (picture("ICO"), "kind"),
    "postscript.pdf": (b"%!PS-Adobe-3.0\n%%EOF", "kind"),
    "pdf behind a page.pdf": (HTML + PDF, "kind"),
    "page in the head of a.pdf": (PDF[:9] + HTML + PDF[9:], "kind"),
    "archive behind a.pdf": (PDF + archive("x.txt"), "kind"),
    "pdf without an end.pdf": (PDF[:40], "document_broken"),
    "document.doc": (compound("WordDocument"), "kind"),
    "installer as.xls": (compound("Binary.x"), "kind"),
    "macros.xls": (compound("Workbook", "_VBA_PROJECT_CUR"), "macros"),
    "signature only.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "document_broken"),
    "macros.xlsx": (workbook("xl/vbaProject.bin"), "macros"),
    "text document as.xlsx": (archive("[Content_Types].xml", "word/document.xml"), "kind"),
    "jar as.zip": (archive("META-INF/MANIFEST.MF", "A.class"), "archive_unsafe"),
    "archive behind a page.zip": (HTML + archive("x.txt"), "kind"),
    "page behind an archive.zip": (archive("x.txt") + HTML, "archive_broken"),
    "archive behind a signature.zip": (b"PK\x03\x04" + archive("x.txt"), "archive_broken"),
    "cut short.zip": (archive("x.txt")[:-5], "archive_broken"),
    "empty.zip": (archive(), "archive_broken"),
    "rar.rar": (b"Rar!\x1a\x07\x01\0" + b"\0" * 50, "kind"),
    "seven.7z": (b"7z\xbc\xaf\x27\x1c" + b"\0" * 50, "kind"),
}
IN_ARCHIVES = (
    "/etc/passwd", "../../x", "a/../../x", "C:\\x.txt", "C:x.txt", "..\\x", "a.exe", "A.EXE", "a.exe.", "a.exe ",
    "a.js", "a.vbs", "a.lnk", "a.bat", "a.html", "a.svg", "inner.zip", "inner.rar", "\u202egpj.txt",
    "a\nb.txt", "\\\\host\\x",
)  # fmt: skip


@pytest.mark.parametrize("content", POLYGLOTS.values(), ids=POLYGLOTS)
def test_of_two_files_in_one_only_the_picture_is_left(content: bytes) -> None:
    try:
        file = checked(content, "picture.png")
    except FileRefused:
        return
    for trace in (b"<script", b"<svg", b"PK\x03\x04", b"PK\x05\x06", b"<?php", b"MZ\x90", b"%PDF", b"alert("):
        assert trace not in file.content
    with Image.open(io.BytesIO(file.content)) as image:
        assert image.size == (40, 30)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_taken_is_refused_with_a_reason_that_helps(name: str) -> None:
    content, reason = REFUSED[name]
    named = name.replace(" as ", ".") if " as " in name else name
    with pytest.raises(FileRefused) as refused:
        checked(content, named)
    assert refused.value.reason == reason
    for language in ("ru", "en"):
        message = refused.value.in_words(translator(language))
        assert "{" not in message and len(message) > 40


def test_a_refusal_names_the_file_and_the_kinds_that_are_taken() -> None:
    with pytest.raises(FileRefused) as refused:
        checked(EXE, "C:\\tools\\report.exe", ("png", "jpg", "pdf"))
    assert refused.value.in_words(translator("ru")) == (
        "Файл report.exe такого вида мы не принимаем. Приложите файл одного из видов: PNG, JPEG, PDF"
    )


@pytest.mark.parametrize(
    "name", ["{0.__class__}.exe", "{name}.exe", "%s.exe", "<b>.exe", "\u202egpj.exe", "=?utf-8?q?x?=.exe"]
)
def test_a_refused_files_name_is_repeated_as_harmless_text(name: str) -> None:
    with pytest.raises(FileRefused) as refused:
        checked(EXE, name)
    message = refused.value.in_words(translator("en"))
    assert not {"<", "\u202e"} & set(message) and "=?" not in message


@pytest.mark.parametrize("name", IN_ARCHIVES)
def test_an_archive_with_what_must_not_be_opened_is_refused(name: str) -> None:
    info = zipfile.ZipInfo("x")
    info.filename = name
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr(info, b"data")
    with pytest.raises(FileRefused, match="archive_unsafe"):
        checked(out.getvalue(), "x.zip")


def test_an_archive_with_a_link_is_refused() -> None:
    info = zipfile.ZipInfo("link")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr(info, "/etc/passwd")
    with pytest.raises(FileRefused, match="archive_unsafe"):
        checked(out.getvalue(), "x.zip")


def test_a_locked_archive_is_refused_for_being_locked() -> None:
    content = bytearray(archive("x.txt"))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    with pytest.raises(FileRefused, match="archive_broken"):
        checked(bytes(content), "x.zip")


def overlapping(count: int = 200) -> bytes:
    """An archive whose entries all point at the same packed bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("0", b"\0" * 50_000)
        first = packed.infolist()[0]
        for n in range(1, count):
            info = zipfile.ZipInfo(str(n))
            for field in ("header_offset", "compress_size", "file_size", "CRC", "compress_type"):
                setattr(info, field, getattr(first, field))
            packed.filelist.append(info)
            packed.NameToInfo[info.filename] = info
        packed._didModify = True
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [archive("zeros", content=b"\0" * 20_000_000), overlapping(), archive(*(f"{n}.txt" for n in range(1001)))],
    ids=["tightly packed", "overlapping", "many entries"],
)
def test_an_archive_that_would_flood_its_reader_is_refused(content: bytes) -> None:
    with pytest.raises(FileRefused, match="archive_full"):
        checked(content, "x.zip")


def test_a_directory_of_a_hundred_thousand_entries_is_not_even_read() -> None:
    lying = bytearray(archive("x.txt") + b"")
    end = lying.rindex(b"PK\x05\x06")
    directory = b"PK\x01\x02" + b"\0" * 42
    content = bytes(lying[:end]) + directory * 100_000 + bytes(lying[end : end + 12])
    size = len(directory) * 100_000
    content += size.to_bytes(4, "little") + bytes(lying[end + 16 :])
    with pytest.raises(FileRefused, match="archive_full"):
        checked(content, "x.zip")


FLOODS = {
    "png": png_flood(),
    "png of 51 megapixels": png_flood(51_000, 1_000),
    "jpeg": jpeg_flood(),
    "gif with a huge screen": gif_flood(30_000),
    "gif with a huge frame": gif_flood(10, 30_000),
    "webp, extended": webp_flood("VP8X"),
    "webp, lossless": webp_flood("VP8L"),
    "webp, lossy": webp_flood("VP8"),
}


@pytest.mark.parametrize("content", FLOODS.values(), ids=FLOODS)
def test_a_flood_of_pixels_is_refused_before_it_is_drawn(content: bytes) -> None:
    assert len(content) < 200_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(FileRefused, match="image_large"):
        checked(content, "x.png")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000


def test_the_largest_picture_that_is_taken_stays_under_its_limit_of_memory() -> None:
    program = (
        "import io, sys; from wizard.files.inspection import inspect\n"
        "inspect(io.BytesIO(sys.stdin.buffer.read()), 'x.png', ('png',), 10 * 1024**2)\n"
        # Not ru_maxrss: a process inherits that of the one that started it.
        "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])"
    )
    content = png_flood(10_000, 5_000)
    run = subprocess.run([sys.executable, "-c", program], input=content, capture_output=True, cwd=ROOT, check=True)
    assert int(run.stdout) < 500_000


def test_an_animation_that_is_large_in_all_is_drawn_as_one_picture() -> None:
    content = bytearray(animation("GIF", frames=3))
    content[6:10] = (5000).to_bytes(2, "little") * 2
    with Image.open(io.BytesIO(checked(bytes(content), "x.gif").content)) as image:
        assert image.n_frames == 1


def test_a_jpeg_of_a_thousand_passes_is_refused() -> None:
    content = picture("JPEG", progressive=True)
    start = content.index(b"\xff\xda")
    with pytest.raises(FileRefused, match="image_broken"):
        checked(content[:-2] + content[start:-2] * 1000 + content[-2:], "x.jpg")


def test_a_kind_of_picture_that_pillow_knows_but_we_do_not_is_never_opened() -> None:
    for kind in ("BMP", "TIFF", "ICO", "PPM", "TGA", "PCX"):
        with pytest.raises(FileRefused):
            checked(picture(kind), "x.png")


def test_a_file_one_byte_too_large_is_refused_and_no_more_of_it_is_read() -> None:
    read: list[int] = []

    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            read.append(size)
            return b"a" * min(size, 65_536)

    from wizard.files.inspection import inspect

    with pytest.raises(FileRefused) as refused:
        inspect(Endless(), "x.txt", ALL, 1_048_576)
    assert refused.value.in_words(translator("ru")).startswith("Файл x.txt больше 1 МБ")
    assert len(read) == 17
    assert checked(b"a" * 1000, "x.txt", max_bytes=1000).size == 1000


def test_a_picture_that_grows_beyond_the_limit_is_refused() -> None:
    out = io.BytesIO()
    Image.effect_noise((300, 300), 90).save(out, format="WEBP", quality=1)
    with pytest.raises(FileRefused, match="image_heavy"):
        checked(out.getvalue(), "x.webp", max_bytes=len(out.getvalue()))


def test_pictures_that_come_at_once_are_all_drawn() -> None:
    digests: list[str] = []
    content = picture("PNG", (800, 600))
    threads = [threading.Thread(target=lambda: digests.append(checked(content, "x.png").sha256)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(digests) == 8 and len(set(digests)) == 1


def test_pillow_is_loaded_at_the_first_picture_only() -> None:
    program = "import sys, wizard.files.inspection; sys.exit('PIL' in sys.modules or 'PIL.Image' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
