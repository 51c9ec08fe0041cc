"""The form of a report: what one client typed for one situation, checked and made into answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from wtforms.form import BaseForm
from wtforms.meta import DefaultMeta

from wizard.catalog.models import Asked, Catalog, Situation
from wizard.forms.fields import QuestionField
from wizard.forms.steps import Step
from wizard.texts import translate
from wizard.tickets.evidence import Evidence
from wizard.tickets.report import Advice, Value
from wizard.values.datetimes import Clock
from wizard.values.email import correct_typo
from wizard.values.precision import Precision

_META = DefaultMeta()


class ReportForm(BaseForm):
    """What a client typed for one situation. Its classes are made by ``report_form``, one a situation and language.

    Fields are reached by the ids of their questions: ``form["site_url"]``.
    """

    catalog: ClassVar[Catalog]
    situation: ClassVar[Situation]
    language: ClassVar[str]
    asked: ClassVar[tuple[Asked, ...]]
    zone: ClassVar[ZoneInfo]
    identity_empty: ClassVar[str]
    one_of: ClassVar[tuple[str, ...]]
    unbound: ClassVar[tuple[tuple[str, Any], ...]]
    by_condition: ClassVar[tuple[str, ...]]
    """The ids of the questions, each after those on whose answers it depends."""
    step_plan: ClassVar[tuple[Step, ...]]

    def __init__(
        self,
        formdata: Any = None,
        attached: Mapping[str, int] | None = None,
        evidence: Evidence | None = None,
        now: datetime | None = None,
        as_typed: frozenset[str] = frozenset(),
    ) -> None:
        """Bind what was typed.

        Args:
            formdata: what was sent, with ``getlist`` as werkzeug's MultiDict has it; None for a blank form.
            attached: how many files were attached, by question id.
            evidence: captured facts that may stand in for blank answers.
            now: the time by which moments are validated, aware; the present by default.
            as_typed: the ids of the questions whose answers the client wants sent as typed, secrets and all.
        """
        super().__init__(self.unbound, meta=_META)  # type: ignore[no-untyped-call]
        self.attached = attached or {}
        self.evidence = evidence
        self.now = now or datetime.now(UTC)
        self.as_typed = as_typed
        self.process(formdata)

    def process(self, formdata: Any = None, *_: Any, **__: Any) -> None:
        """Bind to each field what was typed for it."""
        formdata = self.meta.wrap_formdata(self, formdata)
        for field in self._fields.values():
            field.process(formdata)

    def validate(self, *_: Any, through: str = "") -> bool:
        """Check every question that applies; True when the report can be taken as it is.

        Args:
            through: the id of a step: what is asked after it may still be missing or wrong.
        """
        due = self.ids_through(through)
        for id_ in self.by_condition:
            field: QuestionField = self._fields[id_]
            field.applies = self._holds(field.condition)
            if field.applies:
                field.validate(self)
            else:
                field.errors, field.data = [], None
        self._check_identity(due)
        for id_ in self._fields.keys() - due:
            self._fields[id_].errors = []
        return not any(field.errors for field in self._fields.values())

    def prefill(self, values: Mapping[str, str]) -> None:
        """Show values in blank inputs, for the client to keep or change, those that prefilled answers bring up too."""
        for id_ in self.by_condition:
            field: QuestionField = self._fields[id_]
            field.applies = field.applies or self._holds(field.condition)
            if value := values.get(id_):
                field.prefill(value)

    def clock(self, max_age: timedelta) -> Clock:
        """By what moments are read."""
        return Clock(now=self.now, zone=self.zone, max_age=max_age)

    @property
    def errors_by_question(self) -> dict[str, list[str]]:
        """What stands in the way, by question, in their order."""
        return {id_: list(field.errors) for id_, field in self._fields.items() if field.errors}

    @property
    def only_needs_confirmation(self) -> bool:
        """Whether nothing stands in the way but answers prefilled from the client's words, to be confirmed."""
        return all(field.needs_confirmation for field in self._fields.values() if field.errors)

    def answers(self) -> dict[str, Value]:
        """The answers that were given and apply, normalised, in the order of the questions.

        What was specified beside an option follows its question under ``{question}_{option}``. Of a form that did
        not pass, the answers that are fit.
        """
        return {key: value for field in self._fields.values() for key, value in field.answers()}

    def precisions(self) -> dict[str, Precision]:
        """How exact the moments among the answers are, by question."""
        return {
            field.name: field.precision
            for field in self._fields.values()
            if field.applies and field.data is not None and field.precision
        }

    @property
    def warnings(self) -> list[Advice]:
        """What the client may want to look at again, and may leave as it is."""
        return [*self._typos(), *self._masked()]

    def _masked(self) -> list[Advice]:
        return [
            Advice(kind="masked", text=translate(self.language, "forms.masked"), question=id_)
            for id_, field in self._fields.items()
            if field.applies and field.masked and not field.errors
        ]

    def _typos(self) -> list[Advice]:
        return [
            Advice(kind="typo", text=translate(self.language, "forms.typo", suggestion=suggestion), question=id_)
            for id_, field in self._fields.items()
            if field.kind == "email" and field.applies and isinstance(field.data, str)
            for suggestion in map(correct_typo, field.data.split(", "))
            if suggestion
        ]

    @property
    def steps(self) -> list[tuple[Step, list[QuestionField]]]:
        """The steps, each with its fields."""
        return [(step, [self._fields[id_] for id_ in step.questions]) for step in self.step_plan]

    def ids_through(self, step_id: str) -> frozenset[str]:
        """The ids of the questions of the steps through the named one; all of them when there is no such step."""
        ends = [number for number, step in enumerate(self.step_plan, start=1) if step.id == step_id]
        steps = self.step_plan[: ends[0]] if ends else self.step_plan
        return frozenset(id_ for step in steps for id_ in step.questions)

    def raw_items(self) -> Iterable[tuple[str, str]]:
        """Everything typed, by input name: what a page holds to send the same again."""
        for field in self._fields.values():
            yield from field.raw_items()

    def _holds(self, condition: Mapping[str, tuple[str, ...]]) -> bool:
        return all(self._is_answered(id_, wanted) for id_, wanted in condition.items())

    def _is_answered(self, id_: str, wanted: tuple[str, ...]) -> bool:
        field = self._fields.get(id_)
        if field is None or not field.applies:
            return False
        answer = field.data or field.prefilled
        return answer in wanted if isinstance(answer, str) else any(option in wanted for option in answer)

    def _check_identity(self, due: frozenset[str]) -> None:
        """One of the questions of identity is enough; when all were asked and are blank, the first one says so."""
        fields = [self._fields[id_] for id_ in self.one_of]
        if (
            fields
            and due.issuperset(self.one_of)
            and not any(field.data is not None or field.errors for field in fields)
        ):
            fields[0].errors.append(self.identity_empty)
