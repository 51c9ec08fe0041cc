"""Doubts: what speaks for a program that fills in forms. Signs have weights, and only together they are a doubt.

Whoever is doubted is held, never refused (docs/decisions/0019-signs-of-programs.md), so a sign may be wrong at times;
one that people show too must not be enough by itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from wizard.catalog.models import Catalog
from wizard.limits.spam import Signs, advertising, host_of, same_values, signs_of, without_names
from wizard.tickets.report import Report

ENOUGH = 3
"""The weight from which a sending is doubted."""

HONEYPOT = "second_subject"
"""The input that no person meets. Browsers and password managers know nothing to fill in under this name."""

LEAST_KNOWN_WORDS = 0.75
"""The share of a report's words that the catalog's examples have: of 515 reports 6 fall below, of 27 offers 19."""

_HTTP_LIBRARY = re.compile(
    r"curl|wget|python|aiohttp|httpx|go-http|okhttp|java/|libwww|lwp|scrapy|axios|node|undici|guzzle|php/|faraday|httpclient"
    r"|postman|insomnia|headless|phantom|selenium|\bbot\b|bot/|spider|crawler",
    re.IGNORECASE,
)
"""What programs call themselves unless they say something else."""

_TYPED = ("short_text", "long_text")


def doubts_of(signs: Mapping[str, int]) -> tuple[str, ...]:
    """The doubts that signs amount to, the heaviest first; none when they weigh too little."""
    if sum(signs.values()) < ENOUGH:
        return ()
    return tuple(sorted(signs, key=lambda sign: -signs[sign]))


def signs_of_report(catalog: Catalog, report: Report) -> Signs:
    """The signs in the words of a report."""
    questions = [asked.question for asked in catalog.asked(catalog.situations[report.situation])]
    given = [(q, answer) for q in questions if isinstance(answer := report.answers.get(q.id), str)]
    own = {host_of(answer) for q, answer in given if q.type in ("url", "domain", "email")}
    typed = [answer for q, answer in given if q.type in _TYPED]
    prose = [answer for q, answer in given if q.type == "long_text" and q.part != "error"]
    return {**signs_of(prose, report.language, own), **advertising(typed), **same_values(typed)}


def signs_of_message(text: str, language: str) -> Signs:
    """The signs in the words of a follow-up."""
    return {**signs_of([text], language), **advertising([text])}


def is_off_topic(catalog: Catalog, texts: Sequence[str]) -> bool:
    """Whether a text speaks of other things than the catalog's examples do.

    One report in eighty does, and two offers in three: it tips the scales, and is asked about only where it would.
    """
    from wizard.triage.suggest.ranker import known_share

    share = known_share(catalog, without_names("\n".join(texts)))
    return share is not None and share < LEAST_KNOWN_WORDS


def signs_of_agent(user_agent: str, accept_language: str, fetch_site: str, *, is_secure: bool) -> Signs:
    """The signs in the headers of a request that a person's browser is said to have sent.

    Args:
        user_agent: the header of that name, as are the next two.
        accept_language: every browser sends one, text browsers too.
        fetch_site: ``Sec-Fetch-Site``, which Chromium sends since 2019 to secure addresses.
        is_secure: the service is reached by https.
    """
    signs: Signs = {}
    if not user_agent or _HTTP_LIBRARY.search(user_agent):
        signs["program"] = 2
    if not accept_language or (is_secure and "Chrome/" in user_agent and not fetch_site):
        signs["headers"] = 1
    return signs


def signs_of_haste(seconds: float | None, least: float) -> Signs:
    """The sign of a check page that was confirmed sooner than it can be read.

    Args:
        seconds: the age of the page; None where it is not known.
        least: what a person takes; in a third of it nobody finds the button.
    """
    if seconds is None or seconds >= least:
        return {}
    return {"too_fast": 3 if seconds < least / 3 else 2}


def own_words(catalog: Catalog, report: Report) -> Sequence[str]:
    """What the sender wrote in their own words."""
    questions = (asked.question for asked in catalog.asked(catalog.situations[report.situation]))
    return [answer for q in questions if q.part == "words" and isinstance(answer := report.answers.get(q.id), str)]
