"""How single values look as text fields, in both directions.

Rule: reading is generous about how clients say "unset" (`nothing`) and strict about everything else; writing uses the
form of a real gateway. Unset is ``None``, or 0 where a field always has a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

Parse = Callable[[str], Any]
Format = Callable[[Any], str]

MAX_DOUBLE_TEXT = "1.7976931348623157E308"
MAX_INT_TEXT = "2147483647"
MAX_LONG_TEXT = "9223372036854775807"
MIN_LONG_TEXT = "-9223372036854775808"

# Server versions at which the form of a value changed.
FRACTIONAL_POSITIONS = 101
ASCII7 = 153
FRACTIONAL_SIZES = 163
ZONED_TIMES = 174

_INT = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})([eE][+-]?\d{1,3})?", re.ASCII)
# What ibapi, IB's Java, C++ and .NET clients and Go's send in a numeric field that means nothing. C++ prints ten digits
# of the largest double, .NET Framework fifteen, which overflow; a Decimal is NaN, or the largest of its 128 bits.
LARGEST = 1.797693134e308
_WORDS = frozenset({"infinity", "infinite", "inf", "nan", "snan"})
INTEGERS = frozenset(str(2**bits - 1) for bits in (31, 63, 127)) | frozenset(str(2**bits) for bits in (31, 63, 127))


class Lane(NamedTuple):
    """What the form of a field may depend on: the negotiated version, and the time zone TWS is logged in with."""

    version: int
    zone: str


@dataclass(frozen=True, slots=True)
class Kind:
    """How a value looks as a text field."""

    at: Callable[[Lane], tuple[Parse, Format]]


def nothing(text: str) -> bool:
    """Whether a client says by this that a number isn't set, in whichever language it is written."""
    if not text:
        return True
    digits = text.lstrip("+-")
    if digits in INTEGERS or digits.lower() in _WORDS:
        return True
    return len(digits) > 5 and bool(_NUMBER.fullmatch(text)) and abs(float(text)) >= LARGEST


def fixed(parse: Parse, format: Format) -> Kind:
    """A kind that looks the same in every lane."""
    return Kind(lambda lane: (parse, format))


def optional(parse: Parse, format: Format, unset: str) -> Kind:
    """A kind whose None is written as ``unset``; read as None is all that means nothing."""
    return fixed(
        lambda text: None if nothing(text) else parse(text),
        lambda value: unset if value is None else format(value),
    )


def parse_int(text: str) -> int:
    if not _INT.fullmatch(text):
        raise ValueError(text)
    value = int(text)
    if not -(2**31) <= value < 2**31:
        raise ValueError(text)
    return value


def parse_int_or_zero(text: str) -> int:
    """A client may leave a number out that means nothing to it: @stoqey/ib sends an empty conId, and TWS reads 0."""
    return parse_int(text) if text else 0


def parse_whole(text: str) -> int:
    return 0 if nothing(text) else parse_int(text)


def parse_long(text: str) -> int:
    if not _INT.fullmatch(text):
        raise ValueError(text)
    return int(text)


def parse_bool(text: str) -> bool:
    return bool(parse_whole(text))


def parse_float(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return float(text)


def parse_float_or_zero(text: str) -> float:
    return 0.0 if nothing(text) else parse_float(text)


def parse_decimal(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return Decimal(text)


def format_float(value: float) -> str:
    """The shortest text that reads back as the same double, never with an exponent."""
    try:
        text = float.__repr__(value)
    except TypeError:
        text = repr(float(value))
    if "e" in text or "n" in text:
        if text == "inf":
            return "Infinity"
        if "n" in text:
            raise ValueError(f"{text} can't be sent")
        return f"{Decimal(text):f}"
    return text


def format_decimal(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_whole(value: Decimal) -> str:
    return str(int(value))


def optional_float(unset: str) -> Kind:
    return fixed(
        lambda text: None if nothing(text) else parse_float(text),
        lambda value: unset if value is None else format_float(value),
    )


def _parse_up_to_mid(text: str) -> float | None:
    """An offset of which infinity means something: as far as the midpoint."""
    if text.lstrip("+").lower() in ("infinity", "infinite", "inf"):
        return float("inf")
    return None if nothing(text) else parse_float(text)


def not_computed(mark: float) -> Kind:
    """A model value: IB sends ``mark`` where it has none."""

    def parse(text: str) -> float | None:
        value = None if nothing(text) else parse_float(text)
        return None if value == mark else value

    return fixed(parse, lambda value: format_float(mark if value is None else value))


def _parse_quantity(text: str) -> Decimal | None:
    return None if nothing(text) else parse_decimal(text)


def quantity(whole_below: int) -> Kind:
    """A number of shares or contracts; unset counts as none. Whole below the version that allows fractions."""
    return Kind(
        lambda lane: (
            lambda text: _parse_quantity(text) or Decimal(0),
            format_whole if lane.version < whole_below else format_decimal,
        )
    )


def none_text(sent: str) -> Kind:
    """The name of a sub-order's type, for which a real gateway says ``None`` and clients echo it."""
    return fixed(lambda text: "" if text == "None" else text, lambda value: value or sent)


def escape(text: str) -> str:
    """What ``unicode-escape`` undoes: backslashes doubled, everything outside ASCII as an escape."""
    text = text.replace("\\", "\\\\")
    if text.isascii():
        return text
    return "".join(c if c < "\x80" else f"\\u{ord(c):04x}" if c <= "\uffff" else f"\\U{ord(c):08x}" for c in text)


def unescape(text: str) -> str:
    """Undo ``escape``; a malformed escape is a ValueError."""

    def character(match: re.Match[str]) -> str:
        code = match[1]
        if code == "\\":
            return "\\"
        if len(code) == 1:
            raise ValueError(text)
        return chr(int(code[1:], 16))

    return _ESCAPE.sub(character, text)


_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|.|$)", re.DOTALL)


def _escaped(lane: Lane) -> tuple[Parse, Format]:
    return (unescape, escape) if lane.version >= ASCII7 else (str, str)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _moment(lane: Lane) -> tuple[Parse, Format]:
    """A date and time which messages carry in today's form, rewritten for versions that don't know zones."""
    return str, str if lane.version >= ZONED_TIMES else _local_time(lane.zone)


_ZONED = re.compile(r"(\d{8}) (\d\d:\d\d:\d\d) (\w+/[\w/+-]+|[A-Z]{3,4})", re.ASCII)
_UTC = re.compile(r"(\d{8})-(\d\d:\d\d:\d\d)", re.ASCII)


def _local_time(login_zone: str) -> Format:
    """``yyyyMMdd HH:mm:ss zone`` and ``yyyyMMdd-HH:mm:ss`` (UTC) become ``yyyyMMdd  HH:mm:ss`` of the login zone."""

    def format(text: str) -> str:
        zoned = _ZONED.fullmatch(text)
        if zoned:
            date, time, zone = zoned.groups()
        else:
            utc = _UTC.fullmatch(text)
            if not utc:
                return text
            (date, time), zone = utc.groups(), "UTC"
        if zone == login_zone:
            return f"{date}  {time}"
        there = datetime.strptime(date + time, "%Y%m%d%H:%M:%S").replace(tzinfo=_zone(zone))
        return there.astimezone(_zone(login_zone)).strftime("%Y%m%d  %H:%M:%S")

    return format


def _epoch_time(lane: Lane) -> tuple[Parse, Format]:
    """Epoch seconds in messages; local time of the login zone on the wire."""
    zone = _zone(lane.zone)
    form = f"%Y%m%d %H:%M:%S {lane.zone}" if lane.version >= ZONED_TIMES else "%Y%m%d  %H:%M:%S"

    def parse(text: str) -> float:
        return datetime.strptime(text, form).replace(tzinfo=zone).timestamp()

    def format(value: float) -> str:
        return datetime.fromtimestamp(value, UTC).astimezone(zone).strftime(form)

    return parse, format


def _parse_conjunction(text: str) -> bool:
    if text not in ("a", "o"):
        raise ValueError(text)
    return text == "a"


def _parse_strike(text: str) -> float | None:
    return None if nothing(text) else parse_float(text) or None


_count: Callable[[Any], str] = "{:d}".format  # refuses what isn't whole, writes True as 1

TEXT = fixed(str, str)
ESCAPED = Kind(_escaped)
INT = fixed(parse_int_or_zero, _count)
# A number that isn't an id: its largest value is nothing, too.
WHOLE = fixed(parse_whole, _count)
LONG = fixed(parse_long, _count)
BOOL = fixed(parse_bool, lambda value: "1" if value else "0")
FLOAT = fixed(parse_float_or_zero, format_float)
# Whole numbers without ".0": 9.81 reads some of these as ints.
SHORT_FLOAT = fixed(parse_float_or_zero, lambda value: format_float(value).removesuffix(".0"))
OPT_INT = optional(parse_int, _count, "")
MAX_INT = optional(parse_int, _count, MAX_INT_TEXT)
ZERO_INT = fixed(lambda text: parse_whole(text) or None, lambda value: "0" if value is None else _count(value))
MAX_LONG = optional(parse_long, _count, MAX_LONG_TEXT)
OPT_FLOAT = optional_float("")
UP_TO_MID = fixed(_parse_up_to_mid, lambda value: "" if value is None else format_float(value))
MAX_UP_TO_MID = fixed(_parse_up_to_mid, lambda value: MAX_DOUBLE_TEXT if value is None else format_float(value))
MAX_FLOAT = optional_float(MAX_DOUBLE_TEXT)
QUANTITY = quantity(FRACTIONAL_POSITIONS)
SIZE = quantity(FRACTIONAL_SIZES)
DECIMAL = quantity(0)
OPT_DECIMAL = fixed(_parse_quantity, lambda value: "" if value is None else format_decimal(value))
MIN_DECIMAL = fixed(_parse_quantity, lambda value: MIN_LONG_TEXT if value is None else format_decimal(value))
STRIKE = fixed(_parse_strike, lambda value: "0" if value is None else format_float(value))
NONE_TEXT = none_text("None")
NONE_OR_EMPTY = none_text("")
CONJUNCTION = fixed(_parse_conjunction, lambda value: "a" if value else "o")
MOMENT = Kind(_moment)
EPOCH = Kind(_epoch_time)
MINUS_ONE = not_computed(-1.0)
MINUS_TWO = not_computed(-2.0)

# Kinds by their names in the tables: "max_float" is MAX_FLOAT.
KINDS: dict[str, Kind] = {name.lower(): kind for name, kind in globals().items() if isinstance(kind, Kind)}
