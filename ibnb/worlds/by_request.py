"""A recording's answers, request by request: whoever asks what was asked hears what was answered, in any order.

Rule: an answer belongs to the last request that bears its id (an order's messages to what was last asked of the order),
or, where there is none, to the last request that such answers follow; what nobody asked for comes at its time. Requests
are the same whatever their ids. One that is asked again gets the next answer that was recorded, or else the last one
again; what is done about an order isn't done twice. An answer comes as long after its request as it did.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import Any

from ibnb.gateway import messages as m
from ibnb.wire.address import address, readdressed
from ibnb.wire.recording import SENT
from ibnb.worlds.recorded import Recorded, ReplayError, shown

_NEAREST = 3
_ERROR, _EXECUTION, _COMMISSION, _MARKET_RULE = 4, 11, 59, 93
# Messages of an order, by its id.
_ORDER_STATUS, _OPEN_ORDER = 3, 5
# Requests without an id of their own, and the numbers of their answers; the first one ends the answer.
_OPEN_ORDERS = (53, _ORDER_STATUS, _OPEN_ORDER)
_FOLLOW: dict[type, tuple[int, ...]] = {
    m.ReqIds: (9,),
    m.ReqManagedAccts: (15,),
    m.ReqAccountUpdates: (6, 7, 8, 54),
    m.ReqPositions: (61, 62),
    m.ReqOpenOrders: _OPEN_ORDERS,
    m.ReqAllOpenOrders: _OPEN_ORDERS,
    m.ReqAutoOpenOrders: (100,),
    m.ReqCompletedOrders: (102, 101),
    m.ReqNewsBulletins: (14,),
    m.ReqNewsProviders: (85,),
    m.ReqScannerParameters: (19,),
    m.ReqFamilyCodes: (78,),
    m.ReqMktDepthExchanges: (80,),
    m.RequestFA: (16,),
    m.ReqMarketRule: (_MARKET_RULE,),
    m.ReqCurrentTimeInMillis: (109,),
}
# What ends a stream without an id.
_ENDS = {m.CancelPositions: m.ReqPositions, m.CancelNewsBulletins: m.ReqNewsBulletins}
_FOLLOWING = frozenset(number for numbers in _FOLLOW.values() for number in numbers)
_OF_ORDERS = (m.PlaceOrder, m.CancelOrder)
_DONE_ONCE = (*_OF_ORDERS, m.ReqGlobalCancel, m.ExerciseOptions, m.UpdateConfig, m.ReplaceFA)


@dataclass(eq=False)
class _Asked:
    """A recorded request, and its answers with their seconds since it."""

    t: float
    kind: type
    order: int | None = None
    answers: list[tuple[float, bytes]] = field(default_factory=list)


# What will come: when, its number, whom it answers (the id of now, and the kind of the request), its bytes.
_Coming = tuple[float, int, int | None, type, bytes]


class ByRequest:
    """The answers of a recording, for a program that asks in its own order. Times are seconds since its beginning."""

    #: The program may go on after a question that was never recorded.
    goes_on = True

    def __init__(self, recorded: Recorded) -> None:
        self._recorded, self._version = recorded, recorded.head["version"]
        #: Each request, without its id, and how it was answered each time.
        self._recordings: dict[str, list[_Asked]] = defaultdict(list)
        self._uses: dict[str, int] = defaultdict(int)
        self._coming: list[_Coming] = []
        self._number = 0
        self._said: dict[str, str] = {}
        # Ids of now → recorded ones, and back.
        self._ids: dict[int, int] = {}
        self._orders: dict[int, int] = {}
        self._sort()

    def _sort(self) -> None:
        """Give every answer to its request."""
        last: dict[int, _Asked] = {}
        orders: dict[int, _Asked] = {}
        follows: dict[tuple[int, int | None], _Asked] = {}
        executions: dict[str, _Asked] = {}
        listing: _Asked | None = None
        for t, way, payload in self._recorded.messages:
            if way == SENT:
                request = self._recorded.request(payload)
                if _cancelled(request) is not None or type(request) in _ENDS:
                    continue
                asked, id = _Asked(t, type(request)), id_of(request)
                same = self._key(request, payload, {each: each for each in orders})
                self._recordings[same].append(asked)
                self._said.setdefault(same, shown(payload if request is None else request))
                if isinstance(request, m.ReqGlobalCancel):
                    last |= dict.fromkeys(orders, asked)
                    orders = dict.fromkeys(orders, asked)
                elif id is not None:
                    last[id] = asked
                    if isinstance(request, _OF_ORDERS):
                        orders[id] = asked
                        asked.order = id
                rule = getattr(request, "marketRuleId", None)
                follows |= {(number, rule): asked for number in _FOLLOW.get(asked.kind, ())}
                if _FOLLOW.get(asked.kind) is _OPEN_ORDERS:
                    listing = asked
                continue
            number, key, _ = address(payload, self._version)
            if number in (_ORDER_STATUS, _OPEN_ORDER):
                owner = listing or orders.get(key or 0)
            elif number in (_EXECUTION, _COMMISSION):
                owner = self._trade(payload, last, orders, executions)
            else:
                rule = key if number == _MARKET_RULE else None
                owner = follows.get((number, rule)) if number in _FOLLOWING else last.get(key or 0)
            if number == _OPEN_ORDERS[0]:
                listing = None
            if owner is None:
                self._expect(t, None, type(None), payload)
            else:
                owner.answers.append((t - owner.t, payload))

    def _trade(
        self, payload: bytes, last: dict[int, _Asked], orders: dict[int, _Asked], executions: dict[str, _Asked]
    ) -> _Asked | None:
        """Whose an execution or a commission is, which is known by its execution."""
        answer = self._recorded.answer(payload)
        if isinstance(answer, m.CommissionReport):
            return executions.get(answer.execId)
        if not isinstance(answer, m.ExecDetails):
            return None
        owner = orders.get(answer.execution.orderId) if answer.reqId == -1 else last.get(answer.reqId)
        if owner is not None:
            executions[answer.execution.execId] = owner
        return owner

    def next_due(self, until: float) -> float | None:
        """When the next answer comes, if by then."""
        return self._coming[0][0] if self._coming and self._coming[0][0] <= until else None

    def due(self, until: float) -> list[bytes]:
        """What comes by then."""
        found = []
        while self._coming and self._coming[0][0] <= until:
            _, _, id, _, payload = heapq.heappop(self._coming)
            found.append(self._readdressed(payload, id))
        return found

    def ask(self, payload: bytes, now: float) -> tuple[float, list[bytes]]:
        """A question: its answers will come. Raises ReplayError for one that was never recorded."""
        request = self._recorded.request(payload)
        ended = _cancelled(request)
        if ended is not None or type(request) in _ENDS:
            kind = _ENDS.get(type(request))
            self._stop(lambda each: each[3] is kind or (each[2] == ended is not None and each[3] not in _OF_ORDERS))
            return now, []
        key = self._key(request, payload, self._ids)
        recordings = self._recordings.get(key, [])
        number = self._uses[key]
        if number >= len(recordings) and (not recordings or isinstance(request, _DONE_ONCE)):
            raise ReplayError(self._unknown(request, payload, len(recordings)))
        self._uses[key] += 1
        asked = recordings[min(number, len(recordings) - 1)]
        id = id_of(request)
        if id is not None and asked.order is not None:
            self._ids[id], self._orders[asked.order] = asked.order, id
        if asked.kind is m.ReqAccountUpdates:  # subscribed anew, or no more
            self._stop(lambda each: each[3] is m.ReqAccountUpdates)
        for after, answer in asked.answers:
            self._expect(now + after, id, asked.kind, answer)
        return now, []

    def _stop(self, ended: Callable[[_Coming], bool]) -> None:
        self._coming = [each for each in self._coming if not ended(each)]
        heapq.heapify(self._coming)

    def _expect(self, when: float, id: int | None, kind: type, payload: bytes) -> None:
        heapq.heappush(self._coming, (when, self._number, id, kind, payload))
        self._number += 1

    def _key(self, request: Any, payload: bytes, ids: Mapping[int, int]) -> str:
        """What makes two requests the same. `ids`: of orders that have been sent, to those that were recorded."""
        if isinstance(request, m.PlaceOrder):
            order = replace(_renamed(request.order, ids), orderId=0)
            request = replace(request, orderId=ids.get(request.orderId, 0), order=order)
        elif isinstance(request, m.CancelOrder):
            request = replace(request, orderId=ids.get(request.orderId, 0))
        elif hasattr(request, "reqId"):
            request = replace(request, reqId=0)
        return repr(payload if request is None else request)

    def _readdressed(self, payload: bytes, id: int | None) -> bytes:
        """An answer with the ids of now."""
        number, key, _ = address(payload, self._version)
        if number in (_ORDER_STATUS, _OPEN_ORDER, _EXECUTION) and any(old != new for old, new in self._orders.items()):
            return self._order_renamed(payload, id)
        if id is None and number == _ERROR and key is not None:
            id = self._orders.get(key)
        return payload if id is None or number == _COMMISSION else readdressed(payload, self._version, id)

    def _order_renamed(self, payload: bytes, id: int | None) -> bytes:
        answer = self._recorded.answer(payload)
        if answer is None:
            return payload
        answer = _renamed(answer, self._orders)
        if isinstance(answer, m.ExecDetails):
            answer = replace(answer, reqId=-1 if answer.reqId == -1 or id is None else id)
        return bytes(self._recorded.codec.encode(answer))

    def _unknown(self, request: Any, payload: bytes, times: int) -> str:
        name, asked = self._recorded.path.name, shown(payload if request is None else request)
        if times:
            return f"{name}: this program asks once more what was recorded {times} time(s): {asked}"
        kind = f"{type(request).__name__}("
        alike = [key for key in self._recordings if key.startswith(kind)] or list(self._recordings)
        key = self._key(request, payload, self._ids)
        alike.sort(key=lambda each: -SequenceMatcher(None, each, key, autojunk=False).ratio())
        nearest = [self._said[each] for each in alike[:_NEAREST]]
        return "\n".join(
            [
                f"{name}: this program asks what was never recorded.",
                *(f"recorded: {each}" for each in nearest),
                f"now:      {asked}",
            ]
        )


def _renamed(said: Any, ids: Mapping[int, int]) -> Any:
    """A message or a part of one, whose orders have other ids."""
    own = {name: getattr(said, name) for name in ("orderId", "parentId") if hasattr(said, name)}
    parts = {name: _renamed(getattr(said, name), ids) for name in ("order", "execution") if hasattr(said, name)}
    return replace(said, **{name: ids.get(id, id) for name, id in own.items()}, **parts)


def id_of(request: Any) -> int | None:
    """The id of a request or order."""
    found = getattr(request, "reqId", getattr(request, "orderId", None))
    return None if found is None else int(found)


def _cancelled(request: Any) -> int | None:
    """The id of a request that this one ends; an order's cancellation is a request of its own."""
    ends = type(request).__name__.startswith(("Cancel", "Unsubscribe"))
    return int(request.reqId) if ends and hasattr(request, "reqId") else None
