"""A class on one gateway: each client comes into a world of its own, with an account like the scenario's.

Rule: what students share is what can't tell one of another: the clock, the instruments and the market. Accounts,
orders, executions, ids, faults and the journal belong to one seat, so there is nothing to filter.

Seats go to whoever comes first and are kept: a client id that returns finds its account. Client ids of a thousand and
more have their seat in the thousands, so that a student with several programs has one account: 7001 and 7002 belong to
7, as 7 itself does.
"""

from __future__ import annotations

import re
from dataclasses import replace

from .clock import Clock
from .engine import CLIENT_ID_IN_USE, Engine, build_world
from .handlers import Refusal
from .scenario import Account, Scenario

# Client ids of one seat.
BLOCK = 1000
_MOST = 500


class Classroom(Engine):
    """Greets everybody, and sends them to their seats."""

    def __init__(self, scenario: Scenario, clock: Clock, accounts: int) -> None:
        if not 1 <= accounts <= _MOST:
            raise ValueError(f"a class has from 1 to {_MOST} accounts, not {accounts}")
        if len(scenario.accounts) != 1:
            raise ValueError(f"each of a class has a copy of one account; the scenario has {len(scenario.accounts)}")
        lobby = build_world(scenario, clock)
        super().__init__(lobby)
        [model] = scenario.accounts
        self.seats = tuple(
            Engine(build_world(replace(scenario, accounts=(_copy(model, number),)), clock, lobby))
            for number in range(accounts)
        )
        self._taken: dict[int, Engine] = {}

    def seat(self, clientId: int) -> Engine:
        key = clientId // BLOCK or clientId
        if key not in self._taken:
            if len(self._taken) == len(self.seats):
                text = f"{CLIENT_ID_IN_USE} All {len(self.seats)} accounts of this class have an owner."
                raise Refusal(326, text, id=-1)
            self._taken[key] = self.seats[len(self._taken)]
        return self._taken[key]


def seated(scenario: Scenario, accounts: int) -> Scenario:
    """The scenario with room for so many students, each with several programs."""
    limits = replace(scenario.limits, clients=max(scenario.limits.clients, 4 * accounts))
    return replace(scenario, limits=limits)


def _copy(account: Account, number: int) -> Account:
    """The same account under the code that lies so many numbers further: DU1234567, DU1234568 …"""
    letters, digits = re.fullmatch(r"(.*?)(\d*)", account.code).groups()  # type: ignore[union-attr]
    return replace(account, code=f"{letters}{int(digits or 0) + number:0{len(digits)}d}")
