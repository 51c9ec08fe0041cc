"""``flask export``: what is written can be served by anybody, is the same every time, and harms nobody's files."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import brotli
import pytest
from bs4 import BeautifulSoup
from flask import Flask
from installation import Installation

from wizard.export.folder import ExportError
from wizard.export.headers import asset_headers, page_headers
from wizard.export.writing import write_export
from wizard.web.page_cache import IMMUTABLE, PUBLIC_PAGE

SERVICE = "https://help.desk.example"
SITES = """
shop:
  title: Магазин
  origins: [https://shop.example]
  language: en
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """A service with a small catalog and one site."""
    from app import create_app

    folder = tmp_path_factory.mktemp("instance")
    (folder / "sites.yaml").write_text(SITES)
    return create_app({"INSTANCE_PATH": str(folder), "CATALOG": "hosting", "SITES": str(folder / "sites.yaml")})


@pytest.fixture(scope="module")
def build(app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of that service."""
    folder = tmp_path_factory.mktemp("build")
    write_export(app, folder, SERVICE)
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def pages_of(folder: Path) -> dict[Path, BeautifulSoup]:
    """Every page of an export."""
    return {path: BeautifulSoup(path.read_text("utf-8"), "html.parser") for path in folder.rglob("*.html")}


def test_every_page_of_every_language_is_written(app: Flask, build: Path) -> None:
    catalog = app.extensions["zayavka"].catalog
    for language in ("ru", "en"):
        places = ["", "rules/", "follow-up/", "embed/", *(f"{category.id}/" for category in catalog.categories)]
        places += [f"{catalog.category_of[situation].id}/{situation}/" for situation in catalog.situations]
        for place in places:
            assert f'lang="{language}"' in (build / language / place / "index.html").read_text("utf-8"), place


def test_every_link_and_every_part_of_a_page_is_a_file_of_the_export_or_the_services(build: Path) -> None:
    for path, page in pages_of(build).items():
        addresses = [
            element.get("href") or element.get("src") for element in page.find_all(["a", "link", "script", "img"])
        ]
        for address in filter(None, addresses):
            parts = urlsplit(address)
            if parts.scheme or not parts.path:
                continue
            assert not parts.path.startswith("/") and not parts.query, f"{path}: {address}"
            target = (path.parent / parts.path).resolve()
            assert (target / "index.html" if parts.path.endswith("/") else target).is_file(), f"{path}: {address}"


def test_no_file_is_written_that_no_page_names(build: Path) -> None:
    named = {
        (path.parent / str(address)).resolve()
        for path, page in pages_of(build).items()
        for element in page.find_all(["link", "script", "img"])
        if (address := element.get("href") or element.get("src"))
    }
    written = {path.resolve() for path in (build / "static").rglob("*") if path.suffix not in (".gz", ".br")}
    files = {path for path in written if path.is_file()}
    assert files and files <= named


def test_what_is_typed_goes_to_the_service_and_the_policy_lets_it_go_nowhere_else(build: Path) -> None:
    forms = 0
    for path, page in pages_of(build).items():
        policy = page.find("meta", {"http-equiv": "Content-Security-Policy"})
        directives = dict(directive.strip().split(" ", 1) for directive in policy["content"].split(";"))
        assert directives["default-src"] == directives["base-uri"] == "'none'"
        assert directives["form-action"] == SERVICE
        # The page for unknown addresses lies anywhere: it names nothing but the service's.
        own = SERVICE if path.name == "404.html" else "'self'"
        assert set(directives["connect-src"].split()) == {own, SERVICE}
        assert directives["script-src"] == directives["style-src"] == own
        assert directives.get("frame-src") == (SERVICE if path.parent.name == "embed" else None)
        assert "frame-ancestors" not in directives
        for form in page.find_all("form"):
            assert form["action"].startswith(f"{SERVICE}/{page.html['lang']}/"), path
            forms += 1
    assert forms > 20


def test_the_page_for_unknown_addresses_needs_no_place_of_its_own(app: Flask, tmp_path: Path) -> None:
    write_export(app, tmp_path, SERVICE, "shop")
    page = BeautifulSoup((tmp_path / "404.html").read_text("utf-8"), "html.parser")
    assert page.html["lang"] == "en" and "There is no such page" in page.h1.get_text()  # type: ignore[index,union-attr]
    addresses = [
        str(element.get("href") or element.get("src")) for element in page.find_all(["a", "link", "script", "img"])
    ]
    assert f"{SERVICE}/en/?site=shop" in addresses
    other = page.select_one("main [lang=ru]")
    assert other and other.get_text() == "Такой страницы нет. К началу"
    assert other.a and other.a["href"] == f"{SERVICE}/ru/?site=shop"
    assert all(address.startswith((f"{SERVICE}/", "#")) for address in addresses)
    assert "error_page 404 /404.html;" in (tmp_path / "nginx.conf").read_text("utf-8")


def test_the_composer_of_a_copy_gives_the_services_snippet_and_leads_choices_to_the_service(
    app: Flask, tmp_path: Path
) -> None:
    write_export(app, tmp_path, SERVICE, "shop")
    page = BeautifulSoup((tmp_path / "en" / "embed" / "index.html").read_text("utf-8"), "html.parser")
    assert page.find(id="compose")["action"].startswith(f"{SERVICE}/en/embed/")  # type: ignore[index,union-attr]
    snippet = BeautifulSoup(page.find(id="snippet").get_text(), "html.parser")  # type: ignore[union-attr]
    assert snippet.script["src"] == f"{SERVICE}/embed.js"  # type: ignore[index]
    live = page.select_one(".live script")
    assert live and live["src"] == "../../embed.js" and live["data-site"] == "shop"


def test_the_manifest_says_the_truth_of_every_file(build: Path) -> None:
    manifest = json.loads((build / "manifest.json").read_text("utf-8"))
    entries = {entry["path"]: entry for entry in manifest["files"]}
    there = files_of(build)
    assert entries.keys() | {"manifest.json"} == there.keys()
    for path, entry in entries.items():
        assert (entry["size"], entry["sha256"]) == (len(there[path]), hashlib.sha256(there[path]).hexdigest())
    assert entries["ru/index.html"]["type"] == entries["ru/index.html.br"]["type"] == "text/html"
    assert entries["ru/index.html.br"]["encoding"] == "br"


def test_compressed_files_lie_beside_each_text_and_say_the_same(build: Path) -> None:
    there = files_of(build)
    texts = [path for path in there if path.endswith((".html", ".css", ".js", ".svg"))]
    assert {Path(path).suffix for path in texts} == {".html", ".css", ".js", ".svg"}
    for path in texts:
        assert gzip.decompress(there[f"{path}.gz"]) == brotli.decompress(there[f"{path}.br"]) == there[path]


def test_two_exports_are_the_same_to_the_byte(app: Flask, build: Path, tmp_path: Path) -> None:
    write_export(app, tmp_path, SERVICE)
    assert files_of(tmp_path) == files_of(build)


def test_an_export_says_nothing_of_the_machine_on_which_it_was_made(app: Flask, build: Path) -> None:
    instance = app.extensions["zayavka"].settings.instance_path
    for path, content in files_of(build).items():
        assert str(instance).encode() not in content and b"127.0.0.1" not in content, path


def test_the_script_for_pages_of_others_leads_to_the_services_frames(app: Flask, build: Path) -> None:
    script = (build / "embed.js").read_text("utf-8")
    assert f'const SERVICE = "{SERVICE}";' in script and "const WORDS = {};" not in script
    assert 'const SERVICE = "";' in app.test_client().get("/embed.js").text


def test_the_service_itself_answers_as_before(app: Flask, build: Path) -> None:
    page = app.test_client().get("/ru/").text
    assert SERVICE not in page and "Content-Security-Policy" not in page


def test_a_site_has_its_own_export(app: Flask, tmp_path: Path) -> None:
    write_export(app, tmp_path, SERVICE, "shop")
    page = next(iter((tmp_path / "en").glob("*/*/index.html")))
    form = BeautifulSoup(page.read_text("utf-8"), "html.parser").form
    assert form is not None and str(form["action"]).endswith("?site=shop")
    assert form.find("input", {"name": "site"})["value"] == "shop"  # type: ignore[index]
    assert "Магазин" in (tmp_path / "ru" / "index.html").read_text("utf-8")
    assert 'lang="en"' in (tmp_path / "index.html").read_text("utf-8")
    for name in ("_headers", "nginx.conf"):
        assert "frame-ancestors https://shop.example" in (tmp_path / name).read_text("utf-8")


@pytest.mark.parametrize(
    ("path", "cache_control"),
    [
        ("/", PUBLIC_PAGE),
        ("/ru/rules/", PUBLIC_PAGE),
        ("/embed.js", PUBLIC_PAGE),
        ("/static/zayavka.0123.css", IMMUTABLE),
        ("/404.html", None),
        ("/nowhere/deep/down", None),
    ],
)
def test_headers_are_said_for_every_address_and_none_of_them_twice(
    build: Path, path: str, cache_control: str | None
) -> None:
    said: list[tuple[str, str]] = []
    for block in (build / "_headers").read_text("utf-8").strip().split("\n\n"):
        pattern, *lines = block.split("\n")
        if fnmatchcase(path, pattern):
            said += [(name.strip(), value) for name, value in (line.split(": ", 1) for line in lines)]
    headers = dict(said)
    assert len(headers) == len(said)
    assert headers.pop("Cache-Control", None) == cache_control
    wanted = page_headers(SERVICE, ())
    del wanted["Cache-Control"]
    assert headers == wanted


def test_what_was_exported_before_and_is_no_more_goes_and_other_files_stay(app: Flask, tmp_path: Path) -> None:
    write_export(app, tmp_path, SERVICE)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "ru" / "former").mkdir()
    for name in ("ru/former/index.html", "robots.txt"):
        (tmp_path / name).write_text("former")
    manifest["files"].append({"path": "ru/former/index.html"})
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assert write_export(app, tmp_path, SERVICE).removed == 1
    assert not (tmp_path / "ru" / "former").exists()
    assert (tmp_path / "robots.txt").read_text() == "former"


def test_a_manifest_that_names_files_of_others_removes_none_of_them(app: Flask, tmp_path: Path) -> None:
    folder, other = tmp_path / "build", tmp_path / "other.txt"
    other.write_text("precious")
    folder.mkdir()
    names = [{"path": "../other.txt"}, {"path": str(other)}]
    (folder / "manifest.json").write_text(json.dumps({"made_by": "zayavka export", "files": names}))
    assert write_export(app, folder, SERVICE).removed == 0
    assert other.read_text() == "precious"


@pytest.mark.parametrize(
    "content", [None, "{}", "[]", "not json", '{"made_by": "somebody", "files": []}', '{"made_by": "zayavka export"}']
)
def test_a_folder_of_somebody_elses_is_left_alone(app: Flask, tmp_path: Path, content: str | None) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    before = files_of(tmp_path)
    with pytest.raises(ExportError, match="no earlier export"):
        write_export(app, tmp_path, SERVICE)
    assert files_of(tmp_path) == before


def test_an_export_that_was_cut_short_is_taken_up_again(
    app: Flask, build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wizard.export import folder

    written = []

    def full_disk(path: Path, content: bytes, write: Callable[..., Any] = folder._write) -> None:
        if len(written) == 20:
            raise OSError(28, "No space left on device", str(path))
        written.append(path)
        write(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(folder, "_write", full_disk)
        with pytest.raises(ExportError, match="No space left"):
            write_export(app, tmp_path, SERVICE)
    write_export(app, tmp_path, SERVICE)
    assert files_of(tmp_path) == files_of(build)


@pytest.mark.parametrize(
    "api", ["help.desk.example", "https://help.desk.example/base", "ftp://x.example", "https://x; y"]
)
def test_the_command_refuses_what_is_no_origin_and_sites_that_are_not(app: Flask, tmp_path: Path, api: str) -> None:
    commands = app.test_cli_runner()
    refused = commands.invoke(args=["export", str(tmp_path / "build"), "--api", api])
    assert refused.exit_code != 0 and "--api" in refused.output
    refused = commands.invoke(args=["export", str(tmp_path / "build"), "--api", SERVICE, "--site", "none"])
    assert refused.exit_code != 0 and "known are: shop" in refused.output
    assert not (tmp_path / "build").exists()


def test_the_command_of_the_docs_makes_what_they_name(app: Flask, tmp_path: Path) -> None:
    docs = (Path(__file__).parents[2] / "docs" / "export.md").read_text("utf-8")
    command = docs.split("```sh\n.venv/bin/flask --app app ")[1].split("\n")[0].split()
    folder = tmp_path / "build"
    done = app.test_cli_runner().invoke(args=[str(folder) if part == "build/" else part for part in command])
    assert done.exit_code == 0 and "0 files of before removed. Forms go to https://help.desk.example." in done.output
    for name in ("manifest.json", "_headers", "nginx.conf", "static"):
        assert f"`{name}" in docs and (folder / name).exists()
    for header in (*page_headers(SERVICE, ()), *asset_headers()):
        assert header in docs
    assert PUBLIC_PAGE in docs and IMMUTABLE in docs


def test_the_checks_between_steps_can_be_read_by_the_pages_of_our_sites_alone(
    make_desk: Callable[..., Installation], tmp_path: Path
) -> None:
    (tmp_path / "sites.yaml").write_text(SITES)
    client = make_desk(SITES=str(tmp_path / "sites.yaml")).app.test_client()

    def readable_from(origin: str, **data: str) -> str | None:
        answer = client.post("/ru/site/site_down/?site=shop", data=data, headers={"Origin": origin})
        return answer.headers.get("Access-Control-Allow-Origin")

    step = client.get("/ru/site/site_down/").text.split('data-step="')[1].split('"')[0]
    assert readable_from("https://shop.example", action="check", step=step) == "https://shop.example"
    assert readable_from("https://evil.example", action="check", step=step) is None
    # The last look, its key and the receipt are for the client's eyes only.
    assert readable_from("https://shop.example", action="check") is None
    assert readable_from("https://shop.example", action="send") is None
