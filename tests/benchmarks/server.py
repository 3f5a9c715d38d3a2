"""A neutral server for measurements: any TWS client may connect, and gets bytes that were made beforehand.

It belongs to no client and shares no code with the gateway. A contract's symbol says what to answer: B10000 with
10,000 one-minute bars, T50000 with 50,000 price ticks.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from tests.benchmarks import story, text
from tests.benchmarks.text import framed

HELLO = re.compile(rb"API\0....v(\d+)\.\.(\d+)[^\0]*", re.DOTALL)
#: From this version on every message is protobuf.
PROTOBUF_FROM = 213


def wire_of(version: int) -> ModuleType:
    if version < PROTOBUF_FROM:
        return text
    from tests.benchmarks import protobuf

    return protobuf


def serve(client: socket.socket, version: int) -> None:
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    received = b""
    while not (hello := HELLO.match(received)):
        received += client.recv(4096)
    version = min(version, int(hello[2]))
    client.sendall(framed(b"%d\x0020250611 10:00:00 EST\0" % version))
    answer = wire_of(version).answer
    received = received[hello.end() :]
    while data := client.recv(1 << 16):
        received += data
        while len(received) >= 4 and len(received) >= (size := 4 + int.from_bytes(received[:4], "big")):
            client.sendall(answer(received[4:size]))
            received = received[size:]


def main(version: int) -> None:
    for count in story.PREPARED:
        wire_of(version).bars(count)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=_serve_until_gone, args=(client, version), daemon=True).start()


def _serve_until_gone(client: socket.socket, version: int) -> None:
    with client:
        try:
            serve(client, version)
        except OSError:
            return


@contextmanager
def running(version: int = 176) -> Iterator[int]:
    """The server in a process of its own; gives its port."""
    with subprocess.Popen([sys.executable, "-m", __name__, str(version)], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()


if __name__ == "__main__":
    main(int(sys.argv[1]))
