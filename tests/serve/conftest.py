"""Services as processes of their own, and what is left of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from server_process import Running


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start services; all of them are stopped afterwards."""
    started: list[Running] = []

    def begin(**variables: str) -> Running:
        started.append(Running(tmp_path / "instance", **variables))
        return started[-1]

    yield begin
    for service in started:
        service.stop()
