"""A ticket by its token: state, deliveries, further messages; to all others it is not there (threats W07, E11)."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from api_client import Caller, errors_of
from sqlalchemy import func, select, update
from test_problems import problem_of

from wizard.db.engine import db
from wizard.db.models import Delivery, FollowUp

COUNT = select(func.count()).select_from(FollowUp)


def test_a_ticket_shows_its_queue_and_what_became_of_its_letters(api: Caller) -> None:
    token = api.create_ticket().json["token"]
    ticket = api.get(f"tickets/{token}").json
    assert (ticket["number"], ticket["state"], ticket["fast_track"]) == (100_001, "open", True)
    assert "правилу 1" in ticket["queue_reason"]
    [queued] = ticket["deliveries"]
    assert (queued["kind"], queued["state"], queued["sent_at"]) == ("desk", "owed", None)
    api.desk.run_worker()
    [sent] = api.get(f"tickets/{token}").json["deliveries"]
    assert sent["state"] == "sent"
    assert sent["sent_at"]


def test_whether_an_acknowledgement_went_out_is_nobodys_business(make_api: Callable[..., Caller]) -> None:
    kinds = []
    for quota in (3, 0):
        api = make_api(ACKNOWLEDGEMENTS_PER_ADDRESS_DAY=quota)
        token = api.create_ticket().json["token"]
        kinds.append([delivery["kind"] for delivery in api.get(f"tickets/{token}").json["deliveries"]])
    assert kinds == [["desk"], ["desk"]]


def test_of_a_failed_letter_the_code_is_shown_and_not_the_inbox(api: Caller) -> None:
    token = api.create_ticket().json["token"]
    with api.desk.app.app_context(), db.engine.begin() as connection:
        reason = "550 5.1.1 <support@desk.example>: user unknown"
        connection.execute(update(Delivery).values(state="dead", attempts=1, last_error=reason))
    answer = api.get(f"tickets/{token}")
    [failed] = answer.json["deliveries"]
    assert (failed["state"], failed["reason"]) == ("failed", "550 5.1.1")
    assert "support@desk.example" not in answer.text


def test_thousands_of_guesses_open_no_ticket_and_all_look_the_same(api: Caller) -> None:
    api.create_ticket()
    guesses = [secrets.token_urlsafe(16) for _ in range(300)] + ["100001", "x", "../catalog", "%00"]
    answers = {api.get(f"tickets/{guess}").data for guess in guesses}
    assert len(answers) == 1
    for guess in guesses[:20]:
        problem_of(api.post(f"tickets/{guess}/follow-ups", {"text": "Ещё"}), 404, "not-found")
    assert api.desk.query(COUNT) == [(0,)]


def test_a_follow_up_joins_the_thread_and_is_shown(api: Caller) -> None:
    token = api.create_ticket().json["token"]
    file = api.upload(b"11:05 slow\n", "log.txt").json["id"]
    added = api.post(f"tickets/{token}/follow-ups", {"text": "Уже открывается", "attachments": [file]})
    assert added.status_code == 201
    assert added.json["position"] == 1
    [shown] = api.get(f"tickets/{token}").json["follow_ups"]
    assert shown == added.json
    assert [attachment["name"] for attachment in shown["attachments"]] == ["log.txt"]
    api.desk.run_worker()
    first, second = api.desk.inbox
    assert second["In-Reply-To"] == first["Message-ID"]
    assert "Уже открывается" in second.get_body(("plain",)).get_content()


def test_the_same_follow_up_again_is_the_same(api: Caller) -> None:
    token = api.create_ticket().json["token"]
    first, again = (api.post(f"tickets/{token}/follow-ups", {"text": "Ещё"}) for _ in range(2))
    assert again.data == first.data
    assert again.headers["Idempotent-Replayed"] == "true"
    assert api.desk.query(COUNT) == [(1,)]


def test_a_follow_up_keeps_the_rules_of_its_page(api: Caller) -> None:
    place = f"tickets/{api.create_ticket().json['token']}/follow-ups"
    page = api.desk.client.get(f"/ru/{place.removesuffix('s')}/").submit("send", {"text": " \u200b"})
    empty = errors_of(api.post(place, {"text": " \u200b"}))
    assert empty["text"][0] in page.text
    assert errors_of(api.post(place, {"text": "а" * 8001}))["text"]
    assert errors_of(api.post(place, {}))["text"] == ["Это поле обязательно"]
    assert errors_of(api.post(place, {"text": 5}))["text"] == ["Передайте строку"]
    files = [api.upload(f"line {n}".encode()).json["id"] for n in range(6)]
    assert errors_of(api.post(place, {"text": "Ещё", "attachments": files}))["files"]
    xml = api.upload(b"<?xml version='1.0'?><a/>", "a.xml").json["id"]
    assert errors_of(api.post(place, {"text": "Ещё", "attachments": [xml]}))["files"]
    assert api.desk.query(COUNT) == [(0,)]
