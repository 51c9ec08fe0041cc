"""The one masker: passwords, keys, tokens and codes in a text are found with their places and made ``***``.

Every typed text passes it, at every door (docs/decisions/0021-masked-by-default.md). Card numbers are of
``values.card_numbers``: they are not accepted at all. Pure functions, linear in the length of the text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from wizard.values.card_numbers import card_numbers
from wizard.values.secret_codes import code_secrets
from wizard.values.secret_prose import prose_secrets
from wizard.values.secret_sentences import sentence_secrets
from wizard.values.secret_settings import assigned_secrets
from wizard.values.secret_shapes import shaped_secrets

MASK = "***"
"""What a redacted secret is replaced with."""
LONGEST = 100_000
"""Characters that are searched."""


@dataclass(frozen=True)
class Secret:
    """A secret and where it stands in the text."""

    kind: str
    """``card``, ``password``, ``license_key`` or ``token``."""
    start: int
    end: int


def secrets_in(text: str, names: Collection[str] = ()) -> tuple[Secret, ...]:
    """Every secret in a text, in order, none overlapping another.

    Args:
        text: what was typed.
        names: words before a secret, in lower case, beside those that are known here.
    """
    read = text[:LONGEST]
    cards = [Secret("card", *span) for span in card_numbers(read)]
    return _without_overlaps([*cards, *_maskable(read, names)])


def mask_secrets(text: str, names: Collection[str] = ()) -> str:
    """The text with ``***`` for each secret but card numbers; never longer, and the same when masked again."""
    return redact(text, _without_overlaps(_maskable(text[:LONGEST], names)))


def redact(text: str, secrets: Iterable[Secret]) -> str:
    """The text with each of these secrets replaced by ``***``."""
    parts, reached = [], 0
    for secret in secrets:
        parts += [text[reached : secret.start], MASK]
        reached = secret.end
    return "".join([*parts, text[reached:]]) if parts else text


def _maskable(text: str, names: Collection[str]) -> list[Secret]:
    lowered = text.lower()
    found = [
        *shaped_secrets(text, lowered),
        *assigned_secrets(text, lowered),
        *code_secrets(text, lowered),
        *prose_secrets(text, lowered, names),
        *sentence_secrets(text, lowered),
    ]
    return [
        Secret(kind, start, end)
        for start, end, kind in found
        if end - start >= len(MASK) and MASK not in text[start:end]
    ]


def _without_overlaps(secrets: Iterable[Secret]) -> tuple[Secret, ...]:
    """In order; of two that overlap, one from the first's start to the last's end."""
    kept: list[Secret] = []
    for secret in sorted(secrets, key=lambda secret: (secret.start, -secret.end)):
        if kept and secret.start < kept[-1].end:
            if secret.end > kept[-1].end:
                kept[-1] = Secret(kept[-1].kind, kept[-1].start, secret.end)
        else:
            kept.append(secret)
    return tuple(kept)
