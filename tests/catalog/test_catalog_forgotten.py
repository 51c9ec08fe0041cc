"""What is computed from a catalog is cached on it, and goes when nobody uses the catalog any more."""

from __future__ import annotations

import gc
import weakref

import pytest
from flask import Flask

from app import create_app
from wizard.catalog.loader import load_catalog, named_catalog
from wizard.catalog.models import Catalog
from wizard.db.engine import db
from wizard.forms.factory import report_form


@pytest.fixture
def unshared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the apps of a test read catalogs of their own."""
    monkeypatch.setattr("app.read_catalog", lambda name: load_catalog(named_catalog(name)))


def catalog_of(app: Flask) -> Catalog:
    """The catalog that an app has read."""
    catalog: Catalog = app.extensions["zayavka"].catalog
    return catalog


@pytest.mark.usefixtures("unshared")
def test_a_catalog_goes_with_the_last_app_that_used_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    apps = [
        create_app({"INSTANCE_PATH": str(tmp_path_factory.mktemp("instance")), "CATALOG": "hosting"}) for _ in range(2)
    ]
    for app in apps:
        client, catalog = app.test_client(), catalog_of(app)
        situation = next(iter(catalog.situations.values()))
        path = f"{catalog.category_of[situation.id].id}/{situation.id}"
        assert client.get(f"/en/{path}/").status_code == 200
        assert client.get(f"/api/v1/situations/{situation.id}").status_code == 200
        assert client.post("/api/v1/assess", json={"text": "The site does not open"}).status_code == 200
        assert client.post("/api/v1/tickets", json={"situation": situation.id, "answers": {}}).status_code == 422
        with app.app_context():
            db.engine.dispose()
    references = [weakref.ref(catalog_of(app)) for app in apps]
    assert all(reference() is not None for reference in references)
    del apps, app, client, catalog, situation
    gc.collect()
    assert [reference() for reference in references] == [None, None]


def test_a_form_class_is_cached_for_a_catalog_and_anew_for_a_changed_copy() -> None:
    catalog = load_catalog(named_catalog("hosting"))
    situation = next(iter(catalog.situations.values()))
    form = report_form(catalog, situation, "en")
    assert report_form(catalog, situation, "en") is form
    copy = catalog.model_copy(update={"time_zone": "Asia/Yekaterinburg"})
    assert report_form(copy, situation, "en").zone.key == "Asia/Yekaterinburg"
    assert report_form(catalog, situation, "en").zone.key == catalog.time_zone
