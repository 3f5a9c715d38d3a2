"""The one file with sockets: listening, time from outside, bursts, trust, the end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import threading
import warnings
from collections.abc import Callable

import pytest

from ibnb.gateway import Gateway
from ibnb.gateway import messages as m
from ibnb.gateway.codec import TextCodec
from ibnb.gateway.codec.wire import FrameBuffer, frame
from ibnb.gateway.scenario import LESSON
from ibnb.gateway.world import World

CODEC = TextCodec(176)


class Peer:
    """A blocking client of a few lines."""

    def __init__(self, gateway: Gateway, clientId: int = 1) -> None:
        self.socket = socket.create_connection((gateway.host, gateway.port), 10)
        self.frames = FrameBuffer()
        self.waiting: list[bytes] = []
        self.socket.sendall(b"API\0" + frame(b"v100..176"))
        self.hello = self.next()
        self.ask(m.StartApi(clientId=clientId))

    def ask(self, request: object) -> None:
        self.socket.sendall(frame(CODEC.encode_request(request)))

    def next(self) -> bytes:
        while not self.waiting:
            data = self.socket.recv(1 << 16)
            assert data, "the gateway hung up"
            self.waiting += self.frames.feed(data)
        return self.waiting.pop(0)

    def until(self, kind: type) -> object:
        while not isinstance(answer := CODEC.decode_answer(self.next()), kind):
            pass
        return answer

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def test_a_client_is_served_over_a_real_socket() -> None:
    with Gateway("lesson") as gateway, Peer(gateway) as peer:
        assert peer.hello.split(b"\0")[0] == b"176"
        assert peer.until(m.ManagedAccounts) == m.ManagedAccounts(accountsList="DU1234567")
        peer.ask(m.ReqCurrentTime())
        assert peer.until(m.CurrentTime) == m.CurrentTime(time=int(LESSON.start))


def test_manual_time_moves_only_when_told_to() -> None:
    with Gateway("lesson") as gateway, Peer(gateway) as peer:
        gateway.advance(90)
        assert gateway.now() == LESSON.start + 90
        peer.ask(m.ReqCurrentTime())
        assert peer.until(m.CurrentTime) == m.CurrentTime(time=int(LESSON.start) + 90)
        with pytest.raises(ValueError, match="backwards"):
            gateway.advance(-1)


def test_a_step_goes_to_the_next_event_or_to_the_limit() -> None:
    with Gateway("lesson") as gateway:
        assert gateway.step(LESSON.start + 5) is False
        assert gateway.now() == LESSON.start + 5
        gateway.inspect(lambda world: world.clock.call_later(2.0, lambda: None))
        assert gateway.step(LESSON.start + 60) is True
        assert gateway.now() == LESSON.start + 7


def test_a_live_clock_cant_be_pushed() -> None:
    with Gateway("lesson", manual=False) as gateway, pytest.raises(ValueError, match="wall clock"):
        gateway.advance(1)


def test_a_live_clock_runs_its_timers_by_itself() -> None:
    with Gateway("lesson", manual=False, rate=100.0) as gateway, Peer(gateway) as peer:
        peer.until(m.NextValidId)
        gateway.inspect(lambda world: world.clock.call_later(1.0, world.clients[1].send, m.CurrentTime(time=7)))
        assert peer.until(m.CurrentTime) == m.CurrentTime(time=7)


@pytest.mark.parametrize("length", [4095, 4096, 8192])
def test_a_burst_that_would_end_on_a_4096_byte_edge_arrives_whole_and_in_order(length: int) -> None:
    # The frame, its length, an id of two digits, a version, the text and three NULs make up `length`.
    text = "x" * (length - 4 - len("19\x001\0\0"))
    with Gateway("lesson") as gateway, Peer(gateway) as peer:
        peer.until(m.ErrorMessage)
        gateway.inspect(lambda world: world.clients[1].send(m.ScannerParameters(xml=text)))
        gateway.inspect(lambda world: world.clients[1].send(m.CurrentTime(time=7)))
        assert peer.until(m.ScannerParameters) == m.ScannerParameters(xml=text)
        assert peer.until(m.CurrentTime) == m.CurrentTime(time=7)


def test_a_port_in_use_is_told_at_once() -> None:
    with Gateway("lesson") as gateway, pytest.raises(OSError, match="Is a TWS or another gateway there"):
        Gateway("lesson", port=gateway.port).start()


def test_an_unknown_scenario_names_those_there_are() -> None:
    with pytest.raises(ValueError, match="'lessons'; there are 'always-open', 'beginner', 'day', 'lesson', 'live'"):
        Gateway("lessons")


def test_stopping_hangs_up_on_everybody() -> None:
    gateway = Gateway("lesson").start()
    with Peer(gateway) as peer:
        peer.until(m.NextValidId)
        gateway.stop()
        with pytest.raises((AssertionError, ConnectionError)):
            peer.until(m.CurrentTime)
    assert "stopped" in repr(gateway)
    gateway.stop()


@pytest.mark.parametrize("end", [Gateway.stop, lambda gateway: gateway.faults.nightly_restart(60.0)])
def test_who_comes_in_the_moment_of_the_end_is_hung_up_on(
    end: Callable[[Gateway], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The port was closed while they were being let in, and their sockets stayed open (ResourceWarning)."""
    gateway, told = Gateway("lesson").start(), threading.Event()
    ender = threading.Thread(target=end, args=(gateway,))

    def come_and_end(_: World) -> list[socket.socket]:
        """In the loop: when it goes on, it finds these sockets and the end at once."""
        loop = asyncio.get_running_loop()
        tell = loop.call_soon_threadsafe
        monkeypatch.setattr(loop, "call_soon_threadsafe", lambda *args: (tell(*args), told.set())[0])
        place = (gateway.host, gateway.port)
        comers = [stack.enter_context(socket.create_connection(place, 10)) for _ in range(5)]
        ender.start()
        assert told.wait(60)
        return comers

    with warnings.catch_warnings(record=True) as warned, contextlib.ExitStack() as stack:
        warnings.simplefilter("always")
        comers = gateway.inspect(come_and_end)
        ender.join(60)
        assert not ender.is_alive()
        for each in comers:
            with contextlib.suppress(ConnectionError):
                assert each.recv(1) == b""
        gateway.stop()
        gc.collect()
    assert [] == [str(each.message) for each in warned if each.category is ResourceWarning]
    assert gateway.sockets == set()


def listens(gateway: Gateway) -> bool:
    try:
        socket.create_connection((gateway.host, gateway.port), 10).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.mark.parametrize(("act", "listening"), [(Gateway.stop, False), (Gateway.start, True)])
def test_who_stops_or_starts_it_while_it_is_stopped_waits_for_that(
    act: Callable[[Gateway], object], listening: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second stop returned while the port was open still; a start said that it listened, and didn't."""
    gateway, told, found = Gateway("lesson").start(), threading.Event(), list[bool]()

    def act_too() -> None:
        act(gateway)
        found.append(listens(gateway))

    ender, other = threading.Thread(target=gateway.stop), threading.Thread(target=act_too)

    def end_and_act(_: World) -> None:
        """In the loop, which can't end before this has."""
        loop = asyncio.get_running_loop()
        tell = loop.call_soon_threadsafe
        monkeypatch.setattr(loop, "call_soon_threadsafe", lambda *args: (tell(*args), told.set())[0])
        ender.start()
        assert told.wait(60)
        other.start()
        other.join(0.2)  # it has to wait: only one that doesn't is done by then

    gateway.inspect(end_and_act)
    for thread in (ender, other):
        thread.join(60)
    assert [listening, listening] == [*found, listens(gateway)]
    gateway.stop()
    assert not listens(gateway)


def test_only_trusted_hosts_are_let_in() -> None:
    gateway = Gateway("lesson", trusted=["10.1.2.3"])
    assert gateway.trusts("127.0.0.1")
    assert gateway.trusts("10.1.2.3")
    assert not gateway.trusts("10.1.2.4")


def test_a_client_that_vanishes_leaves_its_id_free() -> None:
    with Gateway("lesson") as gateway:
        with Peer(gateway, clientId=3) as peer:
            peer.until(m.NextValidId)
        with Peer(gateway, clientId=9) as other:
            other.until(m.NextValidId)
            assert gateway.inspect(lambda world: 3 in world.clients) is False


def test_a_call_from_outside_comes_after_what_clients_have_done_before() -> None:
    """A fault, a look or a while of time that came while the loop was busy overtook what a client had sent before."""
    with Gateway("lesson") as gateway, Peer(gateway) as one, Peer(gateway, clientId=2) as two:
        one.until(m.NextValidId)
        two.until(m.NextValidId)
        seen: list[object] = []

        def look(world: World) -> None:
            seen.extend((sorted(world.clients), type(world.journal[-1].message)))

        def hold_up(_: World, patch: pytest.MonkeyPatch) -> None:
            loop, called = asyncio.get_running_loop(), threading.Event()
            tell = loop.call_soon_threadsafe
            patch.setattr(loop, "call_soon_threadsafe", lambda *args: (tell(*args), called.set())[0])
            one.socket.close()
            two.ask(m.ReqPositions())
            caller.start()
            assert called.wait(60)

        caller = threading.Thread(target=gateway.inspect, args=(look,))
        with pytest.MonkeyPatch.context() as patch:
            gateway.inspect(lambda world: hold_up(world, patch))
        caller.join(60)
        assert seen == [[2], m.ReqPositions]


def test_the_same_calls_give_the_same_bytes_twice() -> None:
    def traffic() -> list[bytes]:
        with Gateway("lesson") as gateway, Peer(gateway) as peer:
            peer.until(m.NextValidId)
            stock = m.Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
            peer.ask(m.ReqMktData(reqId=1, contract=stock))
            peer.ask(m.ReqCurrentTime())
            said = [peer.next()]
            while said[-1] != CODEC.encode(m.CurrentTime(time=int(LESSON.start))):
                said.append(peer.next())
            for _ in range(3):
                gateway.advance(20)
            peer.ask(m.ReqPositions())
            while said[-1:] != [CODEC.encode(m.PositionEnd())]:
                said.append(peer.next())
            return said

    assert traffic() == traffic()
