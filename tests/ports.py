"""Which tests open a port or connect to one, and what for; every other test is in one process, without a socket.

A test in a file that isn't named here fails if it listens or connects (`conftest.py`): the embedded gateway,
`scripted.ScriptedTWS` and a pair of sockets (`fake_tws`) need none.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent
NEEDED = {
    "benchmarks": "compares clients of one server",
    "browser": "a browser, JupyterLab and kernels",
    "core/test_apart.py": "the time of a gateway behind a port",
    "core/test_lifecycle.py": "connecting, and every way in which it fails",
    "core/test_reconnect.py": "connections that are lost and come back",
    "core/test_survival.py": "connections that end in the middle of something",
    "core/test_threads.py": "the reader thread, which only a socket has",
    "core/test_unread.py": "another program's peer, on each wire",
    "core/test_way_back.py": "connections that are lost and come back",
    "course": "kernels of notebooks",
    "foreign": "clients that aren't ours",
    "gateway": "the gateway's own port",
    "peers": "another program's peer, on each wire",
    "test_chaos.py": "a peer in between that hangs up, refuses, and talks nonsense",
    "test_connect.py": "hosts and ports, and what stands for a real TWS",
    "test_doctor.py": "looks at ports",
    "test_notebooks.py": "kernels of notebooks",
    "test_pytest_plugin.py": "the fixture `tws` is a port",
    "test_tracebacks.py": "nothing listens there",
    "verbs/download/test_verb.py": "another program's peer, on each wire",
    "verbs/orders/test_careless.py": "a client on plain ibapi",
    "wire": "the transport itself",
    "worlds/test_by_request.py": "a recording is played on a port",
    "worlds/test_port.py": "a gateway of another process",
    "worlds/test_recorded_lesson.py": "a recording is played on a port",
    "worlds/test_replay.py": "a recording is played on a port",
    "worlds/test_sweep.py": "Dask's cluster",
    "worlds/test_strategies.py": "a recording is played on a port",
}
opened: list[str] = []


def needed(test: Path) -> bool:
    """Whether a test file is among those that may."""
    inside = test.relative_to(TESTS)
    return any(str(each.as_posix()) in NEEDED for each in (inside, *inside.parents))


def watch() -> None:
    """Write down in `opened` whatever listens or connects from now on. Not on Windows, whose socket pairs do both."""
    if os.name != "nt":
        for name in ("listen", "connect", "connect_ex"):
            setattr(socket.socket, name, _noted(name, getattr(socket.socket, name)))


def _noted(name: str, real: Any) -> Any:
    def call(self: socket.socket, *args: Any) -> Any:
        opened.append(f"{name}{args}")
        return real(self, *args)

    return call
