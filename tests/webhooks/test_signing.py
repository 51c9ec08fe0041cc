"""Signatures that anybody's library of Standard Webhooks accepts."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from endpoints import Endpoint
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook
from webhook_installation import SECRET, Shops, is_accepted

from wizard.config.webhook import signing_key
from wizard.outbox.webhook_delivery import signature

DOCS = Path(__file__).parents[2] / "docs" / "webhooks.md"


def fresh_secret() -> str:
    """A secret as a site's owner makes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@given(st.text(st.characters(exclude_categories=["Cs"])), st.binary(min_size=24, max_size=64))
def test_whatever_is_signed_is_verified_by_a_library_that_is_not_ours(body: str, key: bytes) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    assert signing_key(secret) == key
    now = int(time.time())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now),
        "webhook-signature": signature([key], "msg_1", now, body.encode()),
    }
    Webhook(secret).verify(body, headers, json_parse=False)


def test_a_signature_is_that_of_the_schemes_own_example() -> None:
    # https://github.com/standard-webhooks/standard-webhooks, the example of its libraries' tests.
    key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signature([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_while_secrets_change_receivers_that_know_the_old_and_the_new_one_both_believe_a_call(
    make_shop: Callable[..., Shops],
) -> None:
    old, new, strange = fresh_secret(), fresh_secret(), fresh_secret()
    with Endpoint() as endpoint:
        shop = make_shop(endpoint.url, webhook={"secrets": [new, old]})
        shop.report()
        shop.run_worker()
        [call] = endpoint.calls
    assert is_accepted(call, old)
    assert is_accepted(call, new)
    assert not is_accepted(call, strange)


def test_a_call_that_was_changed_on_its_way_is_not_believed(make_shop: Callable[..., Shops]) -> None:
    with Endpoint() as endpoint:
        shop = make_shop(endpoint.url)
        shop.report()
        shop.run_worker()
        [call] = endpoint.calls
    assert is_accepted(call)
    object.__setattr__(call, "body", call.body.replace(b"Detal 36", b"Detal 37"))
    assert not is_accepted(call)


@pytest.fixture
def documented() -> dict[str, Any]:
    """What the snippet of ``docs/webhooks.md`` defines."""
    snippet = DOCS.read_text("utf-8").partition("```python\n")[2].partition("```")[0]
    defined: dict[str, Any] = {}
    exec(compile(snippet, str(DOCS), "exec"), defined)
    return defined


def test_the_documented_check_believes_our_calls_and_no_others(
    make_shop: Callable[..., Shops], documented: dict[str, Any]
) -> None:
    with Endpoint() as endpoint:
        shop = make_shop(endpoint.url, webhook={"secrets": [fresh_secret(), SECRET]})
        shop.report()
        shop.run_worker()
        [call] = endpoint.calls
    event = documented["event_of"](call.headers, call.body, SECRET)
    assert event["type"] == "ticket.created"
    assert event["data"]["number"] == 100_001
    forged = dict(call.headers.items())
    stale = dict(forged, **{"webhook-timestamp": str(int(time.time()) - 600)})
    without = {name: value for name, value in forged.items() if name != "webhook-signature"}
    for headers, body, secret in (
        (forged, call.body + b" ", SECRET),
        (forged, call.body, fresh_secret()),
        (dict(forged, **{"webhook-id": "msg_other"}), call.body, SECRET),
        (stale, call.body, SECRET),
        (without, call.body, SECRET),
    ):
        with pytest.raises(ValueError, match="webhook"):
            documented["event_of"](headers, body, secret)
