from __future__ import annotations

import base64
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from scripted import ScriptedTWS

from ibnb import RequestError, RequestTimeoutError, createContract

AAPL = createContract("AAPL", conId=265598)
ROW = ("historicalNews", "$id", "2025-06-11 13:45:00.0", "BRFG", "BRFG$1", "{A:800015:L:en:K:0.9:C:0.9}!Apple rises")


def test_providers_by_code(tws: ScriptedTWS) -> None:
    tws.on("reqNewsProviders", ("newsProviders", [SimpleNamespace(code="BRFG", name="Briefing.com")]))
    providers = tws.app.getNewsProviders()
    assert providers.loc["BRFG", "name"] == "Briefing.com"
    tws.on("reqNewsProviders", ("newsProviders", []))
    pd.testing.assert_series_equal(providers.dtypes, tws.app.getNewsProviders().dtypes)


def test_headlines_without_what_providers_put_before_them(tws: ScriptedTWS) -> None:
    tws.on(
        "reqHistoricalNews",
        ROW,
        ("historicalNews", "$id", "2025-06-10 20:00:00.0", "DJNL", "DJ$2", "Apple {sic}"),
        ("historicalNewsEnd", "$id", True),
    )
    news = tws.app.getNews(AAPL, ["BRFG", "DJNL"], totalResults=2)
    assert news.index.tolist() == [
        pd.Timestamp("2025-06-11 13:45", tz="UTC"),
        pd.Timestamp("2025-06-10 20:00", tz="UTC"),
    ]
    assert news["headline"].tolist() == ["Apple rises", "Apple {sic}"]
    assert news["metadata"].tolist() == ["A:800015:L:en:K:0.9:C:0.9", ""]
    assert news.attrs["hasMore"] is True
    assert tws.asked[0][1][1:] == (265598, "BRFG+DJNL", "", "", 2, [])


def test_all_providers_are_asked_and_a_contract_is_looked_up(tws: ScriptedTWS) -> None:
    tws.on("reqNewsProviders", ("newsProviders", [SimpleNamespace(code=code, name="") for code in ("BRFG", "DJNL")]))
    details = SimpleNamespace(contract=AAPL)
    tws.on("reqContractDetails", ("contractDetails", "$id", details), ("contractDetailsEnd", "$id"))
    tws.on("reqHistoricalNews", ("historicalNewsEnd", "$id", False))
    start = datetime(2025, 6, 11, 9, 30, tzinfo=ZoneInfo("US/Eastern"))
    assert len(tws.app.getNews(createContract("AAPL"), start=start, end="2025-06-11 14:00:00")) == 0
    assert tws.asked[-1][1][1:5] == (265598, "BRFG+DJNL", "2025-06-11 13:30:00", "2025-06-11 14:00:00")
    tws.on("reqNewsProviders", ("newsProviders", []))
    with pytest.raises(ValueError, match="no news providers"):
        tws.app.getNews(AAPL)


def test_no_headlines_have_the_same_columns_and_dtypes(tws: ScriptedTWS) -> None:
    tws.on("reqHistoricalNews", ROW, ("historicalNewsEnd", "$id", False))
    full = tws.app.getNews(AAPL, "BRFG")
    tws.on("reqHistoricalNews", ("historicalNewsEnd", "$id", False))
    empty = tws.app.getNews(AAPL, "BRFG")
    pd.testing.assert_series_equal(full.dtypes, empty.dtypes)
    assert full.index.dtype == empty.index.dtype


@pytest.mark.parametrize(
    "arguments",
    [{"totalResults": 301}, {"start": "11 June"}, {"end": datetime(2025, 6, 11)}],  # noqa: DTZ001
)
def test_what_cannot_work_is_not_sent(tws: ScriptedTWS, arguments: dict[str, Any]) -> None:
    tws.record("reqHistoricalNews")
    with pytest.raises(ValueError):
        tws.app.getNews(AAPL, "BRFG", **arguments)
    assert tws.asked == []


def test_an_unknown_provider_and_silence(tws: ScriptedTWS) -> None:
    tws.refuse("reqHistoricalNews", 10276, "News feed is not allowed.")
    with pytest.raises(RequestError):
        tws.app.getNews(AAPL, "NONE")
    tws.record("reqHistoricalNews")
    with pytest.raises(RequestTimeoutError):
        tws.app.getNews(AAPL, "BRFG")


def test_an_article_is_text_or_a_file(tws: ScriptedTWS) -> None:
    tws.on("reqNewsArticle", ("newsArticle", "$id", 0, "<p>Apple rises</p>"))
    assert tws.app.getNewsArticle("BRFG", "BRFG$1") == ("<p>Apple rises</p>", b"")
    tws.on("reqNewsArticle", ("newsArticle", "$id", 1, base64.b64encode(b"%PDF").decode()))
    assert tws.app.getNewsArticle("BRFG", "BRFG$1").pdf == b"%PDF"
    tws.refuse("reqNewsArticle", 10172, "Failed to request news article:Not allowed")
    with pytest.raises(RequestError):
        tws.app.getNewsArticle("BRFG", "BRFG$1")


def test_bulletins_are_collected_for_a_while(tws: ScriptedTWS) -> None:
    tws.on("reqNewsBulletins", ("updateNewsBulletin", 3, 2, "EDGX is not available", "EDGX"))
    tws.record("cancelNewsBulletins")
    found = tws.app.getNewsBulletins(wait=0.01)
    assert found.loc[3].tolist() == [2, "EDGX is not available", "EDGX"]
    assert tws.names() == ["reqNewsBulletins", "cancelNewsBulletins"]
    tws.record("reqNewsBulletins")
    pd.testing.assert_series_equal(found.dtypes, tws.app.getNewsBulletins(wait=0.0).dtypes)


def test_refused_bulletins_are_not_an_empty_frame(tws: ScriptedTWS) -> None:
    tws.on("reqNewsBulletins", ("error", -1, 321, "Error validating request.-'x' : cause - not simulated"))
    with pytest.raises(RequestError):
        tws.app.getNewsBulletins(wait=0.0)
