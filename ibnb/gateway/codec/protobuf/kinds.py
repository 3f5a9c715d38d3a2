"""How single values look in protobuf, in both directions.

Rule: as on the text lane, reading takes every way of saying "nothing", also as a number that a client should have left
away; what isn't set isn't written. A ``False`` stays away, too, as in IB's clients; other values are written even if
they are 0, because IB's clients take what is missing for unset.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from google.protobuf.descriptor_pb2 import FieldDescriptorProto

from ...messages import TagValue
from ..text.kinds import (
    EPOCH,
    INTEGERS,
    LARGEST,
    Lane,
    format_decimal,
    format_float,
    nothing,
    parse_decimal,
    parse_float,
    parse_whole,
)

BOOL, DOUBLE, STRING = (
    FieldDescriptorProto.TYPE_BOOL,
    FieldDescriptorProto.TYPE_DOUBLE,
    FieldDescriptorProto.TYPE_STRING,
)
INT32, INT64 = FieldDescriptorProto.TYPE_INT32, FieldDescriptorProto.TYPE_INT64
MAP = FieldDescriptorProto.TYPE_MESSAGE  # of texts by text

# From this server version on, times in UTC say so.
Z_SUFFIX = 214

_UNSET_INTS = frozenset({int(text) for text in INTEGERS} | {-int(text) for text in INTEGERS})
_UNSET_DOUBLES = frozenset(map(float, _UNSET_INTS))


@dataclass(frozen=True, slots=True)
class Kind:
    """A field's type, the value of one that is missing, and the way of a value in and out (``None``: not written).

    ``bit``: the field is one flag of a mask that several fields make up.
    """

    type: int
    zero: Any
    read: Callable[[Any], Any]
    write: Callable[[Any], Any]
    bit: int = 0


def _same(value: Any) -> Any:
    return value


def _int(zero: Any, value: int) -> Any:
    return zero if value in _UNSET_INTS else value


def _int32(value: int | None) -> int | None:
    """A number of the text lane may be longer than this one has room for; such a one isn't said."""
    return int(value) if value is not None and -(2**31) <= value < 2**31 else None


def _double(zero: Any, value: float) -> Any:
    return zero if math.isnan(value) or abs(value) >= LARGEST or value in _UNSET_DOUBLES else value


def _decimal(zero: Any, text: str) -> Any:
    return zero if nothing(text) else parse_decimal(text)


def _or_none(write: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else write(value)


def _mark(mark: float) -> Kind:
    """A model value: IB sends ``mark`` where it has none."""
    return Kind(
        DOUBLE,
        None,
        lambda value: None if value == mark else _double(None, value),
        lambda value: mark if value is None else float(value),
    )


def _number(text: str) -> float | None:
    """A multiplier, which is text in messages; one that is no number can't be said."""
    try:
        return None if nothing(text) else parse_float(text)
    except ValueError:
        return None


def _number_text(value: float) -> str:
    known = _double(None, value)
    return "" if known is None else format_float(known).removesuffix(".0")


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"f1": tag, "f2": value} for tag, value in pairs]


def _map_of(entries: Any) -> list[tuple[str, str]]:
    """A map has no order; sorted, what is made of it is the same in every process."""
    return sorted({entry.f1: entry.f2 for entry in entries}.items())


def _options(text: str) -> list[dict[str, str]]:
    return _pairs(tuple(pair.partition("=")[::2]) for pair in text.split(";") if pair)  # type: ignore[misc]


# What a message's own type says. (type, whether it may be None) → kind.
PLAIN: dict[tuple[type, bool], Kind] = {
    (str, False): Kind(STRING, "", _same, lambda value: value or None),
    (str, True): Kind(STRING, None, _same, _same),
    (bool, True): Kind(BOOL, None, _same, _same),
    (bool, False): Kind(BOOL, False, _same, lambda value: True if value else None),
    (int, False): Kind(INT32, 0, partial(_int, 0), _int32),
    (int, True): Kind(INT32, None, partial(_int, None), _int32),
    (float, False): Kind(DOUBLE, 0.0, partial(_double, 0.0), float),
    (float, True): Kind(DOUBLE, None, partial(_double, None), _or_none(float)),
    (Decimal, False): Kind(STRING, Decimal(0), partial(_decimal, Decimal(0)), format_decimal),
    (Decimal, True): Kind(STRING, None, partial(_decimal, None), _or_none(format_decimal)),
}

# What it doesn't say, by the name that the tables give it.
NAMED: dict[str, Kind] = {
    # A request's or an order's number is that number, whatever it is.
    "id": Kind(INT32, 0, _same, int),
    "long": Kind(INT64, 0, partial(_int, 0), int),
    "long?": Kind(INT64, None, partial(_int, None), _or_none(int)),
    # Written even if it is False; IB's clients leave it away only where it means nothing.
    "said": Kind(BOOL, True, _same, bool),
    # A number in messages, yes or no here; and the other way round.
    "flag": Kind(BOOL, 0, int, lambda value: True if value else None),
    "count": Kind(INT32, False, lambda value: bool(_int(0, value)), int),
    "bit1": Kind(BOOL, 0, _same, lambda value: bool(value & 1), 1),
    "bit2": Kind(BOOL, 0, _same, lambda value: bool(value & 2), 2),
    # A number in messages, text here; and the other way round.
    "figure": Kind(STRING, 0.0, lambda text: 0.0 if nothing(text) else parse_float(text), format_float),
    "digits": Kind(STRING, 0, parse_whole, str),
    "number": Kind(DOUBLE, "", _number_text, _number),
    # A whole number in messages, any number here.
    "whole": Kind(DOUBLE, 0, lambda value: int(_double(0.0, value)), float),
    # IB's clients take 0 for what is missing here, and the largest double for what isn't set.
    "max": Kind(DOUBLE, None, partial(_double, None), lambda value: sys.float_info.max if value is None else value),
    # 0 is no strike: nothing here is listed at that price.
    "strike": Kind(DOUBLE, None, lambda value: _double(None, value) or None, _or_none(float)),
    # An offset of which infinity means something: as far as the midpoint.
    "mid": Kind(DOUBLE, None, lambda value: value if value == math.inf else _double(None, value), _or_none(float)),
    "-1": _mark(-1.0),
    "-2": _mark(-2.0),
    # The name of a sub-order's type, which a client may echo as the text lane says it.
    "none": Kind(STRING, "", lambda text: "" if text == "None" else text, lambda value: value or None),
    "tags": Kind(
        MAP,
        (),
        lambda entries: tuple(TagValue(tag=tag, value=value) for tag, value in _map_of(entries)),
        lambda tags: _pairs((one.tag, one.value) for one in tags),
    ),
    # The text lane's ``tag=value;`` list.
    "options": Kind(
        MAP, "", lambda entries: "".join(f"{tag}={value};" for tag, value in _map_of(entries)), _options
    ),
}  # fmt: skip


def _moment(lane: Lane) -> Kind:
    """A date and time. From 214 on, one in UTC (``yyyyMMdd-HH:mm:ss``) ends in Z; messages never have it."""

    def is_utc(text: str, length: int) -> bool:
        return len(text) == length and text[8] == "-" and text[:8].isdigit()

    def read(text: str) -> str:
        return text[:-1] if text.endswith("Z") and is_utc(text, 18) else text

    def write(text: str) -> str | None:
        return f"{text}Z" if lane.version >= Z_SUFFIX and is_utc(text, 17) else text or None

    return Kind(STRING, "", read, write)


def _epoch(lane: Lane) -> Kind:
    """Epoch seconds in messages, local time of the login zone on the wire."""
    parse, format = EPOCH.at(lane)
    return Kind(STRING, 0.0, parse, format)


# Those that depend on the version or on the login zone.
BY_LANE: dict[str, Callable[[Lane], Kind]] = {"moment": _moment, "epoch": _epoch}
