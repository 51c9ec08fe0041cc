"""The letters that all tests of this folder share, made once by a real installation."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cases import CASES
from correspondence import Correspondence, correspond
from django_desk import DjangoDesk
from roundup_tracker import Tracker
from service import INBOX, Service

TO_DESK = ("report", "by_page", "by_number", "answer", "client_reply")
"""The letters that a desk gets, in their order."""

NAMES = [case.name for case in CASES]


@pytest.fixture(scope="session")
def letters(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Correspondence]:
    """The correspondence of every case, by its name."""
    places = [
        (numbering, tmp_path_factory.mktemp(f"instance-{numbering}"), tmp_path_factory.mktemp(f"letters-{numbering}"))
        for numbering in ("wizard", "desk")
    ]
    with ThreadPoolExecutor() as threads:
        made = list(threads.map(lambda place: _made_by(*place), places))
    return {sent.case.name: sent for sent in itertools.chain(*made)}


@pytest.fixture(params=NAMES)
def correspondence(request: pytest.FixtureRequest, letters: dict[str, Correspondence]) -> Correspondence:
    """Each case's letters in turn."""
    return letters[request.param]


@pytest.fixture(scope="session")
def tracker(letters: dict[str, Correspondence], tmp_path_factory: pytest.TempPathFactory) -> Tracker:
    """A Roundup whose gateway has read all that came to the desk, replies as well."""
    made = Tracker(tmp_path_factory.mktemp("roundup"))
    for kind in TO_DESK:
        made.receive([getattr(sent, kind).read_bytes() for sent in letters.values()])
    return made


@pytest.fixture(scope="session")
def django_desk(letters: dict[str, Correspondence], tmp_path_factory: pytest.TempPathFactory) -> DjangoDesk:
    """A django-helpdesk that has read the same."""
    made = DjangoDesk(tmp_path_factory.mktemp("django"), INBOX)
    for kind in TO_DESK:
        made.receive({name: getattr(sent, kind).read_bytes() for name, sent in letters.items()})
    return made


def _made_by(numbering: str, instance: Path, folder: Path) -> list[Correspondence]:
    with Service(instance, WIZARD_NUMBERING=numbering) as service:
        return [correspond(service, case, folder) for case in CASES if case.numbering == numbering]
