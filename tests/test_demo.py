"""The figures of the demonstration are those a newcomer expects (first_use B13: 255 earned by a profit of 0.40)."""

from __future__ import annotations

from pathlib import Path

import pytest

import ibnb
from ibnb import cli


def test_the_demo_draws_trades_and_earns_what_its_bracket_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chart = tmp_path / "chart.png"
    assert cli.main(["demo", "--chart", str(chart)]) == 0
    ibnb.reset()
    said = capsys.readouterr().out.splitlines()
    assert chart.read_bytes().startswith(b"\x89PNG")
    entry, end = (line.split() for line in said[-2:])
    assert (entry[-5], end[-5]) == ("BOT", "SLD")
    earned, bought, sold = float(end[-1]), float(entry[-3]), float(end[-3])
    assert abs(earned - (10 * (sold - bought) - 2)) < 0.01
    assert 3 < abs(sold - bought) * 10 < 6
