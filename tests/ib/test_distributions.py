"""One illness, one remedy (code_review 12): the doctor and a failing import of ibapi say the same command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ibnb.ib import distributions

ROOT = Path(__file__).parents[2]
BROKEN = """
import sys
sys.modules["ibapi"] = None  # as if nothing could be imported
from ibnb import doctor
from ibnb.ib import distributions
assert distributions.repair() in doctor.installed()[0].advice
try:
    import ibnb.ib.api
except ImportError as error:
    assert distributions.repair() in str(error), error
else:
    raise SystemExit("it was imported")
"""


def test_a_broken_ibapi_is_mended_by_the_same_command_wherever_it_is_met() -> None:
    ran = subprocess.run([sys.executable, "-c", BROKEN], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("found", [{}, {"ibapi": "9.81.1"}, {"ibapi": "9.81.1", "nautilus-ibapi": "10.30.1"}])
def test_what_is_there_goes_and_the_right_one_comes(monkeypatch: pytest.MonkeyPatch, found: dict[str, str]) -> None:
    monkeypatch.setattr(distributions, "installed", lambda: found)
    command = distributions.repair()
    assert command.endswith('python -m pip install --force-reinstall "ibapi-stable>=10.50"')
    assert command.startswith(f"python -m pip uninstall -y {' '.join(found)} && " if found else "python -m pip install")
