"""Clients that mean harm, or don't know that they do it: each can lose only its own session, and leaves nothing."""

from __future__ import annotations

import contextlib
import gc
import logging
import socket
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from ibnb.gateway import Gateway
from ibnb.gateway import messages as m
from ibnb.gateway.codec import TextCodec
from ibnb.gateway.codec.wire import MAX_FRAME, FrameBuffer, frame
from ibnb.gateway.connection import STUFFED
from ibnb.gateway.scenario import FARMS
from ibnb.gateway.world import World
from tests.gateway.talking import Talk, engine_of

CODEC = TextCodec(176)
HELLO = b"API\0" + frame(b"v100..176")
AAPL = m.Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
DAY = m.ReqHistoricalData(
    reqId=1,
    contract=AAPL,
    endDateTime="",
    durationStr="1 M",
    barSizeSetting="1 min",
    whatToShow="TRADES",
    useRTH=0,
    formatDate=1,
    keepUpToDate=False,
)
EVERYTHING = (
    m.ReqMktData(reqId=1, contract=AAPL, genericTickList="233,292"),
    m.ReqMktDepth(reqId=2, contract=AAPL, numRows=5, isSmartDepth=True),
    m.ReqTickByTickData(reqId=3, contract=AAPL, tickType="AllLast", numberOfTicks=0, ignoreSize=False),
    m.ReqRealTimeBars(reqId=4, contract=AAPL, barSize=5, whatToShow="TRADES", useRTH=0),
    replace(DAY, reqId=5, durationStr="1 D", keepUpToDate=True),
    m.ReqAccountUpdates(subscribe=True, acctCode=""),
    m.ReqAccountSummary(reqId=6, groupName="All", tags="NetLiquidation"),
    m.ReqPositions(),
    m.ReqPnL(reqId=7, account="DU1234567", modelCode=""),
    m.ReqNewsBulletins(allMsgs=True),
    m.SubscribeToGroupEvents(reqId=8, groupId=1),
    m.ReqScannerSubscription(
        reqId=9,
        subscription=m.ScannerSubscription(instrument="STK", locationCode="STK.US.MAJOR", scanCode="TOP_PERC_GAIN"),
    ),
)


# Sessions


def test_clients_that_subscribe_and_vanish_leave_nothing() -> None:
    engine = engine_of()
    planned = len(engine.world.clock)  # by the world itself
    gone = []
    for clientId in range(1, 21):
        talk = Talk(engine, clientId)
        talk.ask(*EVERYTHING)
        assert len(engine.world.clients[clientId].subscriptions) >= 11
        assert len(engine.world.clock) >= planned + 8
        gone.append(weakref.ref(engine.world.clients[clientId]))
        gone.append(weakref.ref(talk.session))
        talk.session.close()
        del talk
    assert {} == engine.world.clients
    assert [] == engine.listener.connections
    assert planned == len(engine.world.clock)
    gc.collect()
    # The accounts forget listeners that have ended when the next one comes, so the last client may still be known.
    assert not [ref for ref in gone[:-2] if ref() is not None]


@pytest.mark.parametrize("length", [(1 << 20) + 1, MAX_FRAME, 0xFFFFFFFF])
def test_a_frame_that_is_too_long_ends_the_session_before_it_has_come(length: int) -> None:
    talk = Talk(engine_of(), 1)
    talk.say(length.to_bytes(4, "big"))
    assert talk.session.closed


def test_a_frame_that_never_ends_is_no_more_than_a_megabyte() -> None:
    talk = Talk(engine_of(), 1)
    talk.say((1 << 20).to_bytes(4, "big"))
    for _ in range(16):
        talk.say(b"1" * (1 << 16))
    assert not talk.session.closed
    talk.say(b"garbage")
    assert talk.session.closed


def test_a_hello_is_short() -> None:
    talk = Talk(engine_of())
    talk.say(b"API\0" + (5000).to_bytes(4, "big"))
    assert talk.session.closed


def test_no_request_is_read_while_much_is_unsaid() -> None:
    talk = Talk(engine_of(), 1)
    asked = b"".join(frame(CODEC.encode_request(replace(DAY, reqId=n))) for n in range(5))
    talk.session.receive(asked)
    assert not talk.session.reading
    answered = 0
    while said := talk.fetch():
        assert len(said) < 4 << 20
        answered += sum(payload.startswith(b"17\0") for payload in talk.frames.feed(said))
        talk.session.proceed()
    assert 5 == answered
    assert talk.session.reading


def test_a_mistake_in_one_timer_costs_no_other_its_turn(caplog: pytest.LogCaptureFixture) -> None:
    engine = engine_of()
    talk = Talk(engine, 1)
    engine.world.clock.call_later(1, lambda: 1 // 0)
    engine.world.clock.call_later(1, engine.world.clients[1].send, m.CurrentTime(time=7))
    with caplog.at_level(logging.CRITICAL, "ibnb.gateway.engine"):
        assert [m.CurrentTime(time=7)] == talk.wait(2)
    assert 2 + engine.world.scenario.start == engine.world.clock.now()
    engine.world.clock.call_later(1, engine.run_until, 0.0)
    with caplog.at_level(logging.CRITICAL, "ibnb.gateway.engine"):
        talk.wait(2)


# Sockets


class Peer:
    """A blocking client; `unread` bytes at most wait in its own kernel."""

    def __init__(self, gateway: Gateway, clientId: int | None = None, unread: int | None = None) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(20)
        if unread:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, unread)
        self.frames = FrameBuffer()
        self.waiting: list[bytes] = []
        try:
            self.socket.connect((gateway.host, gateway.port))
            self.start(clientId)
        except OSError:
            self.close()
            raise

    def start(self, clientId: int | None) -> None:
        if clientId is not None:
            self.socket.sendall(HELLO)
            self.next()
            self.ask(m.StartApi(clientId=clientId))
            self.until(m.NextValidId)

    def ask(self, request: object) -> None:
        self.socket.sendall(frame(CODEC.encode_request(request)))

    def next(self) -> bytes:
        while not self.waiting:
            data = self.socket.recv(1 << 18)
            if not data:
                raise ConnectionResetError("the gateway hung up")
            self.waiting += self.frames.feed(data)
        return self.waiting.pop(0)

    def until(self, kind: type) -> object:
        while not isinstance(answer := CODEC.decode_answer(self.next()), kind):
            pass
        return answer

    def close(self) -> None:
        self.socket.close()


def test_a_slow_reader_holds_up_nobody_and_gets_everything() -> None:
    with Gateway("lesson") as gateway, contextlib.ExitStack() as stack:
        slow, quick = Peer(gateway, 1, unread=1 << 14), Peer(gateway, 2)
        stack.callback(slow.close)
        stack.callback(quick.close)
        for reqId in range(8):
            slow.ask(replace(DAY, reqId=reqId))
        [connection] = [each for each in gateway.connections if each.session.clientId == 1]
        backlog, reading = 0, True
        while reading or not backlog:  # the long answers are made in turns with these
            quick.ask(m.ReqCurrentTime())
            quick.until(m.CurrentTime)
            backlog, reading = gateway.inspect(
                lambda world: (connection.transport.get_write_buffer_size(), connection.session.reading)
            )
        assert 0 < backlog < 5 * STUFFED
        histories: list[int] = []
        while len(histories) < 8:
            fields = slow.next().split(b"\0", 3)
            if fields[0] == b"17":
                histories.append(int(fields[1]))
        assert list(range(8)) == histories


def test_a_long_advance_waits_for_whoever_reads() -> None:
    with Gateway("lesson") as gateway, contextlib.ExitStack() as stack:
        peer = Peer(gateway, 1)
        stack.callback(peer.close)
        total, length = 500, 200_000

        def read() -> int:
            return sum(len(peer.next()) > length for _ in range(total + len(FARMS)))

        def talk(world: World) -> None:
            for second in range(1, total + 1):
                world.clock.call_later(second, world.clients[1].send, m.ScannerParameters(xml="x" * length))

        with ThreadPoolExecutor(1) as pool:
            counted = pool.submit(read)
            gateway.inspect(talk)
            gateway.advance(total)
            assert total == counted.result(20)


def test_a_client_that_never_reads_loses_its_session_and_holds_up_no_advance() -> None:
    with Gateway("lesson") as gateway, contextlib.ExitStack() as stack:
        stack.callback(Peer(gateway, 1).close)
        quick = Peer(gateway, 2)
        stack.callback(quick.close)

        def talk(world: World) -> None:
            for second in range(1, 101):
                world.clock.call_later(second, world.clients[1].send, m.ScannerParameters(xml="x" * 1_000_000))

        gateway.inspect(talk)
        gateway.advance(100)
        assert [2] == gateway.inspect(lambda world: list(world.clients))
        quick.ask(m.ReqCurrentTime())
        assert isinstance(quick.until(m.CurrentTime), m.CurrentTime)


def test_sockets_that_never_start_give_way() -> None:
    with Gateway("lesson") as gateway, contextlib.ExitStack() as stack:
        for _ in range(80):
            idle = Peer(gateway)
            stack.callback(idle.close)
        for clientId in range(1, 33):
            stack.callback(Peer(gateway, clientId).close)
        assert 32 == gateway.inspect(lambda world: len(world.clients))
        assert 32 + 2 * 32 >= len(gateway.connections)
        with pytest.raises(ConnectionError):
            Peer(gateway, 33)
        assert 32 == gateway.inspect(lambda world: len(world.clients))


def test_as_many_as_there_is_room_for_may_come_at_once_and_each_ask_for_the_time() -> None:
    """17 on: the question of one, a socket like any other, took the place of another that was about to start."""
    with Gateway("lesson") as gateway, contextlib.ExitStack() as stack:
        peers = [stack.enter_context(contextlib.closing(Peer(gateway))) for _ in range(33)]
        for peer in peers:
            peer.socket.sendall(HELLO)
            peer.next()
        for _ in peers[1:]:
            line = stack.enter_context(socket.create_connection((gateway.host, gateway.port), 20))
            line.sendall(b"CLOCK\n")
            assert line.recv(100).startswith(b"~ ")
        for clientId, peer in enumerate(peers[1:], 1):
            peer.ask(m.StartApi(clientId=clientId))
            peer.until(m.NextValidId)
        peers[0].ask(m.StartApi(clientId=33))  # it has said hello, but is one too many now
        with pytest.raises(ConnectionError):
            peers[0].until(m.NextValidId)
        assert 32 == gateway.inspect(lambda world: len(world.clients))


def test_a_dropped_client_hears_the_end_and_may_come_back() -> None:
    with Gateway("lesson") as gateway, contextlib.ExitStack() as stack:
        peer = Peer(gateway, 1)
        stack.callback(peer.close)
        gateway.faults.drop(clientId=1)
        with pytest.raises(ConnectionError):
            peer.until(m.CurrentTime)
        stack.callback(Peer(gateway, 1).close)


def test_the_port_is_closed_during_a_restart_and_the_same_afterwards() -> None:
    with Gateway("lesson") as gateway, contextlib.ExitStack() as stack:
        stack.callback(Peer(gateway, 1).close)
        port = gateway.port
        gateway.faults.nightly_restart(down_for=60)
        with pytest.raises(ConnectionError):
            Peer(gateway, 1)
        gateway.advance(59)
        with pytest.raises(ConnectionError):
            Peer(gateway, 1)
        gateway.advance(1)
        assert port == gateway.port
        stack.callback(Peer(gateway, 1).close)


def test_a_live_gateway_opens_its_port_again_by_itself() -> None:
    with Gateway("lesson", manual=False, rate=1000.0) as gateway, contextlib.ExitStack() as stack:
        gateway.faults.nightly_restart(down_for=20)
        while True:  # it takes as long as it takes
            with contextlib.suppress(ConnectionError):
                stack.callback(Peer(gateway, 1).close)
                break


def test_a_half_open_socket_stays_and_its_id_is_taken_even_after_the_client_has_gone() -> None:
    with Gateway("lesson") as gateway, contextlib.ExitStack() as stack:
        peer = Peer(gateway, 1)
        gateway.faults.half_open(1, noticed_after=60)
        peer.close()
        other = Peer(gateway, 2)
        stack.callback(other.close)
        assert [1, 2] == gateway.inspect(lambda world: sorted(world.clients))
        gateway.advance(60)
        assert [2] == gateway.inspect(lambda world: sorted(world.clients))


def test_garbage_reaches_the_socket() -> None:
    with Gateway("lesson") as gateway, contextlib.ExitStack() as stack:
        peer = Peer(gateway, 1)
        stack.callback(peer.close)
        peer.ask(m.ReqCurrentTime())
        peer.until(m.CurrentTime)
        gateway.faults.garbage(b"\xff" * 8)
        assert b"\xff" * 8 == peer.socket.recv(8)


def test_faults_are_asked_for_by_their_names() -> None:
    with pytest.raises(AttributeError):
        Gateway("lesson").faults.earthquake()  # type: ignore[attr-defined]
