"""The news of this world: invented, and the same whenever they are asked for.

Rule: a day's stories of an instrument are a pure function of the scenario's seed, the instrument, the provider and the
day; an article's id says which story it is. The moves that a scenario scripts are reported as they happen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np

from ...instruments import Instrument
from ...market.noise import bits, piece, stream
from ...scenario import NEW_YORK
from ...world import World

PROVIDERS = {
    "BRFG": "Briefing.com General Market Columns",
    "BRFUPDN": "Briefing.com Analyst Actions",
    "DJNL": "Dow Jones Newsletters",
}

# Who writes how many stories a day of one instrument: one number is drawn.
_A_DAY = {"BRFG": (0, 0, 1, 1), "BRFUPDN": (0, 0, 0, 0, 0, 0, 0, 1), "DJNL": (0, 0, 0, 1)}

_HEADLINES = {
    "BRFG": (
        "{name}: what to watch this week",
        "{name} to present at an investors' conference",
        "{symbol} holds its range as volume stays close to average",
        "{name} names a new head of operations",
        "Early movers: {symbol} among the most discussed",
        "{name} sets the date of its next report",
    ),
    "BRFUPDN": (
        "{name} upgraded to Buy from Hold at Ashdown & Pike",
        "{name} downgraded to Hold from Buy at Ashdown & Pike",
        "{name} initiated with an Outperform at Marlow Research",
        "{name} reiterated at Neutral by Marlow Research",
    ),
    "DJNL": (
        "The week ahead: {name} in a quiet calendar",
        "Why some investors still hold {symbol}",
        "Reading the footnotes of {name}",
        "{symbol} and its rivals: a comparison",
    ),
}
_BODY = (
    "{headline}\n\n"
    "This story was invented by ibnb.gateway, a simulated TWS, so that there is something to read. Nothing of it "
    "happened, and nothing in it is advice. It concerns {name} ({symbol}), contract id {conId}."
)

_FIRST_SECOND, _LAST_SECOND = 6 * 3600, 20 * 3600
_DELAY_OF_A_MOVE = 20
_ID = re.compile(r"([A-Z]+)\$([0-9a-f]{8})([0-9a-f]{6})([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Story:
    """One story. `time` is in epoch seconds."""

    time: float
    providerCode: str
    articleId: str
    headline: str
    text: str


def stories(world: World, instrument: Instrument, provider: str, day: date) -> list[Story]:
    """Return all that a provider writes of an instrument on a day in New York, newest first."""
    drawn = bits(stream(world.scenario.seed, "news", provider, instrument.conId, day.toordinal()), np.arange(4))
    midnight = datetime.combine(day, time(), NEW_YORK).timestamp()
    told: list[tuple[float, str]] = []
    numbers = _A_DAY[provider]
    for n in range(numbers[int(piece(drawn[:1], 0)[0]) % len(numbers)]):
        second = _FIRST_SECOND + int(piece(drawn[n + 1 : n + 2], 0, 32)[0]) % (_LAST_SECOND - _FIRST_SECOND)
        words = _HEADLINES[provider]
        told.append((midnight + second, words[int(piece(drawn[n + 1 : n + 2], 40)[0]) % len(words)]))
    if provider == "BRFG":
        told += _moves(world, instrument, day)
    found = [_story(instrument, provider, day, n, when, words) for n, (when, words) in enumerate(told)]
    return sorted(found, key=lambda story: story.time, reverse=True)


def _moves(world: World, instrument: Instrument, day: date) -> Iterator[tuple[float, str]]:
    for move in world.scenario.moves:
        if move.symbol == instrument.symbol and datetime.fromtimestamp(move.time, NEW_YORK).date() == day:
            way = "jump" if move.factor > 1 else "fall"
            yield move.time + _DELAY_OF_A_MOVE, f"{{name}} shares {way} {abs(move.factor - 1):.1%} within a minute"


def _story(instrument: Instrument, provider: str, day: date, n: int, when: float, words: str) -> Story:
    names = {"name": instrument.longName.title(), "symbol": instrument.symbol, "conId": instrument.conId}
    headline = words.format(**names)
    articleId = f"{provider}${instrument.conId:08x}{day.toordinal():06x}{n:02x}"
    return Story(when, provider, articleId, headline, _BODY.format(headline=headline, **names))


def find_story(world: World, articleId: str) -> Story | None:
    """Return the story with this id if it has been written by now."""
    match = _ID.fullmatch(articleId)
    if match is None or match[1] not in PROVIDERS:
        return None
    instrument, ordinal = world.instruments.find(int(match[2], 16)), int(match[3], 16)
    if instrument is None or not 1 <= ordinal <= date.max.toordinal():
        return None
    for story in stories(world, instrument, match[1], date.fromordinal(ordinal)):
        if story.articleId == articleId and story.time <= world.clock.now():
            return story
    return None


def between(
    world: World, instrument: Instrument, providers: tuple[str, ...], after: float, until: float
) -> Iterator[Story]:
    """Yield the stories later than `after` and not later than `until` (epoch seconds), newest first."""
    first = datetime.fromtimestamp(after, NEW_YORK).date()
    day = datetime.fromtimestamp(until, NEW_YORK).date()
    while day >= first:
        today = [story for provider in providers for story in stories(world, instrument, provider, day)]
        for story in sorted(today, key=lambda story: (-story.time, story.articleId)):
            if after < story.time <= until:
                yield story
        day -= timedelta(days=1)
