from __future__ import annotations

import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted import ScriptedTWS

from ibnb import errors
from ibnb.ib.code_table import EVERY
from ibnb.ib.codes import (
    CODES,
    KINDS,
    explain_code,
    history_kind,
    lookup,
    outcome,
    overrideCode,
    restoreCode,
    severity,
)

GATEWAY = Path(__file__).parents[1] / "ibnb" / "gateway"
H = "Historical Market Data Service error message:"


@pytest.mark.parametrize("code", [2104, 2106, 2158, 1102, 2176, 2174, 2188, 10167, 399, 10349, 202, 10090, 404])
@pytest.mark.parametrize("kind", KINDS)
def test_good_news_and_warnings_end_no_request(code: int, kind: str) -> None:
    assert "note" == outcome(code, "text", kind)


@pytest.mark.parametrize(
    ("code", "text", "kind", "expected"),
    [
        (200, "No security definition has been found for the request", "history", "fail"),
        (162, H + "HMDS query returned no data", "history", "fail"),
        (162, H + "HMDS query returned no data", "market_data", "note"),
        (354, "Requested market data is not subscribed.", "market_data", "fail"),
        (354, "Requested market data is not subscribed. Displaying delayed market data.", "market_data", "note"),
        (10089, "needs a subscription. Delayed market data is available.", "market_data", "fail"),
        (201, "Order rejected - reason:no", "order", "fail"),
        (201, "Order rejected - reason:no", "history", "note"),
        (110, "The price does not conform", "order", "note"),
        (165, "Historical Market Data Service query message:no items retrieved", "scanner", "finish"),
        (165, "Historical Market Data Service query message:something", "scanner", "note"),
        (2199, "an unknown warning", "history", "note"),
        (9999, "an unknown refusal", "history", "doubt"),
        (9999, "an unknown code about an order", "order", "note"),
        (504, "Not connected", "order", "fail"),
    ],
)
def test_whether_a_message_ends_a_request_depends_on_its_kind(code: int, text: str, kind: str, expected: str) -> None:
    assert expected == outcome(code, text, kind)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (H + "Historical data request pacing violation", "pacing"),
        (H + "HMDS query returned no data: AAPL@SMART Trades", "no data"),
        (H + "API historical data query cancelled: 5", "cancelled"),
        (H + "API scanner subscription cancelled: 5", "cancelled"),
        (H + "invalid step: 1", "invalid step"),
        (H + "No market data permissions for NYSE STK", "no permission"),
        (H + "Request Timed Out", "timeout"),
        (H + "etwas ganz anderes", "other"),
    ],
)
def test_the_many_meanings_of_162(text: str, name: str) -> None:
    assert name == history_kind(text).name


def test_the_162_that_confirms_a_cancel_is_only_a_notice() -> None:
    assert "notice" == severity(162, H + "API historical data query cancelled: 5")
    assert "request" == severity(162, H + "HMDS query returned no data")


@pytest.mark.parametrize(
    ("code", "text", "kind", "expected"),
    [
        (200, "No security definition has been found for the request", "contract", errors.ContractNotFoundError),
        (200, "The contract description specified for ES is ambiguous", "order", errors.AmbiguousContractError),
        (354, "not subscribed", "market_data", errors.MarketDataError),
        (10168, "not subscribed", "market_data", errors.MarketDataError),
        (162, H + "HMDS query returned no data", "history", errors.HistoricalDataError),
        (162, H + "Historical data request pacing violation", "history", errors.PacingError),
        (100, "Max rate of messages per second has been exceeded", "account", errors.PacingError),
        (201, "Order rejected - reason:no", "order", errors.OrderRejectedError),
        (321, "Error validating request.-'bM' : cause - x", "history", errors.HistoricalDataError),
        (321, "Error validating request.-'bM' : cause - x", "account", errors.RequestError),
    ],
)
def test_a_code_becomes_the_exception_that_a_student_can_catch(
    code: int, text: str, kind: str, expected: type[errors.RequestError]
) -> None:
    error = errors.request_error(code, text, reqId=7, verb="getData", kind=kind)
    assert expected is type(error)
    assert (code, 7, "getData", text) == (error.code, error.reqId, error.verb, error.text)
    assert str(error).startswith(f"getData: TWS answered {code}: ")


@pytest.fixture
def anew() -> Iterator[None]:
    yield
    restoreCode()


@pytest.mark.usefixtures("anew")
def test_what_a_code_does_can_be_said_anew_and_forgotten() -> None:
    before = lookup(10349)
    row = overrideCode(10349, severity="warning", ends=["order"], advice="Look at the order's tif.")
    assert ("warning", "fail", "note") == (severity(10349), outcome(10349, "", "order"), outcome(10349, "", "history"))
    assert explain_code(10349).endswith("Look at the order's tif.")
    assert before.meaning == row.meaning
    # What isn't said stays as it was said before.
    assert frozenset({"order"}) == overrideCode(10349, severity="notice").ends
    restoreCode(10349)
    assert before == lookup(10349)


@pytest.mark.usefixtures("anew")
def test_what_is_said_of_a_code_goes_before_the_special_rules_of_its_texts() -> None:
    overrideCode(162, severity="warning", ends="scanner")
    assert "warning" == severity(162, H + "API historical data query cancelled: 5")
    assert ("note", "fail") == (outcome(162, H + "no data", "history"), outcome(162, "", "scanner"))
    overrideCode(165, ends=())
    assert "note" == outcome(165, "no items retrieved", "scanner")
    restoreCode()
    assert "finish" == outcome(165, "no items retrieved", "scanner")


@pytest.mark.usefixtures("anew")
def test_a_code_that_nobody_knew_can_be_made_harmless_while_a_session_runs() -> None:
    tws = ScriptedTWS()
    contract = tws.app.createContract("AAPL")
    news = ("error", "$id", 0, 98765, "Something new", "")
    tws.on("reqContractDetails", news)
    with pytest.raises(errors.RequestError, match="98765"):
        tws.app.getContractDetails(contract)
    overrideCode(98765, severity="notice", ends=(), meaning="Harmless.")
    tws.on("reqContractDetails", news, ("contractDetailsEnd", "$id"))
    with pytest.raises(errors.ContractNotFoundError, match="no instrument fits"):
        tws.app.getContractDetails(contract)
    assert "notice" == tws.app.notices["severity"].iloc[-1]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"severity": "bad"}, "severity 'bad' is not legal.* Legal values: notice, warning"),
        ({"ends": ["quotes"]}, "ends 'quotes' is not legal"),
    ],
)
def test_only_legal_words_are_taken(said: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        overrideCode(10349, **said)
    with pytest.raises(ValueError, match="code '10349' must be a number"):
        overrideCode("10349")  # type: ignore[arg-type]


def test_the_exception_says_what_to_do_next_and_survives_pickling() -> None:
    error = errors.request_error(162, H + "invalid step: 1", reqId=7, verb="getData", kind="history")
    again = pickle.loads(pickle.dumps(error))
    assert "small bars allow short durations" in str(error)
    assert "invalid step" == error.kind
    assert (str(error), error.advice, 7) == (str(again), again.advice, again.reqId)


def test_the_tree_fits_pythons_own_exceptions() -> None:
    assert issubclass(errors.NotConnectedError, ConnectionError)
    assert issubclass(errors.ConnectionLostError, ConnectionError)
    assert issubclass(errors.RequestTimeoutError, TimeoutError)
    assert all(issubclass(kind, errors.IBError) for kind in (errors.SafetyError, errors.RequestError))


def test_the_table_is_complete_and_consistent() -> None:
    for code, row in CODES.items():
        assert code == row.code
        assert row.meaning.endswith("."), code
        assert row.ends <= EVERY, code
        if row.severity in ("notice", "warning") and code != 10182:
            assert not row.ends, code


def test_explain_works_offline_for_any_code() -> None:
    assert "Good news" in errors.explain(2104)
    assert "no entry" in errors.explain(98765)
    assert "MIDPOINT" in errors.explain(162, H + "HMDS query returned no data")
    assert explain_code(326) == errors.explain(326)


def test_unlisted_order_field_codes_are_order_events() -> None:
    assert ("order", errors.OrderRejectedError) == (lookup(350).severity, type(errors.request_error(350, "x")))


# What TWS says of an order that is as it was: a change that it doesn't make, a cancel that it can't follow, a price.
ABOUT_A_CHANGE = {104, 105, 110, 134, 135, 2102, 10147, 10148}


def test_what_the_gateway_refuses_an_order_with_is_a_refusal_to_the_client() -> None:
    source = "\n".join(path.read_text("utf-8") for path in sorted(GATEWAY.rglob("*.py")))
    codes = {int(code) for code in re.findall(r"OrderRefused\((\d+)", source)}
    assert len(codes) > 30
    assert [code for code in sorted(codes - ABOUT_A_CHANGE) if outcome(code, "", "order") != "fail"] == []


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (2137, "from long to short"),
        (10290, "cashQty alone"),
        (382, "ticks away from the market"),
        (134, "or has ended"),
        (420, "live subscription"),
    ],
)
def test_a_code_says_what_ibs_table_of_message_codes_says(code: int, says: str) -> None:
    """IBKR Campus, Error Handling: 2137 was told as an order that crosses one's own, 10290 as the opposite."""
    assert says in explain_code(code)
