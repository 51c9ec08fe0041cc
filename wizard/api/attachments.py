"""Attachments: uploaded one by one beforehand, then named in a report or a follow-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Response, request
from sqlalchemy.exc import SQLAlchemyError

from wizard.api.blueprint import api, in_json, limit_writing, request_translator
from wizard.api.problems import Problem, refused, unavailable
from wizard.api.site_secret import caller_of
from wizard.catalog.questions import Files, FileType
from wizard.config.logs import security_event
from wizard.container import Container
from wizard.files.file_types import MEDIA_TYPES, in_words, takes
from wizard.files.inspection import FileRefused
from wizard.intake import uploads
from wizard.texts import Translator
from wizard.tickets.report import Attachment
from wizard.web.evidence import caller_ip
from wizard.web.heavy_work import RETRY_AFTER, current_allowance
from wizard.web.rate_limits import caller_id
from wizard.web.request_context import container

MULTIPART_OVERHEAD = 64 * 1024
"""Bytes that a multipart body may hold besides the file."""


@api.post("/attachments")
@limit_writing
def upload() -> Response:
    """Take one file; it is stored for a day, and for as long as a ticket that names it."""
    translate = request_translator()
    types = _types_asked(container(), translate)
    if request.mimetype != "multipart/form-data":
        raise Problem("media_type", headers={"Accept": "multipart/form-data"}, expected="multipart/form-data")
    request.max_content_length = container().settings.upload_max_bytes + MULTIPART_OVERHEAD
    files = [file for name in request.files for file in request.files.getlist(name)]
    if len(files) != 1 or "file" not in request.files or not files[0].filename:
        raise refused({"file": [translate("api.file_missing")]})
    incoming = uploads.Incoming(files[0].filename, files[0].stream)
    try:
        caller = caller_ip(request, container().settings.trusted_proxies)
        allowance, is_own_server = current_allowance(), caller_of(request.args.get("site", "")).site is not None
        attachment = uploads.receive(container(), incoming, types, caller, allowance, counts_files=not is_own_server)
    except FileRefused as refusal:
        raise _problem(refusal, translate) from None
    return in_json({"id": uploads.signed_name(container(), attachment), **described(attachment)}, 201)


def described(file: Any) -> dict[str, Any]:
    """A file as programs see it."""
    return {"name": file.name, "type": file.type, "size": file.size, "sha256": file.sha256}


def _types_asked(container: Container, translate: Translator) -> tuple[FileType, ...]:
    """The kinds that the question named in the query takes; all that we know when none is named."""
    named = request.args.get("question")
    if named is None:
        return tuple(MEDIA_TYPES)
    question = container.catalog.questions.get(named)
    if not isinstance(question, Files):
        raise refused({"question": [translate("api.no_files_asked")]})
    return question.types


def _problem(refusal: FileRefused, translate: Translator) -> Problem:
    if isinstance(refusal.__cause__, SQLAlchemyError):
        return unavailable()
    words = refusal.in_words(translate)
    if refusal.reason == "no_room":
        return Problem("no_room", headers={"Retry-After": "3600"}, detail=words)
    if refusal.reason == "busy":
        return Problem("busy", headers={"Retry-After": str(RETRY_AFTER)}, detail=words)
    if refusal.reason == "too_large":
        return Problem("too_large", detail=words, errors={"file": [words]})
    return refused({"file": [words]})


class AssignedFiles(uploads.FilesByQuestion):
    """The files that a report or a follow-up names, each at its question."""

    def add_error(self, name: str, text: str) -> None:
        """Say what stands in the way, once."""
        if text not in self.errors.setdefault(name, []):
            self.errors[name].append(text)


def assign_files(
    container: Container, questions: Sequence[Files], named: Sequence[Any], translate: Translator
) -> AssignedFiles:
    """Find the named files again and assign each to its question.

    ``named`` holds ids, or objects with an id and a question. A file without a question goes to the first one that
    takes its kind and has room.
    """
    files = AssignedFiles({question.id: [] for question in questions})
    for member in named:
        name, question_id = (member, None) if isinstance(member, str) else (member["id"], member.get("question"))
        attachment = uploads.of_signed_name(container, name)
        if attachment is None:
            security_event("file_name_refused", caller=caller_id(), route=request.endpoint)
            files.add_error("attachments", translate("views.file_gone"))
            continue
        question = _question_for(attachment, question_id, questions, files)
        if question is None:
            files.add_error("attachments", translate("api.unknown_question" if question_id else "api.no_files_asked"))
        elif not takes(question.types, attachment.type):
            text = translate("attachments.kind", name=attachment.name, kinds=in_words(question.types))
            files.add_error(question.id, text)
        elif not uploads.is_stored(container, attachment):
            files.add_error(question.id, translate("attachments.lost", name=attachment.name))
        elif attachment.sha256 not in {other.sha256 for other in files.by_question[question.id]}:
            # The same picture uploaded twice is one picture (threats U11).
            files.by_question[question.id].append(replace(attachment, question=question.id))
    return files


def _question_for(
    attachment: Attachment, question_id: str | None, questions: Sequence[Files], files: AssignedFiles
) -> Files | None:
    if question_id is not None:
        return next((question for question in questions if question.id == question_id), None)
    fitting = [question for question in questions if takes(question.types, attachment.type)]
    with_room = [question for question in fitting if len(files.by_question[question.id]) < question.max_files]
    return next(iter([*with_room, *fitting, *questions]), None)
