"""Intake: reports, follow-ups and files become rows."""
