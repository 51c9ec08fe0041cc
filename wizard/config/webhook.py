"""A site's webhook as ``sites.yaml`` describes it: endpoint, signing secrets, events; the SSRF guard of its URL."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from wizard.values.ip import is_ip, is_public
from wizard.values.url import URL_LENGTH

Event = Literal["ticket.created", "ticket.follow_up", "delivery.failed"]
"""An event; also the ``kind`` of its delivery's row."""

EVENTS: tuple[Event, ...] = get_args(Event)

TICKET_CREATED, TICKET_FOLLOW_UP, DELIVERY_FAILED = EVENTS

_HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,251}[A-Za-z0-9_.])?", re.ASCII)

SECRET_PREFIX = "whsec_"

KEY_BYTES = range(24, 65)
"""How long a key may be, in bytes."""


@dataclass(frozen=True)
class WebhookContext:
    """What an endpoint's description is validated against."""

    environment: Mapping[str, str]
    """Where ``secret_env`` is looked up."""
    private_addresses: bool
    """Endpoints of private networks are allowed, without TLS too."""


def signing_key(secret: str) -> bytes:
    """The signing key that a secret encodes.

    Raises:
        ValueError: it is no secret of this scheme. The text does not repeat it.
    """
    message = "must be whsec_ and 24 to 64 random bytes in base64"
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(message) from None
    if not secret.startswith(SECRET_PREFIX) or len(key) not in KEY_BYTES:
        raise ValueError(message)
    return key


def _secret(value: SecretStr) -> SecretStr:
    signing_key(value.get_secret_value())
    return value


class Webhook(BaseModel):
    """A site's endpoint, with the secrets that sign its events. Neither address nor secrets show in ``repr``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[str, Field(max_length=URL_LENGTH, repr=False)]
    secrets: Annotated[tuple[Annotated[SecretStr, AfterValidator(_secret)], ...], Field(min_length=1, max_length=10)]
    """Each signs: the receiver may know any one of them, so that they can be changed without a gap."""
    events: Annotated[tuple[Event, ...], Field(min_length=1)] = EVENTS

    @model_validator(mode="before")
    @classmethod
    def _read_secrets_of_the_environment(cls, value: Any, info: ValidationInfo) -> Any:
        return with_secrets_of_environment(value, info)

    @field_validator("url")
    @classmethod
    def _is_callable_url(cls, value: str, info: ValidationInfo) -> str:
        parts = _parts(value)
        if parts.username is not None or parts.fragment:
            raise ValueError("must hold neither user and password nor a fragment")
        if _context(info).private_addresses:
            return value
        if parts.scheme != "https":
            raise ValueError("must begin with https:// (WIZARD_WEBHOOK_PRIVATE_ADDRESSES=true allows http)")
        if is_ip(str(parts.hostname)) and not is_public(str(parts.hostname)):
            raise ValueError("is a private address, which only WIZARD_WEBHOOK_PRIVATE_ADDRESSES=true allows")
        return value

    @property
    def keys(self) -> list[bytes]:
        """The signing keys, in the order of the secrets."""
        return [signing_key(secret.get_secret_value()) for secret in self.secrets]


def with_secrets_of_environment(value: Any, info: ValidationInfo) -> Any:
    """The fields of a description with ``secret_env`` replaced by the ``secrets`` that the environment has there.

    Raises:
        ValueError: both are given, or the environment has none.
    """
    if not isinstance(value, dict) or "secret_env" not in value:
        return value
    fields = dict(value)
    name = fields.pop("secret_env")
    if "secrets" in fields:
        raise ValueError("give either secrets or secret_env")
    secrets = _context(info).environment.get(str(name), "").split()
    if not secrets:
        raise ValueError(f"secret_env: the environment has no {name}")
    return {**fields, "secrets": secrets}


def _context(info: ValidationInfo) -> WebhookContext:
    assert isinstance(info.context, WebhookContext)
    return info.context


def _parts(url: str) -> SplitResult:
    """The parts of a URL that every program parses alike.

    Raises:
        ValueError: it is not one.
    """
    message = "must be a web address such as https://shop.example/webhook, in ASCII"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(message) from None
    is_plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if not is_plain or parts.scheme not in ("http", "https") or not host:
        raise ValueError(message)
    if not is_ip(host) and not _HOST_NAME.fullmatch(host):
        raise ValueError(message)
    return parts
