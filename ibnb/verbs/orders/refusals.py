"""What a message with an order's id says about the order: nothing, a refusal, its end, or nobody knows.

Rule: only a code that is known to refuse refuses. TWS's codes have no complete list, and warnings are added to it every
year (10349 was one of them), so an unknown code decides nothing: what TWS then says about the order does.
"""

from __future__ import annotations

from typing import Literal

from ibnb.ib.codes import is_unknown, outcome, severity

Weight = Literal["note", "refusal", "unknown"]

#: The order was cancelled; it may be all that TWS says.
CANCELLED = 202
#: What TWS answers to a cancel that it can't follow. Whether the order lives is not in it.
ABOUT_CANCEL = frozenset({136, 161, 10147, 10148})
# Only warnings for an order, but a change that they answer isn't made.
_REFUSES_A_CHANGE = frozenset({105, 434, 2102})


def gives_reason(text: str) -> bool:
    """Does TWS say why it cancelled an order (a price too far through the market)? Then nobody asked it to."""
    return bool(text.partition("reason:")[2].strip())


def about_order(code: int, text: str, taken: bool) -> Weight:
    """What it means for an order that nothing was asked about; `taken`: TWS has shown it before."""
    if code in ABOUT_CANCEL:
        return "note"
    if outcome(code, text, "order") == "fail":
        return "refusal"
    if taken:
        return "note"
    return "unknown" if code in _REFUSES_A_CHANGE else _about_request(code, text)


def about_change(code: int, text: str) -> Weight:
    """What it means for a change of an order, or a cancel, that TWS hasn't answered yet."""
    if code in _REFUSES_A_CHANGE or outcome(code, text, "order") == "fail":
        return "refusal"
    return _about_request(code, text)


def _about_request(code: int, text: str) -> Weight:
    if severity(code, text) not in ("order", "request"):
        return "note"
    return "unknown" if is_unknown(code) else "refusal"
