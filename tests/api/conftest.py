"""Programs that call installations of several kinds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from api_client import Caller
from installation import Installation

TOKEN = "a-token-of-the-tests-0123456789"
OTHER_TOKEN = "another-token-of-the-tests-98765"

SITES = """
shop:
  title: Detal 36
  origins: [https://detal36.example, "https://www.detal36.example"]
  inbox: support-shop@desk.example
other:
  origins: [https://other.example]
"""


@pytest.fixture
def api(desk: Installation) -> Caller:
    """A program that calls an installation with default settings."""
    return Caller(desk)


@pytest.fixture
def make_api(make_desk: Callable[..., Installation]) -> Callable[..., Caller]:
    """Make installations and programs that call them."""
    return lambda **config: Caller(make_desk(**config))


@pytest.fixture
def with_sites(make_desk: Callable[..., Installation], tmp_path: Path) -> Caller:
    """An installation with two embedding sites."""
    path = tmp_path / "sites.yaml"
    path.write_text(SITES)
    return Caller(make_desk(SITES=str(path)))


@pytest.fixture
def agent(make_desk: Callable[..., Installation]) -> Caller:
    """An agent's program, and the installation whose queue it works on."""
    desk = make_desk(AGENT_TOKENS=f"bot:{TOKEN},board:{OTHER_TOKEN}")
    return Caller(desk, Authorization=f"Bearer {TOKEN}")
