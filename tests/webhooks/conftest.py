"""Installations whose sites have webhooks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from installation import Installation
from webhook_installation import SECRET, Shops


@pytest.fixture
def make_shops(make_desk: Callable[..., Installation], tmp_path: Path) -> Callable[..., Shops]:
    """Make an installation with these sites; endpoints on loopback are allowed."""

    def make(sites: dict[str, Any], **config: Any) -> Shops:
        path = tmp_path / "sites.yaml"
        path.write_text(json.dumps(sites))
        desk = make_desk(**{"SITES": str(path), "WEBHOOK_PRIVATE_ADDRESSES": True, **config})
        return Shops(desk.app, desk.sink)

    return make


@pytest.fixture
def make_shop(make_shops: Callable[..., Shops]) -> Callable[..., Shops]:
    """Make an installation with one site, whose webhook is at this address."""

    def make(url: str, *, webhook: dict[str, Any] | None = None, **config: Any) -> Shops:
        return make_shops({"shop": {"webhook": {"url": url, "secrets": [SECRET], **(webhook or {})}}}, **config)

    return make
