from __future__ import annotations

import pytest

from ibnb import overrideCode, restoreCode
from ibnb.verbs.orders.refusals import about_change, about_order


@pytest.mark.parametrize(
    ("code", "order", "shown", "change"),
    [
        (201, "refusal", "refusal", "refusal"),
        (110, "refusal", "note", "refusal"),
        (135, "refusal", "note", "refusal"),
        (105, "unknown", "note", "refusal"),
        (2102, "unknown", "note", "refusal"),
        (399, "note", "note", "note"),
        (10349, "note", "note", "note"),
        (2199, "note", "note", "note"),
        (136, "note", "note", "refusal"),
        (161, "note", "note", "refusal"),
        (10147, "note", "note", "refusal"),
        (10148, "note", "note", "refusal"),
        (434, "unknown", "note", "refusal"),
        (1100, "note", "note", "note"),
        (503, "refusal", "refusal", "refusal"),
        (10999, "unknown", "note", "unknown"),
        (333, "refusal", "refusal", "refusal"),
    ],
)
def test_what_a_code_means_for_an_order_one_that_was_shown_and_a_change(
    code: int, order: str, shown: str, change: str
) -> None:
    assert (about_order(code, "", False), about_order(code, "", True), about_change(code, "")) == (order, shown, change)


def test_what_the_user_says_of_a_code_holds() -> None:
    try:
        overrideCode(10999, severity="order", ends=["order"])
        assert about_order(10999, "", taken=True) == "refusal"
        overrideCode(10999, severity="warning", ends=[])
        assert about_order(10999, "", taken=False) == "note"
    finally:
        restoreCode()
