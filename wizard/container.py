"""The container of one running installation's objects: built once at start, passed to whoever needs them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.catalog.loader import CatalogError, load_catalog, named_catalog
from wizard.catalog.models import Catalog
from wizard.config.desk import Desk
from wizard.config.setting_types import SettingsError
from wizard.config.settings import Settings
from wizard.config.sites import Site, Sites
from wizard.files.number_mark import NumberMark
from wizard.files.storage import FileStore
from wizard.files.sweep_lock import SweepLock
from wizard.files.tombstones import Tombstones

if TYPE_CHECKING:
    from wizard.catalog.consent import Consent


def read_catalog(name: str) -> Catalog:
    """A built-in catalog or that of a file.

    Raises:
        SettingsError: with every fault, a line each.
    """
    try:
        return load_catalog(named_catalog(name))
    except CatalogError as error:
        raise SettingsError(str(error)) from None


def read_consent(path: Path, languages: Sequence[str]) -> Consent:
    """The consent of a file, in the catalog's languages.

    Raises:
        SettingsError: with every fault, a line each.
    """
    # Imported here: nobody pays for a consent that is not asked for.
    from wizard.catalog.consent import load_consent

    try:
        return load_consent(path, languages)
    except CatalogError as error:
        raise SettingsError("\n".join(f"WIZARD_CONSENT: {fault}" for fault in error.faults)) from None


@dataclass(frozen=True)
class Container:
    """Settings, catalog, sites, storage and consent of an installation."""

    settings: Settings
    catalog: Catalog
    sites: Sites
    store: FileStore
    consent: Consent | None = None
    """What clients agree to before they send; None where nobody is asked."""

    def site(self, key: str | None) -> Site:
        """The site of a key; the site without a name when nobody has that key."""
        return self.sites.get(key or "", self.sites[""])

    def cors_origins(self, key: str | None) -> Collection[str]:
        """Origins whose pages may call the API (CORS): those of the named site, or of all sites when none is named."""
        site = self.site(key)
        if site.key:
            return site.cors_origins
        return {origin for other in self.sites.values() for origin in other.cors_origins}

    @property
    def number_mark(self) -> NumberMark:
        """The last number that was given, as it stands outside the database."""
        return NumberMark(self.settings.files_folder / "last_number")

    @property
    def tombstones(self) -> Tombstones:
        """What was erased, as it stands outside the database."""
        return Tombstones(self.settings.files_folder / "erased")

    @property
    def sweep_lock(self) -> SweepLock:
        """Keeps files from being deleted while they are copied."""
        return SweepLock(self.settings.files_folder / "sweep.lock")

    @property
    def desk_language(self) -> str:
        """The language in which agents read."""
        return self.settings.desk_language or self.catalog.default_language

    def inbox_of(self, site: Site) -> str:
        """Where the reports of a site go."""
        return site.inbox or self.settings.support_inbox

    def desk_name(self, site: Site, language: str) -> str:
        """What the desk is called to those who come from a site."""
        return site.title or self.catalog.title[language]

    def desk(self, inbox: str, site: Site) -> Desk:
        """The desk as letters name it."""
        language = self.desk_language
        return Desk(
            name=self.desk_name(site, language),
            inbox=inbox,
            language=language,
            sender=self.settings.mail_default_sender,
            mail_domain=self.settings.message_id_domain,
            time_zone=self.catalog.time_zone,
            tag_pattern=self.settings.ticket_tag,
            desk_tag=self.settings.tag_of_desk,
            is_auto_submitted=self.settings.mail_auto_submitted,
            base_url=self.settings.base_url,
            ticket_json_version=self.settings.ticket_json_version,
        )
