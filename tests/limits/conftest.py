"""Installations that count and hold for budgets alone: signs of programs have tests of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from installation import Installation


@pytest.fixture
def make_desk(make_desk: Callable[..., Installation]) -> Callable[..., Installation]:
    """Make installations to which a program may send: ``flooding.py`` is one."""

    def make(**config: Any) -> Installation:
        return make_desk(**{"HOLD_DOUBTFUL": False, **config})

    return make
