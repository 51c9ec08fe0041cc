"""Static files: gzipped on the wire, cached for good under names that change with their content."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from installation import Installation


@pytest.fixture
def addresses(desk: Installation) -> list[str]:
    """The addresses of the static files of a form page."""
    soup = desk.client.get("/ru/site/site_down/").soup
    return [link["href"] for link in soup.find_all("link", rel=["icon", "stylesheet"])] + [
        script["src"] for script in soup.find_all("script")
    ]


def test_a_static_file_is_gzipped_and_cached_for_good(desk: Installation, addresses: list[str]) -> None:
    client = desk.app.test_client()
    assert len(addresses) >= 4
    for address in addresses:
        plain = client.get(address)
        gzipped = client.get(address, headers={"Accept-Encoding": "gzip, br"})
        assert gzipped.headers["Content-Encoding"] == "gzip"
        assert gzipped.headers["Vary"] == "Accept-Encoding"
        assert gzipped.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert gzipped.headers["Content-Type"] == plain.headers["Content-Type"]
        assert gzip.decompress(gzipped.data) == plain.data
        assert gzipped.headers["ETag"] != plain.headers["ETag"]
        again = client.get(address, headers={"Accept-Encoding": "gzip", "If-None-Match": gzipped.headers["ETag"]})
        assert again.status_code == 304


def test_a_name_of_before_gets_what_the_file_is_now_and_is_not_cached(desk: Installation) -> None:
    client = desk.app.test_client()
    former = client.get("/static/js/steps.0123456789ab.js")
    assert former.data == client.get("/static/js/steps.js").data
    assert former.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", ["none.0123456789ab.js", "../app.0123456789ab.py", "js/../../app.0123456789ab.py"])
def test_what_is_no_static_file_is_not_found(desk: Installation, name: str) -> None:
    assert desk.app.test_client().get(f"/static/{name}").status_code == 404


def test_no_script_imports_another_by_a_name_that_does_not_change_with_its_content(desk: Installation) -> None:
    scripts = [path for path in (Path(str(desk.app.static_folder)) / "js").glob("*.js")]
    assert len(scripts) >= 3
    for path in scripts:
        assert not re.search(r"^\s*(import|export)\b|\bimport\(", path.read_text("utf-8"), re.MULTILINE), path.name
