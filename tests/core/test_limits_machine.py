"""The limits machine in short; `python -m tests.limits_machine 20000` is the long form."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

import ibnb
from tests.limits_machine import Machine


@settings(max_examples=4, deadline=None)
@given(st.randoms(use_true_random=False))
def test_no_limit_is_broken_and_no_honest_order_refused(chance: random.Random) -> None:
    machine = Machine(chance)
    try:
        for _ in range(40):
            machine.step()
    finally:
        ibnb.reset()
