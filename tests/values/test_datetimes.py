"""Dates and times are formatted in one way, in two styles: in words for pages, in digits for letters."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from letters_under_test import DESK, SNAPSHOT

from wizard.mail.acknowledgement import compose_acknowledgement
from wizard.mail.desk_letter import compose_desk_letter
from wizard.values.datetimes import Style, datetime_text

MOMENT = datetime(2026, 11, 23, 6, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "language", "style", "text"),
    [
        ("Europe/Moscow", "ru", "words", "23 ноября 2026, 9:40 (МСК)"),
        ("Europe/Moscow", "en", "words", "23 November 2026, 09:40 (MSK)"),
        ("Europe/Moscow", "ru", "digits", "23.11.2026 09:40 (МСК)"),
        ("Europe/Moscow", "en", "digits", "2026-11-23 09:40 (MSK)"),
        ("UTC", "ru", "digits", "23.11.2026 06:40 (UTC)"),
        ("Asia/Yekaterinburg", "ru", "words", "23 ноября 2026, 11:40 (UTC+05:00)"),
        ("Asia/Yekaterinburg", "ru", "digits", "23.11.2026 11:40 (UTC+05)"),
        ("Asia/Tashkent", "en", "digits", "2026-11-23 11:40 (UTC+05)"),
        ("Asia/Kathmandu", "ru", "words", "23 ноября 2026, 12:25 (UTC+05:45)"),
        ("Asia/Kathmandu", "ru", "digits", "23.11.2026 12:25 (UTC+05:45)"),
        ("America/Caracas", "en", "digits", "2026-11-23 02:40 (UTC-04)"),
        ("Pacific/Marquesas", "en", "digits", "2026-11-22 21:10 (UTC-09:30)"),
    ],
)
def test_a_moment_is_written_in_its_zone(zone: str, language: str, style: Style, text: str) -> None:
    assert datetime_text(MOMENT, zone, language, style) == text


def test_a_naive_moment_counts_as_utc() -> None:
    assert datetime_text(MOMENT.replace(tzinfo=None), "UTC", "en", "digits") == "2026-11-23 06:40 (UTC)"


def test_letters_name_an_offset_with_its_minutes() -> None:
    desk = replace(DESK, time_zone="Asia/Kathmandu")
    snapshot = replace(SNAPSHOT, created_at=MOMENT)
    assert "12:25 (UTC+05:45)" in compose_desk_letter(snapshot, desk).text
    assert "12:25 (UTC+05:45)" in compose_acknowledgement(snapshot, desk, "a@b.example").text
