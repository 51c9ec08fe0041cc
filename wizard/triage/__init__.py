"""Verdict and advice from text and answers: pure functions, no database, no network."""

from wizard.triage.advice import advice
from wizard.triage.facts import suggested_answers
from wizard.triage.verdict import holds, verdict

__all__ = ["advice", "holds", "suggested_answers", "verdict"]
