"""What every answer carries, and what no answer does (threats W01, W03, W06)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from installation import Installation

SITES = """
shop:
  title: Магазин
  origins: [https://shop.example, "http://localhost:5000"]
"""

PLACES = [
    ("GET", "/", 302),
    ("GET", "/ru/", 200),
    ("GET", "/ru/site/site_down/", 200),
    ("POST", "/ru/site/site_down/", 422),
    ("GET", "/ru/no-such-page/", 404),
    ("GET", "/xx/", 404),
    ("PUT", "/ru/", 405),
    ("GET", "/ru/tickets/no-such-token/", 404),
    ("GET", "/healthz", 200),
    ("GET", "/static/zayavka.css", 200),
]


@pytest.fixture
def framed(make_desk: Callable[..., Installation], tmp_path: Path) -> Installation:
    """An installation with one embedding site."""
    path = tmp_path / "sites.yaml"
    path.write_text(SITES)
    return make_desk(SITES=str(path))


@pytest.mark.parametrize(("method", "place", "status"), PLACES)
@pytest.mark.parametrize(
    ("site", "framers"),
    [("", "'none'"), ("?site=shop", "https://shop.example http://localhost:5000"), ("?site=evil", "'none'")],
)
def test_only_the_origins_of_a_site_may_frame_whatever_is_answered(
    framed: Installation, method: str, place: str, status: int, site: str, framers: str
) -> None:
    answer = framed.app.test_client().open(place + site, method=method)
    assert answer.status_code == status
    policies = answer.headers.getlist("Content-Security-Policy")
    assert [policy.rpartition("frame-ancestors ")[2] for policy in policies] == [framers]
    assert "X-Frame-Options" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_page_that_broke_still_says_who_may_frame_it(framed: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(framed.app.view_functions, "pages.start", lambda: 1 / 0)
    answer = framed.app.test_client().get("/ru/?site=shop")
    assert answer.status_code == 500
    assert "frame-ancestors https://shop.example" in answer.headers["Content-Security-Policy"]
    assert "ZeroDivisionError" not in answer.text
    assert "Что-то сломалось" in answer.text


def test_the_whole_path_sets_no_cookie(framed: Installation) -> None:
    check = framed.filled("site_down")
    pages = [framed.client.get("/ru/"), check, check.submit("send")]
    assert all("Set-Cookie" not in page.response.headers for page in pages)


def test_a_page_without_anybodys_words_may_be_cached_and_is_confirmed_by_its_tag(desk: Installation) -> None:
    client = desk.app.test_client()
    first = client.get("/ru/site/site_down/")
    assert first.headers["Cache-Control"] == "public, max-age=300"
    again = client.get("/ru/site/site_down/", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    gzipped = client.get("/ru/site/site_down/", headers={"Accept-Encoding": "gzip"})
    assert gzipped.headers["Content-Encoding"] == "gzip"
    assert len(gzipped.data) < len(first.data) / 2


def test_pages_with_somebodys_words_are_cached_by_nobody(desk: Installation) -> None:
    check = desk.filled("site_down")
    receipt = check.submit("send")
    assert check.response.headers["Cache-Control"] == receipt.response.headers["Cache-Control"] == "no-store"


def test_get_pages_need_no_database(desk: Installation) -> None:
    (desk.container.settings.instance_path / "zayavka.db").unlink()
    for place in ("/ru/", "/en/rules/", "/ru/site/", "/ru/site/site_down/", "/en/follow-up/"):
        assert desk.client.get(place).status == 200


def test_the_host_header_reaches_no_page_and_no_letter(desk: Installation) -> None:
    desk.client.options = {"headers": {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}}
    receipt = desk.send("site_down")
    desk.run_worker()
    assert "evil.example" not in receipt.html
    assert "zakaz@detal36.example" in desk.all_sent
    assert "evil.example" not in desk.all_sent
