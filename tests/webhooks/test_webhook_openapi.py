"""Webhooks are as the OpenAPI document says."""

from __future__ import annotations

from collections.abc import Callable

from api_client import Caller
from document import Document
from endpoints import Endpoint
from webhook_installation import Shops, event_of

from wizard.config.webhook import EVENTS


def test_every_webhook_is_as_the_document_describes_it(make_shop: Callable[..., Shops]) -> None:
    with Endpoint() as endpoint:
        shop = make_shop(endpoint.url)
        program = Caller(shop)
        token = program.create_ticket(site="shop").json["token"]
        file = program.upload(b"11:05 slow\n").json["id"]
        program.post(f"tickets/{token}/follow-ups", {"text": "Ещё", "attachments": [file]})
        shop.sink.refuse["support@desk.example"] = "550 5.1.1 no such mailbox"
        shop.run_worker()
        calls = {event_of(call)["type"]: call for call in endpoint.calls}
    document = Document(shop.app)
    assert set(calls) == set(EVENTS) == set(document.content["webhooks"])
    for event, call in calls.items():
        described = document.content["webhooks"][event]["post"]
        document.validator(described["requestBody"]["content"]["application/json"]["schema"]).validate(event_of(call))
        assert all(parameter["name"] in call.headers for parameter in described["parameters"])
