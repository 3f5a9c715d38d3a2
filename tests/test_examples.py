"""The examples in docstrings that need no connection run here."""

from __future__ import annotations

import doctest

import pytest

from ibnb import create, legal


@pytest.mark.parametrize("module", [create, legal], ids=lambda module: module.__name__)
def test_examples_do_what_they_say(module: object) -> None:
    failed, tried = doctest.testmod(module)  # type: ignore[arg-type]
    assert tried > 0
    assert failed == 0
