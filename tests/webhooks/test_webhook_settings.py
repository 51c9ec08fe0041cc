"""A webhook that cannot be used stops the start with one line that names it; no secret shows anywhere."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from endpoints import Endpoint, HostileEndpoint
from flask import Flask
from webhook_installation import SECRET, Shops, is_accepted

from wizard.config.setting_types import SettingsError
from wizard.config.sites import SitesError

URL = "https://shop.example/hook"
GOOD = {"url": URL, "secrets": [SECRET]}


def test_a_webhook_with_an_address_and_a_secret_gets_every_event(make_shop: Callable[..., Shops]) -> None:
    webhook = make_shop(URL, WEBHOOK_PRIVATE_ADDRESSES=False).container.site("shop").webhook
    assert webhook is not None
    assert webhook.events == ("ticket.created", "ticket.follow_up", "delivery.failed")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"url": "http://shop.example/hook"}, "url: must begin with https://"),
        ({"url": "shop.example/hook"}, "url: must be a web address"),
        ({"url": "ftp://shop.example/hook"}, "url: must be a web address"),
        ({"url": "https:///hook"}, "url: must be a web address"),
        ({"url": "https://shop.example:99999/"}, "url: must be a web address"),
        ({"url": "https://[::1/"}, "url: must be a web address"),
        ({"url": "https://shop.example/a b"}, "url: must be a web address"),
        ({"url": "https://shop.example\\@10.0.0.1/"}, "url: must be a web address"),
        ({"url": "https://shop.example/\r\nX-Header: 1"}, "url: must be a web address"),
        ({"url": "https://магазин.example/"}, "url: must be a web address"),
        ({"url": "https://user:canary@shop.example/"}, "url: must hold neither user and password"),
        ({"url": "https://shop.example/#part"}, "url: must hold neither user and password nor a fragment"),
        ({"url": "https://127.0.0.1/"}, "url: is a private address"),
        ({"url": "https://[fd00::1]:8443/"}, "url: is a private address"),
        ({"url": "https://169.254.169.254/latest"}, "url: is a private address"),
        ({"url": "https://shop.example/" + "x" * 2000}, "url: String should have at most 2000"),
        ({"url": None}, "url"),
        ({"secrets": []}, "secrets: "),
        ({"secrets": ["canary"]}, "secrets.0: must be whsec_ and 24 to 64 random bytes in base64"),
        ({"secrets": [SECRET, "whsec_Y2FuYXJ5"]}, "secrets.1: must be whsec_"),
        ({"secrets": ["whsec_canary!canary!canary!canary!canary!"]}, "secrets.0: must be whsec_"),
        ({"secrets": "canary"}, "secrets: "),
        ({"secrets": [12345]}, "secrets.0: "),
        ({"events": ["ticket.closed"]}, "events.0: "),
        ({"events": []}, "events: "),
        ({"colour": "red"}, "colour: "),
        ({"secret_env": "SHOP_SECRETS"}, "give either secrets or secret_env"),
        ({"secrets": None, "secret_env": "SHOP_SECRETS"}, "give either secrets or secret_env"),
    ],
)
def test_a_fault_is_named_in_one_line(make_shops: Callable[..., Shops], change: dict[str, Any], named: str) -> None:
    with pytest.raises(SitesError) as fault:
        make_shops({"shop": {"webhook": GOOD | change}}, WEBHOOK_PRIVATE_ADDRESSES=False)
    message = fault.value.message
    assert "sites.yaml: shop.webhook" in message and named in message
    assert "\n" not in message and "canary" not in message and SECRET not in message


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/hook", "https://[::1]/hook", "http://intranet/hook"])
def test_private_addresses_can_be_allowed(make_shop: Callable[..., Shops], url: str) -> None:
    assert make_shop(url).container.site("shop").webhook


def test_secrets_may_lie_in_the_environment_one_or_several(
    make_shops: Callable[..., Shops], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = "whsec_" + "QUJD" * 10
    with Endpoint() as endpoint:
        sites = {"shop": {"webhook": {"url": endpoint.url, "secret_env": "SHOP_SECRETS"}}}
        with pytest.raises(SitesError, match=r"shop\.webhook: secret_env: the environment has no SHOP_SECRETS"):
            make_shops(sites)
        monkeypatch.setenv("SHOP_SECRETS", f"{other} {SECRET}")
        shop = make_shops(sites)
        shop.report()
        shop.run_worker()
        assert is_accepted(endpoint.calls[0], SECRET)
        assert is_accepted(endpoint.calls[0], other)
    monkeypatch.setenv("SHOP_SECRETS", "canary")
    with pytest.raises(SitesError, match=r"shop\.webhook\.secrets\.0") as fault:
        make_shops(sites)
    assert "canary" not in "".join(traceback.format_exception(fault.value))


def test_a_lease_shorter_than_a_call_may_take_is_refused_where_there_is_somebody_to_call(
    make_shop: Callable[..., Shops], make_app: Callable[..., Flask]
) -> None:
    short = {"OUTBOX_LEASE": 60, "MAIL_DEADLINE": 20, "WEBHOOK_DEADLINE": 50}
    assert make_app(**short)
    with pytest.raises(SettingsError, match="WIZARD_OUTBOX_LEASE"):
        make_shop(URL, **short)


@pytest.mark.parametrize("mode", ["garbage", "endless_headers", "closes", "short_body", "bad_header"])
def test_neither_secrets_nor_addresses_stand_in_logs_reprs_or_lists(
    make_shop: Callable[..., Shops], caplog: pytest.LogCaptureFixture, mode: str
) -> None:
    caplog.set_level(logging.DEBUG)
    with HostileEndpoint(mode) as endpoint:
        shop = make_shop(f"{endpoint.url}?key=canary")
        shop.report()
        shop.run_worker()
        listed = shop.app.test_cli_runner().invoke(args=["outbox", "list"]).output
    container = shop.container
    printed = (
        f"{container!r} {container.sites!r} {container.site('shop').webhook} {container.site('shop').model_dump()!s}"
    )
    key = SECRET.removeprefix("whsec_")
    for text in (caplog.text, listed, repr(container), repr(container.sites), str(container.site("shop").webhook)):
        assert key not in text
        assert "canary" not in text
    assert key not in printed


def test_the_log_says_which_webhook_failed_and_how(
    make_shop: Callable[..., Shops], caplog: pytest.LogCaptureFixture
) -> None:
    with Endpoint([302, 500, 410]) as endpoint:
        shop = make_shop(endpoint.url)
        shop.report()
        for _ in range(3):
            shop.run_worker()
            shop.make_due()
    messages = [record.getMessage() for record in caplog.records if record.name == "wizard.outbox.outcome"]
    assert messages == [
        "delivery 2 of ticket 100001 (ticket.created), try 1: 302",
        "delivery 2 of ticket 100001 (ticket.created), try 2: 500",
        "delivery 2 of ticket 100001 (ticket.created) is dead: 410",
    ]


def test_the_file_of_sites_may_be_broken_around_a_secret(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    path = tmp_path / "sites.yaml"
    path.write_text(f"shop: {{webhook: {{url: {URL}, secrets: [{SECRET}\n")
    with pytest.raises(SitesError) as fault:
        make_app(SITES=str(path))
    assert SECRET not in "".join(traceback.format_exception(fault.value))
