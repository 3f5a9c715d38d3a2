"""A contract put together field by field: the type decides which fields there are; the line of Python is shown."""

from __future__ import annotations

import html
from typing import Any

import ipywidgets as widgets
import pandas as pd

from ibnb.ib.create import createContract
from ibnb.ib.values import check
from ibnb.widgets.live import Live
from ibnb.widgets.markup import code, facts, note, price, table

_COMMON = {"symbol": "AAPL", "exchange": "SMART", "currency": "USD"}
_EXPIRY = {"lastTradeDateOrContractMonth": ""}
_OPTION = {**_EXPIRY, "strike": "", "right": "C", "multiplier": "100", "tradingClass": ""}
#: Type → its fields and what stands in them at first.
FIELDS: dict[str, dict[str, str]] = {
    "STK": {**_COMMON, "primaryExchange": ""},
    "OPT": {**_COMMON, **_OPTION},
    "FUT": {"symbol": "ES", "exchange": "CME", "currency": "USD", **_EXPIRY, "multiplier": "", "tradingClass": ""},
    "CONTFUT": {"symbol": "ES", "exchange": "CME", "currency": "USD"},
    "FOP": {"symbol": "ES", "exchange": "CME", "currency": "USD", **_OPTION, "multiplier": "50"},
    "CASH": {"symbol": "EUR", "exchange": "IDEALPRO", "currency": "USD"},
    "IND": {"symbol": "SPX", "exchange": "CBOE", "currency": "USD"},
    "CFD": {**_COMMON},
    "CRYPTO": {"symbol": "BTC", "exchange": "PAXOS", "currency": "USD"},
    "CMDTY": {"symbol": "XAUUSD", "exchange": "SMART", "currency": "USD"},
    "BOND": {**_COMMON, "symbol": "", "secIdType": "", "secId": ""},
    "FUND": {**_COMMON, "symbol": "", "exchange": "FUNDSERV"},
}
_HINTS = {"lastTradeDateOrContractMonth": "yyyymmdd or yyyymm", "strike": "200", "right": "C or P"}
_POSITIONAL = ("symbol", "sec_type", "exchange", "currency")
_DEFAULTS = {"sec_type": "STK", "exchange": "SMART", "currency": "USD"}
_LABELS = {"lastTradeDateOrContractMonth": "Expiry", "primaryExchange": "Listed on", "tradingClass": "Class"}
_DETAILS = ("longName", "conId", "localSymbol", "exchange", "primaryExchange", "minTick", "multiplier", "timeZoneId")
_COLUMNS = ("localSymbol", "exchange", "lastTradeDateOrContractMonth", "strike", "right", "multiplier", "conId")
_MOST_ROWS = 12


class ContractBuilder(Live):
    """Choose a security type and fill in its fields; `look_up()` asks TWS which contracts fit.

    `fields` are those of createContract. `contract` is the contract as it stands, `code` the equivalent call, `details`
    the frame of the last look-up. ValueError for an unknown type, or a field that the type doesn't have here.

    >>> builder = ibnb.ContractBuilder(app, "CASH")
    >>> builder.code
    "app.createContract('EUR', 'CASH', 'IDEALPRO')"
    >>> builder.look_up()
    >>> len(builder.details)
    1
    """

    def __init__(self, app: Any, sec_type: str = "STK", **fields: Any) -> None:
        self.details: pd.DataFrame | None = None
        self.sec_type = widgets.Dropdown(
            options=list(FIELDS), value=check("sec_type", sec_type, FIELDS), description="Type"
        )
        self.fields: dict[str, Any] = {}
        self._form = widgets.HBox(layout=widgets.Layout(flex_flow="row wrap"))
        self._ask_fields()
        for name, value in fields.items():
            if name not in self.fields:
                raise ValueError(f"{sec_type} has no field {name!r} here: {', '.join(self.fields)}.")
            self.fields[name].value = f"{value:g}" if isinstance(value, float) else str(value)
        look = widgets.Button(description="Look up", tooltip="Ask TWS which contracts fit")
        super().__init__(app, before=[self._form], after=[look])
        self._watch_fields()
        self.sec_type.observe(lambda _: self._retype(), "value")
        self.on_click(look, "Asking", self._look_up)

    def look_up(self) -> None:
        """Ask TWS which contracts fit, and show them."""
        self.act("Asking", self._look_up)

    @property
    def contract(self) -> Any:
        """The contract as it stands. ValueError while its fields don't make one."""
        return createContract(**self._given())

    @property
    def code(self) -> str:
        """The call that makes the same contract."""
        given = self._given()
        # What stands before a field that isn't as by default has to be written, too.
        last = max(place for place, name in enumerate(_POSITIONAL) if given[name] != _DEFAULTS.get(name))
        words = [repr(given[name]) for name in _POSITIONAL[: last + 1]]
        words += [f"{name}={value!r}" for name, value in given.items() if name not in _POSITIONAL]
        return f"app.createContract({', '.join(words)})"

    def _given(self) -> dict[str, Any]:
        given: dict[str, Any] = {"symbol": "", "sec_type": self.sec_type.value, "exchange": "", "currency": ""}
        for name, field in self.fields.items():
            text = field.value.strip()
            if name in given:
                given[name] = text
            elif text:
                given[name] = _strike(text) if name == "strike" else text
        return given

    def _ask_fields(self) -> None:
        self.fields = {}
        for name, value in FIELDS[self.sec_type.value].items():
            label = _LABELS.get(name) or name[0].upper() + name[1:]
            field = widgets.Text(value, description=label, placeholder=_HINTS.get(name, ""))
            field.layout.width = "220px"
            self.fields[name] = field
        self._form.children = [self.sec_type, *self.fields.values()]

    def _retype(self) -> None:
        self._ask_fields()
        self._watch_fields()
        self._changed()

    def _watch_fields(self) -> None:
        for field in self.fields.values():
            field.observe(self._changed, "value")

    def _changed(self, _: object = None) -> None:
        self.details = None
        self.say("")
        self.refresh()

    def _look_up(self) -> str:
        self.details = None
        self.details = self._app.getContractDetails(self.contract)
        many = len(self.details)
        return "One contract fits." if many == 1 else f"{many} contracts fit: say more to choose one."

    def view(self) -> str:
        try:
            # Whatever doesn't make a contract says so.
            _ = self.contract
            written = code(self.code)
        except ValueError as error:
            return note(str(error))
        found = self.details
        if found is None:
            return written
        if len(found) == 1:
            row = found.reset_index().iloc[0]
            return written + facts(
                "Contract", [(name, html.escape(str(row[name]))) for name in _DETAILS if str(row[name])]
            )
        rows = [[_text(each[name]) for name in _COLUMNS] for each in found.head(_MOST_ROWS).to_dict("records")]
        title = f"The first {len(rows)} of {len(found)}" if len(rows) < len(found) else "What fits"
        return written + table(title, _COLUMNS, rows, left=_COLUMNS[1:3])

    def __repr__(self) -> str:
        try:
            return f"ContractBuilder({self.code})"
        except ValueError:
            return f"ContractBuilder({self.sec_type.value})"


def _strike(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"strike {text!r} isn't a number.") from None


def _text(value: Any) -> str:
    if isinstance(value, float):
        return "" if value != value else price(value)
    return str(value)
