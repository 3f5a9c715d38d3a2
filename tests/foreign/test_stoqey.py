"""The gateway with a client in another language: @stoqey/ib on node, where both are present.

IBNB_NODE_MODULES names the folder in which ``npm install @stoqey/ib`` was run.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ibnb.gateway import Gateway

MODULES = Path(os.environ.get("IBNB_NODE_MODULES", "")) / "node_modules"
pytestmark = [
    pytest.mark.foreign,
    pytest.mark.skipif(shutil.which("node") is None, reason="node isn't installed"),
    pytest.mark.skipif(not (MODULES / "@stoqey" / "ib").is_dir(), reason="@stoqey/ib isn't installed"),
]


def test_connects_asks_and_trades() -> None:
    script = Path(__file__).with_name("stoqey.js")
    with Gateway("lesson", manual=False, rate=5.0) as gateway:
        ran = subprocess.run(
            ["node", str(script), str(gateway.port)],
            env={**os.environ, "NODE_PATH": str(MODULES)},
            capture_output=True,
            text=True,
            timeout=55,
            check=False,
        )
    assert ran.stdout, ran.stderr
    heard = json.loads(ran.stdout.splitlines()[-1])
    assert ran.returncode == 0, heard
    assert heard["accounts"] == "DU1234567"
    assert heard["conId"] == 265598
    assert heard["bars"] == 5
    assert len(heard["ticks"]) >= 2
    assert (heard["filled"], heard["commission"]) == (5, 1)
    assert [code for _, code, _ in heard["errors"] if code < 2000] == []
