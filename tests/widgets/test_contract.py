from __future__ import annotations

import pytest

from ibnb import ContractBuilder, IBApp, createContract
from ibnb.widgets.contract import FIELDS


@pytest.mark.parametrize("kind", FIELDS)
def test_the_type_decides_which_fields_there_are(app: IBApp, kind: str) -> None:
    builder = ContractBuilder(app)
    builder.sec_type.value = kind
    assert list(builder.fields) == list(FIELDS[kind])
    shown = [each.description for each in builder.children[0].children]
    assert len(shown) == len(FIELDS[kind]) + 1
    assert all(shown)
    builder.fields["symbol"].value = "X"
    assert builder.contract.secType == kind
    assert vars(eval(builder.code, {"app": app})) == vars(builder.contract)


def test_what_is_written_is_shown_as_code(app: IBApp) -> None:
    builder = ContractBuilder(app, "OPT", lastTradeDateOrContractMonth="20250620", strike=200.0)
    assert builder.text.splitlines()[0] == (
        "app.createContract('AAPL', 'OPT', lastTradeDateOrContractMonth='20250620', strike=200.0, right='C', "
        "multiplier='100')"
    )
    assert repr(builder) == f"ContractBuilder({builder.code})"


def test_typing_changes_the_code_after_another_type_too(app: IBApp) -> None:
    builder = ContractBuilder(app)
    builder.fields["symbol"].value = "NVDA"
    assert "app.createContract('NVDA')" in builder.text
    builder.sec_type.value = "CASH"
    builder.fields["symbol"].value = "GBP"
    assert "app.createContract('GBP', 'CASH', 'IDEALPRO')" in builder.text


def test_a_look_up_shows_the_one_that_fits_or_those_that_do(app: IBApp) -> None:
    builder = ContractBuilder(app)
    builder.children[2].click()
    assert "APPLE INC" in builder.text
    assert "One contract fits." in builder.text
    builder.sec_type.value = "OPT"
    assert "One contract fits." not in builder.text
    builder.look_up()
    assert builder.details is not None
    many = len(builder.details)
    assert f"The first 12 of {many}" in builder.text
    assert f"{many} contracts fit" in builder.text


def test_what_fits_nothing_is_told(app: IBApp) -> None:
    builder = ContractBuilder(app, symbol="NOSUCH")
    builder.look_up()
    assert "No security definition" in builder.text
    builder.fields["symbol"].value = ""
    assert "symbol is empty" in builder.text
    builder.sec_type.value = "OPT"
    builder.fields["strike"].value = "high"
    assert "strike 'high' isn't a number" in builder.text


def test_wrong_arguments_are_refused(app: IBApp) -> None:
    with pytest.raises(ValueError, match="STK has no field 'strike'"):
        ContractBuilder(app, strike=1)
    with pytest.raises(ValueError, match="sec_type 'stock'"):
        ContractBuilder(app, "stock")


def test_the_contract_is_like_one_by_hand(app: IBApp) -> None:
    assert vars(ContractBuilder(app, "FUT").contract) == vars(createContract("ES", "FUT", "CME"))
