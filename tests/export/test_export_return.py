"""Where a form says that it was filled in on a static export: believed only for the exports of its site."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from installation import Installation

SITES = """
shop:
  origins: [https://shop.example, https://framer.example]
  copies: [https://shop.example/help/, 'http://localhost:8080/a%20b/~c/', https://root.example/]
other:
  copies: [https://other.example/]
"""
MARK = "0123456789abcdef"
OWN = f"https://shop.example/help/ru/sent/#{MARK}"


@pytest.fixture
def shop(make_desk: Callable[..., Installation], tmp_path: Path) -> Installation:
    """A service with two sites."""
    (tmp_path / "sites.yaml").write_text(SITES)
    return make_desk(SITES=str(tmp_path / "sites.yaml"))


def answered(shop: Installation, copy: str, action: str = "check", query: str = "?site=shop") -> tuple[str | None, str]:
    """The page of the export that the service's answer carries on, and what that answer may ask."""
    data = {**shop.example_answers("site_down"), "action": action, "site": "shop", "copy": copy}
    answer = shop.app.test_client().post(f"/ru/site/site_down/{query}", data=data)
    assert answer.status_code == 200, answer.text[:500]
    page = BeautifulSoup(answer.text, "html.parser")
    field = page.find("input", {"name": "copy"})
    policy = dict(directive.strip().split(" ", 1) for directive in answer.headers["Content-Security-Policy"].split(";"))
    return str(field["value"]) if field else None, policy["connect-src"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("copy", "origin"),
    [
        (OWN, "https://shop.example"),
        (f"https://root.example/en/sent/#{MARK}", "https://root.example"),
        (f"http://localhost:8080/a%20b/~c/ru/sent/#{MARK}_-{MARK}", "http://localhost:8080"),
    ],
)
def test_a_page_of_the_sites_own_copies_is_carried_on_and_may_be_asked(
    shop: Installation, copy: str, origin: str
) -> None:
    assert answered(shop, copy) == (copy, f"'self' {origin}")
    # Back to the form it goes along: there "erase" leads to it.
    assert answered(shop, copy, action="edit") == (copy, f"'self' {origin}")


@pytest.mark.parametrize(
    "copy",
    [
        "",
        "https://evil.example/ru/sent/",
        "https://other.example/ru/sent/",
        "https://shop.example.evil.example/ru/sent/",
        "https://shop.example@evil.example/ru/sent/",
        "https://shop.example:443@evil.example/ru/sent/",
        "https://user@shop.example/help/ru/sent/",
        "https://shop.example:444/ru/sent/",
        "https://shop.example\\@evil.example/ru/sent/",
        "https://evil.example\\.shop.example/help/ru/sent/",
        "https://evil.example/https://shop.example/help/ru/sent/",
        "https://evil.example#https://shop.example/help/ru/sent/",
        "http://shop.example/help/ru/sent/",
        "HTTPS://shop.example/help/ru/sent/",
        "//shop.example/help/ru/sent/",
        "//evil.example/ru/sent/",
        "///evil.example/ru/sent/",
        "/ru/sent/",
        "javascript:alert(1)//https://shop.example/help/ru/sent/",
        "javascript://shop.example/help/ru/sent/",
        "data:text/html,https://shop.example/help/ru/sent/",
        "https://shop.example/somewhere/else/",
        "https://shop.example/help/ru/sent/?next=https://evil.example",
        "https://shop.example/help/ru/sent/#https://evil.example/",
        "https://shop.example/help/ru/sent/\r\nX: y",
        "https://shop.example/; script-src *;/ru/sent/ ",
        " https://shop.example/help/ru/sent/",
        "https://shop.example /ru/sent/",
        "https://shop.example\u2044ru/sent/",
        "https://\u0455hop.example/ru/sent/",
        "https://shop.example/<script>/ru/sent/",
        "https://shop.example/ru/sent/",
        "https://shop.example/forum/ru/sent/",
        "https://shop.example/help/forum/ru/sent/",
        "https://shop.example/help/../ru/sent/",
        "https://shop.example/help/xx/sent/",
        "https://shop.example/helpru/sent/",
        "https://framer.example/ru/sent/",
        f"https://shop.example/{'a/' * 300}ru/sent/",
    ],
)
def test_what_else_a_form_may_hold_leads_nowhere(shop: Installation, copy: str) -> None:
    for address in (copy, f"{copy}#{MARK}"):
        assert answered(shop, address) == (None, "'self'")
        assert answered(shop, address, action="edit") == (None, "'self'")


@pytest.mark.parametrize(
    "mark", ["", "#", "#short", f"#{'a' * 65}", f"#{MARK},", f"#{MARK}\n", f"##{MARK}", f"?{MARK}", "#абвгдежзиклмнопр"]
)
def test_without_the_mark_of_a_tab_a_page_of_the_copy_leads_nowhere(shop: Installation, mark: str) -> None:
    assert answered(shop, f"https://shop.example/help/ru/sent/{mark}") == (None, "'self'")


def test_the_pages_of_a_copy_may_read_answers_and_frame_nothing(shop: Installation) -> None:
    """One line is enough for a copy; to show the form in a frame is another matter."""
    for query, origin in {"?site=shop": "https://root.example", "": "https://other.example"}.items():
        answer = shop.app.test_client().get(f"/api/v1/catalog{query}", headers={"Origin": origin})
        assert answer.headers.get("Access-Control-Allow-Origin") == origin
    frame = shop.app.test_client().get("/ru/?site=shop&embed=auto")
    assert "root.example" not in frame.headers["Content-Security-Policy"]


@pytest.mark.parametrize("query", ["", "?site=other", "?site=no-such", "?site=shop&embed=auto"])
def test_the_page_of_another_site_and_a_frame_lead_nowhere(shop: Installation, query: str) -> None:
    assert answered(shop, OWN, query=query) == (None, "'self'")


def test_a_long_hostile_path_is_read_at_once(shop: Installation) -> None:
    assert answered(shop, f"https://shop.example/{'a/' * 200_000}") == (None, "'self'")


def test_the_service_itself_has_no_such_page(shop: Installation) -> None:
    for language in ("ru", "en"):
        assert shop.client.get(f"/{language}/sent/?site=shop").status == 404
