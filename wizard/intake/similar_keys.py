"""By what similar reports are told: keyed digests of what a report is about and of whom it comes from.

They say to nobody without the secret key what was answered. They are compared with those of the last days only, so that
a new key makes the counts begin anew and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from wizard.catalog.models import Catalog, Situation
from wizard.catalog.questions import Question, specify_input
from wizard.tickets.report import Value
from wizard.tickets.snapshot import Reporter
from wizard.values.datetimes import UNKNOWN
from wizard.values.email import canonical_mailbox
from wizard.values.keyed_digest import SHORT, keyed_digest
from wizard.values.url import site_host

_BETWEEN_NAMES = re.compile(r"[,;\n]+")


def grouped_by(catalog: Catalog, situation: Situation, answers: Mapping[str, Value]) -> str:
    """The question that tells what a report is about: the first answered one with ``groups_similar``; empty without."""
    return next((question.id for question, _ in _subjects(catalog, situation, answers)), "")


def similar_key(secret_key: str, catalog: Catalog, situation: Situation, answers: Mapping[str, Value]) -> str | None:
    """The same for reports about the same site, supplier or domain, however it was written."""
    for _, subject in _subjects(catalog, situation, answers):
        return keyed_digest(secret_key, f"similar\n{subject}")[:SHORT]
    return None


def client_key(secret_key: str, reporter: Reporter) -> str | None:
    """The same for reports of one client: of their mailbox, or of the registered name where they gave none."""
    if address := reporter.registered_email or reporter.reply_to:
        return keyed_digest(secret_key, f"client\nmailbox\n{canonical_mailbox(address)}")[:SHORT]
    if name := _folded(reporter.registered_name or ""):
        return keyed_digest(secret_key, f"client\nname\n{name}")[:SHORT]
    return None


def _subjects(catalog: Catalog, situation: Situation, answers: Mapping[str, Value]) -> Iterator[tuple[Question, str]]:
    for asked in catalog.asked(situation):
        question = asked.question
        if question.groups_similar and question.id in answers and (subject := _normalised(question, answers)):
            yield question, subject


def _normalised(question: Question, answers: Mapping[str, Value]) -> str:
    """An answer as it is compared: hosts without ``www.``, names in any order and in any case."""
    value = answers[question.id]
    texts = [value] if isinstance(value, str) else list(value)
    if question.type in ("url", "domain"):
        return site_host(texts[0])
    if question.type == "email":
        texts = [site_host(address.rpartition("@")[2]) for address in _BETWEEN_NAMES.split(texts[0])]
    elif question.type in ("choice", "choices"):
        texts = [f"{text} {answers.get(specify_input(question.id, text), '')}" for text in texts if text != UNKNOWN]
    else:
        texts = _BETWEEN_NAMES.split(texts[0])
    return "\n".join(sorted({folded for text in texts if (folded := _folded(text))}))


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("ё", "е").split()).strip(" .\"'«»“”„")
