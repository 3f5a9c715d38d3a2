"""JupyterLab as ``ibnb lab`` starts it, on a fresh copy of the lessons, and what drives a Chromium through it.

IBNB_NODE_MODULES names the folder in which ``npm install playwright-core`` was run; IBNB_SCREENSHOTS one to keep the
pictures in.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ibnb.course.execution import environment

MODULES = Path(os.environ.get("IBNB_NODE_MODULES", "")) / "node_modules"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MISSING = [
    name
    for name, there in {
        "node": shutil.which("node"),
        "Chromium": CHROMIUM,
        "playwright-core": (MODULES / "playwright-core").is_dir(),
        "JupyterLab": importlib.util.find_spec("jupyterlab"),
    }.items()
    if not there
]
TOKEN = "lessons"
LIMIT = 600  # seconds that a script takes on the slowest machine; a test has a little more


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: its address, and the folder of the copied lessons."""

    url: str
    folder: Path


def environment_with_tests() -> dict[str, str]:
    """In the lessons' kernels the lists of answers can be imported."""
    found = environment()
    return {**found, "PYTHONPATH": os.pathsep.join([found["PYTHONPATH"], str(Path(__file__).parents[2])])}


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    if MISSING:
        pytest.skip(f"{' and '.join(MISSING)} isn't installed")
    folder = tmp_path_factory.mktemp("lab") / "lessons"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--no-browser", f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"]
    if getattr(os, "geteuid", lambda: 1)() == 0:
        options.append("--allow-root")
    process = subprocess.Popen(
        [sys.executable, "-m", "ibnb", "lab", "--dir", str(folder), *options],
        env={**environment_with_tests(), "JUPYTER_CONFIG_DIR": str(folder.parent / "config")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    ready, said = threading.Event(), deque[str](maxlen=20)

    def listen() -> None:
        for line in process.stderr or ():
            said.append(line)
            if "is running at" in line:
                ready.set()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        assert ready.wait(120), "".join(said)
        yield Lab(f"http://127.0.0.1:{port}", folder)
        stop = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/shutdown", method="POST", headers={"Authorization": f"token {TOKEN}"}
        )
        urllib.request.urlopen(stop, timeout=60).close()
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        listener.join(10)
        if process.stderr:
            process.stderr.close()


@pytest.fixture
def browse(lab: Lab, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Let one of the scripts here, told something on its input, drive a browser through a notebook; what it saw."""
    shots = Path(os.environ.get("IBNB_SCREENSHOTS", tmp_path))

    def drive(script: str, notebook: str, told: Any = None) -> dict[str, Any]:
        ran = subprocess.run(
            ["node", str(Path(__file__).with_name(script)), lab.url, TOKEN, notebook, str(shots / Path(notebook).stem)],
            env={**os.environ, "NODE_PATH": str(MODULES), "IBNB_CHROMIUM": str(CHROMIUM)},
            input=json.dumps(told),
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        seen: dict[str, Any] = json.loads(ran.stdout)
        return seen

    return drive
