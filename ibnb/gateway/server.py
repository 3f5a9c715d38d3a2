"""Threads, the wall clock, and whoever listens on a port.

One asyncio loop in one daemon thread serves all clients. Other threads reach it through ``Gateway``'s methods,
each of which runs inside the loop. Until there is a loop, whoever calls runs the world himself, one at a time: a
gateway that serves nobody but its own process (``embed``) needs no more, neither socket nor thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from heapq import merge
from operator import attrgetter
from typing import Any, TypeVar, Unpack, cast

from .classroom import Classroom, seated
from .clock import Clock
from .connection import STUFFED, Connection
from .engine import Engine, build_world
from .faults import Faults
from .pipe import Pipe, uninterrupted
from .scenario import ON_THE_WALL_CLOCK, Scenario
from .session import State
from .timekeeper import Timekeeper
from .words import Words, scenario_of
from .world import Entry, World

_log = logging.getLogger(__name__)

T = TypeVar("T")

_STRIDE = 60.0  # virtual seconds after which a long advance looks whether clients keep up
_LOOK_AGAIN = 0.002  # seconds between two looks
_PATIENCE = 0.5  # seconds that an advance waits for a client that reads nothing
_SAME_TIME = 5.0  # seconds by which a world may begin beside the wall clock and have its time
_CALL_TIMEOUT = 60.0  # seconds that a call into the loop may take
_when = attrgetter("time")
_LOOPBACK = ("127.0.0.1", "::1")


class _InLoop:
    """Objects of one kind whose methods are to run in the gateway's own thread, those of all together."""

    def __init__(self, targets: Sequence[Any], call: Callable[[Callable[[], Any]], Any]) -> None:
        self._targets = targets
        self._call = call

    def __getattr__(self, name: str) -> Callable[..., None]:
        methods = [getattr(target, name) for target in self._targets]

        def each(*args: Any, **kwargs: Any) -> None:
            for method in methods:
                method(*args, **kwargs)

        return lambda *args, **kwargs: self._call(lambda: each(*args, **kwargs))


class Gateway:
    """A simulated TWS on a port.

    Args:
        scenario: ``"lesson"`` (a fixed New York morning), ``"beginner"`` (the same, with a new TWS's precautions),
            ``"day"`` (a trading day from its opening on, with no script), ``"live"`` (now, in real hours),
            ``"always-open"`` (now, and markets never close) or a ``Scenario``.
        port: 0 picks a free one; read it from ``port`` after ``start()``.
        host: where to listen. Only loopback unless you say otherwise, and then only ``trusted`` peers are let in.
        manual: time stands still until ``advance`` or ``step``, or until a client of ibnb waits or sleeps, by the port
            too (default for all scenarios but those that begin now).
        rate: virtual seconds per wall second when not manual. Clients of ibnb go by this time: their ``app.now()``,
            pauses, timeouts and pacing.
        accounts: a class: so many accounts like the scenario's, one for each client (``ibnb.gateway.classroom``).
        words: what else the scenario is to be: ``seed``, ``start`` (New York, ``"2025-03-03 09:30"``), ``data``,
            ``latency``, ``always_open``, ``regime``, ``script`` (``ibnb.gateway.words.scenario_of``).

    Example:
        >>> from ibnb.gateway import Gateway
        >>> with Gateway("lesson") as gateway:
        ...     print(gateway.host)
        127.0.0.1
    """

    def __init__(
        self,
        scenario: str | Scenario = "lesson",
        port: int = 0,
        host: str = "127.0.0.1",
        manual: bool | None = None,
        rate: float = 1.0,
        trusted: Iterable[str] = (),
        accounts: int | None = None,
        **words: Unpack[Words],
    ) -> None:
        now = isinstance(scenario, str) and scenario in ON_THE_WALL_CLOCK
        self.manual = not now if manual is None else manual
        scenario = scenario_of(scenario, time.time(), **words)
        self.scenario = scenario = scenario if accounts is None else seated(scenario, accounts)
        self.host = host
        self._port = port
        self._embedded = False
        self._lock = threading.RLock()  # held by whoever runs the world while there is no loop, or starts or ends one
        self.connections: list[Connection | Pipe] = []
        #: What a client has opened and neither side has closed.
        self.sockets: set[Connection] = set()
        self._pipes: list[Pipe] = []
        self._trusted = frozenset((*_LOOPBACK, *trusted))
        clock = Clock(scenario.start) if self.manual else Clock(scenario.start, rate, time.monotonic)
        self._clock = clock
        clock.apart = self.manual or rate != 1 or abs(scenario.start - time.time()) > _SAME_TIME
        #: Those who move this gateway's time through its port.
        self.timekeepers: list[Timekeeper] = []
        self.engine = Engine(build_world(scenario, clock)) if accounts is None else Classroom(scenario, clock, accounts)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._server: asyncio.Server | None = None
        self._ending = False

    # -- life --------------------------------------------------------------------------------------------------

    @property
    def port(self) -> int:
        """Where clients connect. A gateway that is embedded begins to listen when it is asked for this."""
        if self._embedded:
            self.start()
        return self._port

    def listens_at(self, host: str, port: int) -> bool:
        """Whether this is its address. Asking opens no port."""
        return self._thread is not None and port == self._port and host in (self.host, "localhost")

    def embed(self) -> Gateway:
        """Serve this process alone (``dial``), with neither socket nor thread, till ``port`` is read. Manual only."""
        self._only_manual()
        self._embedded = True
        return self

    def dial(self) -> Pipe:
        """A new client's connection from within this process. Raises ConnectionRefusedError."""

        def enter() -> Pipe:
            if not self.makes_room():
                raise ConnectionRefusedError("the gateway takes no connections now")
            pipe = Pipe(self.engine, self._in_world, self._tell)
            self.connections.append(pipe)
            self._pipes.append(pipe)
            return pipe

        return self._in_world(enter)

    def start(self) -> Gateway:
        """Listen. Returns when clients can connect.

        Raises:
            OSError: the port is taken or the host isn't ours.
        """
        with self._lock:
            if self._thread is not None:
                return self
            ready: Future[int] = Future()
            self._thread = threading.Thread(target=self._serve, args=(ready,), name="ibnb-gateway", daemon=True)
            self._thread.start()
            try:
                self._port = ready.result(_CALL_TIMEOUT)
            except BaseException:
                self._thread = None
                raise
            return self

    def _serve(self, ready: Future[int]) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            self._stopping, self._ending = asyncio.Event(), False
            self._listening = asyncio.Lock()
            try:
                await self._open_or_close()
            except OSError as error:
                text = f"can't listen on {self.host}:{self._port}: {error.strerror}. Is a TWS or another gateway there?"
                ready.set_exception(OSError(error.errno, text))
                return
            self._set_alarm()
            ready.set_result(self._port)
            await self._stopping.wait()
            self._ending = True
            await self._open_or_close()
            for each in (*self.connections, *self.sockets):
                each.abort()
            self._tell(here=False)
            await asyncio.sleep(0)  # those that were being let in are among them now
            while self.sockets:
                await asyncio.sleep(0)  # lets each hear of its end

        asyncio.run(serve())

    @property
    def _is_to_listen(self) -> bool:
        return self.engine.listener.listening and not self._ending

    async def _open_or_close(self) -> None:
        """Listen if the world says that the port is open, and don't if it says that it isn't."""
        async with self._listening:
            listening = self._is_to_listen
            if listening and self._server is None:
                loop = asyncio.get_running_loop()
                self._server = await loop.create_server(lambda: Connection(self), self.host, self._port)
                self._port = self._server.sockets[0].getsockname()[1]
            elif not listening and self._server is not None:
                loop = asyncio.get_running_loop()
                if isinstance(loop, asyncio.SelectorEventLoop):  # in Windows' own kind of loop nobody waits
                    for each in self._server.sockets:
                        loop.remove_reader(each)
                await asyncio.sleep(0)  # lets in who waits for it: Python 3.11's closed server forgets their sockets
                self._server.close()
                self._server = None

    def stop(self) -> None:
        """Drop every client and stop listening. Who starts or stops it meanwhile waits for that."""
        self._embedded = False
        with self._lock:
            thread, loop = self._thread, self._loop
            if thread is not None and loop is not None:
                try:
                    with contextlib.suppress(RuntimeError):  # the loop has gone already
                        loop.call_soon_threadsafe(self._stopping.set)
                    thread.join(_CALL_TIMEOUT)
                finally:
                    self._thread, self._ending = None, False
                return
        for connection in list(self.connections):
            connection.abort()
        self._tell()
        self.connections.clear()

    def serve_forever(self) -> None:
        """Start if needed and block until the gateway is stopped or interrupted."""
        thread = self.start()._thread
        try:
            while thread is not None and thread.is_alive():
                thread.join(0.5)  # in slices, so that Ctrl-C is heard on every platform
        except KeyboardInterrupt:
            pass
        finally:
            self.stop()

    def __enter__(self) -> Gateway:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "in this process" if self._embedded else "stopped"
        if self._thread is not None:
            state = f"listening on {self.host}:{self._port}"
        return f"<Gateway {self.scenario.name!r}, {state}>"

    # -- time --------------------------------------------------------------------------------------------------

    def now(self) -> float:
        """Virtual time in epoch seconds."""
        return self._clock.now()

    @property
    def rate(self) -> float:
        """Virtual seconds in a second of the wall's; 0 for a manual clock."""
        return self._clock.rate

    def advance(self, seconds: float) -> None:
        """Let virtual time go by; everything that is due happens in order. Manual clock only."""
        if seconds < 0:
            raise ValueError(f"time doesn't run backwards: {seconds} s")
        self._only_manual()
        until = self._clock.now() + seconds
        stride = seconds if threading.current_thread() is self._thread else _STRIDE
        while True:
            self._call(lambda: self.engine.run_until(min(until, self._clock.now() + stride)))
            if self._clock.now() >= until:
                return
            self._let_read()

    def _let_read(self) -> None:
        """Wait for clients that have much to read, as long as they do read."""
        behind, patience = self._behind(), _PATIENCE
        while behind and patience > 0:
            threading.Event().wait(_LOOK_AGAIN)
            before, behind = behind, self._behind()
            patience = _PATIENCE if behind < before else patience - _LOOK_AGAIN

    def _behind(self) -> int:
        """How many bytes wait for clients that have more than a little to read."""
        sizes = [connection.unread for connection in list(self.connections)]
        return sum(size for size in sizes if size > STUFFED)

    def step(self, limit: float) -> bool:
        """Go to the next due event, at the latest to virtual time ``limit``. False if nothing was due by then."""
        self._only_manual()

        def step() -> bool:
            due = self._clock.next_due()
            happens = due is not None and due <= limit
            self.engine.run_until(max(due, self._clock.now()) if happens and due is not None else limit)
            return happens

        return self._call(step)

    def _only_manual(self) -> None:
        if not self.manual:
            raise ValueError("this gateway's clock follows the wall clock; only a manual one can be advanced")

    # -- what it knows -------------------------------------------------------------------------------------------

    @property
    def journal(self) -> list[Entry]:
        """All that clients asked, and what was said of orders and errors, oldest first."""
        return self._call(lambda: list(merge(*(seat.world.journal for seat in self.engine.seats), key=_when)))

    def inspect(self, look: Callable[[World], T], account: str = "") -> T:
        """Run ``look(world)`` between two messages and return what it returns; of a class, in that account's world."""
        engine = self._seats_of(account)[0] if account else self.engine
        return self._call(lambda: look(engine.world))

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts' codes, of a class in the order in which they are given out."""
        return tuple(code for seat in self.engine.seats for code in seat.world.accounts.codes)

    @property
    def faults(self) -> Faults:
        """What can go wrong, now: ``gateway.faults.drop()``, ``.link_lost()`` and the others; of a class, for all."""
        return self.faults_of()

    def faults_of(self, account: str = "") -> Faults:
        """What can go wrong for the owner of an account, or for everybody. Raises ValueError for no account of ours."""
        engines = self._seats_of(account) if account else list(dict.fromkeys((*self.engine.seats, self.engine)))
        return cast(Faults, _InLoop([engine.faults for engine in engines], self._call))

    def _seats_of(self, account: str) -> list[Engine]:
        seats = [seat for seat in self.engine.seats if account in seat.world.accounts.codes]
        if not seats:
            raise ValueError(f"no account {account!r}; there are {', '.join(self.accounts)}")
        return seats

    def trusts(self, host: str) -> bool:
        return host in self._trusted

    @property
    def takes_keepers(self) -> bool:
        """Whether somebody (else) may ask for its time through the port, or move it."""
        return self._clock.apart and len(self.timekeepers) < self.scenario.limits.clients

    def makes_room(self) -> bool:
        """Whether one more socket may stay: whether it is a client's, for whom there may be no place, is said by its
        hello. Each client that is about to start may ask for the time by another socket; when there are twice as many
        that haven't started as clients may be, the oldest gives way."""
        if not self._is_to_listen:
            return False
        waiting = [each for each in self.connections if each.session.state in (State.HELLO, State.START)]
        if len(waiting) >= 2 * self.scenario.limits.clients:
            self.connections.remove(waiting[0])
            waiting[0].abort()
        return True

    # -- inside the loop -----------------------------------------------------------------------------------------

    def _call(self, function: Callable[[], T]) -> T:
        """Run ``function`` in the world, and let clients in this process hear of what came of it."""
        result = self._in_world(function)
        self._tell()
        return result

    def _tell(self, here: bool = True) -> None:
        """Let clients in this process hear of what there is for them; in this thread, if it isn't the loop's."""
        for pipe in list(self._pipes):
            if pipe.readable:
                if pipe.ended and pipe in self._pipes:
                    self._pipes.remove(pipe)
                pipe.on_news(here and threading.current_thread() is not self._thread)

    def _in_world(self, function: Callable[[], T]) -> T:
        """Run ``function`` in the loop's thread, or here if there is none, then send what came of it.

        Where there is a loop, clients' requests and ends that were under way are taken first: so what a program does
        to the gateway comes after what it has sent by a client.
        """

        def run() -> T:
            result = function()
            self.settle()
            return result

        if threading.current_thread() is self._thread:  # without the lock, which is held by who waits for its end
            return run()
        with self._lock:
            if self._thread is None or self._loop is None:
                with uninterrupted():
                    return run()

        async def in_loop() -> T:
            # What clients have sent before, be it that they hang up, is read first. The first turn of the loop may be
            # one that has looked at its sockets already, in the second the news are read, and the third hears an end.
            for _ in range(2):
                await asyncio.sleep(0)
            result = run()
            await self._open_or_close()
            return result

        return asyncio.run_coroutine_threadsafe(in_loop(), self._loop).result(_CALL_TIMEOUT)

    def settle(self) -> None:
        """Run what is due by now and let every session speak."""
        self.engine.run_until(self._clock.now())
        for keeper in self.timekeepers:
            keeper.tell()
        for connection in list(self.connections):
            connection.flush()
            if isinstance(connection, Pipe) and connection.ended:
                self.connections.remove(connection)
        if threading.current_thread() is self._thread:
            self._tell(here=False)
        alive = self._loop is not None and not self._loop.is_closed()  # the journal may be read after the end
        if alive and self._is_to_listen != (self._server is not None):
            assert self._loop is not None
            self._tending = self._loop.create_task(self._open_or_close())
        self._set_alarm()

    def _set_alarm(self) -> None:
        """Wake the loop when the next thing is due by the wall clock."""
        if self.manual or self._loop is None:
            return
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        due = self._clock.next_due()
        if due is not None:
            delay = max(0.0, (due - self._clock.now()) / self._clock.rate)
            self._alarm = self._loop.call_later(delay, self.settle)
