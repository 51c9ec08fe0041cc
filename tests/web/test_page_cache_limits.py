"""The page cache holds 64 MiB and no more, and takes no other tag for its own."""

from __future__ import annotations

import pytest
from test_page_cache import SmallApp
from werkzeug.wrappers import Request, Response

from wizard.web.page_cache import PUBLIC_PAGE


def page_of(size: int) -> SmallApp:
    """A small app whose page at ``/full`` has so many octets and any other page one."""

    def view(request: Request) -> Response:
        return Response(b"x" * (size if request.path == "/full" else 1), headers={"Cache-Control": PUBLIC_PAGE})

    return SmallApp(view)


@pytest.mark.parametrize(("size", "asked"), [(2**26 - 1, 2), (2**26, 3)])
def test_64_mebibytes_are_cached_and_with_one_octet_more_the_cache_begins_anew(size: int, asked: int) -> None:
    small = page_of(size)
    for path in ("/full", "/other", "/full"):
        assert small.client.get(path).status_code == 200
    assert small.asked == asked


@pytest.mark.parametrize("known", ['"!"', '""', '"~"', "!", "~"])
def test_no_other_tag_is_taken_for_the_page_s_own(known: str) -> None:
    answer = page_of(1).client.get("/", headers={"If-None-Match": known})
    assert (answer.status_code, answer.data) == (200, b"x")
