"""Dates and times: parsed as people write them ("сегодня около 9:40", "yesterday 21:00"), then formatted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

from wizard.values.invalid import InvalidAnswer
from wizard.values.precision import ABOUT, Precision, precision_of_time

UNKNOWN = "unknown"
"""The answer "I do not know"."""

TOLERANCE = timedelta(minutes=5)
"""How far a client's clock may run ahead of ours."""

_MAX_LENGTH = 80
_UNKNOWN_WORDS = frozenset(
    {UNKNOWN, "не знаю", "незнаю", "не помню", "неизвестно", "don't know", "don’t know", "dont know", "not known"}
    | {"i don't know", "i don’t know", "i do not know", "do not know", "not sure", "?", "-", "—"}
)
_MONTH_NAMES = "янв jan,фев feb,мар mar,апр apr,ма may,июн jun,июл jul,авг aug,сен sep,окт oct,ноя nov,дек dec"
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES.split(","), start=1) for name in names.split()}
_MONTH = (
    r"(янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[^\W\d_]*"
)

_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[t ,]{1,2}(\d\d?)[:.](\d\d)(?::\d\d(?:[.,]\d{1,9})?)?\s?(z|[+\-]\d\d:?\d\d)?", re.IGNORECASE
)
_DAYS = {"сегодня": 0, "today": 0, "вчера": 1, "yesterday": 1, "позавчера": 2}
_DAY_WORD = re.compile(rf"\b({'|'.join(_DAYS)})\b")
_DAY_FIRST = re.compile(r"(?<![\d:.])(\d{1,2})[./](\d{1,2})(?:[./](\d{4}|\d{2}))?(?![\d:])")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?!\d)")
_DAY_MONTH = re.compile(rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?\s?{_MONTH}\.?,?(?:\s(\d{{4}})(?!\d))?")
_MONTH_DAY = re.compile(rf"\b{_MONTH}\.?\s(\d{{1,2}})(?:st|nd|rd|th)?(?![\d:.]),?(?:\s(\d{{4}})(?!\d))?")
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2})(?::\d{2})?)?\s?(am|pm|a\.m|p\.m|утра|дня|вечера|ночи)?")
_FILLERS = re.compile(rf"(?<!\w)(?:{ABOUT}|в|во|с|со|г\.?|года|час(?:ов|а)?|ч\.?|at|on|from|since|o'clock)(?!\w)|~|≈")
_ZONE = re.compile(r"(?:\s|\()(?:по )?(мск|москве|московскому|msk|utc|gmt)(?: времени)?\)?$")
_AGO = re.compile(r"(\d{1,3}|an?|полтора)?\s?(минут|мин|час|дн|день|дня|minute|min|hour|day)[^\W\d_]* (?:назад|ago)")
_NOW = frozenset({"сейчас", "только что", "прямо сейчас", "now", "just now", "right now"})
_ZONES = {"utc": "UTC", "gmt": "UTC"}

Style = Literal["words", "digits"]
"""``words`` for pages, where there is room; ``digits`` for letters, whose rows are short and are searched by date."""

_WORDS = {"ru": "d MMMM y, H:mm"}
_DEFAULT_WORDS = "d MMMM y, HH:mm"
_DIGITS = {"ru": "%d.%m.%Y %H:%M"}
_DEFAULT_DIGITS = "%Y-%m-%d %H:%M"
_ZONE_NAMES = {"ru": {"MSK": "МСК"}}
"""What a zone is called in a language, where that is not its international abbreviation."""


@dataclass(frozen=True)
class Clock:
    """What a moment is parsed against: the time now, the zone of times without one, how old it may be."""

    now: datetime
    zone: tzinfo
    max_age: timedelta


def is_unknown(text: str) -> bool:
    """Whether the text says that the time is not known."""
    return len(text) < 20 and text.casefold().strip(" .!") in _UNKNOWN_WORDS


@dataclass(frozen=True)
class ParsedMoment:
    """A moment as a client gave it."""

    value: str
    """ISO 8601 with the offset of the clock's zone, to the minute."""
    precision: Precision


def parse_datetime(text: str, clock: Clock) -> ParsedMoment:
    """A past moment, and how exact it is.

    Raises:
        InvalidAnswer: it cannot be parsed, the time of day is missing, it lies ahead, or it is too long ago.
    """
    try:
        moment, precision = _parse(text.casefold().strip(" .,;"), clock)
        moment = moment.astimezone(clock.zone)
    except (ValueError, OverflowError) as reason:
        raise reason if isinstance(reason, InvalidAnswer) else InvalidAnswer("forms.moment.wrong") from None
    if moment > clock.now + TOLERANCE:
        raise InvalidAnswer("forms.moment.ahead")
    if moment < clock.now - clock.max_age:
        raise InvalidAnswer("forms.moment.old", earliest=(clock.now - clock.max_age).astimezone(clock.zone))
    return ParsedMoment(moment.isoformat(timespec="minutes"), precision)


def iso_utc(moment: datetime) -> str:
    """A moment as programs read it: ISO 8601 in UTC. One without a zone is taken for UTC."""
    return (moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def datetime_text(moment: datetime, time_zone: str, language: str, style: Style) -> str:
    """A moment in a zone, with the zone's name; a naive one counts as UTC.

    In words ``23 ноября 2026, 9:40 (МСК)``, ``23 November 2026, 09:40 (MSK)``; in digits ``23.11.2026 09:40 (МСК)``,
    ``2026-11-23 09:40 (MSK)``. A zone without a name is its offset.
    """
    local = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(ZoneInfo(time_zone))
    if style == "words":
        # Loaded by the first date that a page shows.
        from babel.dates import format_datetime

        text = format_datetime(local, _WORDS.get(language, _DEFAULT_WORDS), locale=language)
    else:
        text = local.strftime(_DIGITS.get(language, _DEFAULT_DIGITS))
    return f"{text} ({_zone_name(local, language, style)})"


def _zone_name(local: datetime, language: str, style: Style) -> str:
    name = local.tzname() or ""
    if name.isalpha():
        return _ZONE_NAMES.get(language, {}).get(name, name)
    offset = f"{local:%z}"
    name = f"UTC{offset[:3]}:{offset[3:5]}"
    return name.removesuffix(":00") if style == "digits" else name


def _parse(text: str, clock: Clock) -> tuple[datetime, Precision]:
    if len(text) > _MAX_LENGTH:
        raise InvalidAnswer("forms.moment.wrong")
    if match := _ISO.fullmatch(text):
        offset = (match[4] or "").upper()
        moment = datetime.fromisoformat(f"{match[1]}T{int(match[2]):02}:{match[3]}{offset}")
        return moment if offset else moment.replace(tzinfo=clock.zone), "minute"
    if text in _NOW:
        return clock.now, "minute"
    if match := _AGO.fullmatch(text):
        return clock.now - _timedelta(match[1], match[2]), _unit(match[2])
    zone: tzinfo = clock.zone
    if match := _ZONE.search(text):
        zone, text = ZoneInfo(_ZONES.get(match[1], "Europe/Moscow")), text[: match.start()]
    return _day_and_time(text, clock, zone)


def _day_and_time(text: str, clock: Clock, zone: tzinfo) -> tuple[datetime, Precision]:
    now = clock.now.astimezone(zone)
    day, rest = _take_day(text, now)
    rest = " ".join(_FILLERS.sub(" ", rest).split()).strip(" ,.;—-")
    if not rest:
        raise InvalidAnswer("forms.moment.no_time")
    match = _TIME.fullmatch(rest)
    if match is None or (day is None and not (match[2] or match[3])):
        raise InvalidAnswer("forms.moment.wrong")
    time_of_day, precision = _time_of(int(match[1]), int(match[2] or 0), match[3]), precision_of_time(text, match[2])
    if day is not None:
        return datetime.combine(day, time_of_day, zone), precision
    moment = datetime.combine(now.date(), time_of_day, zone)
    # "23:50", written just after midnight, was last night.
    return moment if moment <= now + TOLERANCE else moment - timedelta(days=1), precision


def _take_day(text: str, now: datetime) -> tuple[date | None, str]:
    """The day that a text names, and the text without it."""
    if match := _DAY_WORD.search(text):
        day = now.date() - timedelta(days=_DAYS[match[1]])
    elif match := _YEAR_FIRST.search(text):
        day = date(int(match[1]), int(match[2]), int(match[3]))
    elif match := _DAY_MONTH.search(text):
        day = _date_of(int(match[1]), _month(match[2]), match[3], now)
    elif match := _MONTH_DAY.search(text):
        day = _date_of(int(match[2]), _month(match[1]), match[3], now)
    elif match := _DAY_FIRST.search(text):
        first, second = int(match[1]), int(match[2])
        # With slashes, either may be the month; when both can be, nothing is guessed.
        if "/" in match[0] and max(first, second) <= 12 and first != second:
            raise InvalidAnswer("forms.moment.wrong")
        first, second = (second, first) if second > 12 and "/" in match[0] else (first, second)
        day = _date_of(first, second, match[3], now)
    else:
        return None, text
    return day, f"{text[: match.start()]} {text[match.end() :]}"


def _date_of(day: int, month: int, year: str | None, now: datetime) -> date:
    """The day of that year; without a year, the last such day that is not ahead."""
    if year:
        return date(int(year) + (2000 if len(year) == 2 else 0), month, day)
    this_year = date(now.year, month, day)
    return this_year if this_year <= (now + TOLERANCE).date() else date(now.year - 1, month, day)


def _month(name: str) -> int:
    return _MONTHS[name] if name in _MONTHS else _MONTHS[name[:2]]


def _time_of(hour: int, minute: int, part_of_day: str | None) -> time:
    if part_of_day and hour <= 12:
        if part_of_day in ("утра", "ночи", "am", "a.m"):
            hour %= 12
        elif hour < 12:
            hour += 12
    return time(hour, minute)


def _unit(unit: str) -> Precision:
    if unit.startswith(("м", "min")):
        return "minute"
    return "hour" if unit.startswith(("час", "hour")) else "day"


def _timedelta(count: str | None, unit: str) -> timedelta:
    number = 1.5 if count == "полтора" else int(count) if count and count.isdigit() else 1
    match _unit(unit):
        case "minute":
            return timedelta(minutes=number)
        case "hour":
            return timedelta(hours=number)
        case _:
            return timedelta(days=number)
