from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from inside import core

from ibnb import IBApp
from ibnb.core.clock import RealTime
from ibnb.wire.reader import Latch, Reader
from ibnb.wire.transport import Connection

pytestmark = pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="nobody else reads on Windows")

LONG = 10.0


class Peer:
    """The other end of a connection whose reader thread rests until it is told to go on."""

    def __init__(self, private: bool = True) -> None:
        ours, self.socket = socket.socketpair()
        self.connection = Connection("pair", 0)
        self.connection.attach(ours)
        self.heard: list[tuple[bytes, int]] = []
        self.reasons: list[str] = []
        self.ended = threading.Event()
        self.then: Callable[[bytes], object] = lambda payload: None
        self.open: dict[bytes, Latch] = {}
        self.made: list[Latch] = []
        self.connection.start(self._hear, self._end, lambda: private)
        assert self.connection.reader is not None
        self.reader: Reader = self.connection.reader
        self.reader.rest = LONG
        self.time = RealTime(None)  # type: ignore[arg-type]
        self.time.reader = self.reader

    def _hear(self, payloads: list[bytes]) -> None:
        for payload in payloads:
            self.heard.append((payload, threading.get_ident()))
            self.then(payload)
            if payload in self.open:
                self.open[payload].set()

    def _end(self, reason: str) -> None:
        self.reasons.append(reason)
        self.ended.set()
        for each in self.made:
            each.set()

    def say(self, payload: bytes) -> None:
        self.socket.sendall(len(payload).to_bytes(4, "big") + payload)

    def latch(self, payload: bytes) -> Latch:
        done = self.open[payload] = Latch()
        self.made.append(done)
        return done

    def ask(self, payload: bytes) -> bool:
        """Wait for an answer that is on its way already."""
        done = self.latch(payload)
        self.say(payload)
        return self.time.wait(done, LONG)

    def who(self, payload: bytes) -> str:
        [thread] = [thread for each, thread in self.heard if each == payload]
        return "here" if thread == threading.get_ident() else "reader"

    def rests(self) -> bool:
        """Let the reader thread come to rest, as it does after an answer for which somebody waits already."""
        for _ in range(1000):
            self.ask(b"first")
            assert self.reader.thread is not None
            self.reader.thread.join(0.005)
            if self.reader._resting:
                self.heard.clear()
                return True
        return False


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.connection.disconnect()
    made.connection.join()
    made.socket.close()


def test_who_asks_again_after_an_answer_reads_for_himself(peer: Peer) -> None:
    assert peer.rests()
    assert peer.ask(b"second")
    assert peer.ask(b"third")
    assert ["here", "here"] == [peer.who(b"second"), peer.who(b"third")]


def test_what_else_comes_is_handed_on_here_too_and_in_order(peer: Peer) -> None:
    assert peer.rests()
    peer.say(b"a tick")
    assert peer.ask(b"second")
    assert [b"a tick", b"second"] == [payload for payload, _ in peer.heard]
    assert peer.who(b"a tick") == "here"


def test_the_reader_thread_goes_on_for_whoever_cant_read_for_himself(peer: Peer) -> None:
    assert peer.rests()
    happened = threading.Event()
    peer.then = lambda payload: happened.set()
    peer.say(b"an order's status")
    assert peer.time.wait(happened, LONG)
    assert peer.who(b"an order's status") == "reader"


def test_it_goes_on_when_others_still_wait(peer: Peer) -> None:
    assert peer.rests()
    other, found = peer.latch(b"other"), []
    peer.reader._waiting.add(other)
    assert peer.ask(b"mine")
    assert peer.who(b"mine") == "here"
    peer.say(b"other")
    found.append(other.wait(LONG))
    assert [True] == found
    assert peer.who(b"other") == "reader"


def test_nobody_reads_here_where_an_override_may_block() -> None:
    peer = Peer(private=False)
    assert [True, True] == [peer.ask(b"1"), peer.ask(b"2")]
    assert ["reader", "reader"] == [peer.who(b"1"), peer.who(b"2")]
    peer.connection.disconnect()
    peer.socket.close()


def test_an_interrupt_waits_until_what_has_come_is_handed_on(peer: Peer) -> None:
    assert peer.rests()

    def interrupted(payload: bytes) -> None:
        if payload == b"in the middle":
            signal.raise_signal(signal.SIGINT)

    peer.then = interrupted
    peer.say(b"in the middle")
    with pytest.raises(KeyboardInterrupt):
        peer.ask(b"second")
    assert [b"in the middle", b"second"] == [payload for payload, _ in peer.heard]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert peer.ask(b"next")
    assert peer.connection.isConnected()


def test_anything_else_that_cuts_a_message_off_ends_the_connection(peer: Peer) -> None:
    assert peer.rests()

    def cut_off(payload: bytes) -> None:
        raise SystemExit("an alarm")

    peer.then = cut_off
    with pytest.raises(SystemExit):
        peer.ask(b"second")
    assert peer.ended.wait(LONG)
    assert "interrupted in the middle of a message by SystemExit('an alarm')" in peer.reasons[0]
    assert not peer.connection.isConnected()


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (lambda peer: peer.socket.close(), "TWS closed the connection"),
        (lambda peer: peer.socket.sendall(b"HTTP/1.1 400"), "can't be read"),
    ],
)
def test_an_end_that_is_seen_here_is_told_once_by_the_reader_thread(
    peer: Peer, end: Callable[[Any], object], said: str
) -> None:
    assert peer.rests()
    done = peer.latch(b"never comes")
    end(peer)
    assert peer.time.wait(done, LONG)
    assert peer.ended.is_set()
    assert [said in reason for reason in peer.reasons] == [True]


def test_a_disconnect_ends_the_rest_and_the_wait(peer: Peer) -> None:
    assert peer.rests()
    peer.connection.disconnect()
    peer.connection.join()
    assert peer.reader.thread is not None
    assert not peer.reader.thread.is_alive()
    assert [] == peer.reasons
    assert not peer.time.wait(peer.latch(b"never comes"), 0.0)


class _Overriding(IBApp):
    def tickPrice(self, reqId: int, tickType: int, price: float, attrib: Any) -> None:
        pass


def test_an_override_in_the_class_or_on_the_object_keeps_waiting_threads_from_reading() -> None:
    app: Any = IBApp()
    assert core(app).dispatcher.is_private()
    assert not core(_Overriding()).dispatcher.is_private()
    app.error = print
    assert not core(app).dispatcher.is_private()
    del app.error
    assert core(app).dispatcher.is_private()
