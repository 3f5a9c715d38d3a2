from __future__ import annotations

import contextlib
import os
import socket
import threading

import pytest
from fake_tws import FakeTWS, framed
from hypothesis import given
from hypothesis import strategies as st

from ibnb.errors import ConnectionLostError, NotConnectedError
from ibnb.ib.api import MAX_CLIENT_VER
from ibnb.wire.transport import Connection, Frames


@given(st.lists(st.binary(max_size=40), max_size=8), st.data())
def test_frames_come_out_whole_however_the_stream_is_split(payloads: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(len(p).to_bytes(4, "big") + p for p in payloads)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    frames, found = Frames(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += frames.feed(stream[start:end])
    assert payloads == found


@pytest.mark.parametrize("size", [4092, 4096 - 4 + 4096, 300_000])
def test_a_burst_that_ends_on_a_4096_boundary_isnt_lost(size: int) -> None:
    ours, theirs = socket.socketpair()
    connection = Connection("pair", 0)
    connection.attach(ours)
    got: list[bytes] = []
    arrived = threading.Event()
    connection.start(lambda came: (got.extend(came), arrived.set() if got else None)[0], lambda reason: None)
    theirs.sendall(size.to_bytes(4, "big") + b"x" * size)
    assert arrived.wait(60)
    assert [size] == [len(p) for p in got]
    connection.disconnect()
    theirs.close()


def test_an_impossible_length_ends_the_connection_with_a_reason() -> None:
    ours, theirs = socket.socketpair()
    connection = Connection("pair", 0)
    connection.attach(ours)
    reasons: list[str] = []
    ended = threading.Event()
    connection.start(lambda p: None, lambda reason: (reasons.append(reason), ended.set())[0])
    theirs.sendall(b"HTTP/1.1 400 Bad Request\r\n")
    assert ended.wait(60)
    assert "can't be read" in reasons[0]
    assert not connection.isConnected()
    theirs.close()


def test_the_handshake_offers_the_range_and_keeps_what_came_with_the_answer() -> None:
    tws = FakeTWS()
    port = tws.listen(greeting=framed(157, "20250611 10:00:00 EST") + framed(15, 1, "DU1"))
    connection = Connection("127.0.0.1", port)
    assert (157, "20250611 10:00:00 EST") == connection.open(5)
    got: list[bytes] = []
    arrived = threading.Event()
    connection.start(lambda came: (got.extend(came), arrived.set() if got else None)[0], lambda reason: None)
    assert arrived.wait(60)
    assert [b"15\x001\x00DU1\x00"] == got
    text = f"v100..{MAX_CLIENT_VER}".encode()
    assert b"API\0" + len(text).to_bytes(4, "big") + text == tws.hello
    connection.disconnect()
    tws.close()


@pytest.mark.parametrize(
    ("greeting", "said"),
    [
        (b"", "said nothing for 0.2 s"),
        (b"close", "closed it at once"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "isn't TWS or IB Gateway"),
        (framed("hello"), "isn't TWS or IB Gateway"),
        (framed(99, "20250611 10:00:00 EST"), "speaks protocol 99"),
        (framed(9999, "20250611 10:00:00 EST"), "speaks protocol 9999"),
    ],
)
def test_a_failed_handshake_says_what_is_there(greeting: bytes, said: str) -> None:
    tws = FakeTWS()
    connection = Connection("127.0.0.1", tws.listen(greeting))
    with pytest.raises(NotConnectedError, match=said):
        connection.open(60 if greeting else 0.2)
    assert not connection.isConnected()
    tws.close()


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(NotConnectedError, match=f"nothing listens on 127.0.0.1:{port}"):
        Connection("127.0.0.1", port).open(1)


def test_a_port_out_of_range() -> None:
    with pytest.raises(NotConnectedError, match="isn't a port"):
        Connection("127.0.0.1", 70000).open(1)


def test_sending_on_a_closed_connection_raises() -> None:
    with pytest.raises(ConnectionLostError, match="closed"):
        Connection("pair", 0).sendMsg(b"x")


def test_disconnect_ends_the_reader_without_calling_it_a_loss() -> None:
    ours, theirs = socket.socketpair()
    connection = Connection("pair", 0)
    connection.attach(ours)
    reasons: list[str] = []
    connection.start(lambda p: None, reasons.append)
    connection.disconnect()
    connection.disconnect()
    assert connection.reader is not None
    assert connection.reader.thread is not None
    connection.reader.thread.join(60)
    assert not connection.reader.thread.is_alive()
    assert [] == reasons
    theirs.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_doesnt_disturb_the_parents_connection() -> None:
    ours, theirs = socket.socketpair()
    connection = Connection("pair", 0)
    connection.attach(ours)
    child = os.fork()
    if child == 0:
        os._exit(0 if not connection.isConnected() else 1)
    _, status = os.waitpid(child, 0)
    assert 0 == os.waitstatus_to_exitcode(status)
    connection.sendMsg(b"still here")
    assert b"still here" == theirs.recv(100)
    connection.disconnect()
    with contextlib.suppress(OSError):
        theirs.close()


def test_a_message_that_cant_be_sent_ends_the_connection() -> None:
    ours, theirs = socket.socketpair()
    connection = Connection("pair", 0)
    connection.attach(ours)
    ended = threading.Event()
    theirs.shutdown(socket.SHUT_RD)
    connection.start(lambda p: None, lambda reason: ended.set())
    assert connection.isConnected()
    with pytest.raises(ConnectionLostError, match="the connection broke while sending"):
        connection.sendMsg(b"x")
    assert not connection.isConnected()
    assert ended.wait(60)
    theirs.close()
