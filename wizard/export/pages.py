"""Every page and static file of an export, rendered by the views that answer to browsers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flask import Flask, url_for

from wizard.container import Container
from wizard.export.folder import ExportedFile, ExportError
from wizard.export.headers import NOT_FOUND
from wizard.web.assets import hashed_name
from wizard.web.static_export import EXPORT_ENVIRON_KEY, StaticExport


def render_pages(app: Flask, service_origin: str, site: str) -> Iterator[ExportedFile]:
    """The pages of a site in every language, led by the two that stand at the root: the start page, and one for
    addresses that there are not."""
    with app.test_request_context():
        paths = list(_paths(app.extensions["zayavka"]))
        start = _start_in(app.extensions["zayavka"], site)
    yield _render(app, start, site, StaticExport(service_origin, "/"))
    # An address that the service does not know either is answered in the site's language.
    yield _render(
        app, f"/{NOT_FOUND}", site, StaticExport(service_origin, f"/{NOT_FOUND}", is_anywhere=True), status=404
    )
    for path in paths:
        yield _render(app, path, site, StaticExport(service_origin, path))


def render_assets(app: Flask, service_origin: str, names: Iterable[str]) -> Iterator[ExportedFile]:
    """Static files, each under the name that changes with its content, and the script that site owners name."""
    with app.test_request_context():
        addresses = [url_for("static", filename=hashed_name(name)) for name in sorted(names)]
        embed = url_for("pages.embed_script")
    for address in [*addresses, embed]:
        yield _render(app, address, "", StaticExport(service_origin, address))


def _paths(container: Container) -> Iterator[str]:
    catalog = container.catalog
    for language in catalog.languages:
        for page in ("start", "rules", "follow_up_by_number", "compose", "sent", "privacy"):
            yield url_for(f"pages.{page}", language=language)
        if container.consent:
            yield url_for("consent.show_consent", language=language)
        for category in catalog.categories:
            yield url_for("pages.category", language=language, category=category.id)
            for situation in category.situations:
                yield url_for("pages.show_form", language=language, category=category.id, situation=situation.id)


def _start_in(container: Container, site: str) -> str:
    return url_for("pages.start", language=container.site(site).language or container.catalog.default_language)


def _render(app: Flask, address: str, site: str, export: StaticExport, status: int = 200) -> ExportedFile:
    query = {"site": site} if site else None
    with app.test_request_context(address, query_string=query, environ_overrides={EXPORT_ENVIRON_KEY: export}):
        answer = app.full_dispatch_request()
    if answer.status_code != status:
        raise ExportError(f"{address} was answered with {answer.status_code}; see the log")
    # The plainest web server answers to a folder with its index.html.
    path = f"{export.path}index.html" if export.path.endswith("/") else export.path
    return ExportedFile(path.lstrip("/"), answer.get_data(), answer.mimetype or "", assets=frozenset(export.assets))
