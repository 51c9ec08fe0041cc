"""Every setting, typed and checked once at start. Only ``instance.listen_address`` reads the environment besides.

Values come from ``app.config`` (``WIZARD_…`` variables, Flask's ``from_prefixed_env``). Keys of Flask-Mail,
Flask-SQLAlchemy and Flask-Limiter keep the names that those libraries give them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from wizard.config.instance import load_or_create_secret_key
from wizard.config.setting_types import (
    MOST_DAYS,
    AgentTokens,
    Days,
    EmailAddress,
    Hosts,
    Limit,
    MessageIdDomain,
    Seconds,
    SettingsError,
    Switch,
    TagPattern,
    Text,
    WebAddress,
    database_url,
    shape_of_tag,
    web_address,
)
from wizard.values.email import bare_address
from wizard.values.ip import is_loopback

VERBATIM_SETTINGS = ("secret_key", "mail_username", "mail_password", "agent_tokens")
"""Settings that are read as plain text: ``1.10`` is a password, not a number."""


class Settings(BaseModel):
    """How this installation runs. With nothing set, everything runs on one machine with nothing else installed."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    instance_path: Path
    secret_key: Text = Field(min_length=16, repr=False)
    secret_key_fallbacks: tuple[Text, ...] = Field(default=(), repr=False)
    """Former keys: what they signed stays valid while keys are rotated."""
    base_url: Text = "http://127.0.0.1:8000"
    """Where clients reach the service; links in letters are made from it, never from a request's Host header."""

    catalog: Text = "tradesoft"
    sites: Path | None = None
    """The file of embedding sites; without it there is one site of no name."""
    consent: Path | None = None
    """The file of the consent that clients give before sending (``catalog/consent.py``); without it none is asked."""
    privacy_url: WebAddress | None = None
    """The operator's own policy, named on the privacy page."""

    numbering: Literal["wizard", "desk"] = "wizard"
    ticket_tag: TagPattern = "[##{number}##]"
    desk_tag: TagPattern | None = None
    """How the help desk writes its own number into subjects, ``[rt.desk.example #{number}]``: follow-ups carry it once
    the desk's number is known. With ``NUMBERING=desk`` it is ``TICKET_TAG`` when unset, otherwise there is none."""
    subject_words: Switch = True
    """Whether the subject of a letter to the desk may show the client's own words."""
    ticket_json_version: Literal[1, 2] = 2
    """The shape of ``ticket.json``; 1 for programs that cannot read 2 yet."""
    mail_auto_submitted: Switch = False
    """Mark letters to the desk as made by a program (RFC 3834), so that no robot of the desk answers them."""
    burst_tickets: int = Field(default=10, ge=0)
    """Reports of one situation within ``BURST_MINUTES`` that bring the desk one more letter, which says that they
    belong together; 0 never."""
    burst_minutes: int = Field(default=15, ge=1, le=24 * 60)

    support_inbox: EmailAddress = "support@desk.example"
    desk_language: str | None = None
    """Language of the letters to the desk; the catalog's first one when unset."""

    mail_server: Text | None = None
    """The owner's SMTP server; the local mailbox takes the mail when unset."""
    mail_port: int = Field(default=25, ge=1, le=65535)
    mail_use_tls: Switch = False
    mail_use_ssl: Switch = False
    mail_username: Text | None = None
    mail_password: Text | None = Field(default=None, repr=False)
    mail_default_sender: EmailAddress = "zayavka@desk.example"
    mail_domain: MessageIdDomain = ""
    """Right-hand side of the Message-IDs; the sender's domain when unset."""
    mail_timeout: Seconds = 30
    """Seconds that one answer of the mail server may take."""
    mail_deadline: Seconds = 120
    """Seconds that one letter may take in all; must end before the lease does."""
    mail_connections: int = Field(default=2, ge=1, le=20)
    """Connections that a worker opens to the mail server at most; one of them is for letters to the desk alone."""
    mail_max_bytes: int = Field(default=20_000_000, ge=100_000)
    """A larger letter goes without its files, with links to them."""
    mailbox_smtp_port: int = Field(default=1025, ge=1, le=65535)

    outbox_embedded: Switch = True
    """Run a worker beside the web process; otherwise start ``flask outbox run`` yourself."""
    outbox_lease: Seconds = 300
    """Seconds after which the lease of a dead worker ends, and its delivery may be claimed again."""
    outbox_retry_first: Seconds = 60
    """Seconds before the first retry; the backoff doubles from there."""
    outbox_retry_cap: Seconds = 3600
    """Seconds between two retries at most, however far the backoff has gone."""
    outbox_give_up_after: Seconds = 5 * 86400
    """Age in seconds at which a letter to the desk becomes a dead letter (RFC 5321 4.5.4.1: 4–5 days)."""
    outbox_give_up_acknowledgement_after: Seconds = 86400
    outbox_idle: Seconds = 1.0
    """Seconds between two polls of an empty outbox."""

    webhook_private_addresses: Switch = False
    """Call webhooks of private networks and of this machine too, and without TLS: everybody who writes the file of
    sites then reaches what this machine reaches."""
    webhook_timeout: Seconds = 5
    """Seconds that an endpoint may be silent."""
    webhook_deadline: Seconds = 15
    """Seconds that one call may take in all, once connected."""

    acknowledgements_per_address_day: int = Field(default=3, ge=0)
    """Quota of acknowledgements to one mailbox; the next two are those of a domain and of all."""
    acknowledgements_per_domain_hour: int = Field(default=200, ge=0)
    acknowledgements_per_hour: int = Field(default=1000, ge=0)
    acknowledgements_per_sender_hour: int = Field(default=60, ge=0)
    """Acknowledgements that the reports of one address bring in an hour, to whomever."""

    budget_tickets_hour: int = Field(default=20, ge=0)
    """Tickets that one address may send in an hour before their letters are held. Of every budget, 0 is no limit."""
    budget_tickets_day: int = Field(default=100, ge=0)
    """The same in the last 24 hours."""
    budget_tickets_in_all_hour: int = Field(default=1000, ge=0)
    """Letters of tickets that the desk gets in an hour before addresses have a tenth of their budget left."""
    budget_follow_ups_hour: int = Field(default=30, ge=0)
    """Follow-ups; the next two as with tickets."""
    budget_follow_ups_day: int = Field(default=150, ge=0)
    budget_follow_ups_in_all_hour: int = Field(default=1000, ge=0)
    budget_assess_hour: int = Field(default=600, ge=0)
    """Texts that are read for one address in an hour: ``assess`` of the API and the search. More is refused."""
    budget_assess_in_all_hour: int = Field(default=20_000, ge=0)
    budget_refused_at: int = Field(default=10, ge=1)
    """So many times a budget of tickets or follow-ups is refused, and not held any more: the disk must not fill."""

    upload_max_bytes: int = 10 * 1024 * 1024
    upload_spool_bytes: int = 2 * 1024**3
    """Room for files that belong to no ticket yet, in bytes."""
    upload_bytes_per_ip_day: int = 500 * 1024**2
    upload_files_per_ip_hour: int = Field(default=300, ge=0)
    """Files that one address may upload in an hour; 0 is no limit."""
    upload_request_megapixels: int = Field(default=60, ge=50)
    """Pixels of all pictures that come in one request together, in millions; one alone may have 50."""
    disk_reserve_bytes: int = 200 * 1024**2
    """Free space that files never take, so that tickets can still be written."""

    retention_ticket_days: Days = 365
    """Days from the last message of a ticket until its words, files and addresses are erased; 0 is never."""
    retention_evidence_days: Days = 30
    """Days from a ticket's arrival until its IP address and User-Agent are erased; 0 is never."""
    retention_outbox_days: Days = 90
    """Days from sending until the row of what was sent is deleted, or from enqueuing where it is dead; 0 is never.

    Dead letters to the desk stay as long as their ticket's words."""
    retention_upload_days: Days = 1
    """Days from the upload until a file that nobody sent is deleted; 0 is never."""

    trusted_proxies: int = Field(default=0, ge=0, le=10)
    """Proxies of ours in front; that many hops of X-Forwarded-For are believed."""

    trusted_hosts: Hosts = ()
    """What ``Host`` may say, ``help.desk.example,.desk.example``; any host when unset, as nothing is made of it."""
    hold_doubtful: Switch = True
    """Hold what looks as if a program had filled in the form (``limits.doubts``); it is never refused."""
    form_least_seconds: float = Field(default=3, ge=0, le=60)
    """Seconds that a person takes to look at the check page; ``0`` asks nobody how long they looked."""
    proof_of_work_cost: int = Field(default=5000, ge=0, le=1_000_000)
    """Rounds of PBKDF2 in each of the 256 or so tries that a browser makes once its address has used most of its
    budget; ``0`` asks for no work."""

    agent_tokens: AgentTokens = Field(default=(), repr=False)
    """Who may see and mark the queue: ``name:token,name:token``."""
    api_limit: Limit = "1200 per minute"
    """Rate limit of the API for one address (one IPv4 address, one IPv6 /64), in the syntax of Flask-Limiter."""
    api_limit_writing: Limit = "300 per minute"
    """Reports, follow-ups and files among them that one address may submit."""

    connections: int = Field(default=4096, ge=16)
    """Connections of one web process at most, as far as the system allows so many open files."""
    connections_per_address: int = Field(default=256, ge=0)
    """Connections of one address (one IPv4 address, one IPv6 /64) to one web process; 0 for any number. Behind a proxy
    of ours that is the proxy's business."""
    requests_per_address: int = Field(default=100, ge=0)
    """Requests of one address that are under way at a time; 0 for any number. Cached pages do not count."""
    head_timeout: Seconds = 10
    """Seconds in which the head of a request must be whole, from the connection's begin and from the last answer on;
    two minutes at least behind a proxy."""
    body_deadline: Seconds = 900
    """Seconds in which the body of a request must be whole."""
    body_grace: Seconds = 15
    """Seconds of a body in which its speed does not matter."""
    body_least_speed: float = Field(default=1000, gt=0)
    """Bytes a second that a body must come with afterwards, on an average from its begin."""
    request_spool_bytes: int = Field(default=2**30, ge=2**16)
    """Room on the disk for the bodies that one web process receives at a time; one address may have a quarter of it."""

    sqlalchemy_database_uri: Text = Field(default="", repr=False)

    @field_validator("base_url")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        return web_address(value).rstrip("/")

    @field_validator("sqlalchemy_database_uri")
    @classmethod
    def _is_database(cls, value: str) -> str:
        return database_url(value) if value else value

    @field_validator("desk_tag", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return value or None

    @model_validator(mode="after")
    def _lease_outlives_a_letter(self) -> Self:
        # Composing comes before the deadline begins, and clocks of two machines differ.
        if self.outbox_lease < 1.5 * self.mail_deadline:
            raise ValueError(
                "OUTBOX_LEASE must be half as long again as MAIL_DEADLINE, or two workers may send one letter"
            )
        return self

    @model_validator(mode="after")
    def _desk_answers_with_its_number(self) -> Self:
        # Desks answer no letter of a program (RFC 3834): the client would never learn the number.
        if self.mail_auto_submitted and self.numbering == "desk":
            raise ValueError(
                "MAIL_AUTO_SUBMITTED must be false with NUMBERING=desk: it keeps the desk from answering, and the "
                "desk's answer is what brings the client the number"
            )
        return self

    @model_validator(mode="after")
    def _tags_can_be_told_apart(self) -> Self:
        # Two counters in one shape: a desk would put strangers' letters together.
        is_same = self.desk_tag is not None and shape_of_tag(self.desk_tag) == shape_of_tag(self.ticket_tag)
        if is_same and self.numbering == "wizard":
            raise ValueError("DESK_TAG must not be TICKET_TAG too: where the desk numbers by it, set NUMBERING=desk")
        return self

    @model_validator(mode="after")
    def _real_mail_has_real_addresses(self) -> Self:
        # A server on this machine is somebody trying things out; any other would get mail from and to nobody.
        if self.mail_server is None or is_loopback(self.mail_server):
            return self
        for name in ("support_inbox", "mail_default_sender"):
            if name not in self.model_fields_set:
                raise ValueError(f"{name.upper()} is missing: with MAIL_SERVER set, say which address that is")
        return self

    @property
    def longest_backoff(self) -> timedelta:
        """How far ahead the next try of a delivery may lie at most, with its jitter and a minute between two clocks."""
        return timedelta(seconds=1.25 * max(self.outbox_retry_cap, self.outbox_retry_first) + 60)

    @property
    def webhook_longest(self) -> float:
        """Seconds that one call of a webhook takes at most: a last connection may begin just before the deadline."""
        return self.webhook_deadline + self.webhook_timeout

    @property
    def lease_outlives_a_webhook(self) -> bool:
        """Whether no other worker claims a webhook whose call is still under way."""
        return self.outbox_lease >= 1.5 * self.webhook_longest

    @property
    def tag_of_desk(self) -> str:
        """How the help desk writes its own number into subjects; empty where nobody said so."""
        return self.desk_tag or (self.ticket_tag if self.numbering == "desk" else "")

    @property
    def uses_local_mailbox(self) -> bool:
        """No mail server is set: letters go to the mailbox in the instance folder."""
        return self.mail_server is None

    @property
    def is_local_only(self) -> bool:
        """Nobody reaches the service but this machine's own browser, as far as the settings show."""
        host = urlsplit(self.base_url).hostname
        return self.trusted_proxies == 0 and is_loopback(host or "")

    @property
    def database_uri(self) -> str:
        """The database: the one that is set, or SQLite in the instance folder."""
        return self.sqlalchemy_database_uri or f"sqlite:///{self.instance_path / 'zayavka.db'}"

    @property
    def files_folder(self) -> Path:
        """Where attachments are stored; all who share a database share it."""
        return self.instance_path / "files"

    @property
    def model_folder(self) -> Path:
        """Where models trained on the catalog's examples are stored; they are trained again when they are missing."""
        return self.instance_path / "learned"

    @property
    def message_id_domain(self) -> str:
        """The right-hand side of every Message-ID."""
        return self.mail_domain or str(bare_address(self.mail_default_sender)).rpartition("@")[2]

    @property
    def upload_lifetime(self) -> timedelta:
        """How long a pending upload is stored: a file that belongs to no ticket."""
        return timedelta(days=self.retention_upload_days or MOST_DAYS)


def read_settings(config: Mapping[str, Any], instance_path: Path) -> Settings:
    """Turn Flask's configuration into settings.

    Raises:
        SettingsError: one line that names the variable and says what it takes.
    """
    known = {name.upper(): name for name in Settings.model_fields}
    values = {known[key]: value for key, value in config.items() if key in known and value is not None}
    values["instance_path"] = instance_path
    if not values.get("secret_key"):
        values["secret_key"] = load_or_create_secret_key(instance_path)
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingsError(_in_one_line(error)) from None


def _in_one_line(error: ValidationError) -> str:
    fault = error.errors()[0]
    name = ".".join(str(part) for part in fault["loc"]).upper()
    message = fault["msg"].removeprefix("Value error, ")
    return f"WIZARD_{name}: {message}" if name else f"WIZARD_{message}"
