"""What a text is about tips the scales: offers speak of other things than the catalog's examples do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from installation import Installation

from wizard.catalog.models import Catalog
from wizard.container import read_catalog
from wizard.limits.doubts import is_off_topic
from wizard.tickets.caller import Caller
from wizard.triage.suggest.ranker import Ranker
from wizard.web.doubts import with_doubts

DATA = Path(__file__).parents[1] / "data"
OFFER = "Изготовим визитки, буклеты и баннеры, доставка по России. Прайс: https://print-m.example"
REPORT = "Не обновляются цены из прайса поставщика на сайте, проверьте загрузку: https://shop.example/price"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """The Tradesoft catalog."""
    return read_catalog("tradesoft")


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> Path:
    """A folder with what was learned from its examples."""
    folder = tmp_path_factory.mktemp("learned")
    Ranker(catalog, folder)
    return folder


def test_offers_are_off_topic_and_next_to_no_report_is(
    catalog: Catalog, learned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ranker, "folder", learned)
    assert is_off_topic(catalog, [OFFER])
    assert not is_off_topic(catalog, [REPORT])
    assert not is_off_topic(catalog, ["Абырвалг"])
    lines = (DATA / "reports.jsonl").read_text(encoding="utf-8").splitlines()
    reports = [json.loads(line)["text"] for line in lines]
    assert sum(is_off_topic(catalog, [text]) for text in reports) <= 0.05 * len(reports)


def test_it_decides_only_where_one_more_sign_would(
    make_desk: Callable[..., Installation], learned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ranker, "folder", learned)
    stranger = Caller("203.0.113.7")
    with make_desk(HOLD_DOUBTFUL=True).app.test_request_context():
        assert with_doubts(stranger, {"links": 1}, words=[OFFER]).doubts == ()
        assert with_doubts(stranger, {"links": 1, "no_scripts": 1}, words=[REPORT]).doubts == ()
        doubts = with_doubts(stranger, {"links": 1, "no_scripts": 1}, words=[OFFER]).doubts
    assert doubts == ("links", "no_scripts", "off_topic")


def test_nobody_waits_for_what_was_not_learned_yet(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (None, tmp_path):
        monkeypatch.setattr(Ranker, "folder", folder)
        monkeypatch.setattr(Ranker, "of", lambda _: pytest.fail("it learns"))
        assert not is_off_topic(catalog, [OFFER])
