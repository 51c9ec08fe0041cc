"""Pages in somebody else's frame: the way stays in the frame, and nobody else may frame it (threats W01, W03, W18)."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from installation import Installation, parsed
from walker import Page

SITES = """
shop:
  title: Магазин
  origins: [https://shop.example, "http://localhost:5000"]
  inbox: inbox-of-the-shop@desk.example
  theme: dark
closed:
  title: Без страниц
"""
FRAME = "?site=shop&embed=light"
MULTIPART = "multipart/form-data"
PAGE = "https://shop.example/cart/?step=2"


@pytest.fixture
def shop(make_desk: Callable[..., Installation], tmp_path: Path) -> Installation:
    """An installation with one site that embeds the form, and one that does not."""
    path = tmp_path / "sites.yaml"
    path.write_text(SITES)
    return make_desk(SITES=str(path))


def own_links(page: Page) -> list[str]:
    """The addresses of ours that the page leads to within its own window."""
    addresses = [str(element["href"]) for element in page.soup.find_all("a", href=True, target=False)]
    addresses += [str(element["action"]) for element in page.soup.find_all("form")]
    addresses += [str(element["formaction"]).split("#")[0] for element in page.soup.find_all(formaction=True)]
    return [address for address in addresses if address.startswith("/")]


def filled(shop: Installation, **typed: str) -> Page:
    form = shop.client.get(shop.address("q_unclear") + FRAME)
    return form.submit("check", shop.example_answers("q_unclear", **typed))


def test_every_page_of_the_way_keeps_the_frame(shop: Installation) -> None:
    start = shop.client.get("/ru/" + FRAME)
    category = shop.client.get("/ru/pricing/" + FRAME)
    form = shop.client.get("/ru/question/q_unclear/" + FRAME)
    wrong = form.submit("check")
    check = form.submit("check", shop.example_answers("q_unclear"))
    receipt = check.submit("send")
    another = shop.client.get(next(link for link in own_links(receipt) if "/new/" in link))
    follow_up = shop.client.get(next(link for link in own_links(receipt) if link.endswith("follow-up/" + FRAME)))
    done = follow_up.submit("", {"text": "Ещё подробность"})
    missing = shop.client.get("/ru/no-such-page/" + FRAME)
    pages = [start, category, form, wrong, check, receipt, another, follow_up, done, missing]
    for page in pages:
        assert page.soup.body["class"][-1] == "embedded", page.address  # type: ignore[index]
        assert own_links(page), page.address
        for link in own_links(page):
            assert link.partition("#")[0].endswith(FRAME), (page.address, link)
    assert receipt.address.endswith(FRAME)


def test_the_way_out_of_the_frame_opens_a_window_of_its_own(shop: Installation) -> None:
    receipt = filled(shop).submit("send")
    out = [link for link in receipt.soup.find_all("a", target="_blank") if "/tickets/" in link["href"]]
    assert [link["rel"] for link in out] == [["noopener"]] * len(out)
    assert {link["href"] for link in out} == {receipt.address.replace("&embed=light", "")}
    start = shop.client.get("/ru/" + FRAME)
    assert all(link.get("target") == "_blank" for link in start.soup.find_all("a", href=lambda to: "://" in to))


def test_the_theme_of_the_frame_wins_over_the_site_s_own(shop: Installation) -> None:
    themes = {
        query: shop.client.get("/ru/" + query).soup.html.get("data-theme")  # type: ignore[union-attr]
        for query in ("?site=shop", "?site=shop&embed=auto", "?site=shop&embed=light", "?site=shop&embed=dark")
    }
    assert list(themes.values()) == ["dark", "dark", "light", "dark"]


@pytest.mark.parametrize("query", ["?embed=light", "?site=evil&embed=light", "?site=shop&embed=x", "?site=shop&embed="])
def test_nothing_but_a_known_site_in_a_known_theme_is_a_frame(shop: Installation, query: str) -> None:
    page = shop.client.get("/ru/" + query)
    assert "embedded" not in page.soup.body["class"]  # type: ignore[index]
    assert "embed=" not in " ".join(own_links(page))


@pytest.mark.parametrize(
    ("query", "framers"),
    [
        (FRAME, "https://shop.example http://localhost:5000 'self'"),
        ("?site=shop", "https://shop.example http://localhost:5000"),
        ("?site=closed&embed=light", "'self'"),
        ("?site=closed", "'none'"),
        ("?embed=light", "'none'"),
        ("?site=shop.attacker&embed=light", "'none'"),
        ("", "'none'"),
    ],
)
def test_whatever_is_answered_names_the_origins_that_may_frame_it(
    shop: Installation, monkeypatch: pytest.MonkeyPatch, query: str, framers: str
) -> None:
    monkeypatch.setitem(shop.app.view_functions, "pages.rules", lambda: 1 / 0)
    client = shop.app.test_client()
    answers = {
        200: client.get("/ru/" + query),
        302: client.get("/" + query),
        303: _sent(shop, query),
        404: client.get("/ru/no-such/" + query),
        405: client.put("/ru/" + query),
        413: client.post("/ru/question/q_unclear/" + query, data={"details": "x" * 1_500_000}, content_type=MULTIPART),
        422: client.post("/ru/question/q_unclear/" + query),
        500: client.get("/ru/rules/" + query),
    }
    for origin in ("https://shop.example", "https://shop.example.attacker.example"):
        for status, answer in answers.items():
            assert answer.status_code == status, (status, origin)
            policy = answer.headers["Content-Security-Policy"]
            assert policy.rpartition("frame-ancestors ")[2] == framers, status
            assert "X-Frame-Options" not in answer.headers
            assert "Access-Control-Allow-Origin" not in answer.headers


def _sent(shop: Installation, query: str):  # type: ignore[no-untyped-def]
    form = shop.client.get(shop.address("q_unclear") + query)
    check = form.submit("check", shop.example_answers("q_unclear"))
    return shop.app.test_client().post(
        str(check.form()["action"]), data=dict([*check.inputs(), ("action", "send")]), content_type=MULTIPART
    )


def test_framed_pages_are_cached_like_all_others(shop: Installation) -> None:
    client = shop.app.test_client()
    first = client.get("/ru/pricing/" + FRAME, headers={"Accept-Encoding": "gzip"})
    assert first.headers["Cache-Control"] == "public, max-age=300"
    again = client.get(
        "/ru/pricing/" + FRAME, headers={"If-None-Match": first.headers["ETag"], "Accept-Encoding": "gzip"}
    )
    assert again.status_code == 304
    assert "embedded" in gzip.decompress(first.data).decode()
    assert client.get("/ru/pricing/").headers["ETag"] != first.headers["ETag"]


def test_the_page_around_is_shown_carried_and_written_down(shop: Installation) -> None:
    check = filled(shop, page=PAGE)
    assert PAGE in check.soup.find(class_="captured").get_text()  # type: ignore[union-attr]
    form = check.submit("edit")
    assert form.value("page") == PAGE
    form.submit("check").submit("send")
    shop.run_worker()
    letter = shop.sink.received[0]
    assert letter.recipients == ["inbox-of-the-shop@desk.example"]
    text = parsed(letter.content).get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert PAGE in text


@pytest.mark.parametrize(
    "page",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//",
        "https://",
        "x" * 5000,
        "https://shop.example/" + "x" * 5000,
        "\x00\r\nBcc: a@b.example",
    ],
)
def test_what_is_no_address_of_a_page_is_no_evidence(shop: Installation, page: str) -> None:
    check = filled(shop, page=page)
    assert check.value("page") == ""
    assert check.status == 200
    assert "leave-out-page" not in check.html


def test_a_login_in_the_address_of_the_page_is_not_kept(shop: Installation) -> None:
    assert filled(shop, page="https://user:pass@shop.example/").value("page") == "https://shop.example/"


def test_a_page_that_is_left_out_reaches_no_letter(shop: Installation) -> None:
    filled(shop, page=PAGE).submit("send", {"leave_out": ["page"]})
    shop.run_worker()
    assert "zakaz@detal36.example" in shop.all_sent
    assert "shop.example/cart" not in shop.all_sent


def test_only_a_page_that_nobody_has_filled_in_may_be_prefilled(shop: Installation) -> None:
    form = shop.client.get(shop.address("pricing_all") + FRAME)
    assert "data-prefill" in form.html
    assert "data-prefill" not in form.submit("check").html
    assert "data-prefill" not in shop.client.get(shop.address("pricing_all")).html


def test_a_button_pressed_elsewhere_sends_nothing_and_says_so(shop: Installation) -> None:
    """Threats W02: another page, or a sandbox that has taken the origin away."""
    check = filled(shop, details="Слова остаются, что бы ни случилось с кнопкой")
    shop.client.options = {"headers": {"Sec-Fetch-Site": "cross-site"}}
    again = check.submit("send")
    assert "в отдельном окне" in again.summary
    assert "Слова остаются" in again.text
    shop.run_worker()
    assert shop.sink.received == []
    shop.client.options = {"headers": {"Sec-Fetch-Site": "same-origin"}}
    assert "/tickets/" in again.submit("send").address
