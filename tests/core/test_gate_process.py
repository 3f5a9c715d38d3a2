"""What the gate remembers for the whole process, and whom it lets order at all."""

from __future__ import annotations

import pytest
from gates import ACCOUNT, Who, contract, gate, order, position, refused, told

from ibnb.core.gate import OrderGate, OrderLimits, lift
from ibnb.errors import SafetyError

# --- what holds for the whole process ----------------------------------------------------------------


def test_limits_hold_for_every_session_of_the_process_until_they_are_lifted() -> None:
    """A7: another client id, or a new connection, had none."""
    first, other, elsewhere = gate(max_quantity=10), gate(clientId=2), gate("there")
    assert "at most 10" in refused(other, 1, contract(), order(11))
    assert "at most 10" in refused(gate(), 1, contract(), order(11))
    elsewhere.check(1, contract(), order(11))
    assert not elsewhere.armed
    other.limits = None
    first.check(1, contract(), order(11))


def test_limits_that_were_set_before_the_connection_hold_after_it() -> None:
    made = OrderGate(lambda: 0.0, Who(), lambda: None)
    made.limits = OrderLimits(max_quantity=1)
    made.join(("new",))
    assert made.limits == OrderLimits(max_quantity=1)
    made.join(("new",))
    other = gate("new")
    assert "at most 1" in refused(other, 1, contract(), order(2))
    # At a place that has its own, its own hold; those of the last place don't come along.
    made.join(("elsewhere",))
    assert made.limits is None


def test_orders_of_one_minute_and_shares_being_sold_are_those_of_all_sessions() -> None:
    one, two = gate(max_orders_per_minute=1, allow_short=False), gate(clientId=2)
    position(one, told(), 10)
    one.check(1, contract(), order(6, "SELL"))
    assert "at most 1" in refused(two, 1, contract(), order(1))
    two.limits = OrderLimits(allow_short=False)
    assert "6 of them" in refused(two, 1, contract(), order(6, "SELL"))


def test_a_guard_that_has_fired_stops_its_tws_and_its_accounts_everywhere() -> None:
    here, other, elsewhere, stranger = gate(), gate(clientId=2), gate("there"), gate("there", accounts=("DU9",))
    here.halt("guard", [ACCOUNT], "the loss limit was reached")
    for made in (here, other, gate(), elsewhere):
        assert made.armed
        assert "placeOrder refused: the loss limit was reached" == refused(made, 1, contract(), order())
    stranger.check(1, contract(), order())
    other.release("another")
    assert other.halted
    other.release("guard")
    here.check(1, contract(), order())


@pytest.mark.parametrize("world", [True, False])
def test_accounts_of_a_simulated_world_have_nothing_to_do_with_those_of_the_same_name(world: bool) -> None:
    here, there = gate(), gate()
    here.join(("here",), world=world)
    there.join(("there",), world=not world)
    here.halt("guard", [ACCOUNT], "the loss limit was reached")
    assert (here.halted, there.halted) == ("the loss limit was reached", "")


def test_lifting_forgets_limits_and_halts_of_these_places() -> None:
    for place in ("here", "there"):
        made = gate(place, accounts=(f"DU{place}",), max_quantity=1)
        made.halt(place, [], "lost too much")
    lift(lambda place: place == ("here",))
    assert (gate("here").armed, gate("there").armed) == (False, True)
    assert [gate(place, accounts=(f"DU{place}",)).halted for place in ("here", "there")] == ["", "lost too much"]
    lift()
    assert not gate("there").armed


def test_before_the_account_is_known_nothing_leaves() -> None:
    """An override of nextValidId may place orders at once."""
    made = OrderGate(lambda: 0.0, Who([], ""), lambda: None)
    assert made.armed
    assert "the account hasn't been checked yet" in refused(made, 1, contract(), order())


def test_a_block_of_the_session_stops_every_order_with_its_reason() -> None:
    made = gate()
    made.check(1, contract(), order())
    assert not made.armed
    made.blocked = "the account hasn't been checked"
    assert "placeOrder refused: the account hasn't been checked" == refused(made, 2, contract(), order())
    made.blocked, made.readonly = "", True
    assert "read-only" in refused(made, 2, contract(), order())
    with pytest.raises(SafetyError, match="cancelOrder refused: this session is read-only"):
        made.refuse_readonly("cancelOrder")


# --- live accounts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("accounts", [("U1",), ("DU1", "U1"), ("F1",), ("u1",)])
def test_a_live_account_that_wasnt_spelled_out_gets_no_order(accounts: tuple[str, ...]) -> None:
    """A8: a bare IBApp had no live guard; a mid-session managedAccounts changed to a live account."""
    for spelled in (None, "U7", "DU1", ""):
        made = gate(accounts=accounts, spelled=spelled)
        assert made.armed
        assert "this is a live account" in refused(made, 1, contract(), order())
        with pytest.raises(SafetyError, match="live account"):
            made.check_exercise(1, contract(), 1, 1, "")


def test_only_the_account_that_was_spelled_out_gets_orders() -> None:
    """A8: connect(live="U1") with accounts U1 and U2 sent an order for U2."""
    made = gate(accounts=("U1", "U2"), spelled="U1")
    made.check(1, contract(), order(account="U1"))
    made.check_exercise(1, contract(), 1, 1, "U1")
    allocated = [{"account": "U1", name: "all"} for name in ("faGroup", "faProfile", "faMethod", "modelCode")]
    for fields in ({"account": "U2"}, {}, {"account": "u1"}, *allocated):
        assert "set its account to the live one" in refused(made, 2, contract(), order(**fields))
    with pytest.raises(SafetyError, match="set its account"):
        made.check_exercise(1, contract(), 1, 1, "U2")
    single = gate(accounts=("U1",), spelled="U1")
    single.check(1, contract(), order())
    assert "set its account" in refused(single, 2, contract(), order(account="U2"))
    gate(accounts=("DU1", "DU2")).check(1, contract(), order(account="DU2"))
