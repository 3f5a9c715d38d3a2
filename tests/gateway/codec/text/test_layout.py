from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.codec.text.kinds import Lane
from ibnb.gateway.codec.text.layout import (
    Inside,
    Many,
    Maybe,
    Opens,
    Part,
    Repeat,
    Retired,
    When,
    Words,
    compile_record,
)
from ibnb.gateway.codec.wire import BadField, FieldReader


@dataclass(frozen=True, kw_only=True)
class Leg:
    ratio: int = 0
    side: str = ""


@dataclass(frozen=True, kw_only=True)
class Deal:
    reqId: int = 0
    name: str = ""
    note: str = ""
    leg: Leg = Leg()
    legs: tuple[Leg, ...] = ()
    numbers: tuple[int, ...] = ()
    hedge: Leg | None = None
    size: int | None = None


DEAL = Deal(
    reqId=3,
    name="n",
    note="m",
    leg=Leg(ratio=1, side="BUY"),
    legs=(Leg(ratio=1), Leg(ratio=2)),
    numbers=(5, 6),
    hedge=Leg(ratio=9),
    size=4,
)


def write(*items: Part, deal: Deal = DEAL, version: int = 200) -> list[str]:
    out: list[str] = []
    compile_record(Deal, items, Lane(version, "UTC")).write(deal, out)
    return out


def read(texts: list[str], *items: Part, version: int = 200) -> Deal:
    deal = compile_record(Deal, items, Lane(version, "UTC")).read(FieldReader(texts))
    assert isinstance(deal, Deal)
    return deal


@pytest.mark.parametrize(
    ("items", "texts"),
    [
        (("reqId:int, name",), ["3", "n"]),
        (("=11, reqId:int",), ["11", "3"]),
        ((Inside("leg", Leg, "ratio:int"), "reqId:int", Inside("leg", Leg, "side")), ["1", "3", "BUY"]),
        ((Repeat("legs", Leg, "ratio:int"), "reqId:int"), ["2", "1", "2", "3"]),
        ((Many("numbers:int"), "note"), ["2", "5", "6", "m"]),
        ((Maybe("hedge", Leg, "ratio:int"),), ["1", "9"]),
        (("reqId:int", When("reqId", lambda id: id == 3, "name")), ["3", "n"]),
        (("reqId:int", When("reqId", lambda id: id == 4, "name")), ["3"]),
        ((Opens("name", "note", first="reqId:int"),), ["n", "3", "m"]),
        ((Words("name", "note"),), ["n m"]),
    ],
)
def test_one_layout_writes_and_reads(items: tuple[Part, ...], texts: list[str]) -> None:
    assert texts == write(*items)
    assert texts == write(*items, deal=read(texts, *items))


def test_a_condition_may_look_into_a_nested_record() -> None:
    items = (Inside("leg", Leg, "side"), When("leg.side", "BUY".__eq__, Inside("leg", Leg, "ratio:int")))
    assert ["BUY", "1"] == write(*items)
    assert Leg(side="BUY", ratio=1) == read(["BUY", "1"], *items).leg
    assert Leg(side="SELL") == read(["SELL"], *items).leg


def test_what_is_missing_is_left_out() -> None:
    empty = Deal()
    assert ["0"] == write(Maybe("hedge", Leg, "ratio:int"), deal=empty)
    assert ["", "0"] == write(Opens("name", "note", first="reqId:int"), deal=empty)
    assert ["n"] == write(Words("name", "note"), deal=replace(DEAL, note=""))
    assert ["0"] == write(Repeat("legs", Leg, "ratio:int"), deal=empty)


@pytest.mark.parametrize(("version", "texts"), [(99, ["3"]), (100, ["3", "n", "1"]), (110, ["3", "1"])])
def test_fields_come_and_go_with_versions(version: int, texts: list[str]) -> None:
    items = (
        "reqId:int, name@100-110",
        When("reqId", bool, Inside("leg", Leg, "ratio:int"), since=100),
    )
    assert texts == write(*items, version=version)
    assert 3 == read(texts, *items, version=version).reqId


def test_rows_by_columns_are_rows_one_by_one() -> None:
    plain = Repeat("legs", Leg, "=x, ratio:int, side")
    stepwise = Repeat("legs", Leg, "=x, ratio:int, side", When("ratio", lambda ratio: False))
    assert ["2", "x", "1", "", "x", "2", ""] == write(plain) == write(stepwise)


def test_a_retired_field_is_dropped_where_it_is_still_sent() -> None:
    items = ("reqId:int", Retired(2), "note")
    assert "m" == read(["3", "0", "m"], *items).note == read(["3", "m"], *items).note
    assert ["3", "m"] == write(*items)


@pytest.mark.parametrize("count", ["-1", "x", "1.0", "9999999999"])
def test_a_count_is_a_plain_number(count: str) -> None:
    with pytest.raises(BadField, match="'Legs'"):
        read([count], Repeat("legs", Leg, "ratio:int"))


def test_a_count_above_what_follows_stops_at_the_first_missing_field() -> None:
    with pytest.raises(BadField, match="'Ratio' for input string: ''"):
        read(["999999999", "1"], Repeat("legs", Leg, "ratio:int"))


def test_the_id_is_known_from_where_it_was_read() -> None:
    with pytest.raises(BadField) as caught:
        read(["3", "x"], "reqId:int, size:opt_int")
    assert 3 == caught.value.id
    with pytest.raises(BadField) as caught:
        read(["x", "3"], "size:bool, reqId:int")
    assert -1 == caught.value.id


def test_a_layout_that_names_no_field_of_its_record_fails_at_once() -> None:
    with pytest.raises(AttributeError):
        write("nothing:int")
    with pytest.raises(TypeError):
        compile_record(m.CancelMktData, ("nothing:int",), Lane(200, "UTC")).read(FieldReader(["1"]))


@pytest.mark.parametrize("row", ["size:opt_integer", "size@from", ""])
def test_a_row_that_says_nothing_fails_at_once(row: str) -> None:
    with pytest.raises((KeyError, ValueError, AttributeError)):
        write(row)
