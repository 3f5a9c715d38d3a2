"""What kind of thing an answer is, in a learner's words: `a text`, `a table`, `a whole number`; and what was wanted."""

from __future__ import annotations

import datetime
import numbers
import reprlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

# A type, several types, `callable`, or a list of these, one for each of several answers. None: anything will do.
Wants = Any

# The first that fits names the thing, so the narrower kind stands before the wider one.
_KINDS: list[tuple[Any, str]] = [
    (type(None), "None"),
    ((bool, np.bool_), "True or False"),
    (numbers.Integral, "a whole number"),
    (numbers.Real, "a number"),
    (str, "a text"),
    (bytes, "bytes"),
    (pd.DataFrame, "a table (DataFrame)"),
    (pd.Series, "a column of a table (Series)"),
    (pd.Index, "an index of a table"),
    (np.ndarray, "an array"),
    (Mapping, "a dictionary"),
    (list, "a list"),
    (tuple, "a tuple"),
    ((set, frozenset), "a set"),
    (datetime.timedelta, "a span of time (timedelta)"),
    (datetime.datetime, "a point in time"),
    (datetime.date, "a date"),
    (BaseException, "an exception"),
    (type, "a class"),
]
# What a check may ask for, and everything that passes as such.
_PASSES: dict[Any, Any] = {
    bool: (bool, np.bool_),
    int: numbers.Integral,
    float: numbers.Real,
    dict: Mapping,
}
_WANTED = {
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    dict: "a dictionary",
    callable: "a function",
}


def kind(thing: Any) -> str:
    """`a text`, `a table (DataFrame)`, `a Contract`: what a learner would call it."""
    for types, name in _KINDS:
        if isinstance(thing, types):
            return name
    if callable(thing):
        return "a function"
    return _a(type(thing).__name__)


def unlike(thing: Any, wants: Wants, what: str = "this") -> str | None:
    """`this is a text, a table (DataFrame) is wanted`, or None when it is what is wanted."""
    if wants is None:
        return None
    allowed = wants if isinstance(wants, tuple) else (wants,)
    if any(_is(thing, one) for one in allowed):
        return None
    called = " (without brackets: the function itself, not what it returns)" if allowed == (callable,) else ""
    return f"{what} is {kind(thing)}, {' or '.join(map(_wanted, allowed))} is wanted{called}"


def said(thing: Any) -> str:
    """An argument as a sentence can hold it: short things as Python writes them, others by their kind."""
    if isinstance(thing, (str, int, float, tuple, type(None))):
        return reprlib.repr(thing)
    return reprlib.repr(thing) if isinstance(thing, (list, dict)) and len(reprlib.repr(thing)) < 60 else kind(thing)


def _is(thing: Any, wanted: Any) -> bool:
    if wanted is callable:
        return bool(callable(thing))
    if isinstance(thing, (bool, np.bool_)) and wanted in (int, float):
        return False
    return bool(isinstance(thing, _PASSES.get(wanted, wanted)))


def _wanted(wanted: type | Callable[..., Any]) -> str:
    if wanted in _WANTED:
        return _WANTED[wanted]
    assert isinstance(wanted, type)
    return next((name for types, name in _KINDS if types is wanted), _a(wanted.__name__))


def _a(name: str) -> str:
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"
