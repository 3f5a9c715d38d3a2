from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from inside import core
from scripted import ScriptedTWS

from ibnb import RequestError, RequestTimeoutError, createContract
from ibnb.ib.api import UNSET_DOUBLE


def test_summary_has_a_row_per_tag_and_cancels_its_subscription(tws: ScriptedTWS) -> None:
    tws.on(
        "reqAccountSummary",
        ("accountSummary", "$id", "DU1234567", "AccountType", "INDIVIDUAL", ""),
        ("accountSummary", "$id", "DU1234567", "NetLiquidation", "1000000.50", "USD"),
        ("accountSummaryEnd", "$id"),
    )
    tws.record("cancelAccountSummary")
    summary = tws.app.getAccountSummary(["AccountType", "NetLiquidation"])
    assert summary.loc["NetLiquidation", "value"] == 1000000.50
    assert summary.loc["NetLiquidation", "currency"] == "USD"
    assert math.isnan(summary.loc["AccountType", "value"])
    assert list(summary["text"]) == ["INDIVIDUAL", ""]
    assert tws.names() == ["reqAccountSummary", "cancelAccountSummary"]
    (asked, group, tags), (cancelled,) = (args for _, args in tws.asked)
    assert (asked, group, tags) == (cancelled, "All", "AccountType,NetLiquidation")


@pytest.mark.parametrize(
    ("verb", "given", "asked", "answer"),
    [
        ("getAccountUpdates", (), "reqAccountUpdates", ("accountDownloadEnd", "DU2")),
        ("getAccountValues", (), "reqAccountUpdatesMulti", ("accountUpdateMultiEnd", "$id")),
        ("getPnL", (), "reqPnL", ("pnl", "$id", 0.0, 0.0, 0.0)),
        ("getPnLSingle", (4815747,), "reqPnLSingle", ("pnlSingle", "$id", 5, 0.0, 0.0, 0.0, 0.0)),
    ],
)
def test_no_account_is_the_one_that_was_chosen(
    tws: ScriptedTWS, verb: str, given: tuple[Any, ...], asked: str, answer: tuple[Any, ...]
) -> None:
    tws.tell("managedAccounts", "DU1234567,DU2")
    tws.app.account = "DU2"
    tws.on(asked, answer)
    getattr(tws.app, verb)(*given)
    assert tws.asked[0][1][1] == "DU2"


def test_two_accounts_do_not_overwrite_each_other(tws: ScriptedTWS) -> None:
    tws.on(
        "reqAccountSummary",
        ("accountSummary", "$id", "DU1", "NetLiquidation", "1", "USD"),
        ("accountSummary", "$id", "DU2", "NetLiquidation", "2", "USD"),
        ("accountSummaryEnd", "$id"),
    )
    summary = tws.app.getAccountSummary("NetLiquidation")
    assert dict(zip(summary["account"], summary["value"], strict=True)) == {"DU1": 1.0, "DU2": 2.0}


def test_empty_tags_and_group_are_refused_before_sending(tws: ScriptedTWS) -> None:
    tws.record("reqAccountSummary")
    with pytest.raises(ValueError, match="tags is empty"):
        tws.app.getAccountSummary([])
    with pytest.raises(ValueError, match="group is empty"):
        tws.app.getAccountSummary(group="")
    assert tws.asked == []


def test_a_refused_summary_raises_and_sends_no_cancel(tws: ScriptedTWS) -> None:
    tws.refuse("reqAccountSummary", 322, "Maximum number of account summary requests exceeded")
    tws.record("cancelAccountSummary")
    with pytest.raises(RequestError) as caught:
        tws.app.getAccountSummary()
    assert caught.value.code == 322
    assert tws.names() == ["reqAccountSummary"]


def test_a_summary_without_an_end_times_out_and_is_cancelled(tws: ScriptedTWS) -> None:
    tws.on("reqAccountSummary", ("accountSummary", "$id", "DU1", "NetLiquidation", "1", "USD"))
    tws.record("cancelAccountSummary")
    with pytest.raises(RequestTimeoutError, match="1 rows so far"):
        tws.app.getAccountSummary(timeout=0.01)
    assert tws.names() == ["reqAccountSummary", "cancelAccountSummary"]


def test_positions_are_floats_without_closed_ones_and_the_feed_ends(tws: ScriptedTWS) -> None:
    nvda, gone = createContract("NVDA"), createContract("GONE")
    nvda.conId, gone.conId = 4815747, 7
    tws.on(
        "reqPositions",
        ("position", "DU1234567", nvda, 3, 100.0),
        ("position", "DU1234567", gone, 0, 0.0),
        ("position", "DU1234567", nvda, 5, 101.5),
        ("positionEnd",),
    )
    tws.record("cancelPositions")
    held = tws.app.getPositions()
    assert held.index.tolist() == ["NVDA"]
    assert held.loc["NVDA", ["position", "avgCost"]].tolist() == [5.0, 101.5]
    assert tws.names() == ["reqPositions", "cancelPositions"]


def test_no_positions_have_the_same_columns_and_dtypes(tws: ScriptedTWS) -> None:
    one = ScriptedTWS()
    one.on("reqPositions", ("position", "DU1", createContract("NVDA"), 5, 1.0), ("positionEnd",))
    tws.on("reqPositions", ("positionEnd",))
    full, empty = one.app.getPositions(), tws.app.getPositions()
    assert len(empty) == 0
    pd.testing.assert_series_equal(full.dtypes, empty.dtypes)
    assert full.index.name == empty.index.name


def test_account_updates_keep_currencies_apart_and_the_last_word(tws: ScriptedTWS) -> None:
    nvda = createContract("NVDA")
    tws.on(
        "reqAccountUpdates",
        lambda subscribe, account: [tws.tell(*message) for message in messages] if subscribe else None,
    )
    messages = [
        ("updateAccountValue", "TotalCashBalance", "10", "USD", "DU1"),
        ("updateAccountValue", "TotalCashBalance", "20", "EUR", "DU1"),
        ("updatePortfolio", nvda, 5, 120.0, 600.0, 100.0, 100.0, UNSET_DOUBLE, "DU1"),
        ("updateAccountTime", "10:00"),
        ("updateAccountValue", "TotalCashBalance", "11", "USD", "DU1"),
        ("accountDownloadEnd", "DU1"),
    ]
    updates = tws.app.getAccountUpdates()
    cash = updates.values.set_index("currency", append=True)["value"]
    assert cash.to_dict() == {("TotalCashBalance", "USD"): 11.0, ("TotalCashBalance", "EUR"): 20.0}
    assert updates.portfolio.loc["NVDA", "marketValue"] == 600.0
    assert math.isnan(updates.portfolio.loc["NVDA", "realizedPNL"])
    assert updates.time == "10:00"
    assert [args[0] for _, args in tws.asked] == [True, False]


def test_pnl_is_one_answer_and_the_feed_ends(tws: ScriptedTWS) -> None:
    tws.on("reqPnL", ("pnl", "$id", 12.5, UNSET_DOUBLE, 0.0))
    tws.record("cancelPnL")
    found = tws.app.getPnL()
    assert found["dailyPnL"] == 12.5
    assert math.isnan(found["unrealizedPnL"])
    assert tws.asked[0][1][1] == "DU1234567"
    assert tws.names() == ["reqPnL", "cancelPnL"]


def test_current_time_is_utc(tws: ScriptedTWS) -> None:
    tws.on("reqCurrentTime", ("currentTime", 1749650400))
    assert tws.app.getCurrentTime() == pd.Timestamp("2025-06-11 14:00", tz="UTC")


def test_a_feed_of_your_own_goes_on(tws: ScriptedTWS) -> None:
    tws.on("reqPositions", ("positionEnd",))
    tws.on("reqAccountUpdates", lambda subscribe, account: tws.tell("accountDownloadEnd", account))
    tws.record("cancelPositions")
    tws.app.reqPositions()
    tws.app.reqAccountUpdates(True, "")
    tws.app.getPositions()
    tws.app.getAccountUpdates()
    assert "cancelPositions" not in tws.names()
    # That of the first account, as the session's account may be another one.
    asked = [args for name, args in tws.asked if name == "reqAccountUpdates"]
    assert asked == [(True, ""), (True, "DU1234567"), (True, "")]


def test_another_account_is_read_and_your_feed_comes_back(tws: ScriptedTWS) -> None:
    tws.on("reqAccountUpdates", lambda subscribe, account: tws.tell("accountDownloadEnd", account))
    tws.app.reqAccountUpdates(True, "DU1")
    tws.app.getAccountUpdates("DU2")
    assert [args for _, args in tws.asked] == [(True, "DU1"), (True, "DU2"), (True, "DU1")]


def test_feeds_end_with_the_connection(tws: ScriptedTWS) -> None:
    tws.on("reqPositions", ("positionEnd",))
    tws.record("cancelPositions")
    tws.app.reqPositions()
    core(tws.app).lifecycle.end(tws.app.conn, "gone")
    tws.reconnect()
    tws.app.getPositions()
    assert tws.names()[-1] == "cancelPositions"


def test_one_account_s_positions_by_a_request_of_their_own(tws: ScriptedTWS) -> None:
    nvda, gone = createContract("NVDA"), createContract("GONE")
    nvda.conId, gone.conId = 4815747, 7
    tws.on(
        "reqPositionsMulti",
        ("positionMulti", "$id", "DU2", "", nvda, 5, 101.5),
        ("positionMulti", "$id", "DU2", "", gone, 0, 0.0),
        ("positionMultiEnd", "$id"),
    )
    tws.record("cancelPositionsMulti")
    held = tws.app.getPositions("DU2")
    assert held.loc["NVDA", ["position", "avgCost", "account"]].tolist() == [5.0, 101.5, "DU2"]
    assert len(held) == 1
    assert tws.asked[0][1][1:] == ("DU2", "")
    assert tws.names() == ["reqPositionsMulti", "cancelPositionsMulti"]
    tws.on("reqPositionsMulti", ("positionMultiEnd", "$id"))
    pd.testing.assert_series_equal(held.dtypes, tws.app.getPositions("DU2", "Model").dtypes)
    tws.refuse("reqPositionsMulti", 321, "Error validating request.-'x' : cause - Invalid account code")
    with pytest.raises(RequestError):
        tws.app.getPositions("NOPE")


def test_one_account_s_values_beside_all_others(tws: ScriptedTWS) -> None:
    tws.on(
        "reqAccountUpdatesMulti",
        ("accountUpdateMulti", "$id", "DU2", "", "CashBalance", "10", "EUR"),
        ("accountUpdateMulti", "$id", "DU2", "", "CashBalance", "11", "EUR"),
        ("accountUpdateMultiEnd", "$id"),
    )
    tws.record("cancelAccountUpdatesMulti")
    values = tws.app.getAccountValues("DU2", ledgerAndNLV=True)
    assert values.loc["CashBalance", ["value", "currency", "account"]].tolist() == [11.0, "EUR", "DU2"]
    assert tws.asked[0][1][1:] == ("DU2", "", True)
    assert tws.names() == ["reqAccountUpdatesMulti", "cancelAccountUpdatesMulti"]
    tws.record("reqAccountUpdatesMulti")
    with pytest.raises(RequestTimeoutError):
        tws.app.getAccountValues()
    assert tws.asked[-2][1][1] == "DU1234567"
    assert tws.names()[-1] == "cancelAccountUpdatesMulti"


def test_one_position_s_pnl(tws: ScriptedTWS) -> None:
    tws.on("reqPnLSingle", ("pnlSingle", "$id", 5, 12.5, UNSET_DOUBLE, 0.0, 600.0))
    tws.record("cancelPnLSingle")
    found = tws.app.getPnLSingle(4815747)
    assert found[["position", "dailyPnL", "realizedPnL", "value"]].tolist() == [5.0, 12.5, 0.0, 600.0]
    assert math.isnan(found["unrealizedPnL"])
    assert tws.asked[0][1][1:] == ("DU1234567", "", 4815747)
    assert tws.names() == ["reqPnLSingle", "cancelPnLSingle"]
    tws.app.getPnLSingle(createContract("NVDA", conId=4815747), "DU2")
    assert tws.asked[-2][1][1:] == ("DU2", "", 4815747)
    tws.record("reqPnLSingle")
    with pytest.raises(RequestTimeoutError):
        tws.app.getPnLSingle(1)
