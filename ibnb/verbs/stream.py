"""What every stream of one request does: open while its block lasts, a frame at any moment, news one by one.

Rule: leaving the block leaves nothing behind. After a lost connection the same request goes out again under the same
id; what the old connection had built up and the new one repeats is forgotten first.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import Any, ClassVar, Generic, Self, TypeVar

import pandas as pd

from ibnb.core.pending import Key, Slot
from ibnb.core.session import Session
from ibnb.core.subscriptions import SORTS
from ibnb.errors import IBError
from ibnb.ib.fields import ContractLike
from ibnb.ib.instruments import as_contract
from ibnb.table_display import shown_html
from ibnb.verbs.contracts import exchange_zone

T = TypeVar("T")

#: News that nobody takes are kept so far back, and so are the rows of a frame.
KEPT = 100_000
# So many rows, the last ones, a notebook shows of a stream.
_SHOWN = 10


def open_once(verb: str, opened: bool) -> None:
    """IBError for a stream that was opened before: of two requests its end would end only one."""
    if opened:
        raise IBError(f"this stream was opened before: a stream is opened once, so make another one, app.{verb}(...).")


class Stream(ABC, Generic[T]):
    """One request that goes on while the block lasts."""

    verb: ClassVar[str]
    #: One of SORTS, which say what ends it.
    request: ClassVar[str]
    #: Are its times shown in the exchange's zone?
    zoned: ClassVar[bool] = False

    def __init__(self, app: Session, contract: ContractLike | str, timeout: float | None, *asked: Any) -> None:
        self._app: Any = app
        self._contract = as_contract(contract, self.verb)
        self._timeout = timeout
        #: What is said after the contract.
        self._asked = asked
        self._zone: str | None = None
        #: What `df` shows.
        self._rows: deque[Any] = deque(maxlen=KEPT)
        self._stack: ExitStack
        self._slot: Slot | None = None
        self._left = False
        self._news: deque[Any] = deque(maxlen=KEPT)

    def _ask(self, reqId: Key) -> None:
        """Send the request."""
        getattr(self._app, self.request)(reqId, self._contract, *self._asked)

    def _cancel(self, reqId: Key) -> None:
        """Send what ends it."""
        getattr(self._app, str(SORTS[self.request].cancel))(reqId)

    @property
    @abstractmethod
    def df(self) -> pd.DataFrame:
        """What has come so far."""

    def _state(self) -> str:
        if self._slot is None:
            return "not open"
        return "closed" if self._left else "ended" if self._slot.done else "open"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._contract.symbol}: {self._state()}, {len(self.df)} rows>"

    def _repr_html_(self) -> str:
        return shown_html(repr(self)[1:-1], self.df.tail(_SHOWN))

    @abstractmethod
    def _item(self, raw: Any) -> T:
        """What the user gets for a piece of news, made when it is taken: the reader thread only records."""

    def _forget(self) -> None:
        """The request is about to be sent again: drop what TWS will repeat."""

    def __enter__(self) -> Self:
        open_once(self.verb, self._slot is not None)
        core = self._app._ibnb
        if self.zoned:
            self._zone = exchange_zone(core, self._contract, self.verb)
        kind = SORTS[self.request].kind
        with ExitStack() as stack:
            slot = self._slot = stack.enter_context(
                core.request(self.verb, timeout=self._timeout, contract=self._contract, kind=kind, lasting=True)
            )
            slot.on_replay = self._forget
            slot.taker = self
            stack.callback(self._close, slot)
            self._ask(slot.key)
            self._settle(slot)
            if slot.error is not None:
                raise slot.error
            self._stack = stack.pop_all()
        return self

    def _settle(self, slot: Slot) -> None:
        """Wait for the beginning: what TWS refuses at once is raised, what it knows at once is in the first frame."""
        self._app._ibnb.fence.wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left = True
        self._app._ibnb.catch_up()
        self._stack.close()

    def _close(self, slot: Slot) -> None:
        if not slot.refused and self._app.isConnected():
            self._cancel(slot.key)

    def put(self, row: tuple[Any, ...]) -> None:
        """A row from TWS, which is news. Runs on the reader thread."""
        self._rows.append(row)
        self._put(row)

    def _put(self, raw: Any) -> None:
        """Something new came. Runs on the reader thread."""
        if self._slot is not None:
            self._slot.hear(self._app._ibnb.now())
        self._news.append(raw)

    def __iter__(self) -> Iterator[T]:
        while True:
            yield self.next()

    def next(self, timeout: float | None = None) -> T:
        """Return the next news, waiting for it. RequestTimeoutError, or what ended the stream at TWS."""
        slot = self._slot
        if slot is None:
            raise IBError(f"a stream works inside its block: with app.{self.verb}(...) as stream: …")
        limit = self._timeout if timeout is None else timeout
        self._app._ibnb.wait_until(lambda: bool(self._news) or slot.done, limit, self.verb, lasting=True)
        if not self._news and slot.error is not None:
            raise slot.error
        return self._item(self._news.popleft())

    def waiting(self) -> list[T]:
        """Return the news that have come since the last one taken, without waiting."""
        self._app._ibnb.catch_up()
        return [self._item(self._news.popleft()) for _ in range(len(self._news))]
