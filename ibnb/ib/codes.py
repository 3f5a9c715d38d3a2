"""Questions about IB's message codes: is it serious, does it end my request, what does it mean?

TWS sends everything through one callback, `error`: good news about data farms, warnings, refusals.
A code that the table doesn't have is treated by the cautious rule of its range.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from numbers import Integral
from typing import Any, Literal, get_args

from ibnb.ib.code_table import CODES, DATA, FARMS, HISTORY_162, KINDS, OTHER_162, Code, History162, Severity
from ibnb.ib.values import check
from ibnb.tracebacks import short_errors

Outcome = Literal["fail", "finish", "note", "doubt"]
# What the user has said about codes, by code.
_own: dict[int, Code] = {}


@short_errors
def overrideCode(
    code: int,
    *,
    severity: Severity | None = None,
    ends: Collection[str] | None = None,
    meaning: str | None = None,
    advice: str | None = None,
) -> Code:
    """Say anew how serious a code is, and what it does, in this process; return its row. None keeps what was.

    `severity` is "notice", "warning", "request", "connection" or "order". `ends` are the kinds of request that the code
    ends (their verbs raise): any of codes.KINDS, an empty list for none. For what ibnb doesn't know yet, or knows
    wrongly: TWS's codes have no official list. Raises ValueError.

    >>> overrideCode(10349, severity="warning").severity
    'warning'
    >>> restoreCode(10349)
    """
    if severity is not None:
        check("severity", severity, get_args(Severity))
    kinds = None if ends is None else frozenset(check("ends", kind, KINDS) for kind in _as_list(ends))
    said: dict[str, Any] = {"severity": severity, "ends": kinds, "meaning": meaning, "advice": advice}
    row = replace(lookup(_number(code)), **{name: value for name, value in said.items() if value is not None})
    _own[int(code)] = row
    return row


@short_errors
def restoreCode(code: int | None = None) -> None:
    """Forget what overrideCode has said about a code; None: about all."""
    if code is None:
        _own.clear()
    else:
        _own.pop(_number(code), None)


def _as_list(words: Collection[str]) -> Collection[str]:
    return [words] if isinstance(words, str) else words


def _number(code: int) -> int:
    if not isinstance(code, Integral):
        raise ValueError(f"code {code!r} must be a number such as 10349; app.notices has those that came.")
    return int(code)


def history_kind(text: str) -> History162:
    """Which of the meanings of code 162 a text has; "other" when none fits."""
    low = text.lower()
    return next((sort for sort in HISTORY_162 if any(word in low for word in sort.words)), OTHER_162)


def lookup(code: int) -> Code:
    """The table's row; for a code that isn't in it, one with the severity of its range."""
    row = _own.get(code) or CODES.get(code)
    if row is not None:
        return row
    if 2100 <= code <= 2199:
        return Code(code, "warning", "A warning that ibnb has no entry for.", "Read the text.")
    if 1100 <= code <= 1399:
        return Code(code, "connection", "A message about the connection that ibnb has no entry for.", "Read the text.")
    return Code(code, "request", "A code that ibnb has no entry for.", "Read the text.", DATA)


def is_unknown(code: int) -> bool:
    """Is there no entry for a code, nor for its range? TWS's codes have no complete list, and grow every year."""
    return code not in _own and code not in CODES and lookup(code).severity == "request"


def outcome(code: int, text: str, kind: str) -> Outcome:
    """What a message with a request's id does to it: "fail" ends it, "finish" ends it empty, "note" doesn't end it.

    "doubt": nobody knows the code, so only what follows can tell. About an order it decides nothing at all.
    """
    if code in _own:
        return "fail" if kind in _own[code].ends else "note"
    if code == 165 and kind == "scanner" and "no items" in text.lower():
        return "finish"
    if code in (10089, 354) and "displaying delayed" in text.lower():
        return "note"
    if kind not in lookup(code).ends:
        return "note"
    return "doubt" if is_unknown(code) else "fail"


def severity(code: int, text: str = "") -> Severity:
    """How serious a message is; the 162 that confirms a cancel is only a notice."""
    if code == 162 and code not in _own and history_kind(text).name == "cancelled":
        return "notice"
    return lookup(code).severity


def explain_code(code: int, text: str = "") -> str:
    """Meaning and advice of a code in plain words; ValueError for what isn't a number."""
    row = lookup(_number(code))
    advice = history_kind(text).advice if code == 162 and text else row.advice
    return f"{code} ({severity(code, text)}): {row.meaning}" + (f" {advice}" if advice else "")


__all__ = [
    "CODES",
    "FARMS",
    "KINDS",
    "Code",
    "History162",
    "Outcome",
    "Severity",
    "explain_code",
    "history_kind",
    "is_unknown",
    "lookup",
    "outcome",
    "severity",
]
