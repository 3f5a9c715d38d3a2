"""Time that is moved by the port: what is said, how far it goes at once, and who is hung up on."""

from __future__ import annotations

import pytest

from ibnb.gateway.timekeeper import GREETING, Timekeeper


class Still:
    """A gateway with something due every 40 s."""

    def __init__(self) -> None:
        self.timekeepers: list[Timekeeper] = []
        self.time = 1000.0
        self.said = b""
        self.hung_up = self.closed = False
        self.rate = 0.0

    def now(self) -> float:
        return self.time

    def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("backwards")
        self.time += seconds

    def step(self, limit: float) -> bool:
        due = (self.time // 40 + 1) * 40
        self.time = min(due, limit)
        return due <= limit

    def write(self, data: bytes) -> None:
        self.said += data

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.hung_up = True


@pytest.fixture
def still() -> Still:
    return Still()


@pytest.fixture
def keeper(still: Still) -> Timekeeper:
    made = Timekeeper(still, still)
    made.receive(GREETING)
    return made


def test_it_goes_to_what_is_due_next_and_says_whether_something_was(still: Still, keeper: Timekeeper) -> None:
    for request in (b"step 9999\n", b"step 1050.5\n", b"advance 30\n"):
        keeper.receive(request)
    assert still.said.decode().split("\n") == ["~ 1000.0 0", "= 1040.0 1", "= 1050.5 0", "= 1080.5 1", ""]


def test_requests_may_come_in_pieces_and_with_the_greeting(still: Still) -> None:
    keeper = Timekeeper(still, still)
    for piece in (GREETING + b"adv", b"ance 5\nadvance", b" 5\n"):
        keeper.receive(piece)
    assert still.said.endswith(b"= 1005.0 1\n= 1010.0 1\n")


def test_nobody_moves_it_far_at_once(still: Still, keeper: Timekeeper) -> None:
    keeper.receive(b"advance 1e9\n")
    assert still.time == 1060.0
    still.step = lambda limit: setattr(still, "time", limit) or False  # type: ignore[method-assign,func-returns-value]
    keeper.receive(b"step 1e12\n")
    assert still.time == 1060.0 + 86400.0


def test_time_that_others_have_moved_is_told_once(still: Still, keeper: Timekeeper) -> None:
    still.advance(7)
    keeper.tell()
    keeper.tell()
    assert still.said == b"~ 1000.0 0\n~ 1007.0\n"


@pytest.mark.parametrize(
    "line", [b"stop\n", b"step\n", b"step soon\n", b"advance -1\n", b"jump 5\n", b"x" * 200, b"\xff 1\n"]
)
def test_who_asks_for_anything_else_is_hung_up_on(still: Still, keeper: Timekeeper, line: bytes) -> None:
    keeper.receive(line)
    assert (still.hung_up, still.time) == (True, 1000.0)
    keeper.lost()
    assert still.timekeepers == []


def test_where_time_runs_by_itself_it_is_told_and_that_is_all(still: Still) -> None:
    still.rate = 60.0
    keeper = Timekeeper(still, still)
    keeper.receive(GREETING + b"advance 5\n")
    assert (still.said, still.closed, still.timekeepers, still.time) == (b"~ 1000.0 60\n", True, [], 1000.0)
