"""Market scanners: parameters, scans that repeat, filters.

Rule: a scan is ranked and filtered by ``scan_table.py`` from the one market; what that table doesn't know is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from ... import messages as m
from ...instruments import Instrument, contract_of
from ...world import Client, World
from ..beat import on_the_beat
from ..registry import Refusal, handles, no_history
from .parameters import scan_parameters
from .table import (
    FILTERS,
    INSTRUMENTS,
    LOCATIONS,
    NOT_SIMULATED_FIELDS,
    OLD_FIELDS,
    SCAN_TYPES,
    STOCK_TYPES,
    Figure,
    Stand,
    under,
)

KIND = "scanner"

NO_ITEMS = "Historical Market Data Service query message:no items retrieved"

_Test = Callable[[Stand], bool]
T = TypeVar("T")


@handles(m.ReqScannerParameters)
def scanner_parameters(world: World, client: Client, request: m.ReqScannerParameters) -> Iterator[object]:
    """The XML of all instruments, locations, scan codes and filters.

    Differs from TWS: it lists what can be scanned here, 20 kB instead of 2 MB.
    """
    yield m.ScannerParameters(xml=scan_parameters())


@handles(m.ReqScannerSubscription)
def scanner_subscription(world: World, client: Client, request: m.ReqScannerSubscription) -> Iterator[object]:
    """At most 50 ranked rows, again every 30 seconds until cancelled; 165 and no rows when nothing passes.

    Differs from TWS: only US and European stocks of this world, and the scan codes and filters that the parameters
    list; others get 162 with a text that says "not simulated".
    """
    if client.subscription(KIND, request.reqId):
        raise Refusal(385, "Duplicate ticker id for API scanner subscription")
    limits = world.scenario.limits
    if len(world.open(KIND)) >= limits.scanners:
        raise no_history(f"Only {limits.scanners} simultaneous API scanner subscriptions allowed")
    scan = _Scan(world, request)
    yield from scan.look()

    def send() -> None:
        rows = scan.rows()
        if not rows:
            client.error(request.reqId, 165, NO_ITEMS)
        client.send(m.ScannerData(reqId=request.reqId, rows=rows))

    send()
    on_the_beat(world, limits.scanner_seconds, send, client.subscribe(KIND, request.reqId, request))


@handles(m.CancelScannerSubscription)
def cancel_scanner_subscription(world: World, client: Client, request: m.CancelScannerSubscription) -> None:
    """162 for a scan that was open, 365 for one that wasn't."""
    if not client.unsubscribe(KIND, request.reqId):
        raise Refusal(365, f"No scanner subscription found for ticker id:{request.reqId}")
    raise no_history(f"API scanner subscription cancelled: {request.reqId}")


class _Scan:
    """A subscription that makes sense: which instruments, which tests, which order. Raises Refusal 162."""

    def __init__(self, world: World, request: m.ReqScannerSubscription) -> None:
        subscription = request.subscription
        self._world = world
        self._type = _known(SCAN_TYPES, subscription.scanCode, "Scan code")
        _, root = _known(INSTRUMENTS, subscription.instrument, "Instrument type")
        location = _known(LOCATIONS, subscription.locationCode, "Location")
        if not under(location.code, root):
            raise no_history(f"Location {location.code} has no instruments of type {subscription.instrument}")
        stockType = _known(STOCK_TYPES, subscription.stockTypeFilter.upper(), "Stock type")
        self._holds: Callable[[Instrument], bool] = lambda each: location.holds(each) and stockType(each)
        self._tests = _tests(request)
        most = world.scenario.limits.scanner_rows
        asked = subscription.numberOfRows
        self._count = most if asked is None or asked <= 0 else min(asked, most)

    def look(self) -> Iterator[None]:
        """Look at everything once, with a breath after each: the market remembers it for `rows`."""
        for instrument in self._world.instruments.listings:
            if self._holds(instrument):
                self._type.figure(Stand(self._world.market, instrument, self._world.clock.now()))
                yield None

    def rows(self) -> tuple[m.ScanRow, ...]:
        """What the scan finds now, the first row first."""
        now = self._world.clock.now()
        ranked = []
        for place, instrument in enumerate(self._world.instruments.listings):
            if not self._holds(instrument):
                continue
            stand = Stand(self._world.market, instrument, now)
            figure = self._type.figure(stand)
            if figure is not None and all(test(stand) for test in self._tests):
                ranked.append((-figure, place, instrument))
        ranked.sort(key=lambda row: row[:2])
        return tuple(
            m.ScanRow(rank=rank, contract=contract_of(instrument), marketName=instrument.tradingClass)
            for rank, (_, _, instrument) in enumerate(ranked[: self._count])
        )


def _known(table: Mapping[str, T], word: str, what: str) -> T:
    if word not in table:
        raise no_history(f"{what} {word or '(empty)'} not found, or not simulated by ibnb.gateway")
    return table[word]


def _tests(request: m.ReqScannerSubscription) -> list[_Test]:
    """What a row must pass: the subscription's old fields and the filter options alike."""
    subscription = request.subscription
    for field in NOT_SIMULATED_FIELDS:
        if getattr(subscription, field):
            raise no_history(f"Filter {field} is not simulated by ibnb.gateway")
    tests = []
    for field, (tag, unit) in OLD_FIELDS.items():
        value = getattr(subscription, field)
        if value is not None:
            tests.append(_BOUNDS[tag](value * unit))
    for pair in request.scannerSubscriptionFilterOptions.split(";"):
        tag, _, text = (part.strip() for part in pair.partition("="))
        if tag:
            bound = _known(_BOUNDS, tag, "Filter")
            try:
                tests.append(bound(float(text)))
            except ValueError:
                raise no_history(f"Filter {tag} has no number: {text or '(empty)'}") from None
    return tests


def _above(figure: Figure) -> Callable[[float], _Test]:
    def bound(value: float) -> _Test:
        return lambda stand: (found := figure(stand)) is not None and found >= value

    return bound


def _below(figure: Figure) -> Callable[[float], _Test]:
    def bound(value: float) -> _Test:
        return lambda stand: (found := figure(stand)) is not None and found <= value

    return bound


# Tag → from its value to the test.
_BOUNDS: dict[str, Callable[[float], _Test]] = {
    tag: bound
    for each in FILTERS
    for tag, bound in ((each.above, _above(each.figure)), (each.below, _below(each.figure)))
}
