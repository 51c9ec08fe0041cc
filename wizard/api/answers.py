"""Answers in JSON, judged by the schema of their situation and then by the form's own class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import MultiDict

from wizard.api.answers_schema import answers_schema, cleaned
from wizard.api.attachments import AssignedFiles
from wizard.api.bounded_validation import MOST_FAULTS, MOST_VALUES, faults_of, unknown_members, validator_of
from wizard.api.request_body import shown_name, wrong_type
from wizard.catalog.cache import cached_on_catalog
from wizard.catalog.models import Catalog, Situation
from wizard.container import Container
from wizard.forms.factory import report_form
from wizard.forms.report_form import ReportForm
from wizard.intake.prefill import prefill
from wizard.texts import Translator, translator
from wizard.tickets.evidence import Evidence
from wizard.web.heavy_work import current_allowance

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator


@dataclass(frozen=True)
class Judged:
    """What came of the answers of one report."""

    form: ReportForm
    errors: dict[str, list[str]]
    """By question id, in the language of the form; nothing stands in the way when empty."""

    @property
    def suggested(self) -> dict[str, str]:
        """What the form would show in inputs that were left blank: captured, or found elsewhere in the report."""
        return {id_: self.form[id_].prefilled for id_ in self.form.by_condition if self.form[id_].prefilled}


def judge(
    container: Container,
    situation: Situation,
    language: str,
    answers: Mapping[str, Any],
    files: AssignedFiles,
    evidence: Evidence,
    as_typed: Iterable[str] = (),
) -> Judged:
    """Judge answers. What has the shape of an answer gets the form's verdict in the form's words.

    ``as_typed`` are ids of questions in whose answers no secret is to be masked.
    """
    catalog, translate = container.catalog, translator(language)
    faults = faults_of(_validator(catalog, situation.id), cleaned(catalog, situation, answers))
    shape_errors = dict(islice(_shape_errors(faults, translate), MOST_FAULTS))
    values = MultiDict((id_, text) for id_, value in answers.items() for text in _form_values(value))
    form_class = report_form(catalog, situation, language)
    form = form_class(values, files.counts, evidence, evidence.time, as_typed=frozenset(as_typed))
    if not form.validate():
        prefill(container, form, files.attachments, current_allowance())
    errors = {id_: texts for id_, texts in form.errors_by_question.items() if id_ not in shape_errors}
    errors = {**{id_: [text] for id_, text in shape_errors.items()}, **errors}
    if faults and not errors:
        # The form never takes what the schema does not (tests/api/test_agreement.py); if it ever did, nobody would
        # be told that a published schema is a lie.
        errors = {shown_name(_question_of(fault)): [translate("api.does_not_fit")] for fault in faults}
    return Judged(form, errors)


def _shape_errors(faults: Iterable[ValidationError], translate: Translator) -> Iterator[tuple[str, str]]:
    """Members that no form could send: of wrong types, or asked by nobody."""
    for fault in faults:
        if fault.validator == "type":
            in_list = len(fault.absolute_path) > 1
            yield _question_of(fault), translate("api.wrong.strings") if in_list else wrong_type(fault, translate)
        elif fault.validator == "maxItems" and not _form_values(fault.instance):
            yield _question_of(fault), translate("api.wrong.strings")
        elif fault.validator == "additionalProperties":
            yield from ((shown_name(name), translate("api.unknown_question")) for name in unknown_members(fault))


def _question_of(fault: ValidationError) -> str:
    return str(fault.absolute_path[0]) if fault.absolute_path else "answers"


def _form_values(value: Any) -> list[str]:
    """An answer as a form would send it; nothing for what no form could send."""
    parts = value[: MOST_VALUES + 1] if isinstance(value, list) else [value]
    return parts if all(isinstance(part, str) for part in parts) else []


@cached_on_catalog
def _validator(catalog: Catalog, situation_id: str) -> Validator:
    # Titles and descriptions decide nothing: one language is as good as another.
    return validator_of(answers_schema(catalog, catalog.situations[situation_id], catalog.default_language))
