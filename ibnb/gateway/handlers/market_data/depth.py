"""Market depth: the book of one exchange, or of all that SMART routes to.

Rule: a book is a function of the instant, as the quote is, and its first row is that quote; deeper rows keep their
size while the price moves past them. Only what has changed is sent: deletions from below, then insertions, then sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from difflib import SequenceMatcher

from ... import messages as m
from ...instruments import Instrument
from ...instruments.options import US_EXCHANGES
from ...market.book import ASK, BID, Row, book, shows_top_only, venues
from ...world import Client, Subscription, World
from ..beat import BEAT, on_the_beat
from ..registry import Refusal, cancels, handles, invalid, unprocessed
from ..resolve import resolve_live, underlying_of_cfd

KIND = "mktDepth"

INSERT, UPDATE, DELETE = 0, 1, 2

_TOKEN = "bT"
_MOST_ROWS = 50
_NO_GROUP = 2147483647
_DEEP = frozenset({"STK", "FUT", "CASH", "OPT", "FOP", "CRYPTO"})
# Their books say who stands behind each row.
_NAMED = {"NASDAQ": "NSDQ"}
_NOT_SUPPORTED = "Deep market data is not supported for this combination of security type/exchange"
_TOO_MANY = (
    "Max number ({0}) of market depth requests has been reached. Note: TWS currently limits users to a maximum of {0} "
    "distinct market depth requests."
)


@handles(m.ReqMktDepth)
def market_depth(world: World, client: Client, request: m.ReqMktDepth) -> Iterator[object]:
    """The rows of a book, then every change of them, until cancelled; SMART's book names each row's exchange.

    A halt ends it with 316, and whoever wants to see the opening asks again.

    Differs from TWS: books change once a second; at most 50 rows a side are shown.
    """
    if request.numRows < 1:
        raise invalid("Invalid number of rows", _TOKEN)
    if client.subscription(KIND, request.reqId):
        raise unprocessed("Duplicate ticker id", _TOKEN)
    if len(world.open(KIND)) >= world.scenario.limits.depth:
        raise Refusal(309, _TOO_MANY.format(world.scenario.limits.depth))
    instrument = resolve_live(world, request.contract)
    if under := underlying_of_cfd(world, instrument):
        yield m.RerouteMktDepthReq(reqId=request.reqId, conId=under.conId, exchange=under.exchange)
        return
    if (instrument.exchange == "SMART") != request.isSmartDepth or not _has_book(instrument):
        raise Refusal(10092, _NOT_SUPPORTED)
    if instrument.symbol in world.scenario.not_subscribed | world.scenario.delayed_only:
        raise Refusal(354, "Requested market data is not subscribed.")
    subscription = client.subscribe(KIND, request.reqId, request)
    subscription.state |= {"instrument": instrument, "sent": {BID: (), ASK: ()}}
    if request.isSmartDepth:
        deep = "".join(f"{name}; " for name in venues(instrument) if not shows_top_only(instrument, name))
        top = "".join(f"{name}; " for name in venues(instrument) if shows_top_only(instrument, name))
        client.error(request.reqId, 2152, f"Exchanges - Depth: {deep}" + (f"Top: {top}" if top else ""))
    yield from _news(world, subscription)

    halted = world.market.halt(instrument, world.clock.now()) is not None

    def send() -> None:
        nonlocal halted
        before, halted = halted, world.market.halt(instrument, world.clock.now()) is not None
        if halted and not before:
            client.unsubscribe(KIND, request.reqId)
            client.error(request.reqId, 316, "Market depth data has been HALTED. Please re-subscribe.")
            return
        for answer in _news(world, subscription):
            client.send(answer)

    on_the_beat(world, BEAT, send, subscription)


cancels(m.CancelMktDepth, KIND, (310, "Can't find the subscribed market depth with tickerId:{}"))


@handles(m.ReqMktDepthExchanges)
def depth_exchanges(world: World, client: Client, request: m.ReqMktDepthExchanges) -> Iterator[object]:
    """The exchanges and kinds of instrument that have a book; Deep2 where its rows name who stands behind them."""
    found: dict[tuple[str, str], int] = {(name, "OPT"): _NO_GROUP for name in US_EXCHANGES.split(",")[1:]}
    for instrument in world.instruments:
        if instrument.secType in _DEEP:
            for name in instrument.validExchanges.split(","):
                if name != "SMART" and not shows_top_only(instrument, name):
                    found.setdefault((name, instrument.secType), instrument.aggGroup)
    rows = tuple(
        m.DepthMktDataDescription(
            exchange=exchange,
            secType=secType,
            serviceDataType="Deep2" if exchange in _NAMED else "Deep",
            aggGroup=aggGroup,
        )
        for (exchange, secType), aggGroup in sorted(found.items())
    )
    yield m.MktDepthExchanges(depthMktDataDescriptions=rows)


def changes(old: Sequence[Row], new: Sequence[Row]) -> Iterator[tuple[int, int, Row]]:
    """What turns one side into another, as (position, operation, row), each position as it is at that step."""
    had, has = ([(row.price, row.venue) for row in side] for side in (old, new))
    # Of venues that have changed places at one price, one stays and the other goes and comes again.
    kept = [block for block in SequenceMatcher(None, had, has, autojunk=False).get_matching_blocks() if block.size]
    before = {block.b + n: old[block.a + n].size for block in kept for n in range(block.size)}
    stays = {block.a + n for block in kept for n in range(block.size)}
    for position in range(len(old) - 1, -1, -1):
        if position not in stays:
            yield position, DELETE, Row(0.0, Decimal(0), old[position].venue)
    for position, row in enumerate(new):
        if position not in before:
            yield position, INSERT, row
    for position, row in enumerate(new):
        if before.get(position, row.size) != row.size:
            yield position, UPDATE, row


def _has_book(instrument: Instrument) -> bool:
    if instrument.secType not in _DEEP or not instrument.quotes or venues(instrument) == ("SMART",):
        return False
    return instrument.exchange == "SMART" or not shows_top_only(instrument, instrument.exchange)


def _news(world: World, subscription: Subscription) -> Iterator[object]:
    """What has changed since the last beat, as messages: bids first."""
    state, request = subscription.state, subscription.request
    instrument: Instrument = state["instrument"]
    now = book(world.market, instrument, min(request.numRows, _MOST_ROWS), world.clock.now())
    sent, state["sent"] = state["sent"], now
    named = request.isSmartDepth or instrument.exchange in _NAMED
    for side in (BID, ASK):
        for position, operation, row in changes(sent[side], now[side]):
            if named:
                yield m.UpdateMktDepthL2(
                    reqId=subscription.reqId,
                    position=position,
                    marketMaker=row.venue if request.isSmartDepth else _NAMED[instrument.exchange],
                    operation=operation,
                    side=side,
                    price=row.price,
                    size=row.size,
                    isSmartDepth=request.isSmartDepth,
                )
            else:
                yield m.UpdateMktDepth(
                    reqId=subscription.reqId,
                    position=position,
                    operation=operation,
                    side=side,
                    price=row.price,
                    size=row.size,
                )
