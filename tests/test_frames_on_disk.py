"""first_use B8: what becomes of a frame that is kept in a file, and what `[lab]` doesn't bring for it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import ibnb

ROOT = Path(__file__).parents[1]


@pytest.fixture
def bars() -> Iterator[pd.DataFrame]:
    yield ibnb.connect().getHistory("AAPL", "2025-06-09", "2025-06-10", "1 hour")["AAPL"]
    ibnb.reset()


def test_b8_parquet_is_an_extra_and_a_page_says_so() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert [each.split(">")[0] for each in extras["parquet"]] == ["pyarrow"]
    page = (ROOT / "notebooks" / "appendix" / "verbs_and_safety.md").read_text(encoding="utf-8")
    assert 'pip install "ibnb[parquet]"' in page


def test_b8_parquet_keeps_the_zone(bars: pd.DataFrame, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pip install 'ibnb[parquet]'")
    bars.to_parquet(tmp_path / "bars.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "bars.parquet"), bars, check_freq=False)


def test_b8_a_csv_comes_back_as_the_page_says(bars: pd.DataFrame, tmp_path: Path) -> None:
    bars.to_csv(tmp_path / "bars.csv")
    back = pd.read_csv(tmp_path / "bars.csv", index_col="Date")
    back.index = pd.to_datetime(back.index, utc=True).tz_convert("America/New_York")
    pd.testing.assert_frame_equal(back, bars, check_freq=False, check_index_type=False)
