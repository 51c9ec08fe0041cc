"""The types of settings, and how their values are parsed and validated."""

from __future__ import annotations

import json
import re
from typing import Annotated, NamedTuple
from unicodedata import category
from urllib.parse import urlsplit

from click import ClickException
from limits import parse_many
from pydantic import AfterValidator, BeforeValidator, Field

from wizard.values.email import configured_address, message_id_domain

AGENT_NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}")
AGENT_TOKEN_LENGTH = 24
"""Characters: 128 bits and more, however they are written."""


_HOST = re.compile(r"\.?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")

# As SQLAlchemy parses a URL (``sqlalchemy.engine.url``), which a reader of settings need not load.
_DATABASE_URL = re.compile(
    r"(?:sqlite|postgresql)(?:\+[\w+]*)?://"
    r"(?:[^:/]*(?::[^@]*)?@)?"
    r"(?:\[[^/?]+\]|[^/:?]+)?(?::(?P<port>[^/?]*))?"
)


class SettingsError(ClickException):
    """A setting is missing or wrong; the text names it in one line, and a command prints just that."""


Switch = Annotated[bool, Field(strict=False)]
Seconds = Annotated[float, Field(gt=0)]

MOST_DAYS = 36_500
"""A hundred years: longer than anything is stored, and no date goes over its end."""

Days = Annotated[int, Field(ge=0, le=MOST_DAYS)]
"""How long something is stored; 0 is without end."""


def _as_text(value: object) -> object:
    # from_prefixed_env reads values as JSON where it can: a password of digits arrives as a number.
    return value if isinstance(value, str) or value is None else json.dumps(value)


Text = Annotated[str, BeforeValidator(_as_text)]


class AgentToken(NamedTuple):
    """A program of the desk's that works on the queue."""

    name: str
    """What the log calls it."""
    token: str


def _as_agents(value: object) -> object:
    """``name:token,name:token`` taken apart. No message repeats a token."""
    if not isinstance(value, str):
        return value
    agents = [AgentToken(*map(str.strip, pair.partition(":")[::2])) for pair in value.split(",") if pair.strip()]
    for agent in agents:
        if not AGENT_NAME.fullmatch(agent.name):
            raise ValueError("must be name:token,name:token; a name has up to 40 letters, digits and the signs _ . -")
        if len(agent.token) < AGENT_TOKEN_LENGTH or not (agent.token.isascii() and agent.token.isprintable()):
            raise ValueError(
                f"the token of {agent.name} must have at least {AGENT_TOKEN_LENGTH} signs; make one with "
                "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
            )
    if len({agent.name for agent in agents}) < len(agents) or len({agent.token for agent in agents}) < len(agents):
        raise ValueError("two agents have the same name or the same token")
    return tuple(agents)


def _as_hosts(value: object) -> object:
    if not isinstance(value, str):
        return value
    hosts = [host.strip().lower() for host in value.split(",") if host.strip()]
    if not all(_HOST.fullmatch(host) for host in hosts):
        raise ValueError("must be hosts without ports, such as help.desk.example,.desk.example (all names below it)")
    return tuple(hosts)


def _as_limit(value: str) -> str:
    try:
        parse_many(value)
    except ValueError:
        raise ValueError("must be a limit such as '300 per minute' or '300/minute;5000/day'") from None
    return value


def _as_message_id_domain(value: str) -> str:
    domain = message_id_domain(value) if value else ""
    if domain is None:
        raise ValueError("must be a domain such as desk.example")
    return domain


def _as_tag_pattern(value: str) -> str:
    # A brace more is no sign of a tag but of str.format, which would fail or write another one.
    around = value.replace("{number}", "", 1)
    if around == value or "{" in around or "}" in around or not value.isprintable():
        raise ValueError("must contain {number} once and no other brace, such as [##{number}##]")
    if not any(category(sign)[0] in "PS" for sign in around):
        raise ValueError("must contain a sign by which its number is told from any other, such as [##{number}##]")
    return value


def shape_of_tag(pattern: str) -> str:
    """What two patterns have in common whose tags no lenient reader tells apart."""
    return "".join(pattern.casefold().split())


Hosts = Annotated[tuple[str, ...], BeforeValidator(_as_hosts)]
AgentTokens = Annotated[tuple[AgentToken, ...], BeforeValidator(_as_agents)]
Limit = Annotated[Text, AfterValidator(_as_limit)]
TagPattern = Annotated[Text, AfterValidator(_as_tag_pattern)]
"""How a ticket's number stands in subjects; ``format(number=…)`` fills it in."""
EmailAddress = Annotated[Text, AfterValidator(configured_address)]
MessageIdDomain = Annotated[Text, AfterValidator(_as_message_id_domain)]


def web_address(value: str) -> str:
    """The address itself, when a browser can open it.

    Raises:
        ValueError: it cannot.
    """
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a web address such as https://help.desk.example")
    return value


WebAddress = Annotated[Text, AfterValidator(web_address)]


def database_url(url: str) -> str:
    """The URL, when it is that of a database that this program supports.

    Raises:
        ValueError: it is not. The text does not repeat the URL: it may hold a password.
    """
    match = _DATABASE_URL.match(url)
    if match is None or (match["port"] is not None and not _is_number(match["port"])):
        raise ValueError("must be the address of a database, such as postgresql+psycopg://user:password@host/name")
    return url


def _is_number(text: str) -> bool:
    try:
        int(text)
    except ValueError:
        return False
    return True
