"""Which messages are decoded fast: hot ones, on either lane, from bytes to columns without an object per field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ibnb.ib.api import PROTOBUF_OFFSET, RAW_ID_VERSION, message_id
from ibnb.wire import fast_parsed, fast_protobuf, fast_text
from ibnb.wire.decoded import COLUMNS, Columns, Decode, Decoded
from ibnb.wire.fast_quotes import find_quotes

__all__ = ["COLUMNS", "IN_COLUMNS", "Columns", "Decode", "Decoded", "find_decoder", "run_of", "runs"]

# Message id → decoder, and the callbacks that it stands for: an override of one of them, or of its protobuf twin,
# switches it off. Where the twin is called otherwise, its name without "ProtoBuf" is one of them as well. From server
# version 201 on ids are four bytes, and above 200 before protobuf; what is still text then has no fast way.
Lane = dict[int, tuple[Decode, tuple[str, ...]]]
TEXT: Lane = {
    1: (fast_text.decode_tick_price, ("tickPrice", "tickSize")),
    2: (fast_text.decode_tick_size, ("tickSize",)),
    45: (fast_text.decode_tick_generic, ("tickGeneric",)),
    46: (fast_text.decode_tick_string, ("tickString",)),
    90: (fast_text.decode_bar_update, ("historicalDataUpdate",)),
    49: (fast_text.decode_current_time, ()),
    17: (fast_text.decode_bars, ("historicalData", "historicalDataEnd")),
}
PROTOBUF: Lane = {
    201: (fast_parsed.decode_tick_price, ("tickPrice", "tickSize")),
    202: (fast_parsed.decode_tick_size, ("tickSize",)),
    245: (fast_parsed.decode_tick_generic, ("tickGeneric",)),
    246: (fast_parsed.decode_tick_string, ("tickString",)),
    249: (fast_parsed.decode_current_time, ("currentTime",)),
    217: (fast_protobuf.decode_bars, ("historicalData",)),
    308: (fast_parsed.decode_bars_end, ("historicalDataEnd",)),
    290: (fast_parsed.decode_bar_update, ("historicalDataUpdate",)),
    250: (fast_parsed.decode_real_time_bar, ("realtimeBar", "realTimeBarTick")),
    296: (fast_parsed.decode_past_midpoints, ("historicalTicks",)),
    297: (fast_parsed.decode_past_quotes, ("historicalTicksBidAsk",)),
    298: (fast_parsed.decode_past_trades, ("historicalTicksLast",)),
    299: (
        fast_parsed.decode_tick_by_tick,
        ("tickByTickAllLast", "tickByTickBidAsk", "tickByTickMidPoint", "tickByTickData"),
    ),
}
# Decoders of single messages whose rows are told in columns only.
IN_COLUMNS = {fast_text.decode_bars, fast_protobuf.decode_bars}


class Run(NamedTuple):
    """What comes in runs on a lane: ticks of all kinds, or prices alone, of which thousands may come at once."""

    lane: Lane
    ids: tuple[int, ...]
    #: The first bytes of each; those of a price stand first.
    heads: tuple[bytes, ...]
    decode_prices: Callable[[list[bytes], int], Decoded | None]

    def decode_ticks(self, payloads: list[bytes], server_version: int) -> Decoded | None:
        """The callbacks of many ticks, in their order, as one: what each request's are, and what gives those of some
        messages one by one."""

        def calls_of(messages: slice) -> list[tuple[str, tuple[Any, ...]]]:
            calls: list[tuple[str, tuple[Any, ...]]] = []
            for payload in payloads[messages]:
                decode, _ = self.lane[message_id(payload, server_version)]
                found = decode(payload, server_version)
                if found is None:
                    raise ValueError("it is for ibapi's own Decoder")
                calls += found.calls
            return calls

        quotes = find_quotes(payloads, server_version)
        unusual = {each.messages.start: calls_of(each.messages) for each in quotes if each.kinds is None}
        callbacks = sum(each.callbacks for each in quotes if each.kinds is not None) + sum(map(len, unusual.values()))

        def told(messages: slice) -> list[tuple[str, tuple[Any, ...]]]:
            return unusual.get(messages.start) or calls_of(messages)

        return Decoded(callbacks, ((COLUMNS["tickString"], (quotes, told)),))


_TICKS = (1, 2, 45, 46)
_TEXT_RUN = Run(TEXT, _TICKS, tuple(b"%d\0" % number for number in _TICKS), fast_text.decode_tick_prices)
_PROTOBUF_IDS = tuple(number + PROTOBUF_OFFSET for number in _TICKS)
_PROTOBUF_HEADS = tuple(number.to_bytes(4, "big") for number in _PROTOBUF_IDS)
_PROTOBUF_RUN = Run(PROTOBUF, _PROTOBUF_IDS, _PROTOBUF_HEADS, fast_protobuf.decode_tick_prices)


def run_of(server_version: int) -> Run:
    """What comes in runs at this version."""
    return _TEXT_RUN if server_version < RAW_ID_VERSION else _PROTOBUF_RUN


def runs(payloads: list[bytes], heads: tuple[bytes, ...] = _TEXT_RUN.heads) -> Iterator[tuple[list[bytes], bool]]:
    """The messages in their order, those that come in runs together, others alone; and whether they are all prices."""
    at, end, price = 0, len(payloads), heads[0]
    while at < end:
        stop = at
        while stop < end and payloads[stop].startswith(price):
            stop += 1
        others = stop
        while stop < end and payloads[stop].startswith(heads):
            stop += 1
        alike = stop == others
        stop = max(stop, at + 1)
        yield payloads[at:stop], alike
        at = stop


def find_decoder(msg_id: int, server_version: int) -> tuple[Decode | None, tuple[str, ...]]:
    """The decoder of a message and its callbacks; (None, ()) if it has none."""
    return run_of(server_version).lane.get(msg_id, (None, ()))
