"""AccountGuard of ibnb.core.gate, which needs a session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fake_tws import FakeTWS
from inside import core
from small_app import App

from ibnb.core.gate import OrderLimits
from ibnb.errors import IBError, SafetyError
from ibnb.guard import AccountGuard

ACCOUNT = "DU1234567"


def summary(reqId: Any, value: float, account: str = ACCOUNT, tag: str = "NetLiquidation") -> tuple[Any, ...]:
    return (63, 1, reqId, account, tag, value, "USD")


def cash(reqId: Any, value: float, account: str = ACCOUNT) -> tuple[Any, ...]:
    return summary(reqId, value, account, "TotalCashValue")


POSITIONS = [
    (61, 3, ACCOUNT, 265598, "AAPL", "STK", "", 0.0, "", "", "", "USD", "AAPL", "NMS", 8, 200.0),
    (61, 3, ACCOUNT, 76792991, "TSLA", "STK", "", 0.0, "", "", "", "USD", "TSLA", "NMS", -3, 300.0),
    (61, 3, ACCOUNT, 8314, "IBM", "STK", "", 0.0, "", "", "", "USD", "IBM", "NYSE", 0, 0.0),
    (62, 1),
]


@pytest.fixture
def both() -> Iterator[tuple[FakeTWS, App]]:
    tws = FakeTWS(
        answers={
            62: lambda f: [summary(f[2], 50.0, "DU9"), summary(f[2], 1000.0), (64, 1, f[2])],
            61: lambda f: POSITIONS,
        }
    )
    app = App()
    tws.pair(app)
    yield tws, app
    app.disconnect()
    tws.close()


def update(tws: FakeTWS, app: App, value: float) -> None:
    tws.send(*summary(tws.wait_for(62)[0][2], value))
    core(app).fence.wait()


@pytest.mark.parametrize("wrong", [5, 1, 0, -0.05, float("nan")])
def test_a_percentage_is_told_from_a_fraction(wrong: float) -> None:
    with pytest.raises(ValueError, match=r"write 0\.05 for 5 %"):
        AccountGuard(App(), wrong)


def test_the_baseline_is_the_first_complete_download(both: tuple[FakeTWS, App]) -> None:
    tws, app = both
    with AccountGuard(app, 0.05) as guard:
        assert (1000.0, 950.0) == (guard.baseline, guard.floor)
        update(tws, app, 950.0)
        assert not guard.tripped
    assert 1 == len(tws.wait_for(63))


def test_it_fires_exactly_once_blocks_and_cancels(both: tuple[FakeTWS, App]) -> None:
    tws, app = both
    with AccountGuard(app, 0.05) as guard:
        for value in (949.0, 900.0, 800.0):
            update(tws, app, value)
    assert guard.tripped
    assert ["block new orders: NetLiquidation 949.00 is below the floor 950.00 (baseline 1,000.00, max_loss 5.0%)",
            "cancel every open order"] == guard.actions  # fmt: skip
    assert 1 == len(tws.wait_for(58))
    with pytest.raises(SafetyError, match="below the floor"):
        core(app).gate.refuse_all("placeOrder")
    guard.release()
    core(app).gate.refuse_all("placeOrder")


def test_the_cash_may_have_a_floor_of_its_own(both: tuple[FakeTWS, App]) -> None:
    tws, app = both
    tws.answers[62] = lambda f: [cash(f[2], 10.0, "DU9"), cash(f[2], 600.0), summary(f[2], 1000.0), (64, 1, f[2])]
    with AccountGuard(app, min_cash=500) as guard:
        # Without max_loss the value may fall as it likes.
        update(tws, app, 1.0)
        tws.send(*cash(tws.wait_for(62)[0][2], 500.0))
        core(app).fence.wait()
        assert not guard.tripped
        for value in (499.5, 400.0):
            tws.send(*cash(tws.wait_for(62)[0][2], value))
            core(app).fence.wait()
    assert [
        "block new orders: TotalCashValue 499.50 is below min_cash 500.00",
        "cancel every open order",
    ] == guard.actions
    assert 1 == len(tws.wait_for(58))


def test_too_little_cash_from_the_beginning_is_seen_when_the_download_is_complete(both: tuple[FakeTWS, App]) -> None:
    tws, app = both
    tws.answers[62] = lambda f: [cash(f[2], 10.0), summary(f[2], 1000.0), (64, 1, f[2])]
    with AccountGuard(app, 0.5, min_cash=500, dry_run=True) as guard:
        assert guard.tripped
        assert (1000.0, 500.0, 10.0) == (guard.baseline, guard.floor, guard.cash)
    assert guard.actions[0].startswith("would block new orders: TotalCashValue 10.00")


def test_cash_that_tws_doesnt_tell_cant_be_watched(both: tuple[FakeTWS, App]) -> None:
    tws, app = both
    with pytest.raises(IBError, match="no TotalCashValue of DU1234567"), AccountGuard(app, min_cash=500):
        pass
    assert 1 == len(tws.wait_for(63))


@pytest.mark.parametrize(
    ("wrong", "text"),
    [({}, r"say what to watch: max_loss=0\.05"), ({"min_cash": float("nan")}, "min_cash is an amount")],
)
def test_it_must_be_told_what_to_watch(wrong: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        AccountGuard(App(), **wrong)


def test_flatten_closes_every_position_of_the_account_behind_the_block(both: tuple[FakeTWS, App]) -> None:
    tws, app = both
    app.limitOrders(OrderLimits(max_quantity=1))
    with AccountGuard(app, 0.05, flatten=True, disconnect=True) as guard:
        tws.send(*summary(tws.wait_for(62)[0][2], 900.0))
        app.run()
    assert ["close AAPL: SELL 8 MKT", "close TSLA: BUY 3 MKT", "disconnect"] == guard.actions[3:]
    assert 2 == len(tws.wait_for(3, 2))
    assert not app.isConnected()


def test_a_dry_run_only_writes_down_what_it_would_do(both: tuple[FakeTWS, App]) -> None:
    tws, app = both
    with AccountGuard(app, 0.05, flatten=True, disconnect=True, dry_run=True) as guard:
        update(tws, app, 900.0)
    assert ["would block", "would cance", "would ask f"] == [action[:11] for action in guard.actions]
    assert [] == [fields for fields in tws.received if fields[0] in ("3", "58", "61")]
    assert app.isConnected()
    assert not core(app).gate.blocked
