"""The HTML of letters where readers leave things out: the style sheet, most of CSS, light colours in the dark."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pytest
from bs4 import BeautifulSoup, Comment, NavigableString, Tag
from every_letter import LETTERS

HTML = {kind: letter.html for kind, (letter, _) in LETTERS.items()}
LEAST_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3."""

Colours = Mapping[str, Mapping[str, str]]
"""By class: the colour of the text and the ground."""


def styles_of(element: Tag) -> dict[str, str]:
    """Inline styles; of two the last holds."""
    pairs = (part.partition(":") for part in str(element.get("style", "")).split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs if value}


def dark_colours(html: str) -> Colours:
    """What the style sheet says for the dark."""
    [sheet] = re.findall(r"@media \(prefers-color-scheme: dark\) \{\n(.*?\n)\}\n", html, re.DOTALL)
    colours: dict[str, dict[str, str]] = {}
    for name, rule in re.findall(r"^\.(\w+) \{ (.*?) \}$", sheet, re.MULTILINE):
        colours.setdefault(name, {}).update(re.findall(r"(?<![\w-])(color|background): (#\w{6}) !important", rule))
    return colours


def texts(html: str) -> Iterator[NavigableString]:
    """All that a person reads."""
    body = BeautifulSoup(html, "html5lib").body
    assert body is not None
    for text in body.find_all(string=True):
        if text.strip() and not isinstance(text, Comment):
            yield text


def shown(text: NavigableString, name: str, colours: Colours) -> str:
    """The colour of a text, or of what it stands on."""
    for element in text.parents:
        of_classes = [colours[kind][name] for kind in element.get("class", []) if name in colours.get(kind, {})]
        for colour in (*of_classes, styles_of(element).get(name)):
            if colour:
                return colour
    raise AssertionError(f"no {name} for {text!r}")


def luminance(colour: str) -> float:
    """Relative, of ``#rrggbb`` (WCAG 2.2)."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(text: NavigableString, colours: Colours) -> float:
    """Between a text and its ground."""
    lights = sorted(luminance(shown(text, name, colours)) for name in ("color", "background"))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


@pytest.mark.parametrize("kind", HTML)
@pytest.mark.parametrize("is_dark", [False, True])
def test_every_text_stands_out_from_its_ground_in_the_light_without_a_style_sheet_and_in_the_dark_with_it(
    kind: str, is_dark: bool
) -> None:
    colours = dark_colours(HTML[kind]) if is_dark else {}
    faint = [str(text) for text in texts(HTML[kind]) if contrast(text, colours) < LEAST_CONTRAST]
    assert faint == []


@pytest.mark.parametrize("kind", HTML)
def test_what_has_a_light_ground_or_a_colour_has_one_for_the_dark_too(kind: str) -> None:
    colours = dark_colours(HTML[kind])
    for element in BeautifulSoup(HTML[kind], "html5lib").find_all(style=True):
        for name in {"color", "background"} & styles_of(element).keys():
            rules = [colours.get(kind, {}) for kind in element.get("class", [])]
            assert any(name in rule for rule in rules), f"{name} of {str(element)[:160]}"


def test_outlook_on_the_web_gets_the_same_colours_for_its_dark() -> None:
    html = HTML["ticket"]
    for name, rules in dark_colours(html).items():
        for kind, mark in (("color", "ogsc"), ("background", "ogsb")):
            if kind in rules:
                assert re.search(rf"^\[data-{mark}\] \.{name} {{ {kind}: {rules[kind]} !important;", html, re.MULTILINE)


@pytest.mark.parametrize("kind", HTML)
def test_words_engine_gets_a_column_of_680_pixels_and_other_readers_do_not_see_it(kind: str) -> None:
    hidden = re.findall(r"<!--\[if mso\]>(.*?)<!\[endif\]-->", HTML[kind], re.DOTALL)
    soup = BeautifulSoup(re.sub(r"<!--\[if mso\]>|<!\[endif\]-->", "", HTML[kind]), "html5lib")
    around = soup.select_one("table[width='680'] > tbody > tr > td[width='680'] > table.card")
    assert around is not None, "the letter's own table stands inside"
    assert [len(re.findall(rf"<{tag}\b|</{tag}>", "".join(hidden[1:]))) for tag in ("table", "tr", "td")] == [2, 2, 2]
    assert "680" not in re.sub(r"<!--.*?-->|max-width:680px", "", HTML[kind], flags=re.DOTALL)


@pytest.mark.parametrize("kind", HTML)
def test_space_that_matters_is_the_padding_of_cells_which_word_keeps(kind: str) -> None:
    elements = BeautifulSoup(HTML[kind], "html5lib").find_all(["div", "p", "span", "ul", "ol", "li", "blockquote"])
    padded = [str(element)[:100] for element in elements if styles_of(element).get("padding", "0") != "0"]
    assert padded == []
    assert all(styles_of(element)["margin"].endswith(" 24px") for element in elements if element.name in ("ul", "ol"))


@pytest.mark.parametrize("kind", HTML)
def test_no_border_is_there_by_its_radius_alone_and_no_text_is_smaller_than_14_pixels(kind: str) -> None:
    for element in BeautifulSoup(HTML[kind], "html5lib").find_all(style=True):
        styles = styles_of(element)
        if "border-radius" in styles:
            assert {"border", "border-bottom", "background"} & styles.keys()
        if size := styles.get("font-size"):
            assert int(size.removesuffix("px")) >= 14
