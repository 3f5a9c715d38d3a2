from __future__ import annotations

import re
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ibnb import IBError, tables
from ibnb.verbs.download import cache
from ibnb.verbs.download.cache import BarFolder

KINDS = ["npz", pytest.param("parquet", marks=pytest.mark.skipif(not find_spec("pyarrow"), reason="needs pyarrow"))]
START, NINTH, TENTH = 1748750400, 1749441600, 1749528000
HOURS = tables.bars(
    [
        ("20250602 09:30:00 US/Eastern", 1.1, 2.0, 0.5, 1.5, 100, 1.25, 7),
        ("20250602 10:00:00 US/Eastern", 1 / 3, 2.0, 0.5, 1.5, -1, -1, -1),
    ]
)
DAYS = tables.bars([("20250602", 1.1, 2.0, 0.5, 1.5, 100, 1.25, 7)])


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "npz":
        monkeypatch.setattr(cache, "find_spec", lambda name: None)
    return str(request.param)


@pytest.mark.parametrize(
    "bars", [HOURS, DAYS, HOURS.iloc[:0], DAYS.iloc[:0]], ids=["hours", "days", "no hours", "no days"]
)
def test_what_is_kept_comes_back_the_same(tmp_path: Path, kind: str, bars: pd.DataFrame) -> None:
    BarFolder(tmp_path, "AAPL 1", "1 hour").write(START, NINTH, bars)
    kept = BarFolder(tmp_path, "AAPL 1", "1 hour").read(START)
    assert kept is not None
    assert kept.until == NINTH
    pd.testing.assert_frame_equal(bars, kept.bars, check_freq=False)
    assert [f"20250601T040000Z_20250609T040000Z {kind}"] == names(tmp_path / "AAPL_1" / "1_hour")


def test_series_have_folders_of_their_own_whatever_they_are_called(tmp_path: Path) -> None:
    BarFolder(tmp_path, "BRK B/../x", "1 day").write(START, NINTH, DAYS)
    assert ["BRK_B_.._x"] == [path.name for path in tmp_path.iterdir()]
    assert BarFolder(tmp_path, "BRK", "1 day").read(START) is None
    assert BarFolder(tmp_path, "BRK B/../x", "1 day").read(NINTH) is None


def test_a_file_that_reaches_further_takes_the_place_of_the_other(tmp_path: Path, kind: str) -> None:
    folder = BarFolder(tmp_path)
    folder.write(START, NINTH, HOURS.iloc[:1])
    folder.write(START, TENTH, HOURS)
    for each in (folder, BarFolder(tmp_path)):
        kept = each.read(START)
        assert kept is not None
        assert (kept.until, len(kept.bars)) == (TENTH, 2)
    assert [f"20250601T040000Z_20250610T040000Z {kind}"] == names(tmp_path)


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("disk full")])
def test_an_interrupted_write_leaves_what_was_there(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch, error: type[BaseException] | BaseException
) -> None:
    folder = BarFolder(tmp_path)
    folder.write(START, NINTH, HOURS)
    real = cache._write

    def half(path: Path, content: bytes) -> None:
        real(path, content[:100])
        raise error

    monkeypatch.setattr(cache, "_write", half)
    with pytest.raises((KeyboardInterrupt, OSError)):
        folder.write(START, TENTH, HOURS)
    assert [f"20250601T040000Z_20250609T040000Z {kind}"] == names(tmp_path)
    kept = BarFolder(tmp_path).read(START)
    assert kept is not None
    assert kept.until == NINTH


def test_files_that_are_cut_off_or_strange_count_as_not_there(tmp_path: Path, kind: str) -> None:
    BarFolder(tmp_path).write(START, NINTH, HOURS)
    [path] = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-20])
    (tmp_path / "notes.txt").write_text("mine")
    assert BarFolder(tmp_path).read(START) is None


def test_nothing_in_a_file_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "find_spec", lambda name: None)
    content = BytesIO()
    np.savez(content, zone=np.array(""), index=np.array([object()], dtype=object))
    monkeypatch.setattr(cache, "_packed", lambda bars, kind: content.getvalue())
    BarFolder(tmp_path).write(START, NINTH, DAYS)
    assert BarFolder(tmp_path).read(START) is None


def test_parquet_without_pyarrow_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "20250601T040000Z_20250609T040000Z.0123456789abcdef.parquet").write_bytes(b"PAR1")
    monkeypatch.setattr(cache, "find_spec", lambda name: None)
    with pytest.raises(IBError, match="pip install pyarrow"):
        BarFolder(tmp_path).read(START)


def test_b2_no_bit_of_a_file_can_change_unnoticed(tmp_path: Path, kind: str) -> None:
    BarFolder(tmp_path, "AAPL", "1 hour").write(START, NINTH, HOURS)
    [path] = (tmp_path / "AAPL" / "1_hour").iterdir()
    whole = path.read_bytes()
    for at in sorted({*range(0, len(whole), 97), *range(8), *range(len(whole) - 8, len(whole))}):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :])
        assert BarFolder(tmp_path, "AAPL", "1 hour").read(START) is None


def test_b2_a_file_counts_only_under_its_own_name_and_in_its_own_folder(tmp_path: Path, kind: str) -> None:
    BarFolder(tmp_path, "AAPL", "1 hour").write(START, NINTH, HOURS)
    [path] = (tmp_path / "AAPL" / "1_hour").iterdir()
    (tmp_path / "NVDA" / "1_hour").mkdir(parents=True)
    (tmp_path / "NVDA" / "1_hour" / path.name).write_bytes(path.read_bytes())
    assert BarFolder(tmp_path, "NVDA", "1 hour").read(START) is None
    path.rename(path.with_name(path.name.replace("0609", "0610")))
    assert BarFolder(tmp_path, "AAPL", "1 hour").read(START) is None


def test_other_programs_can_check_a_parquet_file(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    BarFolder(tmp_path).write(START, NINTH, HOURS)
    [path] = tmp_path.iterdir()
    table = parquet.read_table(path, page_checksum_verification=True)
    assert table.num_rows == len(HOURS)
    place = path.read_bytes().find(np.float64(1 / 3).tobytes())
    assert place > 0
    path.write_bytes(path.read_bytes()[:place] + b"\0" + path.read_bytes()[place + 1 :])
    with pytest.raises(OSError, match="CRC"):
        parquet.read_table(path, page_checksum_verification=True)


def test_what_doesnt_fit_counts_as_not_there(tmp_path: Path) -> None:
    folder = BarFolder(tmp_path)
    folder.write(START, NINTH, HOURS)
    assert folder.read(START, lambda kept: len(kept.bars) == 1) is None
    kept = folder.read(START, lambda kept: kept.until == NINTH)
    assert kept is not None


def test_a_folder_that_cant_be_looked_into_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "AAPL").write_text("a file, not a folder")
    folder = BarFolder(tmp_path, "AAPL", "1 hour")
    assert folder.read(START) is None
    with pytest.raises(OSError, match=r"."):
        folder.write(START, NINTH, HOURS)


def names(folder: Path) -> list[str]:
    """Their names without the checksums."""
    parts = [path.name.split(".") for path in folder.iterdir()]
    assert all(re.fullmatch("[0-9a-f]{16}", each[1]) for each in parts)
    return sorted(f"{each[0]} {each[2]}" for each in parts)
