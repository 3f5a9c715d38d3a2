from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.codec.text.kinds import BOOL, INT, OPT_INT, TEXT
from ibnb.gateway.codec.text.layout import (
    Const,
    Inside,
    Item,
    Lane,
    Many,
    Maybe,
    Opens,
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


def write(*items: Item, deal: Deal = DEAL, version: int = 200) -> list[str]:
    out: list[str] = []
    compile_record(Deal, items, Lane(version, "UTC")).write(deal, out)
    return out


def read(texts: list[str], *items: Item, version: int = 200) -> Deal:
    deal = compile_record(Deal, items, Lane(version, "UTC")).read(FieldReader(texts))
    assert isinstance(deal, Deal)
    return deal


@pytest.mark.parametrize(
    ("items", "texts"),
    [
        ((INT("reqId"), TEXT("name")), ["3", "n"]),
        ((Const("11"), INT("reqId")), ["11", "3"]),
        ((Inside("leg", Leg, INT("ratio")), INT("reqId"), Inside("leg", Leg, TEXT("side"))), ["1", "3", "BUY"]),
        ((Repeat("legs", Leg, INT("ratio")), INT("reqId")), ["2", "1", "2", "3"]),
        ((Many("numbers", INT), TEXT("note")), ["2", "5", "6", "m"]),
        ((Maybe("hedge", Leg, INT("ratio")),), ["1", "9"]),
        ((INT("reqId"), When("reqId", lambda id: id == 3, TEXT("name"))), ["3", "n"]),
        ((INT("reqId"), When("reqId", lambda id: id == 4, TEXT("name"))), ["3"]),
        ((Opens(TEXT("name"), TEXT("note"), first=(INT("reqId"),)),), ["n", "3", "m"]),
        ((Words("name", "note"),), ["n m"]),
    ],
)
def test_one_layout_writes_and_reads(items: tuple[Item, ...], texts: list[str]) -> None:
    assert texts == write(*items)
    assert texts == write(*items, deal=read(texts, *items))


def test_a_condition_may_look_into_a_nested_record() -> None:
    items = (Inside("leg", Leg, TEXT("side")), When("leg.side", "BUY".__eq__, Inside("leg", Leg, INT("ratio"))))
    assert ["BUY", "1"] == write(*items)
    assert Leg(side="BUY", ratio=1) == read(["BUY", "1"], *items).leg
    assert Leg(side="SELL") == read(["SELL"], *items).leg


def test_what_is_missing_is_left_out() -> None:
    empty = Deal()
    assert ["0"] == write(Maybe("hedge", Leg, INT("ratio")), deal=empty)
    assert ["", "0"] == write(Opens(TEXT("name"), TEXT("note"), first=(INT("reqId"),)), deal=empty)
    assert ["n"] == write(Words("name", "note"), deal=replace(DEAL, note=""))
    assert ["0"] == write(Repeat("legs", Leg, INT("ratio")), deal=empty)


@pytest.mark.parametrize(("version", "texts"), [(99, ["3"]), (100, ["3", "n", "1"]), (110, ["3", "1"])])
def test_fields_come_and_go_with_versions(version: int, texts: list[str]) -> None:
    items = (
        INT("reqId"),
        TEXT("name", since=100, until=110),
        When("reqId", bool, Inside("leg", Leg, INT("ratio")), since=100),
    )
    assert texts == write(*items, version=version)
    assert 3 == read(texts, *items, version=version).reqId


def test_rows_by_columns_are_rows_one_by_one() -> None:
    plain = Repeat("legs", Leg, Const("x"), INT("ratio"), TEXT("side"))
    stepwise = Repeat("legs", Leg, Const("x"), INT("ratio"), TEXT("side"), When("ratio", lambda ratio: False))
    assert ["2", "x", "1", "", "x", "2", ""] == write(plain) == write(stepwise)


def test_a_retired_field_is_dropped_where_it_is_still_sent() -> None:
    items = (INT("reqId"), Retired(2), TEXT("note"))
    assert "m" == read(["3", "0", "m"], *items).note == read(["3", "m"], *items).note
    assert ["3", "m"] == write(*items)


@pytest.mark.parametrize("count", ["-1", "x", "1.0", "9999999999"])
def test_a_count_is_a_plain_number(count: str) -> None:
    with pytest.raises(BadField, match="'Legs'"):
        read([count], Repeat("legs", Leg, INT("ratio")))


def test_a_count_above_what_follows_stops_at_the_first_missing_field() -> None:
    with pytest.raises(BadField, match="'Ratio' for input string: ''"):
        read(["999999999", "1"], Repeat("legs", Leg, INT("ratio")))


def test_the_id_is_known_from_where_it_was_read() -> None:
    with pytest.raises(BadField) as caught:
        read(["3", "x"], INT("reqId"), OPT_INT("size"))
    assert 3 == caught.value.id
    with pytest.raises(BadField) as caught:
        read(["x", "3"], BOOL("size"), INT("reqId"))
    assert -1 == caught.value.id


def test_a_layout_that_names_no_field_of_its_record_fails_at_once() -> None:
    with pytest.raises(AttributeError):
        write(INT("nothing"))
    with pytest.raises(TypeError):
        compile_record(m.CancelMktData, (INT("nothing"),), Lane(200, "UTC")).read(FieldReader(["1"]))
