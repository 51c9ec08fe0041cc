"""The application: settings, extensions, blueprints. The only place that knows all the others."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click
from flask import Flask
from limits.errors import ConfigurationError

from wizard.api.blueprint import PREFIX
from wizard.api.docs import api_docs
from wizard.api.problems import problem_of
from wizard.api.routes import api
from wizard.catalog.models import Catalog
from wizard.config.instance import listen_address, local_url, prepare_instance_folder
from wizard.config.setting_types import SettingsError
from wizard.config.settings import VERBATIM_SETTINGS, Settings, read_settings
from wizard.config.sites import Sites, load_sites
from wizard.config.webhook import WebhookContext
from wizard.container import Container, read_catalog, read_consent
from wizard.db.engine import db
from wizard.files.storage import FileStore
from wizard.mailbox.pages import mailbox_pages
from wizard.pages.routes import pages
from wizard.texts import LANGUAGES
from wizard.web.assets import assets
from wizard.web.errors import register_error_pages
from wizard.web.form_bodies import MOST_FIELDS, MOST_TEXT, FormRequest
from wizard.web.headers import register_security_headers
from wizard.web.health import health
from wizard.web.hosts import HostCheck
from wizard.web.page_cache import PageCache
from wizard.web.rate_limits import limiter


def create_app(config: Mapping[str, Any] | None = None, *, with_commands: bool = True) -> Flask:
    """Make the application from ``WIZARD_…`` variables, and from ``config`` where it says otherwise.

    Raises:
        click.ClickException: what is set cannot be used; the text says what to change.
    """
    root = Path(__file__).parent
    config = dict(config or {})
    folder = config.get("INSTANCE_PATH") or os.environ.get("WIZARD_INSTANCE_PATH") or root / "instance"
    instance = prepare_instance_folder(Path(folder).absolute())
    app = Flask(__name__, instance_path=str(instance))
    app.request_class = FormRequest
    app.config.from_prefixed_env("WIZARD")
    app.config.update(
        {
            name: os.environ[f"WIZARD_{name}"]
            for name in map(str.upper, VERBATIM_SETTINGS)
            if f"WIZARD_{name}" in os.environ
        }
    )
    app.config.update(config)
    app.config.setdefault("BASE_URL", local_url(*listen_address()))
    app.config.setdefault("MAILBOX_SMTP_PORT", os.environ.get("MAILBOX_SMTP_PORT") or 1025)
    settings = read_settings(app.config, instance)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_uri,
        MAX_CONTENT_LENGTH=5 * settings.upload_max_bytes + 2**20,
        MAX_FORM_MEMORY_SIZE=MOST_TEXT,
        MAX_FORM_PARTS=MOST_FIELDS,
        # Flask would refuse the health checks of balancers too: ``HostCheck`` does it.
        TRUSTED_HOSTS=None,
    )
    app.config.setdefault("RATELIMIT_STORAGE_URI", "memory://")
    # Said here, since Flask-Limiter takes what is unset from the app that it served before.
    app.config.setdefault("RATELIMIT_ENABLED", True)
    catalog = _load_catalog(settings)
    sites = _load_sites(settings, catalog)
    store = FileStore(settings.files_folder, reserve=settings.disk_reserve_bytes)
    consent = read_consent(settings.consent, catalog.languages) if settings.consent else None
    app.extensions["zayavka"] = Container(settings, catalog, sites, store, consent)
    db.init_app(app)
    _init_rate_limits(app)
    app.register_blueprint(health)
    # Behind a proxy everybody looks as if they sat at this machine: then there is no page to read letters.
    if settings.uses_local_mailbox and settings.is_local_only:
        app.register_blueprint(mailbox_pages(instance / "mailbox"))
    app.register_blueprint(assets)
    app.register_blueprint(pages)
    if consent:
        # Imported here: where no consent is asked, it has no page.
        from wizard.pages.consent import consent_pages

        app.register_blueprint(consent_pages)
    app.register_blueprint(api)
    app.register_blueprint(api_docs)
    register_error_pages(app, elsewhere={PREFIX: problem_of})
    register_security_headers(app)
    app.wsgi_app = HostCheck(PageCache(app.wsgi_app, sites), settings)  # type: ignore[method-assign]
    if with_commands:
        # Imported here: a web process is lighter and starts sooner without what only commands need.
        from wizard.cli import register_commands

        register_commands(app, partial(create_app, config, with_commands=False))
    return app


def _load_catalog(settings: Settings) -> Catalog:
    catalog = read_catalog(settings.catalog)
    if unknown := set(catalog.languages) - set(LANGUAGES):
        raise SettingsError(f"WIZARD_CATALOG: the interface has no words in {', '.join(sorted(unknown))}")
    if settings.desk_language not in (None, *catalog.languages):
        raise SettingsError(f"WIZARD_DESK_LANGUAGE: the catalog's languages are {', '.join(catalog.languages)}")
    return catalog


def _load_sites(settings: Settings, catalog: Catalog) -> Sites:
    context = WebhookContext(os.environ, private_addresses=settings.webhook_private_addresses)
    sites = load_sites(settings.sites, catalog.languages, context)
    if any(site.webhook for site in sites.values()) and not settings.lease_outlives_a_webhook:
        raise SettingsError(
            "WIZARD_OUTBOX_LEASE must be half as long again as WEBHOOK_DEADLINE and WEBHOOK_TIMEOUT together, "
            "or two workers may make one call"
        )
    return sites


def _init_rate_limits(app: Flask) -> None:
    try:
        limiter.init_app(app)
    except ConfigurationError as error:
        raise SettingsError(f"WIZARD_RATELIMIT_STORAGE_URI: {error}") from None


def main() -> None:
    """Start everything of one machine, as ``make run`` does."""
    # Imported here: an app under another server needs no supervisor.
    from wizard.serve import supervisor

    try:
        load = partial(create_app, with_commands=False)
        supervisor.serve(load(), load, *listen_address(), processes=1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
