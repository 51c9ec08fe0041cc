"""Sites: the pages of others that embed the form. Data, like the catalog (``sites.yaml``)."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from click import ClickException
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from wizard.config.setting_types import EmailAddress
from wizard.config.webhook import Webhook, WebhookContext, with_secrets_of_environment
from wizard.values.url import ORIGIN

Origin = Annotated[str, StringConstraints(pattern=rf"^{ORIGIN}$")]

Folder = Annotated[
    str,
    StringConstraints(pattern=rf"^{ORIGIN}/(?:[A-Za-z0-9_.~%!$&'()*+,;=:@-]+/)*$", max_length=400),
]
"""The whole address of a folder, exactly as a browser writes it: with a slash at its end, no query, no fragment."""

Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
"""The key of a site in URLs."""


SECRET_LENGTH = 24
"""Characters of a site's secret, at least: 128 bits and more, however they are written."""


def _secret(value: SecretStr) -> SecretStr:
    secret = value.get_secret_value()
    if len(secret) < SECRET_LENGTH or not (secret.isascii() and secret.isprintable()) or " " in secret:
        raise ValueError(
            f"must have at least {SECRET_LENGTH} signs; make one with "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
    return value


class SitesError(ClickException):
    """The file of sites cannot be used; the text says why in one line."""


class Site(BaseModel):
    """One embedding site."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = ""
    title: str | None = None
    origins: tuple[Origin, ...] = ()
    """Origins whose pages may embed the form in a frame."""
    copies: tuple[Folder, ...] = ()
    """Folders of static exports for this site: only their own pages may read what belongs to a ticket."""
    inbox: EmailAddress | None = None
    """The desk's inbox for this site; the service's own when unset."""
    theme: Literal["auto", "light", "dark"] = "auto"
    language: str | None = None
    webhook: Webhook | None = None
    """The endpoint that is called with this site's tickets."""
    secrets: Annotated[tuple[Annotated[SecretStr, AfterValidator(_secret)], ...], Field(max_length=10, repr=False)] = ()
    """Any one of them says that the site's own server calls the API; several, so that they can be changed without a
    gap."""

    @model_validator(mode="before")
    @classmethod
    def _read_secrets_of_the_environment(cls, value: Any, info: ValidationInfo) -> Any:
        return with_secrets_of_environment(value, info)

    def has_secret(self, written: str) -> bool:
        """Whether it is one of the site's secrets. Takes as long for any other text of the same length."""
        given = written.encode("utf-8", "replace")
        secrets = [secret.get_secret_value().encode() for secret in self.secrets]
        return any([hmac.compare_digest(secret, given) for secret in secrets])

    @property
    def cors_origins(self) -> tuple[str, ...]:
        """Origins whose pages may call the API (CORS): those that may embed the form, and those of copies."""
        folders = map(urlsplit, self.copies)
        return (*self.origins, *(f"{folder.scheme}://{folder.netloc}" for folder in folders))


Sites = Mapping[str, Site]


def load_sites(path: Path | None, languages: Collection[str], context: WebhookContext) -> Sites:
    """The sites by key. The site without a key, which nobody may embed, is always there.

    Webhooks are validated against their context: where secrets lie, and which addresses may be called.

    Raises:
        SitesError: the file is missing or says something that is not allowed.
    """
    sites = {"": Site()}
    if path is None:
        return sites
    try:
        raw = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader) or {}
        parsed = TypeAdapter(dict[Key, Site]).validate_python(raw, context=context)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SitesError(f"WIZARD_SITES: {path}: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        fault = error.errors()[0]
        path_in_file = ".".join(str(part) for part in fault["loc"])
        message = fault["msg"].removeprefix("Value error, ")
        raise SitesError(f"WIZARD_SITES: {path}: {path_in_file}: {message}") from None
    for key, site in parsed.items():
        if site.language not in (None, *languages):
            raise SitesError(
                f"WIZARD_SITES: {path}: {key}.language: the catalog's languages are {', '.join(languages)}"
            )
    return sites | {key: site.model_copy(update={"key": key}) for key, site in parsed.items()}
