"""Which worlds there are to be: lists of the words that `ibnb.connect` takes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import product
from typing import Any

import pandas as pd

from ibnb.gateway.calendar import Calendar
from ibnb.gateway.words import Words

#: What may be said of a world: `ibnb.connect`'s words for it.
WORDS = ("scenario", *Words.__annotations__)

World = dict[str, Any]


def grid(**words: Any) -> list[World]:
    """Every combination: a list (range, tuple, Series …) of values is gone through, anything else is for all worlds.

    >>> grid(seed=[1, 2], regime=["calm", "crash"], scenario="lesson")[1]
    {'seed': 1, 'regime': 'crash', 'scenario': 'lesson'}

    Raises ValueError for a word that is none.
    """
    check_words(words)
    choices = [_values(value) for value in words.values()]
    return [dict(zip(words, chosen, strict=True)) for chosen in product(*choices)]


def days(first: str | date, last: str | date, at: str = "09:30", exchange: str = "NYSE", **words: Any) -> list[World]:
    """A world for each trading day from `first` to `last` (both included), that begins `at` New York's time.

    Its scenario is "day", which has no script, unless another one is said ("lesson" brings its moves to each day).

    `words` as in `grid`: with seed=[1, 2] each day comes twice. The price paths of one seed go on from day to day, as
    they do in one world.

    >>> [world["start"] for world in days("2025-07-03", "2025-07-08")]
    ['2025-07-03 09:30', '2025-07-07 09:30', '2025-07-08 09:30']

    Raises ValueError for what is no date, no time of day or no exchange.
    """
    try:
        span = [pd.Timestamp(each).date() for each in (first, last)]
        pd.Timestamp(f"2025-01-02 {at}")
        found = Calendar().trading_days(exchange, *span)
    except KeyError:
        raise ValueError(f"exchange {exchange!r} isn't one whose hours are known, such as 'NYSE' or 'LSE'") from None
    except (ValueError, TypeError) as error:
        raise ValueError(f"days({first!r}, {last!r}, at={at!r}): {error}") from None
    return grid(start=[f"{day} {at}" for day in found], **{"scenario": "day", **words})


def check_words(words: Iterable[str]) -> None:
    """ValueError for a word that no world has."""
    if unknown := [word for word in words if word not in WORDS]:
        raise ValueError(f"{', '.join(map(repr, unknown))}: no word of a world. There are {', '.join(WORDS)}.")


def _values(value: Any) -> list[Any]:
    if isinstance(value, str | bytes | dict | pd.DataFrame) or not isinstance(value, Iterable):
        return [value]
    return list(value)
