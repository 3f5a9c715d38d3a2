"""The same verbs with a symbol in place of a contract, on the embedded gateway."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

import ibnb
from ibnb import IBApp
from ibnb.ib.api import IBAPI_VERSION
from tests.verbs.test_no_contract import VERBS

OPTIONS = {"calculateIV", "calculatePrice", "exerciseOption"}
# ibapi's own method takes what it always took.
OWN = {"placeOrder"}
NEWER = {"getSchedule"} if IBAPI_VERSION.startswith("9.") else set()


@pytest.fixture
def app() -> Iterator[IBApp]:
    yield ibnb.connect("embedded")
    ibnb.reset()
    gc.collect()  # the streams that a test only entered


@pytest.mark.parametrize("verb", sorted(set(VERBS) - OPTIONS - OWN - NEWER))
def test_a_symbol_will_do(app: IBApp, verb: str) -> None:
    VERBS[verb](app, "AAPL")
    [asked] = {call.contract.symbol for call in app.gateway.journal if hasattr(call, "contract")} or {"AAPL"}
    assert asked == "AAPL"


@pytest.mark.parametrize("verb", sorted(OPTIONS))
def test_but_not_where_an_option_is_wanted(app: IBApp, verb: str) -> None:
    with pytest.raises(ValueError, match=f"{verb}: an option is wanted, and the symbol 'AAPL' is a stock's"):
        VERBS[verb](app, "AAPL")


def test_a_typo_is_refused_by_tws_and_says_what_was_asked_for(app: IBApp) -> None:
    with pytest.raises(ibnb.ContractNotFoundError, match="getQuote: TWS answered 200"):
        app.getQuote("QQQQZ")
