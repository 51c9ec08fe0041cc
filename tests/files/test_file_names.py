"""A file's name is shown to people, and nothing else (threats U02, E22)."""

from __future__ import annotations

import unicodedata
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from specimens import ALL

from wizard.files.file_names import LONGEST, clean_name, shown_name
from wizard.files.file_types import ENDINGS

DEVICES = ("CON", "con", "PRN", "AUX", "NUL", "nul", "COM1", "com9", "LPT1", "COM¹", "CONIN$", "CONOUT$")
PATHS = (
    "../../x",
    "..\\..\\x",
    "/etc/passwd",
    "C:\\x",
    "C:x",
    "\\\\host\\share\\x",
    "file:///x",
    "~/x",
    "./x",
    "a/../b",
    "x/",
    "x\\",
)
DISGUISES = (
    "отчёт\u202egpj.exe", "\u202d\u202ex", "a\u200bb", "a\u2066b\u2069", "\ufeffx", "a\u00adb", "x\u2028y", "x\u2029y",
    "a\u061cb", "\u3164", "\u115f\u1160", "\u2800", "a\U000e0041b", "a\x85b", "a\x7fb", "\ud800", "a\udfffb",
    "\ue000", "a\u0378b",
)  # fmt: skip
ENDS = (
    "x.",
    "x..",
    "x ",
    "x. .",
    "x.png.",
    "x.png ",
    "x.png::$DATA",
    "x.png\0.exe",
    "x.exe\0.png",
    "x.png%00.exe",
    "x.php.png",
)
ENDINGS_OF_OTHERS = (
    "exe",
    "scr",
    "bat",
    "js",
    "hta",
    "html",
    "svg",
    "php",
    "phtml",
    "lnk",
    "jar",
    "msi",
    "pif",
    "vbs",
    "ps1",
    "htaccess",
)
NOTHING = (
    "",
    " ",
    ".",
    "..",
    "...",
    "/",
    "\\",
    "\0",
    "\t\r\n",
    "::",
    "-",
    "--help",
    "~",
    "\u202e",
    "//",
    ". .",
    "?",
    "*",
    "|",
)
SIGNS = tuple(f"a{sign}b" for sign in '<>:"|?*/\\\0\x01\x0b\x0c\x1b\x1c\x1d\x1e\x1f\r\n\t')
LONG = (
    "a" * 4096,
    "я" * 4096,
    "😀" * 500,
    "a" * 4096 + ".png",
    "../" * 2000 + "x",
    "." * 5000,
    "a." * 3000,
    "e\u0301" * 300,
    "\u0301" * 300,
)
LETTERS = (
    "=?utf-8?q?a=0D=0ABcc:_x?=",
    "=?utf-8?b?YQ==?=.png",
    "a\r\nBcc: x@desk.example",
    'x"; filename="y.exe',
    "x;y=z",
    "a'b",
    "{0.__class__}",
    "%s%n",
    "{{7*7}}",
    "$(id)",
    "`id`",
    "<b>x</b>",
)
HOSTILE = (
    *PATHS, *DISGUISES, *ENDS, *NOTHING, *SIGNS, *LONG, *LETTERS,
    *(f"{device}{ending}" for device, ending in product(DEVICES, ("", ".", ".png", ".txt.exe", " .png"))),
    *(f"{stem}.{ending}" for stem, ending in product(("a.png", "", "счёт"), ENDINGS_OF_OTHERS)),
)  # fmt: skip


def check(name: str, kind: str) -> None:
    stem, _, ending = name.rpartition(".")
    assert stem and ENDINGS[ending] == kind
    assert len(name) <= LONGEST and len(name.encode("utf-8")) <= 200
    assert name == unicodedata.normalize("NFC", name)
    assert not set(name) & set('/\\<>:"|?*\0')
    assert not any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for sign in name)
    assert name[0] not in " .-~" and stem[-1] not in " ." and "=?" not in name
    assert name.partition(".")[0].strip().upper() not in {device.upper() for device in DEVICES}


def test_the_list_of_hostile_names_is_long() -> None:
    assert len(set(HOSTILE)) >= 200


@pytest.mark.parametrize("raw", HOSTILE, ids=lambda raw: ascii(raw)[:40])
def test_a_hostile_name_becomes_harmless(raw: str) -> None:
    for kind in ("png", "txt"):
        check(clean_name(raw, kind), kind)
    assert shown_name(raw) and len(shown_name(raw)) <= LONGEST


@given(st.text(max_size=300), st.sampled_from(ALL))
def test_any_name_becomes_harmless(raw: str, kind: str) -> None:
    check(clean_name(raw, kind), kind)  # type: ignore[arg-type]


@given(st.text(max_size=120), st.sampled_from(ALL))
def test_a_clean_name_stays_as_it_is(raw: str, kind: str) -> None:
    clean = clean_name(raw, kind)  # type: ignore[arg-type]
    assert clean_name(clean, kind) == clean  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("raw", "kind", "clean"),
    [
        ("Снимок экрана 2026-11-23 в 12.40.png", "png", "Снимок экрана 2026-11-23 в 12.40.png"),
        ("IMG_0001.JPG", "jpg", "IMG_0001.jpg"),
        ("photo.jpeg", "jpg", "photo.jpeg"),
        ("C:\\Users\\client\\Desktop\\прайс.xlsx", "xlsx", "прайс.xlsx"),
        ("../../etc/passwd", "txt", "passwd.txt"),
        ("отчёт\u202egpj.exe", "png", "отчётgpj.exe.png"),
        ("a.png.exe", "png", "a.png.exe.png"),
        ("снимок.jpg", "png", "снимок.png"),
        ("site.log", "txt", "site.txt"),
        ("CON", "txt", "file-CON.txt"),
        ("nul.png", "png", "file-nul.png"),
        (".htaccess", "txt", "htaccess.txt"),
        ("", "pdf", "file.pdf"),
        ("image", "png", "image.png"),
        ("й.txt", "txt", "й.txt"),
        ("ИП Соколов А. В..pdf", "pdf", "ИП Соколов А. В.pdf"),
    ],
)
def test_a_name_is_kept_as_far_as_it_is_one(raw: str, kind: str, clean: str) -> None:
    assert clean_name(raw, kind) == unicodedata.normalize("NFC", clean)  # type: ignore[arg-type]
