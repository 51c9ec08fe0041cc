"""Verdict and advice from text and answers: pure functions, no database, no network."""
