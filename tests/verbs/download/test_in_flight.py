from __future__ import annotations

from typing import Any

import pytest
from inside import core
from scripted import ScriptedTWS

from ibnb import ConnectionLostError, ContractNotFoundError, IBError, PacingError, RequestTimeoutError, createContract
from ibnb.verbs.download.in_flight import IN_FLIGHT, Ask, InFlight

PACING = "Historical Market Data Service error message:Historical data request pacing violation"


class Many:
    """So many asks for head timestamps, and what came of them."""

    def __init__(self, tws: ScriptedTWS, count: int) -> None:
        self.taken: list[int] = []
        self.failed: list[tuple[int, IBError]] = []
        self.unwanted: set[int] = set()
        self.tws = tws
        tws.record("cancelHeadTimeStamp")
        self.asks = [self._ask(number) for number in range(count)]

    def _ask(self, number: int) -> Ask:
        app, contract = self.tws.app, createContract(f"S{number}")
        return Ask(
            contract,
            "history",
            lambda slot: app.reqHeadTimeStamp(slot.key, contract, "TRADES", 1, 2),
            lambda rows: self.taken.append(number),
            lambda error: self.failed.append((number, error)),
            app.cancelHeadTimeStamp,
            lambda: number not in self.unwanted,
        )

    def run(self, timeout: float | None = None) -> None:
        InFlight(core(self.tws.app), "getMany", timeout).ask_all(self.asks)


def answer(tws: ScriptedTWS, reqId: int) -> None:
    tws.tell("headTimestamp", reqId, "345479400")


def test_all_are_asked_and_taken_and_nothing_is_left_open(tws: ScriptedTWS) -> None:
    many = Many(tws, 25)
    tws.on("reqHeadTimeStamp", lambda reqId, *rest: answer(tws, reqId))
    many.run()
    assert list(range(25)) == many.taken
    assert "cancelHeadTimeStamp" not in tws.names()
    assert len(core(tws.app).pending) == 0
    assert getattr(core(tws.app).outgoing._passing, "slot", None) is None


def test_only_so_many_are_in_flight_and_the_first_to_end_makes_room(tws: ScriptedTWS) -> None:
    many, most, flying = Many(tws, 25), 0, list[int]()

    def asked(reqId: int, *rest: Any) -> None:
        nonlocal most
        flying.append(reqId)
        most = max(most, len(flying))
        if len(flying) == IN_FLIGHT or len(tws.asked) == 25:
            answer(tws, flying.pop())
            while len(tws.asked) == 25 and flying:
                answer(tws, flying.pop())

    tws.on("reqHeadTimeStamp", asked)
    many.run()
    assert most == IN_FLIGHT
    assert sorted(many.taken) == list(range(25))
    assert many.taken != list(range(25))


def test_a_refusal_ends_one_and_what_isn_t_wanted_any_more_isn_t_asked(tws: ScriptedTWS) -> None:
    many = Many(tws, IN_FLIGHT + 3)
    many.unwanted = {IN_FLIGHT, IN_FLIGHT + 1}

    def asked(reqId: int, contract: Any, *rest: Any) -> None:
        if contract.symbol == "S1":
            tws.tell("error", reqId, 200, "No security definition has been found for the request")
        else:
            answer(tws, reqId)

    tws.on("reqHeadTimeStamp", asked)
    many.run()
    [(number, error)] = many.failed
    assert number == 1
    assert isinstance(error, ContractNotFoundError)
    assert sorted(many.taken) == [0, *range(2, IN_FLIGHT), IN_FLIGHT + 2]


def test_one_that_gets_no_answer_is_cancelled_and_the_others_go_on(tws: ScriptedTWS) -> None:
    many = Many(tws, 5)
    tws.on("reqHeadTimeStamp", lambda reqId, contract, *rest: contract.symbol != "S2" and answer(tws, reqId))
    many.run(timeout=0.05)
    [(number, error)] = many.failed
    assert number == 2
    assert isinstance(error, RequestTimeoutError)
    assert sorted(many.taken) == [0, 1, 3, 4]
    lost = next(args[0] for name, args in tws.asked if name == "reqHeadTimeStamp" and args[1].symbol == "S2")
    assert [args[0] for name, args in tws.asked if name == "cancelHeadTimeStamp"] == [lost]


def test_a_tws_that_answers_nothing_is_an_error(tws: ScriptedTWS) -> None:
    many = Many(tws, 3)
    tws.record("reqHeadTimeStamp")
    with pytest.raises(RequestTimeoutError, match="getMany"):
        many.run(timeout=0.01)
    assert tws.names().count("cancelHeadTimeStamp") == 3
    assert len(core(tws.app).pending) == 0


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupt_takes_what_was_answered_and_cancels_the_rest(
    tws: ScriptedTWS, error: type[BaseException]
) -> None:
    many = Many(tws, 6)
    tws.on("reqHeadTimeStamp", lambda reqId, contract, *rest: contract.symbol < "S4" and answer(tws, reqId))

    def interrupted(rows: list[Any]) -> None:
        raise error

    many.asks[0].take = interrupted
    with pytest.raises(error):
        many.run()
    assert many.taken == [1, 2, 3]
    assert tws.names().count("cancelHeadTimeStamp") == 2
    assert len(core(tws.app).pending) == 0


def test_the_loss_of_the_connection_ends_it_after_what_was_answered(tws: ScriptedTWS) -> None:
    many = Many(tws, 4)

    def asked(reqId: int, contract: Any, *rest: Any) -> None:
        if contract.symbol < "S2":
            answer(tws, reqId)
        elif contract.symbol == "S3":
            core(tws.app).lifecycle.end(tws.app.conn, "TWS has gone")

    tws.on("reqHeadTimeStamp", asked)
    with pytest.raises(ConnectionLostError, match="TWS has gone"):
        many.run()
    assert many.taken == [0, 1]
    assert many.failed == []
    assert len(core(tws.app).pending) == 0


def test_one_that_tws_paces_is_reported_once_asking_again_is_off(tws: ScriptedTWS) -> None:
    many = Many(tws, 1)
    tws.refuse("reqHeadTimeStamp", 162, PACING)
    many.run()
    [(_, error)] = many.failed
    assert isinstance(error, PacingError)
