"""The catalog's schema: the shape of the YAML, as immutable pydantic models.

A catalog holds all questions and texts for clients. The models know the shape only; references between the parts (a
condition on a question that is asked, a fast track with a rule) are checked in ``validation``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from wizard.catalog.model_types import (
    CatalogModel,
    Id,
    Language,
    Localised,
    MaybeLocalised,
    OptionId,
    PhrasesByLanguage,
    When,
    Words,
    in_language,
)
from wizard.catalog.phrasebook import Phrasebook, Politeness, VaguePhrase
from wizard.catalog.questions import Question

Priority = Literal["high", "normal", "low"]

RESERVED_INPUTS = frozenset(
    {"action", "altcha", "as_typed", "checked", "consent", "copy", "leave_out", "once", "page", "screen"}
    | {"second_subject", "site", "time_zone"}
)
"""Names of the form's own inputs; no question can be called so."""

RESERVED_CATEGORIES = frozenset({"tickets", "files", "rules", "embed", "search", "sent", "privacy", "consent"})
"""First steps of the site's own paths (``/{lang}/tickets/{token}/``); no category can be called so."""


class Section(CatalogModel):
    """A part of the form under one heading."""

    id: Id
    title: Localised


class RuleItem(CatalogModel):
    """One line of a rule's list."""

    id: Id
    text: Localised


class Rule(CatalogModel):
    """One support rule that the client is shown."""

    id: Id
    text: Localised
    in_short: Localised | None = None
    """The rule in one line, for the start page; without it the rule is shown in full only."""
    items: tuple[RuleItem, ...] = ()


class Channel(CatalogModel):
    """Another way to reach the desk."""

    id: Id
    label: Localised
    address: MaybeLocalised


class FastTrackRule(CatalogModel):
    """One line of the list of what is handled out of turn."""

    id: OptionId
    text: Localised


class FastTrack(CatalogModel):
    """When a situation is handled out of turn."""

    rule: OptionId
    when: When
    otherwise: Localised
    """Said when the answers do not make it fast: why, and which answer would (ux.md, point 10)."""


class Lead(CatalogModel):
    """Where a wrong choice leads: these answers belong to another situation."""

    when: When
    to: Id
    say: Localised


class PriorityRule(CatalogModel):
    """Answers that change the priority."""

    when: When
    priority: Priority


class Situation(CatalogModel):
    """What happened, and what has to be asked about it."""

    id: Id
    label: Localised
    hint: Localised | None = None
    subject: Localised | None = None
    """The situation in a few words for a mail's subject, understood without its category; the label when absent."""
    required: tuple[Id, ...] = ()
    optional: tuple[Id, ...] = ()
    useful: tuple[Id, ...] = ()
    """Of the optional questions those that are missed when they are left blank: the desk's letter names them."""
    deciding: tuple[Id, ...] = ()
    """The questions whose answers tell one report of this situation from another, such as article and brand, or the
    site: the first answered ones stand in the subject and in the line in short of the desk's letter."""
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


class Category(CatalogModel):
    """A group of situations."""

    id: Id
    label: Localised
    hint: Localised | None = None
    situations: tuple[Situation, ...] = Field(min_length=1)


class Identity(CatalogModel):
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


class Asked(BaseModel):
    """One question as a situation asks it."""

    model_config = ConfigDict(frozen=True)

    question: Question
    required: bool
    show_when: When = Field(default_factory=dict)


class Catalog(CatalogModel):
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

        They are built once for the whole catalog; ``shown_order`` says what the order is. A question of identity is
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

    @cached_property
    def cache(self) -> dict[Hashable, Any]:
        """Results computed from this catalog, for as long as it lives (``cache.cached_on_catalog``)."""
        return {}

    def __copy__(self) -> Self:
        """A copy without the cache and cached properties: ``model_copy`` changes what they were computed from."""
        copy = super().__copy__()
        for name in copy.__dict__.keys() - type(self).model_fields.keys():
            del copy.__dict__[name]
        return copy


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


def full_label(category: Category, situation: Situation, language: str) -> str:
    """Category and situation in the catalog's own words; the category once when the situation's label names it."""
    group, label = in_language(category.label, language), in_language(situation.label, language)
    return label if label.casefold().startswith(group.casefold()) else f"{group}: {label}"
