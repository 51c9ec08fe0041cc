"""How well triage reads reports that people have labelled: one dictionary of figures."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from wizard.catalog.models import Catalog
from wizard.triage.assess import Assessment, assess

FLAGS: dict[str, Callable[[Mapping[str, Any]], bool]] = {
    "vague": lambda report: bool(report.get("vague")),
    "impolite": lambda report: report.get("polite") is False,
    "multi_question": lambda report: bool(report.get("multi_question")),
    "ticket_number": lambda report: bool(report.get("ticket_number_in_message")),
    "error_text": lambda report: bool(report.get("has_error_text")),
    "bounce_text": lambda report: bool(report.get("has_bounce_text")),
}
"""What a label says of each kind of finding."""


class UnreadableReports(Exception):
    """A file of reports that cannot be read; the text names the line."""


def read_reports(path: Path) -> list[dict[str, Any]]:
    """Labelled reports, one JSON object a line.

    Raises:
        UnreadableReports: the file, or a line of it, is no such thing.
    """
    reports = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableReports(f"{path}: cannot be read: {error}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            report = json.loads(line)
        except ValueError as error:
            raise UnreadableReports(f"{path}:{number}: not JSON: {error}") from None
        if not isinstance(report, dict) or not isinstance(report.get("text"), str):
            raise UnreadableReports(f'{path}:{number}: an object with "text" is wanted')
        reports.append(report)
    return reports


def score(catalog: Catalog, reports: Sequence[Mapping[str, Any]], *, worst: int = 0, folds: int = 1) -> dict[str, Any]:
    """Compare what triage finds in each report with its labels.

    A report is never read by what was learned from itself: examples of the same text are left out, all at once or in
    ``folds`` parts in turn (cross-validation). ``ms_per_report`` is the median on this machine; ``worst`` adds that
    many of the reports with the most mistakes.
    """
    pairs, times = [], []
    for fold in range(folds):
        part = reports[fold::folds]
        learner = _without(catalog, {report["text"] for report in part}, fold)
        if part:
            assess(learner, part[0]["text"])  # What is learned at the first use is not part of a report's time.
        for report in part:
            begun = time.perf_counter()
            pairs.append((report, assess(learner, report["text"], subject=report.get("subject"))))
            times.append((time.perf_counter() - begun) * 1000)
    figures: dict[str, Any] = {"reports": len(pairs), **_ranking(catalog, pairs)}
    figures["suggestions_none"] = sum(not assessment.suggestions for _, assessment in pairs)
    for name, labelled in FLAGS.items():
        figures[name] = _flag((labelled(report), _says(assessment, name, report)) for report, assessment in pairs)
    figures["continues_ticket"] = _share(
        assessment.continues_ticket is report["continues_ticket"]
        for report, assessment in pairs
        if report.get("continues_ticket") is not None
    )
    figures["ms_per_report"] = round(statistics.median(times), 2) if times else None
    if worst:
        mistakes = [_mistakes(*pair) for pair in pairs]
        figures["worst"] = sorted(mistakes, key=lambda mistake: -len(mistake["wrong"]))[:worst]
    return figures


def _without(catalog: Catalog, texts: Collection[str], fold: int) -> Catalog:
    """The catalog less the examples of these texts; the catalog itself when it has none of them."""
    examples = {
        situation: {
            language: tuple(phrase for phrase in phrases if phrase not in texts)
            for language, phrases in by_language.items()
        }
        for situation, by_language in catalog.examples.items()
    }
    if examples == catalog.examples:
        return catalog
    # What is learned from a catalog is cached by its version: each part needs one of its own.
    return catalog.model_copy(update={"examples": examples, "version": -1 - fold})


def _mistakes(report: Mapping[str, Any], assessment: Assessment) -> dict[str, Any]:
    """What was read wrongly in one report; a situation outside the first three is worse than one outside the first."""
    ranked = [suggestion.situation for suggestion in assessment.suggestions]
    wrong = [name for name, labelled in FLAGS.items() if labelled(report) != _says(assessment, name, report)]
    meant = report.get("situation")
    wrong += [
        name for name, first in (("situation", 1), ("situation in three", 3)) if meant and meant not in ranked[:first]
    ]
    return {"id": report.get("id"), "text": report["text"], "wrong": wrong, "meant": meant, "suggested": ranked[:3]}


def _says(assessment: Assessment, flag: str, report: Mapping[str, Any]) -> bool:
    """What triage says; a ticket number counts only when it is the one that was meant."""
    if flag == "ticket_number":
        meant = report.get("ticket_number_in_message")
        return bool(assessment.ticket_numbers) and (not meant or str(meant) in assessment.ticket_numbers)
    return {
        "vague": assessment.vague,
        "impolite": not assessment.polite,
        "multi_question": assessment.several_questions,
        "error_text": assessment.has_error_text,
        "bounce_text": assessment.has_bounce_text,
    }[flag]


def _ranking(catalog: Catalog, pairs: Sequence[tuple[Mapping[str, Any], Assessment]]) -> dict[str, float | None]:
    known = [
        (report, [suggestion.situation for suggestion in assessment.suggestions])
        for report, assessment in pairs
        if report.get("situation")
    ]
    return {
        "situation_top1": _share(report["situation"] in ranked[:1] for report, ranked in known),
        "situation_top3": _share(report["situation"] in ranked[:3] for report, ranked in known),
        "category_top1": _share(
            report.get("category") in [catalog.category_of[situation].id for situation in ranked[:1]]
            for report, ranked in known
        ),
    }


def _share(hits: Iterable[bool]) -> float | None:
    counted = list(hits)
    return round(sum(counted) / len(counted), 4) if counted else None


def _flag(pairs: Iterable[tuple[bool, bool]]) -> dict[str, float | int | None]:
    flags = list(pairs)
    right = sum(is_labelled and is_said for is_labelled, is_said in flags)
    labelled, said = sum(is_labelled for is_labelled, _ in flags), sum(is_said for _, is_said in flags)
    return {
        "precision": round(right / said, 4) if said else None,
        "recall": round(right / labelled, 4) if labelled else None,
        "labelled": labelled,
        "found": said,
        "right": right,
    }
