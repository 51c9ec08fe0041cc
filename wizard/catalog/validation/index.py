"""An index of a catalog's parts by name, over nodes that may be wrong in places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from wizard.catalog.models import shown_order
from wizard.catalog.validation.shape import QUESTION_TYPES
from wizard.catalog.yaml_nodes import Node


@dataclass(frozen=True)
class SituationNode:
    """A situation, and the ids of what it asks."""

    node: Node
    id: str
    question_ids: tuple[str, ...]
    """Every known question that it asks, identity too, in the order in which they are shown."""


@dataclass
class Index:
    """What there is to refer to."""

    root: Node
    questions: dict[str, Node] = field(init=False)
    sections: tuple[str, ...] = field(init=False)
    rules: tuple[str, ...] = field(init=False)
    """The ids of the fast-track rules."""
    identity: tuple[str, ...] = field(init=False)
    situations: tuple[SituationNode, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.questions = dict(self.root.get("questions").items())
        self.sections = ids_of(self.root.get("sections"))
        self.rules = ids_of(self.root.get("fast_track_rules"))
        self.identity = words_of(self.root.get("identity").get("questions"))
        self.situations = tuple(self._situations())

    @property
    def categories(self) -> list[Node]:
        """The categories."""
        return self.root.get("categories").elements()

    def type_of(self, question: str) -> str | None:
        """The type of a known question, None when there is no such type."""
        word = self.questions[question].get("type").word
        return word if word in QUESTION_TYPES else None

    def section_of(self, question: str) -> str | None:
        """The section of a known question, None when it is not given."""
        return self.questions[question].get("section").word

    def options(self, question: str) -> tuple[str, ...] | None:
        """The ids of a known question's options; None when they are not well-shaped enough to know."""
        options = self.questions[question].get("options").elements()
        ids = tuple(option.get("id").word or "" for option in options)
        return None if "" in ids or not ids else ids

    def _situations(self) -> Iterator[SituationNode]:
        section_of = {id_: self.section_of(id_) or "" for id_ in self.questions}
        for category in self.categories:
            for node in category.get("situations").elements():
                order = shown_order(
                    required=words_of(node.get("required")),
                    optional=words_of(node.get("optional")),
                    identity=self.identity,
                    sections=self.sections,
                    section_of=section_of,
                )
                known = tuple(id_ for id_ in order if id_ in self.questions)
                yield SituationNode(node, node.get("id").word or "", known)


def words_of(node: Node) -> tuple[str, ...]:
    """The texts of a list of texts."""
    return tuple(word.value for word in node.words())


def ids_of(node: Node) -> tuple[str, ...]:
    """The ids of a list of mappings."""
    return tuple(part.get("id").value for part in node.elements() if part.get("id").word is not None)
