"""The consent to the processing of personal data: a document of its own, in every language, with a version.

152-FZ, article 9 as amended by 156-FZ of 2025: a consent is a separate document, given by an act of its own. Off unless
``WIZARD_CONSENT`` names a file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wizard.catalog.validation.faults import CatalogError, Fault, unknown
from wizard.catalog.yaml_nodes import Node, read_yaml

VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", re.ASCII)
KEYS = ("version", "text", "title", "label")
REQUIRED = KEYS[:2]


@dataclass(frozen=True)
class Consent:
    """The text that clients agree to before they send."""

    version: str
    text: Mapping[str, str]
    """By language; its paragraphs are parted by blank lines."""
    title: Mapping[str, str] | None = None
    """By language; None: the program's own words."""
    label: Mapping[str, str] | None = None
    """What stands beside the box, by language; None: the program's own words."""

    def digest(self, language: str) -> str:
        """SHA-256 of the text in a language, as UTF-8: what was agreed to can be told from any other text."""
        return hashlib.sha256(self.text[language].encode()).hexdigest()

    def mark(self, language: str) -> str:
        """What a tick says: the version and the digest of the text that stood beside it."""
        return f"{self.version} {self.digest(language)}"


def load_consent(path: Path, languages: Sequence[str]) -> Consent:
    """Read and check the file of the consent.

    Raises:
        CatalogError: with every fault, each as ``file:line: what is wrong``.
    """
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise CatalogError([Fault(str(path), 0, f"cannot be read: {reason}")]) from None
    root, faults = read_yaml(content, str(path))
    if root is not None:
        faults.extend(_faults(root, languages))
    if faults or root is None:
        raise CatalogError(faults)
    title, label = (_texts(root.get(key)) if root.has(key) else None for key in ("title", "label"))
    return Consent(root.get("version").raw, _texts(root.get("text")), title, label)


def _texts(node: Node) -> dict[str, str]:
    return {language: str(text.value).strip() for language, text in node.items()}


def _faults(root: Node, languages: Sequence[str]) -> Iterator[Fault]:
    if not isinstance(root.value, dict):
        yield root.fault("version: and text: are wanted, text: with a line for each language")
        return
    for key, node in root.items():
        if key not in KEYS:
            yield node.key_fault(unknown("key", key, KEYS))
    for key in REQUIRED:
        if not root.has(key):
            yield root.fault(f"{key}: is missing")
    version = root.get("version")
    if root.has("version") and not VERSION.fullmatch(version.raw):
        yield version.fault("the version is a word of up to 40 letters, digits and the signs . _ -, such as 2026-09-01")
    for key in KEYS[1:]:
        if root.has(key):
            yield from _text_faults(key, root.get(key), languages)


def _text_faults(key: str, texts: Node, languages: Sequence[str]) -> Iterator[Fault]:
    if not isinstance(texts.value, dict):
        yield texts.key_fault(f"{key}: wants a text for each language: {', '.join(languages)}")
        return
    for language in languages:
        if not texts.has(language):
            yield texts.key_fault(f"{key}: has no text in {language}")
    for language, text in texts.items():
        if language not in languages:
            yield text.key_fault(unknown("language", language, languages))
        elif text.word is None or not text.word.strip():
            yield text.key_fault(f"{key}: the text in {language} is empty, or no text")
