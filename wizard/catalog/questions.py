"""The types of questions that a catalog may ask, each with what its answers may be."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wizard.catalog.model_types import CatalogModel, Id, Localised, MaybeLocalised, OptionId, Words

FileType = Literal["png", "jpg", "webp", "gif", "pdf", "txt", "log", "csv", "xls", "xlsx", "xml", "eml", "msg", "zip"]


class Option(CatalogModel):
    """One answer that a client may choose."""

    id: OptionId
    label: Localised
    hint: Localised | None = None
    specify: bool = False
    """Ask in a line of its own what was meant ("other: …"); see ``specify_input`` for the name of that line."""


class ExtractionHints(CatalogModel):
    """How triage extracts the answer from a client's own words, so that it is prefilled and nobody types it twice."""

    after: tuple[Words, ...] = ()
    """Words behind which the answer stands, as in a phrasebook: ``заказ*`` finds it in "по заказу 45812"."""
    shape: Literal["number", "version", "login", "vin"] = "number"
    """What the answer behind ``after`` looks like; a VIN is known by itself."""
    named: tuple[Words, ...] = ()
    """Names of which those that a text names are the answer, as written here."""
    returned: Literal["recipient", "sender", "sent_at", "report", "came_back"] | None = None
    """The fact of a bounce which is the answer; of a choice, ``came_back`` with ``option``."""
    option: OptionId | None = None


class QuestionBase(CatalogModel):
    """What every question has."""

    id: Id
    label: Localised
    hint: Localised | None = None
    example: MaybeLocalised | None = None
    empty: Localised | None = None
    """Said when a required answer is missing: an instruction ("Укажите артикул, …")."""
    section: Id
    """The section of the form in which it is asked; one of the catalog's ``sections``."""
    part: Literal["answer", "error", "words", "identity"] = "answer"
    """Where the desk's letter shows it: among the answers, as error text, as the client's own words, as who reports."""
    folded: bool = False
    """Shown behind "more (optional)" unless it is filled in or required."""
    evidence: Literal["ip", "browser", "page"] | None = None
    """The captured fact that can fill it."""
    prefill: str | None = None
    """The ``data-*`` attribute of the embedding page that can fill it, without ``data-``."""
    told: ExtractionHints | None = None
    groups_similar: bool = False
    """What it happens to: a site, a supplier, a domain. Reports with the same answer are counted as similar ones."""

    def __hash__(self) -> int:
        """By id, as equal questions have equal ids: a question may be a key, though it holds dictionaries."""
        return hash(self.id)


class TypedText(QuestionBase):
    """What is answered in the client's own words, or asks for some beside an option."""

    mask_secrets: bool = True
    """Put asterisks in place of passwords, keys and tokens; ``false`` where they are what is asked for."""


class ShortText(TypedText):
    """One line of text."""

    type: Literal["short_text"]
    min_length: int = 1
    max_length: int = 200
    pattern: str | None = None
    """A regular expression that the whole answer must match."""
    wrong: Localised | None = None
    """Said when ``pattern`` does not match: a description of what is expected."""
    autocomplete: str | None = None


class LongText(TypedText):
    """Several lines of text."""

    type: Literal["long_text"]
    min_length: int = 1
    max_length: int = 4000


class Email(QuestionBase):
    """An e-mail address, or several divided by commas."""

    type: Literal["email"]
    several: bool = False


class Phone(QuestionBase):
    """A telephone number in any shape, 7 to 15 digits (E.164)."""

    type: Literal["phone"]


class Url(TypedText):
    """A web address; a bare domain is completed with ``https://``."""

    type: Literal["url"]


class Domain(QuestionBase):
    """A domain name, international ones too."""

    type: Literal["domain"]


class Choice(TypedText):
    """One of the options."""

    type: Literal["choice"]
    options: tuple[Option, ...] = Field(min_length=2)


class Choices(TypedText):
    """One or more of the options."""

    type: Literal["choices"]
    options: tuple[Option, ...] = Field(min_length=2)


class Moment(QuestionBase):
    """A date and time in the past, as exact as the client knows it."""

    type: Literal["datetime"]
    allow_unknown: bool = True
    """Offer "I do not know"; the answer is then ``unknown``."""
    max_age_days: int = 366


class IpAddress(QuestionBase):
    """A public IPv4 or IPv6 address."""

    type: Literal["ip"]


class PartNumber(TypedText):
    """A manufacturer's part number: letters, digits, ``- . / space``. Stored as typed."""

    type: Literal["part_number"]
    min_length: int = 2
    max_length: int = 40


class Brand(TypedText):
    """The manufacturer of a part; shown beside the part number when it comes next."""

    type: Literal["brand"]
    min_length: int = 1
    max_length: int = 60


class Files(QuestionBase):
    """Files of the given types."""

    type: Literal["files"]
    max_files: int = Field(default=5, ge=1, le=5)
    types: tuple[FileType, ...] = Field(min_length=1)


class Bounce(TypedText):
    """The text of a bounce: a mail that came back."""

    type: Literal["bounce"]
    min_length: int = 20
    max_length: int = 8000


class TicketNumber(QuestionBase):
    """The number of an existing ticket, in any form met in the wild; only its digits are stored."""

    type: Literal["ticket_number"]


class Tail(QuestionBase):
    """The last characters of a key. A longer input is cut to them, so that a whole key is never stored."""

    type: Literal["tail"]
    keep: int = 4


Question = Annotated[
    ShortText
    | LongText
    | Email
    | Phone
    | Url
    | Domain
    | Choice
    | Choices
    | Moment
    | IpAddress
    | PartNumber
    | Brand
    | Files
    | Bounce
    | TicketNumber
    | Tail,
    Field(discriminator="type"),
]


def specify_input(question: str, option: str) -> str:
    """The name of the input in which the client says what was meant by an option with ``specify``."""
    return f"{question}_{option}"
