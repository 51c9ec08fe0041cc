"""The files of a submitted page: new ones are checked and stored, earlier ones are named by their signed names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, request

from wizard.catalog.questions import Files
from wizard.config.logs import security_event
from wizard.container import Container
from wizard.files.file_types import in_words, takes
from wizard.files.inspection import FileRefused
from wizard.forms.follow_up import FOLLOW_UP_FILES
from wizard.intake import uploads
from wizard.texts import Translator
from wizard.tickets.report import Attachment
from wizard.values.sizes import limit_text, size_text, size_units
from wizard.web.evidence import caller_ip
from wizard.web.heavy_work import RETRY_AFTER, current_allowance
from wizard.web.rate_limits import caller_id


@dataclass
class SubmittedFiles(uploads.FilesByQuestion):
    """The files of one page, and what is wrong with them."""

    unread: frozenset[str] = frozenset()
    """Ids of mails that are attached and could not be read."""
    is_busy: bool = False
    """A file found no place in the queue, and may find one a moment later."""


def submitted_files(container: Container, questions: Iterable[Files], translate: Translator) -> SubmittedFiles:
    """Take in the files of the page at hand: those sent now and the pending uploads of before, less the removed ones.

    A file that is refused costs nothing else: its error stands at its question, everything else is stored.
    """
    submitted = SubmittedFiles()
    for question in questions:
        attachments, is_any_lost = _pending_uploads(container, question)
        errors = [translate("views.file_gone")] if is_any_lost else []
        for attachment in list(attachments):
            # A script may have uploaded it for any question; this one takes only its own kinds.
            if not takes(question.types, attachment.type):
                attachments.remove(attachment)
                errors.append(translate("attachments.kind", name=attachment.name, kinds=in_words(question.types)))
            elif not uploads.is_stored(container, attachment):
                attachments.remove(attachment)
                errors.append(translate("attachments.lost", name=attachment.name))
        for file in request.files.getlist(question.id):
            if not file.filename:
                continue
            if len(attachments) >= question.max_files:
                errors.append(translate("views.file_too_many", name=file.filename[:100], max_files=question.max_files))
                continue
            try:
                incoming = uploads.Incoming(file.filename, file.stream)
                caller = caller_ip(request, container.settings.trusted_proxies)
                new = uploads.receive(container, incoming, question.types, caller, current_allowance())
            except FileRefused as refused:
                errors.append(refused.in_words(translate))
                submitted.is_busy = submitted.is_busy or refused.reason == "busy"
            else:
                # The same picture chosen twice is one picture (threats U11).
                if new.sha256 not in {attachment.sha256 for attachment in attachments}:
                    attachments.append(replace(new, question=question.id))
        submitted.by_question[question.id] = attachments
        if errors:
            submitted.errors[question.id] = errors
    return submitted


def refused_page(answer: Response, files: SubmittedFiles) -> Response:
    """The page that says what is wrong; where a file only came at a bad moment, it says when to come again."""
    if files.is_busy:
        answer.status_code = 503
        answer.headers["Retry-After"] = str(RETRY_AFTER)
    return answer


def _pending_uploads(container: Container, question: Files) -> tuple[list[Attachment], bool]:
    """The files of earlier pages, and whether any of their names is no longer good."""
    removed = set(request.form.getlist(f"{question.id}_remove"))
    names = [name for name in request.form.getlist(question.id) if name and name not in removed][: question.max_files]
    names = list(dict.fromkeys(names))
    attachments = [attachment for name in names if (attachment := uploads.of_signed_name(container, name))]
    is_any_lost = len(attachments) < len(names)
    if is_any_lost:
        security_event("file_name_refused", caller=caller_id(), route=request.endpoint)
    return [replace(attachment, question=question.id) for attachment in attachments], is_any_lost


def upload_limits(container: Container, translate: Translator) -> dict[str, Any]:
    """How many files a question takes that does not say so itself, how large each may be, and how sizes are written."""
    max_bytes = container.settings.upload_max_bytes
    return {
        "max_files": FOLLOW_UP_FILES.max_files,
        "max_bytes": max_bytes,
        "max_size": limit_text(max_bytes, translate),
        "units": size_units(translate),
    }


def file_rows(container: Container, files: SubmittedFiles, translate: Translator) -> dict[str, list[dict[str, Any]]]:
    """The files of each question as the templates list them."""
    return {
        question: [
            {
                "signed": uploads.signed_name(container, attachment),
                "name": attachment.name,
                "size_text": size_text(attachment.size, translate),
                "type": attachment.type,
                "note": translate("views.file_unread") if attachment.id in files.unread else "",
            }
            for attachment in attachments
        ]
        for question, attachments in files.by_question.items()
    }
