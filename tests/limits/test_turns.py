"""Turns: an address that has cost much waits for one that has not, and only so many threads wait at all."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from wizard.files.content import Content
from wizard.limits.heavy.turns import MOST, Busy, Job, Turns
from wizard.serve.gateway import RESERVED, THREADS

FLOOD, OTHER, THIRD = "203.0.113.1", "203.0.113.2", "203.0.113.3"


class Clock:
    """A clock that stands still until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def job(network: str) -> Job:
    """A file from an address."""
    return Job(network, {}, Content(BytesIO()), 0, 1.0, Path(), lambda: False)


def order_of(turns: Turns, seconds: float = 1.0) -> list[str]:
    """The addresses in the order in which their files are read, each taking so long."""
    order = []
    while (taken := turns.take()) is not None:
        order.append(taken.network)
        turns.finish(seconds)
    return order


def test_many_files_of_one_address_do_not_stand_before_one_of_another() -> None:
    turns = Turns()
    for network in (FLOOD, FLOOD, FLOOD, OTHER):
        turns.join(job(network))
    assert order_of(turns) == [FLOOD, OTHER, FLOOD, FLOOD]


def test_whoever_has_cost_less_lately_goes_first() -> None:
    clock = Clock()
    turns = Turns(clock)
    turns.join(job(FLOOD))
    order_of(turns, seconds=20)
    for network in (FLOOD, OTHER, OTHER, THIRD):
        turns.join(job(network))
    assert order_of(turns) == [OTHER, THIRD, OTHER, FLOOD]
    clock.now += 3600
    turns.join(job(FLOOD))
    turns.join(job(OTHER))
    assert order_of(turns) == [FLOOD, OTHER], "what was long ago is forgotten"


def test_files_of_one_address_keep_their_order() -> None:
    turns = Turns()
    jobs = [job(FLOOD) for _ in range(3)]
    for waiting in jobs:
        turns.join(waiting)
    taken = []
    while (file := turns.take()) is not None:
        taken.append(file)
        turns.finish(0.1)
    assert taken == jobs


def test_a_full_queue_refuses_who_fills_it_and_takes_in_others() -> None:
    turns = Turns()
    flood = [job(FLOOD) for _ in range(MOST)]
    for waiting in flood:
        turns.join(waiting)
    with pytest.raises(Busy):
        turns.join(job(FLOOD))
    turns.join(job(OTHER))
    assert isinstance(flood[-1].answer.exception(0), Busy), "its latest file gave its place"
    assert sorted(order_of(turns)) == [FLOOD] * (MOST - 1) + [OTHER]


def test_the_file_that_is_being_read_takes_a_place_and_keeps_it() -> None:
    turns = Turns()
    for _ in range(MOST):
        turns.join(job(FLOOD))
    reading = turns.take()
    assert reading
    with pytest.raises(Busy):
        turns.join(job(FLOOD))
    for _ in range(MOST // 2):
        turns.join(job(OTHER))
    assert not reading.answer.done()


def test_where_all_wait_for_one_file_the_last_to_come_is_refused() -> None:
    turns = Turns()
    for number in range(MOST):
        turns.join(job(f"198.51.100.{number}"))
    with pytest.raises(Busy):
        turns.join(job(OTHER))


def test_waiting_files_leave_threads_to_answer_pages() -> None:
    assert MOST <= THREADS - RESERVED - 3
