"""The one way in: reports, follow-ups and files become rows."""
