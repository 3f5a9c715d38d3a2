from __future__ import annotations

from ibnb.ib.accounts import mask


def test_account_codes_are_masked_in_texts() -> None:
    assert ("DU*****67", "DU1") == (mask("DU1234567"), mask("DU1"))
