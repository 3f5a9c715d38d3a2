"""Streams that have fallen silent while their market is open are warned about, once for each silence."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ibnb.core.clock import NEW_YORK, Alarm, Clock, seconds_of
from ibnb.core.lifecycle import Settings
from ibnb.core.status import Status
from ibnb.core.subscriptions import Subscription, Subscriptions
from ibnb.ib.hours import open_for


@dataclass(eq=False, repr=False)
class Staleness:
    """Looks after streams now and again while there are any.

    `usable`: is the session connected? `over`: has it ended for good? `hours`: (liquidHours, timeZoneId) of a contract
    on a day, empty texts where nobody knows. `waiting`: the requests of which there are news that nobody looks at,
    and when each spoke last.
    """

    settings: Settings
    clock: Clock
    status: Status
    subscriptions: Subscriptions
    usable: Callable[[], bool]
    over: Callable[[], bool]
    hours: Callable[[Any, str], tuple[str, str]]
    waiting: Callable[[], Mapping[Any, float]]

    def __post_init__(self) -> None:
        self._alarm: Alarm | None = None
        # The silence that each stream was warned about: when its last data came.
        self._warned: dict[object, float] = {}

    def watch(self) -> None:
        """There is a stream now."""
        stale = seconds_of(self.settings.staleAfter)
        if stale and self._alarm is None:
            self._alarm = self.clock.later(stale / 2, self._look_at_all)

    def _look_at_all(self) -> None:
        self._alarm = None
        streams = self.subscriptions.streams()
        if not streams or self.over():
            return
        for each in streams:
            try:
                self._look_at(each, seconds_of(self.settings.staleAfter))
            except Exception as error:
                self.status.problem("staleAfter", "ibnb", error, traceback.format_exc())
        self.watch()

    def _look_at(self, each: Subscription, stale: float) -> None:
        slot = each.slot
        if slot is None or slot.gap is not None or not self.usable():
            return
        since = slot.heard if slot.heard is not None else slot.opened
        since = self.waiting().get(slot.key, since)
        age = self.clock.now() - since
        if age < stale or self._warned.get(each.key) == since:
            return
        # What was silent before the opening had nothing to say.
        age = min(age, self._open_for(each))
        if age < stale:
            return
        self._warned[each.key] = since
        self.status.say(
            f"{each.verb} {each.symbol} has had no data for {age:.0f} s although its market is open: "
            "the values are old (app.streams, app.farms)",
            "warning",
        )

    def _open_for(self, each: Subscription) -> float:
        """For how many seconds the contract has been in its regular hours; unknown counts as for ever."""
        contract = each.given.get("contract")
        if contract is None:
            return 0.0
        now = datetime.fromtimestamp(self.clock.now(), NEW_YORK)
        return open_for(*self.hours(contract, f"{now:%Y%m%d}"), now)
