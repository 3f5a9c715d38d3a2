"""Long history against the embedded gateway, whose journal says what was really asked for."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from inside import core
from peers.peer import WIRES, Peer, Wire

import ibnb
from ibnb import ConnectionLostError, IBApp
from ibnb.core.progress import Progress
from ibnb.core.unread import describe
from ibnb.gateway import Gateway
from ibnb.gateway.scenario import LESSON
from ibnb.ib.api import IBAPI_VERSION
from ibnb.verbs.download.peer import peer_name
from tests.verbs.download.flips import flip_bits

SYMBOLS = ["AAPL", "NVDA", "AMD", "INTC", "TSLA"]
OLD = IBAPI_VERSION.startswith("9.")


@pytest.fixture
def app() -> Iterator[IBApp]:
    yield ibnb.connect("embedded")
    ibnb.reset()


def asked(app: IBApp, what: str | None = None) -> list[tuple[Any, ...]]:
    """What the gateway was asked for, without the request ids."""
    requests = [each.message for each in app.gateway.journal if type(each.message).__name__ == "ReqHistoricalData"]
    return [
        (each.contract.symbol, each.contract.exchange, each.endDateTime, each.durationStr, each.whatToShow)
        for each in requests
        if what in (None, each.whatToShow)
    ]


def interrupt_at(count: int, act: Callable[[], object]) -> Callable[[Progress], None]:
    def told(now: Progress) -> None:
        if now.done == count:
            act()

    return told


def test_bars_are_those_of_get_data(app: IBApp) -> None:
    history = app.getHistory(["AAPL", "NVDA"], "2025-04-01", "2025-06-10", "1 hour")
    whole = app.getData(app.createContract("AAPL"), app.dataSettings("1 Y", "1 hour", "20250611-04:00:00"))
    pd.testing.assert_frame_equal(whole[whole.index >= "2025-04-01"], history["AAPL"], check_freq=False)
    pd.testing.assert_frame_equal(history["NVDA"], history.df.loc["NVDA"], check_freq=False)
    assert history.df.index.names == ["symbol", "Date"]
    assert (len(history.gaps), len(history.failures)) == (0, 0)


@pytest.mark.parametrize(
    ("barSize", "start", "end"),
    [
        ("30 secs", "2025-06-09 09:30", "2025-06-10 12:00"),
        ("1 min", "2025-06-05", "2025-06-09"),
        ("5 mins", "2025-05-23", "2025-06-09"),
        ("4 hours", "2025-04-20", "2025-06-09"),
        ("1 day", "2023-12-20", "2025-06-09"),
    ],
)
@pytest.mark.parametrize("useRTH", [0, 1])
def test_what_a_cache_gives_is_what_tws_gives(
    app: IBApp, tmp_path: Path, barSize: str, start: str, end: str, useRTH: int
) -> None:
    # Else the gateway refuses the same small bars within 15 seconds.
    app.pacing.on = True
    euro = app.createContract("EUR", "CASH", "IDEALPRO")
    args = (euro, start, end, barSize, "MIDPOINT", useRTH)
    plain = app.getHistory(*args)
    first, again = app.getHistory(*args, cache=tmp_path), app.getHistory(*args, cache=tmp_path)
    assert len(plain.df) > 0
    for each in (first, again):
        pd.testing.assert_frame_equal(plain.df, each.df)
    dates = pd.DatetimeIndex(plain["EUR"].index)
    assert dates.is_monotonic_increasing
    assert dates.is_unique
    assert len(plain.gaps) == 0


def test_a_second_call_asks_for_nothing_that_is_there(app: IBApp, tmp_path: Path) -> None:
    first = app.getHistory(SYMBOLS[:2], "2025-03-03", "2025-05-30", "1 hour", cache=tmp_path)
    before = asked(app)
    assert len([each for each in before if each[4] == "TRADES"]) == 6
    again = app.getHistory(SYMBOLS[:2], "2025-03-03", "2025-05-30", "1 hour", cache=tmp_path)
    part = app.getHistory(SYMBOLS[0], "2025-04-10", "2025-05-10", "1 hour", cache=tmp_path)
    assert before == asked(app)
    pd.testing.assert_frame_equal(first.df, again.df)
    assert again.symbols["requests"].tolist() == [0, 0]
    assert again.symbols["fromCache"].tolist() == [3, 3]
    pd.testing.assert_frame_equal(first["AAPL"]["2025-04-10":"2025-05-10"], part["AAPL"], check_freq=False)


def test_today_is_asked_for_again_and_only_today(app: IBApp, tmp_path: Path) -> None:
    app.getHistory("AAPL", "2025-05-01", cache=tmp_path, barSize="1 hour")
    before = len(asked(app, "TRADES"))
    app.sleep("2 h")
    later = app.getHistory("AAPL", "2025-05-01", cache=tmp_path, barSize="1 hour")
    assert [("AAPL", "SMART", "", "1 D", "TRADES")] == asked(app, "TRADES")[before:]
    assert str(later["AAPL"].index[-1]) == "2025-06-11 11:00:00-04:00"
    assert later["AAPL"].index.is_unique


@pytest.mark.parametrize("harm", ["drop", "truncate_next"])
def test_a_download_interrupted_twice_goes_on_and_asks_for_nothing_twice(app: IBApp, tmp_path: Path, harm: str) -> None:
    whole = app.getHistory(SYMBOLS, "2024-11-04", "2025-04-30", "1 hour")
    app.disconnect()
    app = ibnb.connect("embedded")
    args: dict[str, Any] = {"start": "2024-11-04", "end": "2025-04-30", "barSize": "1 hour", "cache": tmp_path}
    with pytest.raises(KeyboardInterrupt):
        app.getHistory(SYMBOLS, progress=interrupt_at(4, lambda: signal.raise_signal(signal.SIGINT)), **args)
    assert app.isConnected()
    assert len(core(app).pending) == 0
    with pytest.raises(ConnectionLostError):
        app.getHistory(SYMBOLS, progress=interrupt_at(2, getattr(app.gateway.faults, harm)), **args)
    assert len(core(app).pending) == 0
    resumed = app.getHistory(SYMBOLS, **args)
    pd.testing.assert_frame_equal(whole.df, resumed.df)
    assert Counter(asked(app)).most_common(1)[0][1] == 1
    assert len(asked(app, "TRADES")) == 6 * len(SYMBOLS)
    assert 0 < resumed.symbols["requests"].sum() < 30
    assert len(resumed.failures) == 0


def test_one_symbol_s_failure_is_a_row_and_the_others_come(app: IBApp) -> None:
    history = app.getHistory(["NOSUCH", "AAPL"], "2025-05-01", "2025-05-30", "1 hour")
    assert len(history["AAPL"]) > 0
    [failure] = history.failures.to_dict("records")
    assert (failure["symbol"], failure["code"], failure["error"]) == ("NOSUCH", 200.0, "ContractNotFoundError")
    assert failure["advice"] != ""
    with pytest.raises(KeyError, match="there are 'AAPL'"):
        history["NOSUCH"]


def test_what_a_contract_doesn_t_have_is_a_failure_with_advice_and_isn_t_kept(app: IBApp, tmp_path: Path) -> None:
    euro = app.createContract("EUR", "CASH", "IDEALPRO")
    for _ in range(2):
        history = app.getHistory(euro, "2025-04-01", "2025-05-30", "1 hour", cache=tmp_path)
        assert "MIDPOINT" in history.failures["advice"][0]
        assert len(history.df) == 0
        assert history.df.index.names == ["symbol", "Date"]
    assert len(asked(app, "TRADES")) == 4


def test_chunks_before_a_contract_was_there_are_known_to_be_empty(app: IBApp, tmp_path: Path) -> None:
    head = app.getHeadTimestamp(app.createContract("COIN"))
    start = (head - pd.DateOffset(years=2)).date()
    first = app.getHistory("COIN", start, cache=tmp_path)
    before = len(asked(app, "TRADES"))
    again = app.getHistory("COIN", start, cache=tmp_path)
    assert len(asked(app, "TRADES")) == before + 1
    assert first["COIN"].index[0] >= head.tz_localize(None).normalize()
    pd.testing.assert_frame_equal(first.df, again.df)
    assert len(first.gaps) == 0


def test_adjusted_prices_are_asked_for_up_to_now_and_cut(app: IBApp, tmp_path: Path) -> None:
    history = app.getHistory("AAPL", "2023-06-01", "2024-05-31", "1 day", "ADJUSTED_LAST", cache=tmp_path)
    dates = history["AAPL"].index
    assert (str(dates[0].date()), str(dates[-1].date()), len(dates)) == ("2023-06-01", "2024-05-31", 252)
    assert [("AAPL", "SMART", "", "3 Y", "ADJUSTED_LAST")] == asked(app, "ADJUSTED_LAST")
    assert len(history.gaps) == 0


def test_a_continuous_future_too(app: IBApp) -> None:
    future = app.createContract("ES", "CONTFUT", "CME")
    history = app.getHistory(future, "2025-03-03", "2025-05-30")
    assert len(history.failures) == 0
    assert len(history["ES"]) > 50
    assert str(history["ES"].index[-1].date()) == "2025-05-30"


def test_symbols_that_are_called_the_same_and_your_own_labels(app: IBApp) -> None:
    contracts = {"here": app.createContract("AAPL"), "there": app.createContract("CSH2", "STK", "LSE", "GBP")}
    history = app.getHistory(contracts, "2025-06-02", "2025-06-06", "1 hour")
    assert list(history.symbols.index) == ["here", "there"]
    assert str(history["there"].index.tz) == "Europe/London"
    assert str(history.df.index.levels[1].tz) == "America/New_York"
    assert history.df.loc["there"].index[0] == history["there"].index[0]


@pytest.mark.skipif(OLD, reason="this ibapi has no schedules")
def test_a_session_without_a_bar_is_a_gap(app: IBApp, tmp_path: Path) -> None:
    from ibnb.verbs.download.cache import BarFolder
    from ibnb.verbs.download.plan import chunks

    app.getHistory("AAPL", "2025-04-01", "2025-05-30", "1 hour", cache=tmp_path)
    [path] = [each.parent for each in tmp_path.rglob("20250501*") if "TRADES" in str(each)]
    folder, may = (
        BarFolder(tmp_path, *path.relative_to(tmp_path).parts),
        chunks("1 hour", 1747000000, 1747000001, "America/New_York")[0],
    )
    kept = folder.read(may.start)
    assert kept is not None
    holes = ~kept.bars.index.normalize().tz_localize(None).isin(pd.DatetimeIndex(["2025-05-12", "2025-05-13"]))
    folder.write(may.start, may.end, kept.bars[holes])
    history = app.getHistory("AAPL", "2025-04-01", "2025-05-30", "1 hour", cache=tmp_path)
    expected = ("AAPL", pd.Timestamp("2025-05-12"), pd.Timestamp("2025-05-13"), 2, "SCHEDULE")
    assert [expected] == list(history.gaps.itertuples(index=False, name=None))
    assert history.symbols.loc["AAPL", "missing"] == 2


def test_progress_is_told(app: IBApp, capsys: pytest.CaptureFixture[str]) -> None:
    heard: list[Progress] = []
    app.getHistory(SYMBOLS[:2], "2025-03-03", "2025-05-30", "1 hour", progress=heard.append)
    assert [(each.done, each.total) for each in heard] == [(done, 6) for done in range(7)]
    app.getHistory(SYMBOLS[:2], "2025-03-03", "2025-05-30", "1 hour")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("kwargs", "text"),
    [
        ({"contracts": []}, "no contracts"),
        ({"start": "2026-01-01"}, "must lie before now"),
        ({"start": "2025-05-01", "end": "2025-04-01"}, "before end"),
        ({"barSize": "15 min"}, "15 mins"),
        ({"whatToShow": "TRADE"}, "whatToShow"),
        ({"useRTH": 2}, "useRTH"),
    ],
)
def test_what_can_t_work_is_said_before_anything_is_asked(app: IBApp, kwargs: dict[str, Any], text: str) -> None:
    before = len(app.gateway.journal)
    with pytest.raises(ValueError, match=text):
        app.getHistory(**({"contracts": "AAPL", "start": "2025-05-01"} | kwargs))
    assert len(app.gateway.journal) == before


def test_small_bars_ask_only_for_hours_in_which_there_is_trading(app: IBApp) -> None:
    app.pacing.on = True
    history = app.getHistory("AAPL", "2025-06-05", "2025-06-09", "30 secs")
    assert len(history["AAPL"]) == 3 * 780
    # Of sixteen; what lies before the first session and after the last one is asked for too.
    assert len(asked(app, "TRADES")) == (16 if OLD else 8)


@pytest.mark.parametrize("kind", ["npz", "parquet"])
def test_b2_flipped_bits_change_no_bar(tmp_path: Path, kind: str) -> None:
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    # python -m tests.verbs.download.flips does it five hundred times.
    noticed, harmless, silent = flip_bits(tmp_path, 12, 7, kind)
    assert (12, 0) == (noticed + harmless, silent)


def test_b3_a_full_disk_costs_no_bars(app: IBApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = app.getHistory(SYMBOLS[:2], "2025-03-03", "2025-05-30", "1 hour")

    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ibnb.verbs.download.cache._write", full)
    history = app.getHistory(SYMBOLS[:2], "2025-03-03", "2025-05-30", "1 hour", cache=tmp_path)
    pd.testing.assert_frame_equal(whole.df, history.df)
    assert ["AAPL", "NVDA"] == history.failures["symbol"].tolist()
    assert history.failures["text"].str.contains("the bars are here, .*No space left").all()
    assert history.failures["advice"].str.startswith("Make room").all()


@pytest.mark.parametrize("cache", ["", Path()])
def test_b3_an_empty_cache_is_refused_and_the_working_folder_isnt(
    app: IBApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: str | Path
) -> None:
    monkeypatch.chdir(tmp_path)
    if cache == "":
        with pytest.raises(ValueError, match="cache is empty: the name of a folder"):
            app.getHistory("AAPL", "2025-05-01", "2025-05-30", cache=cache)
    else:
        app.getHistory("AAPL", "2025-05-01", "2025-05-30", cache=cache)
    assert len(list(tmp_path.iterdir())) == (0 if cache == "" else 1)


def test_b1_peers_on_one_port_never_share_what_is_kept(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    bars = "date,open,high,low,close,volume\n2025-05-29,10,11,9,10.5,100\n2025-05-30,10,11,9,10.7,100\n"
    (tmp_path / "mine" / "AAPL.csv").write_text(bars)
    port = 0
    closes = []
    for scenario in (LESSON, replace(LESSON, seed=99), replace(LESSON, data=tmp_path / "mine"), LESSON):
        with Gateway(scenario, port=port) as gateway:
            port = gateway.port
            app = ibnb.connect(port=port)
            history = app.getHistory("AAPL", "2025-05-29", "2025-05-30", cache=tmp_path / "cache")
            truth = app.getData(app.createContract("AAPL"), app.dataSettings("8 D", "1 day", "20250531-04:00:00"))
            closes.append(history["AAPL"]["Close"].tolist())
            assert truth["Close"].tolist()[-2:] == closes[-1]
            cached = history.symbols["fromCache"].tolist()
            ibnb.reset()
        assert cached == [int(len(closes) == 4)]
    assert closes[0] == closes[3]
    assert len({tuple(each) for each in closes}) == 3


@pytest.mark.parametrize("wire", WIRES, ids=str)
def test_b1_a_real_tws_is_known_by_its_accounts(tmp_path: Path, wire: Wire) -> None:
    # Peers of tests/peers don't know the question; what they don't answer, IB might not either.
    names = set()
    for account in ("DU1234567", "DU7654321"):
        answers = {"startApi": [[("managedAccounts", {"accountsList": account}), ("nextValidId", {"orderId": 27})]]}
        peer = Peer(wire, answers)
        app = ibnb.IBApp()
        app.connect("127.0.0.1", peer.port, 1)
        names.add(peer_name(app, 0.05))
        app.disconnect()
        peer.close()
    assert len(names) == 2
    assert all(name.startswith("tws ") and "DU" not in name for name in names)


def test_a_bar_that_cant_be_read_is_a_row_and_not_the_end_of_the_others(
    app: IBApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = core(app).incoming.take_one

    def spoiled(payload: bytes) -> None:
        # Of AAPL, which is asked for first.
        ids = [slot.key for slot in core(app).pending.all() if getattr(slot.contract, "symbol", "") == "AAPL"]
        message = describe(payload, app.serverVersion())
        mine = message.number == 17 and message.key in ids
        # Seconds, for an old ibapi.
        bad = payload.replace(b"20250", b"2025O").replace(b"\x00174", b"\x00I74")
        real(bad if mine else payload)

    monkeypatch.setattr(core(app).incoming, "take_one", spoiled)
    history = app.getHistory(SYMBOLS[:2], "2025-05-01", "2025-05-30", "1 hour")
    assert ["NVDA"] == sorted(set(history.df.index.get_level_values("symbol")))
    assert ["AAPL"] == history.failures["symbol"].tolist()
    assert "the answer isn't whole" in history.failures["text"].iloc[0]
