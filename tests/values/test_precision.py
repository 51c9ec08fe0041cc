"""How exact a moment is, by the words in which it was given."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from wizard.values.datetimes import Clock, parse_datetime

ZONE = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("typed", "precision"),
    [
        ("2026-11-23T09:40", "minute"),
        ("2026-11-23T06:00:00Z", "minute"),
        ("23.11.2026 9:40", "minute"),
        ("сегодня в 9:00", "minute"),
        ("сейчас", "minute"),
        ("just now", "minute"),
        ("5 минут назад", "minute"),
        ("15 min ago", "minute"),
        ("9:40 мск", "minute"),
        ("вчера в 9 вечера", "hour"),
        ("yesterday 9 pm", "hour"),
        ("2 часа назад", "hour"),
        ("полтора часа назад", "hour"),
        ("an hour ago", "hour"),
        ("сегодня около 9:40", "hour"),
        ("~ 9:40", "hour"),
        ("сегодня около 9:00", "part_of_day"),
        ("вчера примерно в 7 вечера", "part_of_day"),
        ("yesterday about 7 pm", "part_of_day"),
        ("3 дня назад", "day"),
        ("2 days ago", "day"),
    ],
)
def test_a_moment_is_as_exact_as_its_words(typed: str, precision: str) -> None:
    assert parse_datetime(typed, Clock(NOW, ZONE, timedelta(days=366))).precision == precision
