from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from ibnb.worlds.rows import as_row, read, written


class Pair(NamedTuple):
    a: int
    b: str


@dataclass
class Card:
    a: float
    b: bool


MOMENT = pd.Timestamp("2025-06-11 10:00", tz="America/New_York")


@pytest.mark.parametrize(
    ("value", "row"),
    [
        (None, []),
        (3, [("result", 3)]),
        ("text", [("result", "text")]),
        (np.float64(1.5), [("result", 1.5)]),
        (np.int64(7), [("result", 7)]),
        (np.bool_(True), [("result", True)]),
        ({"a": 1, "b": None}, [("a", 1), ("b", None)]),
        (pd.Series({"x": 1.0, MOMENT: 2.0}), [("x", 1.0), (MOMENT, 2.0)]),
        (pd.DataFrame({"a": [1], "b": ["t"]}), [("a", 1), ("b", "t")]),
        (Pair(1, "t"), [("a", 1), ("b", "t")]),
        (Card(1.0, False), [("a", 1.0), ("b", False)]),
        (date(2025, 6, 11), [("result", pd.Timestamp("2025-06-11"))]),
        (datetime(2025, 6, 11, 10, tzinfo=UTC), [("result", pd.Timestamp("2025-06-11 10:00", tz="UTC"))]),
        (pd.Timedelta("1min"), [("result", 60.0)]),
    ],
    ids=repr,
)
def test_what_fits_a_row(value: Any, row: list[tuple[Any, Any]]) -> None:
    assert as_row(value) == row


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (pd.DataFrame({"a": [1, 2]}), "a frame of 2 rows fits no row"),
        (pd.DataFrame(), "a frame of 0 rows"),
        ([1, 2], "the value 'result' is a list"),
        ({"a": {"b": 1}}, "the value 'a' is a dict"),
        ({("a", 1): 2}, "the label is a tuple"),
        (1j, "complex"),
        (Decimal(1), "Decimal"),
        (Card, "the value 'result' is a type"),
        (pd.Series([1, 2], index=["a", "a"]), "same label"),
    ],
    ids=str,
)
def test_what_fits_none_is_named(value: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        as_row(value)


@pytest.mark.parametrize("value", [1, 0.1, -1e300, True, None, "ä\n", MOMENT, pd.Timestamp("2025-06-11"), math.inf])
def test_a_text_file_keeps_values_as_they_are(value: Any) -> None:
    back = read(json.loads(json.dumps(written(value))))
    assert (back, type(back)) == (value, type(value))
    if isinstance(value, pd.Timestamp):
        assert str(back.tzinfo) == str(value.tzinfo)


def test_no_number_stays_none() -> None:
    assert math.isnan(as_row(pd.NaT)[0][1])
    assert math.isnan(read(json.loads(json.dumps(written(math.nan)))))
