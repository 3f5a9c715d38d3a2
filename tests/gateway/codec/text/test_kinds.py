from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibnb.gateway.codec.text import kinds
from ibnb.gateway.codec.text.kinds import Kind, Lane

NOW = Lane(200, "US/Eastern")
OLD = Lane(157, "US/Eastern")


def parse(kind: Kind, text: str, lane: Lane = NOW) -> Any:
    return kind.at(lane)[0](text)


def format(kind: Kind, value: Any, lane: Lane = NOW) -> str:
    return kind.at(lane)[1](value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_travel_without_loss_and_without_exponent(value: float) -> None:
    text = kinds.format_float(value)
    assert "e" not in text
    assert value == kinds.parse_float(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(150.0, "150.0"), (0.1, "0.1"), (1e-05, "0.00001"), (1e16, "10000000000000000"), (-1.0, "-1.0"), (7, "7.0")],
)
def test_prices(value: float, text: str) -> None:
    assert text == kinds.format_float(value)


def test_not_a_number_is_never_sent() -> None:
    for value in (float("nan"), float("-inf")):
        with pytest.raises(ValueError, match="can't be sent"):
            kinds.format_float(value)


@pytest.mark.parametrize("text", ["", "1.7976931348623157E308", "1.7976931348623157e+308", "2147483647"])
def test_unset_prices(text: str) -> None:
    assert parse(kinds.OPT_FLOAT, text) is None


def test_unset_forms() -> None:
    assert ("", "1.7976931348623157E308") == (format(kinds.OPT_FLOAT, None), format(kinds.MAX_FLOAT, None))
    assert ("", "2147483647", "0") == tuple(format(k, None) for k in (kinds.OPT_INT, kinds.MAX_INT, kinds.ZERO_INT))
    assert "9223372036854775807" == format(kinds.MAX_LONG, None)
    assert "-9223372036854775808" == format(kinds.MIN_DECIMAL, None)


@pytest.mark.parametrize("text", ["Infinity", "Infinite", "inf"])
def test_infinity(text: str) -> None:
    assert float("inf") == parse(kinds.UP_TO_MID, text)
    assert "Infinity" == format(kinds.UP_TO_MID, float("inf"))
    assert parse(kinds.OPT_FLOAT, text) is None


@pytest.mark.parametrize(
    "text", ["", "2147483647", "9223372036854775807", "1.7976931348623157e+308", str(2**127 - 1), "0"]
)
def test_quantities_that_are_none(text: str) -> None:
    assert Decimal(0) == parse(kinds.QUANTITY, text)


@pytest.mark.parametrize(
    ("value", "now", "old"),
    [("100", "100", "100"), ("100.0", "100", "100"), ("0.50", "0.5", "0"), ("1E+2", "100", "100")],
)
def test_sizes_are_whole_before_163(value: str, now: str, old: str) -> None:
    assert now == format(kinds.SIZE, Decimal(value))
    assert old == format(kinds.SIZE, Decimal(value), OLD)


def test_a_whole_number_that_is_left_out_is_0() -> None:
    assert 0 == parse(kinds.INT, "")


@pytest.mark.parametrize("text", ["x", "1.0", "1_0", " 1", "2147483648", "１", "0x1", "--1", "9" * 5000])
def test_what_is_no_int(text: str) -> None:
    with pytest.raises(ValueError):
        parse(kinds.INT, text)


@pytest.mark.parametrize("text", ["x", "1,5", "1_0", " 1", ".", "e5", "NaNs", "9" * 500])
def test_what_is_no_number(text: str) -> None:
    for kind in (kinds.FLOAT, kinds.OPT_FLOAT, kinds.QUANTITY):
        with pytest.raises(ValueError):
            parse(kind, text)


def test_only_whole_values_become_ints() -> None:
    assert "1" == format(kinds.INT, True)
    with pytest.raises(ValueError):
        format(kinds.INT, 1.5)


def test_a_strike_of_zero_is_none() -> None:
    assert [None, None, 187.5] == [parse(kinds.STRIKE, text) for text in ("", "0.0", "187.5")]
    assert ["0", "187.5"] == [format(kinds.STRIKE, value) for value in (None, 187.5)]


@given(st.text())
def test_text_is_escaped_to_ascii_from_153(text: str) -> None:
    escaped = format(kinds.ESCAPED, text)
    assert escaped.isascii()
    assert text == parse(kinds.ESCAPED, escaped)
    assert text == escaped.encode().decode("unicode-escape")


def test_text_is_plain_before_153() -> None:
    assert "Zürich \\" == format(kinds.ESCAPED, "Zürich \\", Lane(152, "US/Eastern"))
    assert "Z\\u00fcrich \\\\" == format(kinds.ESCAPED, "Zürich \\")


@pytest.mark.parametrize("text", ["\\", "\\q", "\\u00", "\\U00110000"])
def test_a_malformed_escape_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):
        parse(kinds.ESCAPED, text)


@pytest.mark.parametrize(
    ("lane", "text"),
    [
        (NOW, "20250611 10:00:00 US/Eastern"),
        (OLD, "20250611  10:00:00"),
        (Lane(200, "Europe/Madrid"), "20250611 16:00:00 Europe/Madrid"),
    ],
)
def test_execution_times_are_local(lane: Lane, text: str) -> None:
    assert text == format(kinds.EPOCH, 1749650400.0, lane)
    assert 1749650400.0 == parse(kinds.EPOCH, text, lane)


@pytest.mark.parametrize(
    ("modern", "old"),
    [
        ("20250611 10:00:00 US/Eastern", "20250611  10:00:00"),
        ("20250611 16:00:00 Europe/Madrid", "20250611  10:00:00"),
        ("20250611-14:00:00", "20250611  10:00:00"),
        ("20250611", "20250611"),
        ("1749650400", "1749650400"),
        ("20250611  10:00:00", "20250611  10:00:00"),
    ],
)
def test_moments_lose_their_zone_before_174(modern: str, old: str) -> None:
    assert modern == format(kinds.MOMENT, modern)
    assert old == format(kinds.MOMENT, modern, OLD)


def test_model_values_that_are_not_computed() -> None:
    kind = kinds.not_computed(-2.0)
    assert ["-2.0", "0.5"] == [format(kind, value) for value in (None, 0.5)]
    assert [None, None, 0.5] == [parse(kind, text) for text in ("-2", "1.7976931348623157E308", "0.5")]
