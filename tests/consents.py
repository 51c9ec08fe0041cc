"""The file of a consent, as an operator would write it."""

from __future__ import annotations

import hashlib
from pathlib import Path

TEXT = {
    "ru": "Я даю согласие ООО «Деталь» на обработку моих данных.\n\nЧтобы мне ответили, и на год.",
    "en": "I consent to the processing of my data by Detal Ltd.\n\nTo be answered, and for a year.",
}


def consent_file(folder: Path, version: str = "2026-09-01", addition: str = "", **texts: str) -> Path:
    """Write the file of a consent; ``texts`` stand in place of the usual ones."""
    path = folder / "consent.yaml"
    lines = [f"version: {version}", "text:"]
    for language, text in {**TEXT, **texts}.items():
        lines += [f"  {language}: |", *(f"    {line}" for line in text.splitlines())]
    path.write_text("\n".join([*lines, addition]), "utf-8")
    return path


def sha256(text: str) -> str:
    """The digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()
