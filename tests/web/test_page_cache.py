"""The page cache holds what is the same for everybody, tells apart what clients ask for, and never grows too large."""

from __future__ import annotations

import gzip
import os
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest
from flask import Flask, request, request_started
from installation import Installation
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from wizard.web import page_cache
from wizard.web.page_cache import IMMUTABLE, PUBLIC_PAGE, PageCache

BROWSERS = ["gzip, deflate, br, zstd", "gzip, deflate, br", "gzip, deflate", "gzip"]
LANGUAGES = ("ru", "en")


class SmallApp:
    """An application of one view behind the cache; it counts how often it is asked."""

    def __init__(self, view: Callable[[Request], Response], sites: tuple[str, ...] = ()) -> None:
        self.view, self.asked = view, 0
        self.client = Client(PageCache(self._answer, sites))

    def _answer(self, environ: dict[str, object], start_response: Callable[..., object]) -> object:
        self.asked += 1
        return self.view(Request(environ))(environ, start_response)  # type: ignore[arg-type]


def page(_: Request) -> Response:
    """A page of ours."""
    return Response("<h1>Что случилось?</h1>" * 20, mimetype="text/html", headers={"Cache-Control": PUBLIC_PAGE})


@pytest.fixture
def small() -> SmallApp:
    return SmallApp(page)


# --- What is cached ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cache_control", [PUBLIC_PAGE, IMMUTABLE])
@pytest.mark.parametrize("vary", [[], ["Accept-Encoding"], ["accept-encoding", "Accept-Encoding"]])
def test_a_page_that_is_the_same_for_everybody_is_asked_for_once(cache_control: str, vary: list[str]) -> None:
    def view(_: Request) -> Response:
        return Response("page", headers=[("Cache-Control", cache_control), *(("Vary", name) for name in vary)])

    small = SmallApp(view)
    answers = [small.client.get("/ru/") for _ in range(3)]
    assert [answer.text for answer in answers] == ["page"] * 3
    assert [answer.headers.getlist("Vary") for answer in answers] == [["Accept-Encoding"]] * 3
    assert small.asked == 1


def test_an_answer_that_varies_by_language_and_origin_reaches_nobody_else() -> None:
    """Were the API ever to say what pages say, the first caller's language and CORS header would be everybody's."""

    def view(request: Request) -> Response:
        answer = Response(request.headers["Accept-Language"], headers={"Cache-Control": PUBLIC_PAGE})
        answer.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        answer.vary.update(["Accept-Language", "Origin"])
        return answer

    small = SmallApp(view)
    for language, origin in product(("ru", "en"), ("https://shop.example", "https://other.example")):
        answer = small.client.get("/api/v1/catalog", headers={"Accept-Language": language, "Origin": origin})
        assert answer.text == language
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        assert answer.headers["Vary"] == "Accept-Language, Origin"


@pytest.mark.parametrize(
    "headers",
    [
        [("Vary", "Origin")],
        [("Vary", "Cookie")],
        [("Vary", "*")],
        [("Vary", "Accept-Encoding, Accept-Language")],
        [("Vary", "Accept-Encoding"), ("Vary", "Origin")],
        [("Set-Cookie", "session=1")],
        [("set-cookie", "session=1")],
    ],
)
def test_an_answer_that_is_one_caller_s_alone_is_not_cached(headers: list[tuple[str, str]]) -> None:
    small = SmallApp(lambda _: Response("page", headers=[("Cache-Control", PUBLIC_PAGE), *headers]))
    for _ in range(2):
        answer = small.client.get("/ru/")
        assert [value for name, value in answer.headers if name in ("Vary", "Set-Cookie", "set-cookie")] == [
            value for _, value in headers
        ]
    assert small.asked == 2


@pytest.mark.parametrize("status", [203, 301, 404, 500])
def test_nothing_but_a_page_is_cached(status: int) -> None:
    small = SmallApp(lambda _: Response("page", status, headers={"Cache-Control": PUBLIC_PAGE}))
    assert [small.client.get("/ru/").status_code for _ in range(2)] == [status] * 2
    assert small.asked == 2


@pytest.mark.parametrize("query", ["x=1", "site=nobody", "site=shop&embed=red", "embed=dark", "site=shop&site=shop"])
def test_no_address_that_a_visitor_makes_up_is_cached(query: str) -> None:
    small = SmallApp(page, sites=("", "shop"))
    for _ in range(2):
        assert small.client.get(f"/ru/?{query}").status_code == 200
    assert small.asked == 2


# --- What clients ask for ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "is_gzipped"),
    [
        *((encodings, True) for encodings in BROWSERS),
        ("GZIP", True),
        ("*", True),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("gzip;q=0.5, identity;q=0.5", True),
        ("gzip, *;q=0", True),
        ("identity;q=0, *", True),
        (None, False),
        ("", False),
        ("identity", False),
        ("br, deflate", False),
        ("gzip;q=0", False),
        ("gzip ; q=0.000", False),
        ("br, gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
        ("identity, gzip;q=0.5", False),
        ("not-gzip", False),
    ],
)
def test_a_page_is_gzipped_for_those_alone_who_take_it_so(
    small: SmallApp, accepted: str | None, is_gzipped: bool
) -> None:
    headers = {} if accepted is None else {"Accept-Encoding": accepted}
    for answer in (small.client.get("/ru/", headers=headers) for _ in range(2)):
        assert answer.headers.get("Content-Encoding") == ("gzip" if is_gzipped else None)
        assert answer.headers["Content-Length"] == str(len(answer.data))
        assert "Что случилось?" in (gzip.decompress(answer.data) if is_gzipped else answer.data).decode()


def test_plain_and_gzipped_are_two_pages_with_a_tag_each(small: SmallApp) -> None:
    tags = {
        small.client.get("/ru/", headers={"Accept-Encoding": encoding}).headers["ETag"] for encoding in ("gzip", "br")
    }
    assert len(tags) == 2
    assert small.asked == 2


@pytest.mark.parametrize(
    ("if_none_match", "status"),
    [
        ("{etag}", 304),
        ("W/{etag}", 304),
        ('"other", {etag}', 304),
        ('W/"other" , W/{etag}', 304),
        ('{etag}, "other"', 304),
        ("*", 304),
        ("", 200),
        ('"other"', 200),
        ('"x{bare}"', 200),
        ('"{bare}x"', 200),
        ('"other, {bare}, another"', 200),
        ('W/"other"', 200),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_page_is_confirmed_by_its_tag_and_by_no_other(
    small: SmallApp, method: str, if_none_match: str, status: int
) -> None:
    first = small.client.get("/ru/")
    etag = first.headers["ETag"]
    condition = if_none_match.format(etag=etag, bare=etag.strip('"'))
    again = small.client.open("/ru/", method=method, headers={"If-None-Match": condition})
    assert again.status_code == status
    if status == 304:
        assert again.data == b""
        headers = {name: value for name, value in first.headers if name != "Content-Length"}
        assert dict(again.headers) == headers


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
@pytest.mark.parametrize("is_head_first", [True, False])
def test_head_has_the_headers_of_get_whoever_comes_first(
    desk: Installation, accepted: str, is_head_first: bool
) -> None:
    client = desk.app.test_client()
    receipt = desk.send("q_unclear").address
    places = [
        *("/", "/ru/", "/en/site/site_down/", "/ru/embed/", "/ru/follow-up/", "/embed.js", "/healthz"),
        *("/ru/?site=nobody", "/ru/?x=1", "/ru/nothing/", "/static/zayavka.css", "/static/logo.svg"),
        *("/api/v1/catalog", "/api/v1/docs", "/api/v1/nothing", receipt, f"{receipt}follow-up/"),
    ]
    for place in places:
        answers = {}
        for method in ("HEAD", "GET") if is_head_first else ("GET", "HEAD"):
            answers[method] = client.open(place, method=method, headers={"Accept-Encoding": accepted})
        assert answers["HEAD"].data == b"", place
        assert answers["HEAD"].status_code == answers["GET"].status_code, place
        assert _lasting(answers["HEAD"]) == _lasting(answers["GET"]), place
        assert answers["GET"].headers["Content-Length"] == str(len(answers["GET"].data)), place


def _lasting(answer: Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers if name != "Date"}


def test_head_of_what_takes_no_get_is_refused_as_get_is(desk: Installation) -> None:
    answer = desk.app.test_client().head("/api/v1/tickets")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_the_body_that_nobody_is_sent_is_closed() -> None:
    closed = []

    class Body:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b"page"])

        def close(self) -> None:
            closed.append(True)

    small = SmallApp(lambda _: Response(Body(), direct_passthrough=True))  # type: ignore[arg-type]
    assert small.client.head("/ru/").data == b""
    assert closed == [True]


# --- How much is cached -----------------------------------------------------------------------------------------------


def test_when_the_cache_is_full_all_pages_are_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_cache, "MAX_BYTES", 3000)
    small = SmallApp(lambda _: Response(b"x" * 1000, headers={"Cache-Control": PUBLIC_PAGE}))
    for place in ("/1/", "/2/", "/3/", "/1/", "/2/", "/3/"):
        small.client.get(place)
    assert small.asked == 3, "as much as there is room for is cached"
    small.client.get("/4/")
    for place in ("/4/", "/1/", "/4/", "/1/"):
        small.client.get(place)
    assert small.asked == 5, "the fourth page emptied the cache, and it is filled again"


def test_a_page_that_is_asked_for_twice_at_once_takes_room_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_cache, "MAX_BYTES", 3000)

    def view(request: Request) -> Response:
        # Another caller comes while the page is made.
        if "X-Inner" not in request.headers:
            small.client.get(request.path, headers={"X-Inner": "1"})
        return Response(b"x" * 1000, headers={"Cache-Control": PUBLIC_PAGE})

    small = SmallApp(view)
    for place in ("/1/", "/2/", "/3/"):
        small.client.get(place)
    count = small.asked
    for place in ("/1/", "/2/", "/3/"):
        small.client.get(place)
    assert small.asked == count


def test_the_memory_of_every_site_theme_and_language_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_cache, "MAX_BYTES", 2**20)
    sites = tuple(f"shop{n}" for n in range(40))
    small = SmallApp(lambda _: Response(os.urandom(50_000), headers={"Cache-Control": PUBLIC_PAGE}), sites)
    queries = [f"site={site}{frame}" for site in sites for frame in ("", "&embed=auto", "&embed=light", "&embed=dark")]
    tracemalloc.start()
    try:
        for language, query in product(LANGUAGES, queries):
            small.client.get(f"/{language}/?{query}")
        held, highest = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert small.asked == len(LANGUAGES) * len(queries) == 320
    assert held < 1.5 * 2**20
    assert highest < 2 * 2**20


@pytest.fixture
def sites(tmp_path: Path) -> str:
    path = tmp_path / "sites.yaml"
    path.write_text("".join(f"shop{n}: {{origins: ['https://shop{n}.example']}}\n" for n in range(3)))
    return str(path)


def test_framed_pages_of_the_form_are_cached_and_fall_out_when_there_are_too_many(
    make_app: Callable[..., Flask], sites: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(SITES=sites)
    client = app.test_client()
    requested: list[str] = []

    def write_down(*_: object, **__: object) -> None:
        requested.append(request.full_path)

    request_started.connect(write_down, app)
    addresses = [
        f"/{language}/?site=shop{n}&embed={theme}"
        for language, n, theme in product(LANGUAGES, range(3), ("auto", "light", "dark"))
    ]
    weight = sum(len(client.get(address).data) for address in addresses)
    for address in addresses:
        client.get(address)
    assert requested == addresses, "asked once each, then answered from memory"
    monkeypatch.setattr(page_cache, "MAX_BYTES", weight)
    client.get("/ru/rules/")
    requested.clear()
    for address in addresses:
        client.get(address)
    assert requested == addresses, "one page too many has emptied the cache"
