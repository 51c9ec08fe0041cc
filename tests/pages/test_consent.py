"""The consent before sending: off it is nowhere; on it is one unticked box, a page of its own, and a record."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from consents import TEXT, consent_file, sha256
from installation import Installation
from sqlalchemy import select, update
from walker import Page
from werkzeug.datastructures import MultiDict

from wizard.db.engine import db
from wizard.db.models import Ticket
from wizard.export.writing import write_export
from wizard.tickets import snapshot

ROOT = Path(__file__).parents[2]


@pytest.fixture
def asking(make_desk: Callable[..., Installation], tmp_path: Path) -> Installation:
    """An installation that asks for a consent."""
    return make_desk(CONSENT=str(consent_file(tmp_path)))


def box(page: Page) -> dict[str, str]:
    """The attributes of the box."""
    field = page.soup.find("input", id="consent")
    assert field is not None
    return field.attrs  # type: ignore[return-value]


def ticked(page: Page) -> dict[str, str]:
    """What a client types who ticks the box."""
    return {"consent": box(page)["value"]}


def letter_json(desk: Installation) -> dict[str, object]:
    """The ``ticket.json`` of the only letter."""
    desk.run_worker()
    [letter] = desk.inbox
    [part] = [part for part in letter.iter_attachments() if part.get_filename() == "ticket.json"]
    content: dict[str, object] = json.loads(part.get_payload(decode=True))  # type: ignore[arg-type]
    return content


def test_without_the_setting_there_is_nothing_of_it_anywhere(desk: Installation) -> None:
    check = desk.filled("site_down")
    pages = [
        check,
        desk.client.get("/ru/"),
        desk.client.get(desk.address("site_down")),
        desk.client.get("/ru/privacy/"),
    ]
    api = desk.app.test_client()
    texts = [page.html for page in pages] + [api.get("/api/v1/catalog").text]
    assert all("consent" not in text and "огласие" not in text for text in texts)
    assert desk.client.get("/ru/consent/").status == 404
    check.submit("send")
    assert "consent" not in letter_json(desk)


def test_without_the_setting_a_web_process_does_not_load_what_asks_for_it(tmp_path: Path) -> None:
    program = (
        "import sys; from app import create_app;"
        f"create_app({{'INSTANCE_PATH': {str(tmp_path)!r}}}, with_commands=False);"
        "print([name for name in sys.modules if 'consent' in name])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_text_has_a_page_of_its_own_that_anybody_may_cache(asking: Installation) -> None:
    page = asking.client.get("/ru/consent/")
    assert page.status == 200 and page.soup.h1 is not None
    assert page.soup.h1.get_text() == "Согласие на обработку персональных данных"
    paragraphs = [part.get_text() for part in page.soup.select("main .words")]
    assert paragraphs == TEXT["ru"].split("\n\n")
    assert "Редакция 2026-09-01" in page.text
    assert page.response.headers["Cache-Control"].startswith("public")
    assert page.response.headers["ETag"]
    assert TEXT["en"].split("\n\n")[0] in asking.client.get("/en/consent/").text


def test_a_text_is_shown_as_text(make_desk: Callable[..., Installation], tmp_path: Path) -> None:
    desk = make_desk(CONSENT=str(consent_file(tmp_path, ru="<script>alert(1)</script> & <b>")))
    page = desk.client.get("/ru/consent/")
    assert page.soup.find("b") is None and "<script>alert(1)</script> & <b>" in page.text


def test_the_box_stands_unticked_before_sending_beside_a_link_that_keeps_the_page(asking: Installation) -> None:
    check = asking.filled("site_down")
    assert check.status == 200
    assert box(check)["type"] == "checkbox" and "checked" not in box(check)
    [link] = check.soup.select("#consent-hint a")
    assert link["href"] == "/ru/consent/" and link["target"] == "_blank" and link["rel"] == ["noopener"]
    assert "/ru/consent/" not in asking.client.get(asking.address("site_down")).html


def test_a_report_without_the_tick_is_not_sent_and_keeps_every_word(asking: Installation) -> None:
    check = asking.filled("site_down", details="Сайт не открывается с утра, белый экран")
    refused = check.submit("send", {"leave_out": "ip"})
    assert refused.status == 422
    assert "Поставьте отметку, если согласны" in refused.summary
    assert refused.title.startswith("Ошибка: ")
    error = refused.soup.find(id="consent-error")
    assert error is not None and "без согласия мы не можем принять заявку" in error.get_text()
    assert box(refused)["aria-invalid"] == "true"
    assert "consent-error" in box(refused)["aria-describedby"]
    assert refused.soup.select_one("[role=alert] a[href='#consent']") is not None
    kept = dict(check.inputs())
    assert {name: value for name, value in refused.inputs() if name in kept} == kept
    assert ("leave_out", "ip") in refused.inputs()
    assert asking.query(select(Ticket.number)) == []
    receipt = refused.submit("send", ticked(refused))
    assert "/tickets/" in receipt.address


def test_any_other_tick_is_none(asking: Installation) -> None:
    check = asking.filled("site_down")
    for value in ("on", "yes", "2026-09-01", f"2026-09-01 {'0' * 64}", ""):
        assert check.submit("send", {"consent": value}).status == 422
    assert asking.query(select(Ticket.number)) == []


def test_version_time_and_digest_go_into_the_record_and_to_the_desk(asking: Installation) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    check = asking.filled("site_down", "en")
    check.submit("send", ticked(check))
    [row] = asking.query(select(Ticket.number, Ticket.token, Ticket.record))
    given = snapshot.load(row).consent
    assert given is not None
    assert (given.version, given.sha256) == ("2026-09-01", sha256(TEXT["en"]))
    assert before <= given.time <= datetime.now(UTC)
    content = letter_json(asking)
    assert content["consent"] == {
        "version": "2026-09-01",
        "sha256": sha256(TEXT["en"]),
        "time": given.time.isoformat(),
    }
    [letter] = asking.inbox
    for part in ("plain", "html"):
        assert "дано, редакция 2026-09-01" in letter.get_body((part,)).get_content()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("version", "text"), [("2026-09-01", "Другие слова"), ("2027-01-01", TEXT["ru"])], ids=["text", "version"]
)
def test_a_text_that_changed_meanwhile_is_shown_and_ticked_again(
    asking: Installation, make_desk: Callable[..., Installation], tmp_path: Path, version: str, text: str
) -> None:
    check = asking.filled("site_down")
    words = ticked(check)
    path = consent_file(tmp_path, version, ru=text)
    later = make_desk(CONSENT=str(path), SQLALCHEMY_DATABASE_URI=asking.container.settings.database_uri)
    refused = later.client.post(check.address, _as_sent(check, words))
    assert refused.status == 422 and "Текст согласия изменился" in refused.summary
    assert "checked" not in box(refused) and box(refused)["value"] != words["consent"]
    assert text.split("\n\n")[0] in later.client.get("/ru/consent/").text
    receipt = refused.submit("send", ticked(refused))
    assert "/tickets/" in receipt.address
    [row] = later.query(select(Ticket.number, Ticket.token, Ticket.record))
    given = snapshot.load(row).consent
    assert given is not None and (given.version, given.sha256) == (version, sha256(text))


def _as_sent(page: Page, typed: dict[str, str]) -> MultiDict[str, str]:
    return MultiDict([*page.inputs(), *typed.items(), ("action", "send")])


def test_a_tick_outlives_another_look_at_the_page_and_a_retry_is_still_one_ticket(asking: Installation) -> None:
    check = asking.filled("site_down")
    again = check.submit("check", ticked(check))
    assert again.status == 200 and "checked" in box(again)
    receipts = [again.submit("send").address.partition("?")[0] for _ in range(2)]
    assert len(set(receipts)) == 1


def test_a_retry_after_the_text_has_changed_leads_to_the_ticket_that_it_is(
    asking: Installation, make_desk: Callable[..., Installation], tmp_path: Path
) -> None:
    check = asking.filled("site_down")
    words = ticked(check)
    receipt = check.submit("send", words)
    path = consent_file(tmp_path, "2027-01-01", ru="Другие слова")
    later = make_desk(CONSENT=str(path), SQLALCHEMY_DATABASE_URI=asking.container.settings.database_uri)
    again = later.client.post(check.address, _as_sent(check, words))
    assert again.address.partition("?")[0] == receipt.address.partition("?")[0]
    others = MultiDict(_as_sent(check, words))
    others.setlist("site_url", ["https://other.example"])
    assert later.client.post(check.address, others).status == 409, "the key has sent another report"
    assert len(later.query(select(Ticket.number))) == 1


def test_a_ticket_of_before_has_none_and_loads(asking: Installation) -> None:
    check = asking.filled("site_down")
    receipt = check.submit("send", ticked(check))
    [row] = asking.query(select(Ticket.record))
    former = {key: value for key, value in json.loads(row.record).items() if key != "consent"}
    with asking.app.app_context(), db.engine.begin() as connection:
        connection.execute(update(Ticket).values(record=json.dumps(former)))
    assert asking.client.get(receipt.address).status == 200
    assert "consent" not in letter_json(asking)


def test_a_follow_up_stands_under_the_consent_of_its_ticket(asking: Installation) -> None:
    check = asking.filled("site_down")
    receipt = check.submit("send", ticked(check))
    form = asking.client.get(f"{receipt.address.partition('?')[0]}follow-up/")
    assert form.soup.find(id="consent") is None
    assert form.submit("send", {"text": "Снова открывается, но медленно"}).status == 200


def test_words_of_the_operator_stand_beside_the_box_and_over_the_text(
    make_desk: Callable[..., Installation], tmp_path: Path
) -> None:
    addition = "title: {ru: Наше согласие, en: Our consent}\nlabel: {ru: Согласна, en: I agree}"
    desk = make_desk(CONSENT=str(consent_file(tmp_path, addition=addition)))
    assert desk.client.get("/en/consent/").title.startswith("Our consent")
    check = desk.filled("site_down")
    assert check.soup.select_one("label[for=consent]").get_text(strip=True) == "Согласна"  # type: ignore[union-attr]


def test_the_page_of_the_text_is_part_of_an_export(make_desk: Callable[..., Installation], tmp_path: Path) -> None:
    desk = make_desk(CONSENT=str(consent_file(tmp_path)), CATALOG="hosting")
    write_export(desk.app, tmp_path / "build", "https://help.desk.example")
    page = (tmp_path / "build" / "en" / "consent" / "index.html").read_text("utf-8")
    assert TEXT["en"].split("\n\n")[0] in page
    assert 'href="../consent/"' in (tmp_path / "build" / "en" / "privacy" / "index.html").read_text("utf-8")


def test_in_somebody_elses_frame_the_text_opens_beside_the_form(
    make_desk: Callable[..., Installation], tmp_path: Path
) -> None:
    (tmp_path / "sites.yaml").write_text("shop: {title: Shop, origins: [https://shop.example]}")
    desk = make_desk(CONSENT=str(consent_file(tmp_path)), SITES=str(tmp_path / "sites.yaml"))
    form = desk.client.get(f"{desk.address('site_down')}?site=shop&embed=auto")
    check = form.submit("check", desk.example_answers("site_down"))
    [link] = check.soup.select("#consent-hint a")
    assert link["href"] == "/ru/consent/?site=shop" and link["target"] == "_blank"
    refused = check.submit("send")
    assert refused.status == 422 and not refused.soup.select("[autofocus]")
    assert "/tickets/" in refused.submit("send", ticked(refused)).address
