"""What is told of holdings, in any order, late, twice or not at all: never is more sold than there is.

The truth is kept here by rules that share no code with `ibnb.core`: what the account holds, what orders have left, what
an exercise will take. Its messages wait in a queue from which any one may be next; positions are as the truth is then.
What changes from outside (an assignment, a transfer) is told by a position of its own, as TWS does for each change.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ibnb.core.exposure import Exposure, Terms

ACCOUNT, SHARE, OPTION = "DU1", 1, 2
SHARES, OPTIONS = (ACCOUNT, SHARE), (ACCOUNT, OPTION)


@dataclass
class Working:
    key: tuple[int, int]
    conId: int
    quantity: float
    sells: bool
    filled: float = 0.0
    ended: bool = False

    @property
    def sign(self) -> float:
        return -1.0 if self.sells else 1.0

    @property
    def left(self) -> float:
        return 0.0 if self.ended else self.quantity - self.filled

    def terms(self) -> Terms:
        return Terms(ACCOUNT, {self.conId: self.sign * self.quantity}, self.quantity)


@dataclass
class World:
    """The truth, what is still to be told of it, and who is told."""

    book: Exposure = field(default_factory=Exposure)
    held: dict[int, float] = field(default_factory=lambda: {SHARE: 100.0, OPTION: 2.0})
    orders: list[Working] = field(default_factory=list)
    exercises: list[float] = field(default_factory=list)  # shares that each will trade
    untold: list[tuple[Working, str, float]] = field(default_factory=list)
    count: int = 0
    exercised: bool = False

    def free(self, conId: int) -> float:
        """What may still be sold without going short, whatever is filled."""
        going = sum(each.left for each in self.orders if each.sells and each.conId == conId)
        going += sum(max(0.0, -units) if conId == SHARE else 1 for units in self.exercises)
        return self.held[conId] - going

    # --- what happens ----------------------------------------------------------------------------------

    def send(self, conId: int, sells: bool, quantity: float) -> bool:
        self.count += 1
        order = Working((1, self.count), conId, quantity, sells)
        free = self.free(conId)
        if self.book.send(order.key, order.terms(), 0.0):
            return False
        assert not sells or quantity <= free, f"{quantity:g} of {conId} are sold, of which {free:g} were free"
        self.orders.append(order)
        return True

    def exercise(self, units: float) -> None:
        if self.held[OPTION] - len(self.exercises) < 1:
            return
        self.count += 1
        free = self.free(SHARE)
        why = self.book.send((1, self.count), Terms(ACCOUNT, {SHARE: units}, math.nan, uses=(OPTION, 1.0)), 0.0)
        if not why:
            assert units > 0 or -units <= free, f"an exercise of {-units:g}, of which {free:g} were free"
            self.exercises.append(units)
            self.exercised = True

    def settle(self) -> None:
        if self.exercises and self.held[OPTION] >= 1:
            self.held[SHARE] += self.exercises.pop(0)
            self.held[OPTION] -= 1

    def fill(self, which: int, quantity: float) -> None:
        working = [each for each in self.orders if each.left]
        if working:
            order = working[which % len(working)]
            done = min(order.left, quantity)
            order.filled += done
            order.ended = order.filled == order.quantity
            self.held[order.conId] += order.sign * done
            self.count += 1
            self.untold += [(order, f"{self.count}.01", order.sign * done), (order, "", order.filled)]

    def outside(self, units: float) -> None:
        """Somebody else's trade, or an assignment, with a position for each change."""
        self.position(SHARE)
        self.held[SHARE] += units
        self.position(SHARE)

    # --- what is told ----------------------------------------------------------------------------------

    def position(self, conId: int, listed: bool = False) -> None:
        self.book.position((ACCOUNT, conId), self.held[conId], listed)

    def tell(self, which: int) -> None:
        if self.untold:
            order, execId, units = self.untold.pop(which % len(self.untold))
            if execId:
                self.book.execution(order.key, execId, (ACCOUNT, order.conId), units)
            else:
                self.book.status(order.key, "Filled" if units == order.quantity else "Submitted", units)

    def tell_all(self) -> None:
        while self.untold:
            self.tell(0)

    def download(self, first: int = SHARE) -> None:
        for conId in (first, SHARE + OPTION - first):
            if self.held[conId]:
                self.position(conId, listed=True)
        self.book.positions_told(ACCOUNT)

    def reconnect(self, positions_first: bool) -> None:
        """What wasn't told is never told; open orders say what has been filled."""
        self.book.forget_positions()
        self.untold.clear()
        if positions_first:
            self.download()
        for order in self.orders:
            self.book.shown(order.key, order.terms(), "Filled" if order.ended else "Submitted")
            self.book.status(order.key, "Filled" if order.ended else "Submitted", order.filled)
        if not positions_first:
            self.download()


PURCHASE: list[tuple[object, ...]] = [("send", OPTION, False, 10.0), ("fill", 0, 10.0)]
NUMBERS = st.integers(0, 5)
UNITS = st.sampled_from([1.0, 10.0, 50.0, 100.0])
STEPS = st.one_of(
    st.tuples(st.just("send"), st.sampled_from([SHARE, SHARE, OPTION]), st.booleans(), UNITS),
    st.tuples(st.just("exercise"), st.sampled_from([100.0, -100.0])),
    st.tuples(st.just("settle")),
    st.tuples(st.just("fill"), NUMBERS, UNITS),
    st.tuples(st.just("tell"), NUMBERS),
    st.tuples(st.just("position"), st.sampled_from([SHARE, OPTION])),
    st.tuples(st.just("download"), st.sampled_from([SHARE, OPTION])),
    st.tuples(st.just("outside"), st.sampled_from([-100.0, -50.0, 50.0])),
    st.tuples(st.just("reconnect"), st.booleans()),
)


@settings(max_examples=300, deadline=None)
@given(st.booleans(), st.lists(STEPS, max_size=30))
@example(False, [*PURCHASE[:1], ("exercise", 100.0), *PURCHASE[1:], ("position", OPTION), ("reconnect", False)])
@example(
    True,
    [
        ("exercise", 100.0),
        ("send", OPTION, True, 1.0),
        ("exercise", 100.0),
        ("fill", 0, 1.0),
        ("position", OPTION),
        *PURCHASE,
    ],
)
def test_whatever_is_told_when_no_more_is_sold_than_there_is(known: bool, steps: list[tuple[object, ...]]) -> None:
    world = World()
    if known:
        world.download()
    for name, *given_ in steps:
        getattr(world, str(name))(*given_)
    # What is told whole and told again is known: the last unit is free, and no more than that.
    world.tell_all()
    for _ in range(2):
        world.download()
    for conId in (SHARE, OPTION):
        free = world.free(conId)
        sold = free > 0 and world.send(conId, True, free)
        # How many options there were before an exercise may not have been told, or trades of them hide that it is over.
        hidden = not known or (world.exercised and any(each.conId == OPTION for each in world.orders))
        assert sold or free <= 0 or hidden, f"all is told, and {free:g} of {conId} can't be sold"
        assert not (sold and world.send(conId, True, 1.0))


PROMPT = st.one_of(
    st.tuples(st.just("send"), st.just(SHARE), st.booleans(), UNITS),
    st.tuples(st.just("exercise"), st.sampled_from([100.0, -100.0])),
    st.tuples(st.just("settle")),
    st.tuples(st.just("fill"), NUMBERS, UNITS),
    st.tuples(st.just("position"), st.just(SHARE)),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(PROMPT, max_size=30))
def test_what_is_told_at_once_leaves_no_honest_order_refused(steps: list[tuple[object, ...]]) -> None:
    """Limits machine, world 44: executions come as they happen; after an exercise, and where a position may have a fill
    in it already, positions are asked for."""
    world = World()
    world.download()
    for name, *given_ in steps:
        getattr(world, str(name))(*given_)
        world.tell_all()
        if name == "settle" or world.book.unclear:
            world.download()
        free = world.free(SHARE)
        if free > 0:
            assert not world.book.send((9, 1), Terms(ACCOUNT, {SHARE: -free}, free), 0.0)
            world.book.withdrawn((9, 1))
