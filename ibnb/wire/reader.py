"""Who reads the socket: a thread of its own or, for a moment, the thread that waits for an answer.

To wake up a second thread costs about as much as all else in a short question and answer. So after an answer for which
somebody has waited the reader thread rests for a moment, and who asks again meanwhile reads for himself. Rules: one
reads at a time and hands on whatever comes, in order; no code of the user's runs in the waiting thread (whoever has
overrides doesn't read); an interrupt waits until what has come is handed on.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

CHUNK = 1 << 18
#: How the names of reader threads begin.
READER = "ibnb reader"
#: Seconds that the reader thread rests after an answer: what nobody waits for comes so much later at the most.
REST = 0.005
#: Seconds for which whoever reads waits for something to come: so long an interrupt waits, and whose turn is next.
LOOK_UP = 0.2
#: Seconds in which an answer must come if the waiting thread is to read; for shorter waits it isn't worth it.
SHORT = 1.0
# Elsewhere nobody else reads: there a socket's time limit is another thing.
_POSIX = os.name == "posix"

SIGINT = int(signal.SIGINT)
# What `signal` makes of these, handlers as enums and back, takes ten times as long as what they do.
_signal = sys.modules.get("_signal", signal)
_install, _handler = _signal.signal, _signal.getsignal


_making = threading.Lock()


class Latch:
    """A `threading.Event` that costs next to nothing until somebody really waits: each request has one."""

    _set = False
    # Held until it is set; made by the first who waits.
    _lock: threading.Lock | None = None

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        """Let everybody pass who waits."""
        self._set = True
        lock = self._lock
        if lock is not None:
            with suppress(RuntimeError):  # another thread has been quicker
                lock.release()

    def clear(self) -> None:
        """Only whom `wait` has let pass may call this."""
        self._lock = None
        self._set = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, `timeout` seconds at most: is it?"""
        if self._set:
            return True
        with _making:
            lock = self._lock
            if lock is None:
                lock = threading.Lock()
                lock.acquire()
                self._lock = lock
        # Either who sets it has seen the lock, or this sees that it is set.
        if not self._set and lock.acquire(timeout=-1 if timeout is None else max(0.0, timeout)):
            with suppress(RuntimeError):
                lock.release()
        return self._set


class Owner(Protocol):
    """Whose socket, or pipe, it is; None when the connection has ended."""

    socket: Any

    def disconnect(self) -> None: ...


class Reader:
    """Reads one socket to its end: `feed` cuts bytes into messages, `on_frames` takes those that came at once.

    `on_end(reason)` is called once, in the reader thread, unless the owner has disconnected before.
    """

    def __init__(
        self,
        owner: Owner,
        feed: Callable[[bytes], list[bytes]],
        on_frames: Callable[[list[bytes]], None],
        on_end: Callable[[str], None],
        may_read: Callable[[], bool],
    ) -> None:
        self.rest = REST
        self._owner = owner
        self._feed = feed
        self._on_frames = on_frames
        self._on_end = on_end
        # May the thread that waits read? Only if what is handed on can't keep it waiting for itself.
        self._may_read = may_read
        # One buffer for all: to allocate so much for each read costs more than a small message does.
        self._buffer = memoryview(bytearray(CHUNK))
        self._turn = threading.Lock()
        # Whose turn it is: everything that is handed on runs in this thread.
        self.reading: int | None = None
        self._waiting: set[Latch] = set()
        # Somebody would have read if it had been his turn; the reader thread rests; and what ends its rest.
        self._asked = False
        self._resting = False
        self._go_on = threading.Event()
        self._broken: BaseException | None = None
        self._interrupted = False
        # Made once: to make them each time would be a good part of what a short question takes.
        self._main = threading.main_thread().ident
        self._on_interrupt = self._note_interrupt
        self.thread: threading.Thread | None = None

    def start(self, name: str, early: list[bytes]) -> None:
        """Start the reader thread, which first hands on what has come already."""
        self.thread = threading.Thread(target=self._run, args=(early,), name=name, daemon=True)
        self.thread.start()

    # --- the reader thread -----------------------------------------------------------------------

    def _run(self, early: list[bytes]) -> None:
        connected = self._owner.socket
        if connected is None:
            return
        reason = "TWS closed the connection"
        try:
            connected.settimeout(None)
            if _POSIX:
                limit = struct.pack("@ll", int(LOOK_UP), round(LOOK_UP % 1 * 1e6))
                connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
            if early:
                self._hand_on(partial(self._on_frames, early))
            while self._read(connected):
                self._rest()
        except ValueError as error:
            reason = f"TWS sent something that can't be read: {error}"
        except OSError as error:
            reason = f"the connection broke: {error}"
        ended_by_us = self._owner.socket is not connected
        self._owner.disconnect()
        if not ended_by_us:
            self._hand_on(partial(self._on_end, reason))
        self.reading = None

    def _hand_on(self, tell: Callable[[], None]) -> None:
        with self._turn:
            self.reading = threading.get_ident()
            tell()

    def _read(self, connected: socket.socket) -> bool:
        """`_take` when it is this thread's turn."""
        with self._turn:
            self.reading = threading.get_ident()
            if self._broken is not None:
                raise self._broken
            return self._owner.socket is connected and self._take(connected)

    def _take(self, connected: socket.socket) -> bool:
        """Read once, and hand on what has come; False at the end of the stream."""
        try:
            size = connected.recv_into(self._buffer)
        except BlockingIOError:
            return True
        if size:
            self._on_frames(self._feed(bytes(self._buffer[:size])))
        return size > 0

    def _rest(self) -> None:
        """Leave the socket to those who wait, while they ask, and one of them reads or nobody's answer is missing."""
        while self._asked and self._owner.socket is not None:
            if self._missing() and not self._turn.locked():
                return
            self._asked, self._resting = False, True
            woken = self._go_on.wait(self.rest)
            self._resting = False
            if woken:
                self._go_on.clear()
                return

    def _missing(self) -> bool:
        return any(not each.is_set() for each in list(self._waiting))

    def go_on(self) -> None:
        """End the reader thread's rest: somebody waits who can't read for himself."""
        if self._resting:
            self._go_on.set()

    # --- the thread that waits -------------------------------------------------------------------

    def wait(self, done: Latch, seconds: float, on: Callable[[Latch, float], bool]) -> bool:
        """Wait for `done`, `seconds` at most: here, if the reader thread rests, and then with `on`."""
        if done.is_set():
            return True
        self._waiting.add(done)
        try:
            if _POSIX and seconds > SHORT and self._may_read():
                self._asked = True
                if self._resting:
                    until = time.monotonic() + seconds
                    if self._read_meanwhile(done, until - LOOK_UP):
                        return True
                    seconds = until - time.monotonic()
            return on(done, seconds)
        finally:
            self._waiting.discard(done)

    def _read_meanwhile(self, done: Latch, until: float) -> bool:
        if threading.get_ident() != self._main:
            return self._read_here(done, until)
        before = _handler(SIGINT)
        if before is None:
            # The handler isn't Python's, and couldn't be put back: this thread doesn't read.
            return False
        # An interrupt (Ctrl-C, the notebook's stop button) waits until what has come is handed on.
        _install(SIGINT, self._on_interrupt)
        try:
            return self._read_here(done, until)
        finally:
            _install(SIGINT, before)
            if self._interrupted:
                self._interrupted = False
                signal.raise_signal(SIGINT)

    def _note_interrupt(self, number: int, frame: object) -> None:
        self._interrupted = True

    def _read_here(self, done: Latch, until: float) -> bool:
        """Read until `done` is set; False if something else came first."""
        connected = self._owner.socket
        if connected is None or not self._turn.acquire(blocking=False):
            return False
        ended = False
        try:
            self.reading = threading.get_ident()
            while self._take(connected):
                ended = done.is_set()
                if ended or self._owner.socket is not connected or self._interrupted or time.monotonic() > until:
                    break
        except (OSError, ValueError) as error:
            self._broken = error
        except BaseException as error:
            # What was cut off in the middle can't be read on: the reader thread ends the connection.
            self._broken = OSError(f"interrupted in the middle of a message by {error!r}")
            raise
        finally:
            self.reading = None
            self._turn.release()
            if not ended or (len(self._waiting) > 1 and self._missing()):
                self.go_on()
        return ended
