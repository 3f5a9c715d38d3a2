"""News: providers, headlines of the past, articles, and headlines as they come.

Rule: what is told here was written by ``headlines.py``; a headline that streamed by is one that history tells later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from ... import messages as m
from ...instruments import Instrument
from ...world import Client, World
from ...world.journal import ARTICLE, PROVIDER, written
from ...zones import LOGIN_ZONE
from ..history.request import parse_moment
from ..market_data.generic_ticks import is_news
from ..registry import Refusal, handles, invalid
from .headlines import PROVIDERS, between, find_story

_TOKEN = "bV"
_MOST = 300
_KEPT_DAYS = 366
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)?")


@handles(m.ReqNewsProviders)
def news_providers(world: World, client: Client, request: m.ReqNewsProviders) -> Iterator[object]:
    """The three providers that every account has: BRFG, BRFUPDN and DJNL."""
    yield m.NewsProviders(newsProviders=tuple(m.NewsProvider(code=code, name=name) for code, name in PROVIDERS.items()))


@handles(m.ReqHistoricalNews)
def historical_news(world: World, client: Client, request: m.ReqHistoricalNews) -> Iterator[object]:
    """Headlines of an instrument, newest first, at most 300; then the end, which says whether there are more.

    Differs from TWS: headlines are invented and go back one year.
    """
    instrument = world.instruments.find(request.conId)
    if instrument is None:
        raise invalid("Invalid contract id", _TOKEN)
    providers = tuple(code.strip().upper() for code in request.providerCodes.split("+") if code.strip())
    unknown = [code for code in providers if code not in PROVIDERS]
    if unknown or not providers:
        raise invalid(f"Invalid provider code: {'+'.join(unknown) or '(empty)'}", _TOKEN)
    if request.totalResults < 1:
        raise invalid(f"Invalid number of results: {request.totalResults}", _TOKEN)
    now = world.clock.now()
    oldest = now - _KEPT_DAYS * 86400
    after = max(_moment(request.startDateTime, oldest, now, "Start Date/Time"), oldest)
    until = min(_moment(request.endDateTime, now, now, "End Date/Time"), now)
    most = min(request.totalResults, _MOST)
    found = list(islice(between(world, instrument, providers, after, until), most + 1))
    for story in found[:most]:
        yield m.HistoricalNews(
            reqId=request.reqId,
            time=f"{datetime.fromtimestamp(story.time, UTC):%Y-%m-%d %H:%M:%S}.0",
            providerCode=story.providerCode,
            articleId=story.articleId,
            headline=story.headline,
        )
    yield m.HistoricalNewsEnd(reqId=request.reqId, hasMore=len(found) > most)


@handles(m.ReqNewsArticle)
def news_article(world: World, client: Client, request: m.ReqNewsArticle) -> Iterator[object]:
    """The text of an article whose id a headline gave; 10172 for any other.

    Differs from TWS: articles are short, invented and plain text; none is a PDF. The article `journal` of provider
    `IBNB` is what this world has received and said, for the checks of a course (`world.journal`).
    """
    if (request.providerCode, request.articleId) == (PROVIDER, ARTICLE):
        yield m.NewsArticle(reqId=request.reqId, articleType=0, articleText=written(world.journal))
        return
    story = find_story(world, request.articleId)
    if story is None or story.providerCode != request.providerCode.strip().upper():
        raise Refusal(10172, "Failed to request news article:No data available")
    yield m.NewsArticle(reqId=request.reqId, articleType=0, articleText=story.text)


def news_ticks(
    world: World, instrument: Instrument, tickerId: int, ids: tuple[str, ...], after: float, until: float
) -> Iterator[m.TickNews]:
    """Yield the headlines later than `after` and not later than `until` (epoch seconds), oldest first.

    `ids` is a generic tick list: "292" means every provider, "292:BRFG" or "292:BRFG+DJNL" those.
    """
    asked: dict[str, None] = {}
    for id in ids:
        codes = id.partition(":")[2]
        if is_news(id):
            asked |= dict.fromkeys(code for code in (codes.split("+") if codes else PROVIDERS) if code in PROVIDERS)
    for story in reversed(list(between(world, instrument, tuple(asked), after, until)) if asked else []):
        yield m.TickNews(
            tickerId=tickerId,
            timeStamp=int(story.time * 1000),
            providerCode=story.providerCode,
            articleId=story.articleId,
            headline=story.headline,
        )


def _moment(text: str, default: float, now: float, field: str) -> float:
    """Read ``yyyy-MM-dd HH:mm:ss.0`` (UTC), or one of the forms that historical data take. Raises Refusal 10314."""
    if not text.strip():
        return default
    if match := _DATE.fullmatch(text.strip()):
        text = f"{match[1]}{match[2]}{match[3]}-{match[4]}"
    return parse_moment(text, now, LOGIN_ZONE, (), field).time
