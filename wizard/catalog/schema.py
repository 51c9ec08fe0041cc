"""What a catalog may say: the shape of the YAML, as frozen models.

A catalog holds everything that a client can be asked or told. The models know the shape only; what the parts
must be to one another (a condition on a question that is asked, a fast track with a rule) is in ``checks``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, StringConstraints, Tag

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
OptionId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]{0,39}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Words = Annotated[str, StringConstraints(min_length=1)]

Localised = Mapping[Language, Words]
"""A text in every language of the catalog: ``{ru: Артикул, en: Part number}``."""


def _kind_of_text(value: object) -> str:
    return "texts" if isinstance(value, Mapping | list | None) else "text"


MaybeLocalised = Annotated[
    Annotated[Words, Tag("text")] | Annotated[Localised, Tag("texts")], Discriminator(_kind_of_text)
]
"""A text that may be the same in every language, as an example address is."""


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


When = Mapping[
    Id,
    Annotated[tuple[OptionId, ...], BeforeValidator(_as_list, json_schema_input_type=OptionId | tuple[OptionId, ...])],
]
"""A condition: every question named here has one of the values listed for it."""

FileType = Literal["png", "jpg", "webp", "gif", "pdf", "txt", "log", "csv", "xls", "xlsx", "xml", "eml", "msg", "zip"]
Priority = Literal["high", "normal", "low"]

RESERVED_INPUTS = frozenset({"action", "once", "site", "leave_out", "page", "screen", "time_zone"})
"""Names of the form's own inputs; no question can be called so."""

RESERVED_CATEGORIES = frozenset({"tickets", "rules", "embed", "search"})
"""First steps of the site's own addresses (``/{lang}/tickets/{token}/``); no category can be called so."""


class Piece(BaseModel):
    """What all parts of a catalog share: no unknown key, no change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Option(Piece):
    """One answer that a client may choose."""

    id: OptionId
    label: Localised
    hint: Localised | None = None
    specify: bool = False
    """Ask in a line of its own what was meant ("other: …"); see ``specify_input`` for the name of that line."""


class Told(Piece):
    """How clients tell the answer in their own words, so that it is offered and nobody types it twice."""

    after: tuple[Words, ...] = ()
    """Words behind which the answer stands, as in a phrasebook: ``заказ*`` finds it in "по заказу 45812"."""
    shape: Literal["number", "version", "login", "vin"] = "number"
    """What the answer behind ``after`` looks like; a VIN is known by itself."""
    named: tuple[Words, ...] = ()
    """Names of which those that a text names are the answer, as written here."""
    returned: Literal["recipient", "sender", "sent_at", "report", "came_back"] | None = None
    """The fact of a mail that came back which is the answer; of a choice, ``came_back`` with ``option``."""
    option: OptionId | None = None


class QuestionBase(Piece):
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
    told: Told | None = None

    def __hash__(self) -> int:
        """By id, as equal questions have equal ids: a question may be a key, though it holds dictionaries."""
        return hash(self.id)


class ShortText(QuestionBase):
    """One line of text."""

    type: Literal["short_text"]
    min_length: int = 1
    max_length: int = 200
    pattern: str | None = None
    """A regular expression that the whole answer must match."""
    wrong: Localised | None = None
    """Said when ``pattern`` does not match: a description of what is expected."""
    mask_secrets: bool = False
    autocomplete: str | None = None


class LongText(QuestionBase):
    """Several lines of text."""

    type: Literal["long_text"]
    min_length: int = 1
    max_length: int = 4000
    mask_secrets: bool = False


class Email(QuestionBase):
    """An e-mail address, or several divided by commas."""

    type: Literal["email"]
    several: bool = False


class Phone(QuestionBase):
    """A telephone number in any shape, 7 to 15 digits (E.164)."""

    type: Literal["phone"]


class Url(QuestionBase):
    """A web address; a bare domain is completed with ``https://``."""

    type: Literal["url"]
    mask_secrets: bool = False


class Domain(QuestionBase):
    """A domain name, international ones too."""

    type: Literal["domain"]


class Choice(QuestionBase):
    """One of the options."""

    type: Literal["choice"]
    options: tuple[Option, ...] = Field(min_length=2)


class Choices(QuestionBase):
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


class PartNumber(QuestionBase):
    """A manufacturer's part number: letters, digits, ``- . / space``. Kept as typed."""

    type: Literal["part_number"]
    min_length: int = 2
    max_length: int = 40


class Brand(QuestionBase):
    """The manufacturer of a part; shown beside the part number when it comes next."""

    type: Literal["brand"]
    min_length: int = 1
    max_length: int = 60


class Files(QuestionBase):
    """Files of the given types."""

    type: Literal["files"]
    max_files: int = Field(default=5, ge=1, le=5)
    types: tuple[FileType, ...] = Field(min_length=1)


class Bounce(QuestionBase):
    """The text of a mail that came back."""

    type: Literal["bounce"]
    min_length: int = 20
    max_length: int = 8000


class TicketNumber(QuestionBase):
    """The number of an existing ticket, in any form met in the wild; only its digits are kept."""

    type: Literal["ticket_number"]


class Tail(QuestionBase):
    """The last characters of a key. A longer input is cut to them, so that a whole key is never kept."""

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


class Section(Piece):
    """A part of the form under one heading."""

    id: Id
    title: Localised


class RuleItem(Piece):
    """One line of a rule's list."""

    id: Id
    text: Localised


class Rule(Piece):
    """One support rule that the client is shown."""

    id: Id
    text: Localised
    in_short: Localised | None = None
    """The rule in one line, for the start page; without it the rule is shown in full only."""
    items: tuple[RuleItem, ...] = ()


class Channel(Piece):
    """Another way to reach the desk."""

    id: Id
    label: Localised
    address: MaybeLocalised


class FastTrackRule(Piece):
    """One line of the list of what is handled out of turn."""

    id: OptionId
    text: Localised


class FastTrack(Piece):
    """When a situation is handled out of turn."""

    rule: OptionId
    when: When
    otherwise: Localised
    """Said when the answers do not make it fast: why, and which answer would (ux.md, point 10)."""


class Lead(Piece):
    """Where a wrong choice leads: these answers belong to another situation."""

    when: When
    to: Id
    say: Localised


class PriorityRule(Piece):
    """Answers that change the priority."""

    when: When
    priority: Priority


class Situation(Piece):
    """What happened, and what has to be asked about it."""

    id: Id
    label: Localised
    hint: Localised | None = None
    subject: Localised | None = None
    """The situation in a few words for a mail's subject; the label when absent."""
    required: tuple[Id, ...] = ()
    optional: tuple[Id, ...] = ()
    show_when: Mapping[Id, When] = Field(default_factory=dict)
    """Questions asked only under a condition; a required one is required only then."""
    fast_track: FastTrack | None = None
    leads: tuple[Lead, ...] = ()
    wish: bool = False
    """What is asked or wished for here is whole without a fact: a how-to question, a document, a setting."""
    priority: Priority = "normal"
    priorities: tuple[PriorityRule, ...] = ()

    def __hash__(self) -> int:
        """By id, so that what is built for a situation can be cached under it."""
        return hash(self.id)


class Category(Piece):
    """A group of situations."""

    id: Id
    label: Localised
    hint: Localised | None = None
    situations: tuple[Situation, ...] = Field(min_length=1)


class Identity(Piece):
    """Who reports: asked in every situation, last."""

    questions: tuple[Id, ...]
    one_of: tuple[Id, ...]
    """At least one of these must be answered."""
    empty: Localised
    """Said when none of ``one_of`` is answered."""
    registered_name: Id | None = None
    registered_email: Id | None = None
    reply_to: tuple[Id, ...]
    """The first answered one is where answers go."""
    name: tuple[Id, ...]
    phone: tuple[Id, ...] = ()


class VaguePhrase(Piece):
    """Words that say too little, and the question to ask back."""

    id: Id
    phrases: Mapping[Language, tuple[Words, ...]]
    categories: tuple[Id, ...] = ()
    """Where it applies; everywhere when empty."""
    error_number: bool = False
    """Ask this when a text names an error's number without its text (rules: "не номер, а текст")."""
    ask: Localised


class Politeness(Piece):
    """What is said about tone."""

    reminder: Localised
    rude: Localised


PhrasesByLanguage = Mapping[Language, tuple[Words, ...]]


class Phrasebook(Piece):
    """What is known of a language: how people insult, add a second question, name who is affected.

    Every entry is compared with ``words`` of a text (lower case, ``ё`` as ``е``, masking signs read as letters).
    An entry is one or more words; a word that ends in ``*`` stands for every word that begins so.
    """

    insults: PhrasesByLanguage = Field(default_factory=dict)
    """Words that insult whoever reads them, and phrases that do."""
    not_insults: PhrasesByLanguage = Field(default_factory=dict)
    """Words that look like one of ``insults`` and are none."""
    also: PhrasesByLanguage = Field(default_factory=dict)
    """What opens a second question: "а ещё", "заодно", "by the way"."""
    joining: PhrasesByLanguage = Field(default_factory=dict)
    """What does so at the beginning of a sentence only: "и", "плюс", "and"."""
    question_words: PhrasesByLanguage = Field(default_factory=dict)
    """What names a question as such: "вопрос", "просьба", "момент"."""
    continuing: PhrasesByLanguage = Field(default_factory=dict)
    """What says that a text belongs to an earlier ticket: "добавляю к заявке"."""
    new_question: PhrasesByLanguage = Field(default_factory=dict)
    """What says that it does not, although it names one: "вопрос закрыт", "теперь другое"."""
    secrets: PhrasesByLanguage = Field(default_factory=dict)
    """Words after which a secret stands: "пароль", "password", "token"."""
    everyone: PhrasesByLanguage = Field(default_factory=dict)
    """Scope words: all are affected ("ни у кого", "у всех", "от всех поставщиков")."""
    only_some: PhrasesByLanguage = Field(default_factory=dict)
    """Scope words: not all are affected ("только у нас", "один клиент", "от одного поставщика")."""
    fillers: PhrasesByLanguage = Field(default_factory=dict)
    """Words that say nothing of the matter: greetings, pleas, "срочно", "проблема"."""
    everyday: PhrasesByLanguage = Field(default_factory=dict)
    """Words of everyday speech that alone tell of no trade: "купить", "год". Not those of programs and shops."""
    requests: PhrasesByLanguage = Field(default_factory=dict)
    """What opens a question or a wish, which is whole without a fact: "как настроить", "пришлите", "можно ли"."""
    not_requests: PhrasesByLanguage = Field(default_factory=dict)
    """What looks like one of ``requests`` and is none: "какие-то"."""
    when: PhrasesByLanguage = Field(default_factory=dict)
    """Days and spans of time: "вчера", "с понедельника", "двадцать минут"."""
    company_words: PhrasesByLanguage = Field(default_factory=dict)
    """Words after which quotation marks hold the name of a company, which tells nothing of the matter: "ООО"."""
    error_words: PhrasesByLanguage = Field(default_factory=dict)
    """Words that introduce the text of a message: "пишет", "ошибка", "says"."""
    failure_words: PhrasesByLanguage = Field(default_factory=dict)
    """Words by which what a program said tells of a failure: "не найден", "невозможно", "failed"."""
    name_words: PhrasesByLanguage = Field(default_factory=dict)
    """Words after which quotation marks hold a name: "раздел", "поставщик", "ООО"."""
    parts_of_day: Mapping[Language, Mapping[Words, Words]] = Field(default_factory=dict)
    """Times that are told in words, with what a client would type instead: "с утра" → "сегодня около 9:00"."""


class Asked(BaseModel):
    """One question as a situation asks it."""

    model_config = ConfigDict(frozen=True)

    question: Question
    required: bool
    show_when: When = Field(default_factory=dict)


class Catalog(Piece):
    """All that the form can ask and say, in every language."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    version: int = Field(ge=1)
    languages: tuple[Language, ...] = Field(min_length=1)
    """The first one is the default, and the language of the desk."""
    time_zone: str = "UTC"
    """The IANA zone in which times without a zone are meant."""
    title: Localised
    """The desk's name, as the pages and the letters show it."""
    rules: tuple[Rule, ...]
    fast_track_rules: tuple[FastTrackRule, ...] = ()
    channels: tuple[Channel, ...] = ()
    sections: tuple[Section, ...] = Field(min_length=1)
    identity: Identity
    politeness: Politeness
    vague: tuple[VaguePhrase, ...] = ()
    phrasebook: Phrasebook = Field(default_factory=Phrasebook)
    examples: Mapping[Id, PhrasesByLanguage] = Field(default_factory=dict)
    """By situation: how clients put it in their own words. Free text is compared with them."""
    synonyms: tuple[tuple[Words, ...], ...] = ()
    """Groups of words and phrases of the trade that mean the same, slang and other languages too."""
    questions: Mapping[Id, Question]
    categories: tuple[Category, ...] = Field(min_length=1)

    @property
    def default_language(self) -> str:
        """The language used where none is asked for."""
        return self.languages[0]

    @cached_property
    def situations(self) -> dict[str, Situation]:
        """Every situation by its id, in the order of the catalog."""
        return {situation.id: situation for category in self.categories for situation in category.situations}

    @cached_property
    def category_of(self) -> dict[str, Category]:
        """The category of each situation, by the situation's id."""
        return {situation.id: category for category in self.categories for situation in category.situations}

    @cached_property
    def asked_in(self) -> dict[str, tuple[Asked, ...]]:
        """The questions of every situation, by the situation's id, in the order in which they are shown."""
        return {situation.id: tuple(self._ask(situation)) for situation in self.situations.values()}

    def asked(self, situation: Situation) -> tuple[Asked, ...]:
        """The questions of a situation, those of identity last, in the order in which they are shown.

        They are made once for the whole catalog; ``shown_order`` says what the order is. A question of identity is
        required only where the situation itself requires it: otherwise one of ``identity.one_of`` is enough.

        Raises:
            KeyError: the situation is not of this catalog.
        """
        return self.asked_in[situation.id]

    def _ask(self, situation: Situation) -> Iterable[Asked]:
        order = shown_order(
            required=situation.required,
            optional=situation.optional,
            identity=self.identity.questions,
            sections=[section.id for section in self.sections],
            section_of={id_: question.section for id_, question in self.questions.items()},
        )
        for id_ in order:
            yield Asked(
                question=self.questions[id_],
                required=id_ in situation.required,
                show_when=situation.show_when.get(id_, {}),
            )

    def __hash__(self) -> int:
        """By id and version, so that what is built from a catalog can be cached under it."""
        return hash((self.id, self.version))


def shown_order(
    *,
    required: Iterable[str],
    optional: Iterable[str],
    identity: Iterable[str],
    sections: Sequence[str],
    section_of: Mapping[str, str],
) -> list[str]:
    """The ids of the questions of a situation in the order in which they are shown, each once.

    Sections come in the catalog's order. Within one: what is required, then who reports, then what is optional;
    each in the order in which the catalog names it.
    """
    position = {section: index for index, section in enumerate(sections)}
    ids = list(dict.fromkeys((*required, *identity, *optional)))
    return sorted(ids, key=lambda id_: position.get(section_of.get(id_, ""), len(position)))


def specify_input(question: str, option: str) -> str:
    """The name of the input in which the client says what was meant by an option with ``specify``."""
    return f"{question}_{option}"


def in_language(text: MaybeLocalised, language: str) -> str:
    """The text in a language; a text without languages is the same in all."""
    return text if isinstance(text, str) else text[language]
