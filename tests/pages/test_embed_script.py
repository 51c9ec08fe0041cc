"""The script for site owners, the page that composes its line, and the documents that describe it."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from installation import Installation

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
DOCUMENT = (ROOT / "docs" / "embedding.md").read_text("utf-8")
SAMPLE = ROOT / "docs" / "sites.yaml"


@pytest.fixture
def shop(make_desk: Callable[..., Installation]) -> Installation:
    """An installation with the sites of the documents."""
    return make_desk(SITES=str(SAMPLE), BASE_URL="https://help.desk.example")


def test_the_script_is_small_cacheable_and_speaks_every_language(shop: Installation) -> None:
    client = shop.app.test_client()
    answer = client.get("/embed.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert len(answer.data) < 5000
    again = client.get("/embed.js", headers={"If-None-Match": answer.headers["ETag"], "Accept-Encoding": "gzip"})
    assert again.status_code == 304
    source = gzip.decompress(answer.data).decode()
    assert "Открыть форму в новом окне" in source
    assert "Open the form in a new window" in source
    assert "const WORDS = {}" not in source


def test_no_script_speaks_to_everybody_or_keeps_a_cookie() -> None:
    """Threats W04: a target of ``*`` tells whoever happens to be there."""
    for path in SCRIPTS:
        source = path.read_text("utf-8")
        assert not re.search(r"""["'`]\*["'`]""", source), path.name
        assert "document.cookie" not in source, path.name
        assert "innerHTML" not in source, path.name


def test_the_composer_gives_a_snippet_that_fits_the_choice(shop: Installation) -> None:
    page = shop.client.get("/en/embed/?of=shop&mode=inline&opens=pricing/pricing_all&theme=dark&lang=ru")
    snippet = BeautifulSoup(page.soup.find(id="snippet").get_text(), "html.parser")  # type: ignore[union-attr]
    script = snippet.find("script")
    assert script and {name: value for name, value in script.attrs.items() if name.startswith("data-")} == {  # type: ignore[union-attr]
        "data-site": "shop",
        "data-category": "pricing",
        "data-situation": "pricing_all",
        "data-theme": "dark",
        "data-lang": "ru",
    }
    assert script["src"] == "https://help.desk.example/embed.js"  # type: ignore[index]
    frame = snippet.find("iframe")
    assert frame["src"] == "https://help.desk.example/ru/pricing/pricing_all/?site=shop&embed=dark"  # type: ignore[index]
    assert shop.client.get(frame["src"].removeprefix("https://help.desk.example")).status == 200  # type: ignore[index,union-attr]
    link = snippet.find("a")
    assert link["href"] == "https://help.desk.example/ru/pricing/pricing_all/?site=shop"  # type: ignore[index]


@pytest.mark.parametrize(
    "query",
    [
        "?of=no-such&mode=x&opens=no/such&theme=x&lang=xx",
        '?of="><script>alert(1)</script>&opens="><script>',
        "?opens=pricing/site_down",
        "?of=&of=&lang=",
    ],
)
def test_a_choice_that_there_is_not_is_the_default(shop: Installation, query: str) -> None:
    page = shop.client.get("/ru/embed/" + query)
    assert page.status == 200
    assert "alert(1)" not in page.html
    snippet = page.soup.find(id="snippet").get_text()  # type: ignore[union-attr]
    assert 'data-site="shop"' in snippet
    assert 'data-lang="ru"' in snippet


def test_the_composer_tells_nothing_of_a_site_but_key_and_title(shop: Installation) -> None:
    html = shop.client.get("/ru/embed/").html
    assert "Detal 36" in html
    for site in shop.container.sites.values():
        for private in (site.inbox, *site.origins):
            assert private is None or private not in html


def test_the_composer_frames_only_ourselves_and_is_framed_by_nobody(shop: Installation) -> None:
    policy = shop.client.get("/ru/embed/").response.headers["Content-Security-Policy"]
    assert "frame-src 'self'" in policy
    assert policy.endswith("frame-ancestors 'none'")


def test_without_sites_the_composer_says_how_to_name_one(desk: Installation) -> None:
    page = desk.client.get("/en/embed/")
    assert page.status == 200
    assert "WIZARD_SITES" in page.text
    assert not page.soup.find("select")


def test_the_host_header_reaches_no_snippet(shop: Installation) -> None:
    """Threats W14."""
    page = shop.client.get("/ru/embed/", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in page.html


def test_the_snippets_of_the_documents_open_a_page(shop: Installation) -> None:
    snippets = re.findall(r"```html\n(.*?)```", DOCUMENT, re.DOTALL)
    assert len(snippets) >= 2
    for snippet in snippets:
        soup = BeautifulSoup(snippet, "html.parser")
        for script in soup.find_all("script", attrs={"data-site": True}):
            assert script["data-site"] in shop.container.sites
            steps = [script.get("data-lang", "ru"), script.get("data-category"), script.get("data-situation")]
            place = "/".join(step for step in steps if step)
            assert shop.client.get(f"/{place}/?site={script['data-site']}&embed=auto").status == 200
        for element in soup.find_all(["iframe", "a"]):
            address = element.get("src") or element.get("href")
            assert shop.client.get(address.removeprefix("https://help.desk.example")).status == 200


def test_the_documents_name_every_attribute_event_and_message() -> None:
    outer, inner = ((ROOT / "static" / "js" / name).read_text("utf-8") for name in ("embed.js", "frame.js"))
    settings = re.search(r"const SETTINGS = \[(.*?)\]", outer)
    assert settings
    for name in re.findall(r'"([a-z]+)"', settings[1]):
        assert f"`data-{name}`" in DOCUMENT, name
    for name in re.findall(r'dispatch\("([a-z]+)"', outer):
        assert f"`zayavka:{name}`" in DOCUMENT, name
    for name in re.findall(r'tell\("([a-z]+)"', inner):
        assert f"`{name}`" in DOCUMENT, name
