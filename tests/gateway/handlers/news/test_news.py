"""News: invented, but the same for whoever asks, and told as TWS tells them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.handlers.news.news import news_ticks

from ..asking import Asker, error, new_york

AAPL, TSLA = 265598, 76792991
ALL = "BRFG+BRFUPDN+DJNL"


def asked(asker: Asker, conId: int = AAPL, codes: str = ALL, start: str = "", end: str = "", most: int = 300) -> list:
    return asker.ask(
        m.ReqHistoricalNews(
            reqId=4, conId=conId, providerCodes=codes, startDateTime=start, endDateTime=end, totalResults=most
        )
    )


def instant(row: m.HistoricalNews) -> float:
    return datetime.strptime(row.time, "%Y-%m-%d %H:%M:%S.0").replace(tzinfo=UTC).timestamp()


def test_the_providers_are_those_that_every_account_has() -> None:
    [answer] = Asker().ask(m.ReqNewsProviders())
    assert ["BRFG", "BRFUPDN", "DJNL"] == [provider.code for provider in answer.newsProviders]


def test_headlines_come_newest_first_and_then_the_end() -> None:
    asker = Asker()
    *rows, end = asked(asker)
    times = [instant(row) for row in rows]
    assert sorted(times, reverse=True) == times
    assert len(rows) == 300
    assert {"BRFG", "BRFUPDN", "DJNL"} == {row.providerCode for row in rows}
    assert all(time <= asker.world.clock.now() for time in times)
    assert m.HistoricalNewsEnd(reqId=4, hasMore=True) == end


def test_the_range_and_the_number_are_kept() -> None:
    start, end = "2025-05-01 00:00:00.0", "2025-05-31 00:00:00.0"
    *rows, last = asked(Asker(), start=start, end=end)
    assert rows
    assert not last.hasMore
    assert all(start < row.time <= end for row in rows)
    *few, last = asked(Asker(), start=start, end=end, most=3)
    assert rows[:3] == few
    assert last.hasMore


def test_two_worlds_tell_the_same_and_other_instruments_other_things() -> None:
    assert asked(Asker(), most=20) == asked(Asker(), most=20)
    assert [row.articleId for row in asked(Asker(), most=20)[:-1]] != [
        row.articleId for row in asked(Asker(), conId=TSLA, most=20)[:-1]
    ]


def test_an_article_is_found_by_its_headlines_id() -> None:
    asker = Asker()
    row = asked(asker, most=1)[0]
    [article] = asker.ask(m.ReqNewsArticle(reqId=5, providerCode=row.providerCode, articleId=row.articleId))
    assert 0 == article.articleType
    assert article.articleText.startswith(row.headline)
    assert "invented" in article.articleText


@pytest.mark.parametrize(
    "articleId", ["", "BRFG$00", "BRFG$00040d7e0b48d4ff", "NOPE$00040d7e0b48d400", "BRFG$00040d7effffff00"]
)
def test_any_other_article_is_refused(articleId: str) -> None:
    code, text = error(Asker().ask(m.ReqNewsArticle(reqId=5, providerCode="BRFG", articleId=articleId)))
    assert 10172 == code
    assert text.startswith("Failed to request news article")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"conId": 1}, 321),
        ({"codes": "BRFG+XYZ"}, 321),
        ({"codes": ""}, 321),
        ({"most": 0}, 321),
        ({"start": "last week"}, 10314),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict, code: int) -> None:
    assert code == error(asked(Asker(), **change))[0]


def test_a_scripted_move_is_news_from_then_on() -> None:
    asker = Asker(start=new_york(11, 10, 1))
    assert not any("jump 5.8%" in row.headline for row in asked(asker, TSLA, "BRFG")[:-1])
    asker.wait(120)
    assert "Tesla" in asked(asker, TSLA, "BRFG", most=1)[0].headline
    assert "jump 5.8% within a minute" in asked(asker, TSLA, "BRFG", most=1)[0].headline


def test_headlines_come_with_a_stream_that_asks_for_them() -> None:
    asker = Asker()
    stock = m.Contract(symbol="TSLA", secType="STK", exchange="SMART", currency="USD")
    asker.ask(m.ReqMktData(reqId=7, contract=stock, genericTickList="mdoff,292:BRFG"))
    ticks = [tick for tick in asker.wait(180) if isinstance(tick, m.TickNews)]
    assert [(7, "BRFG")] == [(tick.tickerId, tick.providerCode) for tick in ticks]
    assert "jump 5.8%" in ticks[0].headline
    assert new_york(11, 10, 2, 20) * 1000 == ticks[0].timeStamp
    assert not any(isinstance(answer, m.ErrorMessage) for answer in asker.said)


def test_news_ticks_are_the_headlines_that_history_tells() -> None:
    asker = Asker()
    tesla = asker.world.instruments.find(TSLA)
    assert tesla is not None
    after = new_york(11, 9)
    asker.wait(3600)
    now = asker.world.clock.now()
    for ids in (("292",), ("292:BRFG",), ("mdoff", "292:BRFG+DJNL")):
        ticks = list(news_ticks(asker.world, tesla, 7, ids, after, now))
        codes = ALL if ids == ("292",) else ids[-1].partition(":")[2]
        rows = [row for row in asked(asker, TSLA, codes)[:-1] if instant(row) > after]
        assert [row.articleId for row in reversed(rows)] == [tick.articleId for tick in ticks]
        assert any("5.8%" in tick.headline for tick in ticks)
    assert [] == list(news_ticks(asker.world, tesla, 7, ("233", "292:XYZ"), after, now))
