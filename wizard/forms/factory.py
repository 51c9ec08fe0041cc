"""Makes the form class of a situation in a language, once."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from wizard.catalog.cache import cached_on_catalog
from wizard.catalog.model_types import in_language
from wizard.catalog.models import Asked, Catalog, Situation
from wizard.forms.fields import Unbound
from wizard.forms.localised import localise
from wizard.forms.report_form import ReportForm
from wizard.forms.steps import steps_of


def report_form(catalog: Catalog, situation: Situation, language: str) -> type[ReportForm]:
    """The form class of a situation in a language. The same arguments give the same class."""
    return _report_form(catalog, situation.id, language)


@cached_on_catalog
def _report_form(catalog: Catalog, situation_id: str, language: str) -> type[ReportForm]:
    situation = catalog.situations[situation_id]
    questions = catalog.asked(situation)
    ids = {asked.question.id for asked in questions}
    members: Mapping[str, object] = {
        "__doc__": f"The form of {situation.id} in {language}.",
        "catalog": catalog,
        "situation": situation,
        "language": language,
        "asked": questions,
        "zone": ZoneInfo(catalog.time_zone),
        "identity_empty": in_language(catalog.identity.empty, language),
        "one_of": tuple(id_ for id_ in catalog.identity.one_of if id_ in ids),
        "unbound": tuple((asked.question.id, Unbound(localise(catalog, asked, language))) for asked in questions),
        "by_condition": by_condition(questions),
        "step_plan": tuple(steps_of(catalog, questions)),
    }
    return type(f"ReportForm_{situation.id}_{language}", (ReportForm,), dict(members))


def by_condition(questions: tuple[Asked, ...]) -> tuple[str, ...]:
    """The ids of the questions, each after those on whose answers it depends (topological); else in the order given."""
    conditions = {asked.question.id: asked.show_when for asked in questions}
    placed: dict[str, None] = {}

    def place(id_: str, path: tuple[str, ...] = ()) -> None:
        if id_ in placed or id_ in path or id_ not in conditions:
            return
        for other in conditions[id_]:
            place(other, (*path, id_))
        placed[id_] = None

    for id_ in conditions:
        place(id_)
    return tuple(placed)
