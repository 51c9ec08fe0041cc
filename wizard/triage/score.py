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
    found = [each for _, each in pairs]
    figures: dict[str, Any] = {"reports": len(pairs), **_ranking(catalog, pairs)}
    figures["suggestions_none"] = sum(not each.suggestions for each in found)
    for name, labelled in FLAGS.items():
        figures[name] = _flag((labelled(report), _says(each, name, report)) for report, each in pairs)
    figures["continues_ticket"] = _share(
        each.continues_ticket is report["continues_ticket"]
        for report, each in pairs
        if report.get("continues_ticket") is not None
    )
    figures["ms_per_report"] = round(statistics.median(times), 2) if times else None
    if worst:
        figures["worst"] = sorted((_mistakes(*pair) for pair in pairs), key=lambda each: -len(each["wrong"]))[:worst]
    return figures


def _without(catalog: Catalog, texts: Collection[str], fold: int) -> Catalog:
    """The catalog less the examples of these texts; the catalog itself when it has none of them."""
    kept = {
        situation: {language: tuple(each for each in told if each not in texts) for language, told in spoken.items()}
        for situation, spoken in catalog.examples.items()
    }
    if kept == catalog.examples:
        return catalog
    # What is learned from a catalog is kept by its version: each part needs one of its own.
    return catalog.model_copy(update={"examples": kept, "version": -1 - fold})


def _mistakes(report: Mapping[str, Any], found: Assessment) -> dict[str, Any]:
    """What was read wrongly in one report; a situation outside the first three is worse than one outside the first."""
    ranked = [each.situation for each in found.suggestions]
    wrong = [name for name, labelled in FLAGS.items() if labelled(report) != _says(found, name, report)]
    meant = report.get("situation")
    wrong += [
        name for name, first in (("situation", 1), ("situation in three", 3)) if meant and meant not in ranked[:first]
    ]
    return {"id": report.get("id"), "text": report["text"], "wrong": wrong, "meant": meant, "suggested": ranked[:3]}


def _says(found: Assessment, flag: str, report: Mapping[str, Any]) -> bool:
    """What triage says; a ticket number counts only when it is the one that was meant."""
    if flag == "ticket_number":
        meant = report.get("ticket_number_in_message")
        return bool(found.ticket_numbers) and (not meant or str(meant) in found.ticket_numbers)
    return {
        "vague": found.vague,
        "impolite": not found.polite,
        "multi_question": found.several_questions,
        "error_text": found.has_error_text,
        "bounce_text": found.has_bounce_text,
    }[flag]


def _ranking(catalog: Catalog, pairs: Sequence[tuple[Mapping[str, Any], Assessment]]) -> dict[str, float | None]:
    known = [(report, [each.situation for each in found.suggestions]) for report, found in pairs]
    known = [(report, ranked) for report, ranked in known if report.get("situation")]
    return {
        "situation_top1": _share(report["situation"] in ranked[:1] for report, ranked in known),
        "situation_top3": _share(report["situation"] in ranked[:3] for report, ranked in known),
        "category_top1": _share(
            report.get("category") in [catalog.category_of[each].id for each in ranked[:1]] for report, ranked in known
        ),
    }


def _share(hits: Iterable[bool]) -> float | None:
    each = list(hits)
    return round(sum(each) / len(each), 4) if each else None


def _flag(pairs: Iterable[tuple[bool, bool]]) -> dict[str, float | int | None]:
    each = list(pairs)
    right = sum(labelled and said for labelled, said in each)
    labelled, said = sum(one for one, _ in each), sum(one for _, one in each)
    return {
        "precision": round(right / said, 4) if said else None,
        "recall": round(right / labelled, 4) if labelled else None,
        "labelled": labelled,
        "found": said,
        "right": right,
    }
