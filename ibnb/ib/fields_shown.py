"""What a notebook shows of ibapi's own objects: the fields that were set, and not a memory address.

ibapi's classes stay as they are: IPython is told how to show them, and `print` and `repr` are ibapi's.
"""

from __future__ import annotations

import sys
from typing import Any

from ibnb.ib import api


def fields_shown(thing: Any) -> str:
    """ "Order(action='BUY', totalQuantity=10, orderType='LMT', lmtPrice=100.0, tif='DAY')".

    >>> order = api.Order()
    >>> order.action, order.totalQuantity = "BUY", 10
    >>> fields_shown(order)
    "Order(action='BUY', totalQuantity=10)"
    """
    usual = vars(type(thing)())
    texts = {name: _value(value) for name, value in vars(thing).items()}
    named = [f"{name}={text}" for name, text in texts.items() if name not in usual or text != _value(usual[name])]
    return f"{type(thing).__name__}({', '.join(named)})"


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if type(value).__module__.startswith("ibapi."):
        return fields_shown(value)
    return str(value) if type(value).__name__ == "Decimal" else repr(value)


def show_in_notebooks() -> None:
    """Tell IPython, where it runs."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is not None:
        texts = shell.display_formatter.formatters["text/plain"]
        for kind in (api.Contract, api.Order, api.ComboLeg, api.TagValue):
            texts.for_type(kind, lambda thing, printer, cycle: printer.text(fields_shown(thing)))
