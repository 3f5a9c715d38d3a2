"""The doctor tells open, closed, silent, hanging up and foreign ports apart, on sockets of our own."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from ibnb import doctor
from ibnb.gateway import Gateway
from ibnb.gateway.scenario import BEGINNER, LESSON
from ibnb.ib import api, distributions


@contextmanager
def peer(answer: bytes | None) -> Iterator[int]:
    """A port that answers the first message with these bytes; None: says nothing until we are done."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(256)
                if answer is None:
                    done.wait(60)
                elif answer:
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        done.set()
        thread.join(60)


def framed(text: bytes) -> bytes:
    return struct.pack(">I", len(text)) + text


@pytest.mark.parametrize(
    ("answer", "well", "seen"),
    [
        (framed(b"200\x0020250611 10:00:00 EST\0"), True, "open, server version 200, 20250611 10:00:00 EST"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", False, "isn't a TWS"),
        (b"", False, "hangs up"),
        (None, False, "stays silent"),
    ],
)
def test_probe_tells_who_is_behind_a_port(answer: bytes | None, well: bool, seen: str) -> None:
    with peer(answer) as port:
        finding = doctor.probe("127.0.0.1", port, timeout=0.2 if answer is None else 60)
    assert finding.well is well
    assert seen in finding.seen
    assert well or finding.advice


def test_a_closed_port_is_no_fault() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    finding = doctor.probe("127.0.0.1", port, timeout=60)
    assert finding.well
    assert "closed" in finding.seen


def test_the_report_names_the_installed_ibapi() -> None:
    text, _ = doctor.report(ports=())
    assert "ibapi is ibapi" in text or "overwrite each other" in text


def test_packages_that_overwrite_each_other_are_told_with_the_command_that_mends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(distributions, "installed", lambda *names: {"ibapi": "9.81.1", "ibapi-stable": "10.50.2"})
    first = doctor.installed()[0]
    assert not first.well
    assert "ibapi 9.81.1, ibapi-stable 10.50.2" in first.seen
    assert first.advice == distributions.repair()


today = pytest.mark.skipif(api.MAX_CLIENT_VER < 226, reason="this ibapi has no settings")


@today
def test_a_setting_that_stands_in_the_way_is_named_with_what_to_do() -> None:
    read_only = replace(LESSON, orders=replace(LESSON.orders, read_only=True))
    with Gateway(read_only) as gateway:
        text, well = doctor.report(ports=(gateway.port,), timeout=60)
    assert f"!!  port {gateway.port}: Read-Only API is on" in text
    assert "untick it" in text
    assert not well
    with Gateway(BEGINNER) as gateway:
        [finding] = doctor.settings("127.0.0.1", gateway.port, timeout=60)
        assert "precautions are on" in finding.seen
        assert finding.well
    with Gateway(LESSON) as gateway:
        assert [] == doctor.settings("127.0.0.1", gateway.port, timeout=60)
        assert "ReqConfig" in {entry.message.__class__.__name__ for entry in gateway.journal}


def test_a_tws_that_tells_no_settings_is_no_fault() -> None:
    with Gateway(LESSON, version=176) as gateway:
        text, _ = doctor.report(ports=(gateway.port,), timeout=60)
    assert "its settings can't be read" in text
    assert "needs" in text
