"""YAML read into nodes that remember the line of every key and value.

PyYAML alone takes the second of two equal keys in silence, reads ``no`` as a boolean and knows no lines once the data
are built. Aliases and merge keys are refused: a few lines of them can stand for gigabytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from wizard.catalog.validation.faults import Fault

MAX_DEPTH = 40
"""No catalog nests half as deep; deeper files would exhaust the stack."""

_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = {_TAG + "str", _TAG + "value"}
_SCALARS = {"str", "value", "null", "bool", "int", "float", "merge"}


class CatalogLoader(yaml.CSafeLoader):
    """PyYAML's fast safe loader, to which a date is a text like any other."""


CatalogLoader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != _TAG + "timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(slots=True, eq=False)
class Node:
    """A value of a YAML file and its place. Asking it for what it does not hold yields nothing, never an error."""

    value: Any
    """A scalar, ``dict[str, Node]`` or ``list[Node]``."""
    file: str
    line: int
    """Counted from 1."""
    key_line: int
    """The line of the key (or the list item) under which it stands."""
    raw: str = ""
    """A scalar as it was written, so that a fault can quote it."""

    def get(self, key: str) -> Node:
        """The value under a key; an empty node at this place when there is none."""
        node = self.value.get(key) if isinstance(self.value, dict) else None
        return node if node is not None else Node(None, self.file, self.key_line, self.key_line)

    def has(self, key: str) -> bool:
        """Is there such a key?"""
        return isinstance(self.value, dict) and key in self.value

    def items(self) -> Iterator[tuple[str, Node]]:
        """Keys and values; none of anything but a mapping."""
        if isinstance(self.value, dict):
            yield from self.value.items()

    def elements(self) -> list[Node]:
        """The items of a list; none of anything else."""
        return self.value if isinstance(self.value, list) else []

    @property
    def word(self) -> str | None:
        """The text, if it is one."""
        return self.value if isinstance(self.value, str) else None

    def words(self) -> list[Node]:
        """The texts of a list of texts; one text alone counts as such a list."""
        return [node for node in ([self] if self.word is not None else self.elements()) if node.word is not None]

    def plain(self) -> Any:
        """The same without places, as PyYAML would give it."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def fault(self, problem: str) -> Fault:
        """A fault of this value."""
        return Fault(self.file, self.line, problem)

    def key_fault(self, problem: str) -> Fault:
        """A fault of the key under which this value stands, or of what is missing in it."""
        return Fault(self.file, self.key_line, problem)


def read_yaml(content: bytes, file: str) -> tuple[Node | None, list[Fault]]:
    """The nodes of a YAML document, or None when it cannot be parsed, and its faults."""
    try:
        text = content.decode("utf-8-sig")
        loader = CatalogLoader(text)
    except UnicodeDecodeError as error:
        return None, [Fault(file, content.count(b"\n", 0, error.start) + 1, "not UTF-8: save the file in UTF-8")]
    try:
        root = loader.get_single_node()
        builder = _NodeBuilder(loader, file)
        empty = Node({}, file, 1, 1)
        return (builder.node(root, root.start_mark.line + 1, depth=0) if root else empty), builder.faults
    except yaml.YAMLError as error:
        return None, [_not_yaml(error, text, file)]
    finally:
        loader.dispose()


def _not_yaml(error: yaml.YAMLError, text: str, file: str) -> Fault:
    line, problem = 1, str(error)
    if isinstance(error, yaml.reader.ReaderError):
        # A character that YAML forbids has no line, only a position, counted in bytes.
        line, problem = text.encode().count(b"\n", 0, int(error.position)) + 1, error.reason
    elif isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        # An unclosed bracket is found behind the last line, where there is nothing to look at.
        line, problem = min(mark.line + 1, len(text.splitlines())) if mark else 1, str(error.problem)
    if "another document" in problem:
        problem = "a second document begins (---); a file holds one"
    return Fault(file, max(line, 1), f"not YAML: {problem}")


@dataclass
class _NodeBuilder:
    """One pass over a parsed document."""

    loader: CatalogLoader
    file: str
    faults: list[Fault] = field(default_factory=list)
    seen: set[yaml.Node] = field(default_factory=set)

    def node(self, node: yaml.Node, key_line: int, depth: int) -> Node:
        line = node.start_mark.line + 1
        if node in self.seen:
            # An alias gives the very node of its anchor again; going into it is how merge bombs grow.
            self.fault(key_line, "aliases (*name) are not allowed: write the value again")
            return Node(None, self.file, key_line, key_line)
        self.seen.add(node)
        if depth > MAX_DEPTH:
            self.fault(line, f"nested deeper than {MAX_DEPTH} levels")
            return Node(None, self.file, line, key_line)
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            return Node(self.mapping(node, depth), self.file, line, key_line)
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            items = [self.node(item, item.start_mark.line + 1, depth + 1) for item in node.value]
            return Node(items, self.file, line, key_line)
        return self.scalar(node, line, key_line)

    def mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Node]:
        values: dict[str, Node] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = self.key(key_node, line)
            value = self.node(value_node, line, depth + 1)
            if key is None:
                continue
            if key in values:
                self.fault(line, f'duplicate key "{key}": it already stands in line {values[key].key_line}')
            else:
                values[key] = value
        return values

    def key(self, node: yaml.Node, line: int) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            self.fault(line, "a key must be a word")
            return None
        if node.tag == _TAG + "merge":
            self.fault(line, "merge keys (<<) are not allowed: write the keys out")
            return None
        if node.tag not in _TEXT_TAGS:
            self.fault(line, not_a_word(self.scalar(node, line, line)))
        return str(node.value)

    def scalar(self, node: yaml.Node, line: int, key_line: int) -> Node:
        kind = node.tag.removeprefix(_TAG)
        if not isinstance(node, yaml.ScalarNode) or kind not in _SCALARS:
            self.fault(line, f'the tag "{node.tag}" is not allowed: write a plain text, number, list or mapping')
            return Node(None, self.file, line, key_line)
        value: Any = node.value
        try:
            if kind in ("null", "bool", "int", "float"):
                value = getattr(self.loader, f"construct_yaml_{kind}")(node)
        except (ValueError, KeyError):
            # What looks like a number but is none (0x_, or one of 5,000 digits) stays the text that it is.
            value = node.value
        return Node(value, self.file, line, key_line, raw=node.value)

    def fault(self, line: int, problem: str) -> None:
        self.faults.append(Fault(self.file, line, problem))


def not_a_word(node: Node) -> str:
    """Say why something that looks like a word is none, and how to write it."""
    if node.value is None:
        return "empty: write a word, or leave the key out"
    kind = "true or false" if isinstance(node.value, bool) else "a number"
    return f'YAML reads {node.raw} as {kind}; where a word is meant, quote it: "{node.raw}"'
