"""Oracle: the installed ibapi's Decoder hands what we send to the right callback, value by value, to the last field."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import ibapi.ticktype
import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.codec.text import ANSWER_SIDE

from . import real_client as real
from .samples import ANSWERS, FUND, VERSIONS, example, orders

CALLBACKS = {
    m.ErrorMessage: "error",
    m.ContractData: "contractDetails",
    m.BondContractData: "bondContractDetails",
    m.ContractDataEnd: "contractDetailsEnd",
    m.DisplayGroupList: "displayGroupList",
}
BY_HAND = {
    m.ContractData,
    m.BondContractData,
    m.OpenOrder,
    m.CompletedOrder,
    m.TickPrice,
    m.TickOptionComputation,
    m.HistoricalData,
    m.ScannerData,
    m.TickByTick,
    m.HistoricalTicks,
    m.HistoricalTicksBidAsk,
    m.HistoricalTicksLast,
    m.ExecDetails,
    m.SymbolSamples,
    m.SecurityDefinitionOptionParameter,
    m.OrderStatus,
    m.PositionMulti,
    m.CommissionReport,
}
# TWS's settings have callbacks of protobuf only: protobuf/test_configuration.
PLAIN = [answer for answer in ANSWERS if type(answer) in ANSWER_SIDE.by_class and type(answer) not in BY_HAND]
ALL = sorted({*real.VERSIONS, *(version for version in VERSIONS if 150 <= version <= real.NEWEST_TEXT)})


def told(answer: Any, version: int) -> tuple[Any, list[tuple[str, list[Any]]]]:
    """The answer as this version can say it, and the callbacks it leads to."""
    codec = real.lane(version)
    payload = codec.encode(answer)
    return codec.decode_answer(payload), real.heard(payload, version)


def name(answer: Any) -> str:
    cls = type(answer)
    return CALLBACKS.get(cls, cls.__name__[0].lower() + cls.__name__[1:])


def values(record: Any) -> list[Any]:
    return [getattr(record, field.name) for field in fields(record)]


def same(ours: list[Any], their: list[Any], version: int = 0) -> None:
    """`version`: where a release of ibapi doesn't read all that its version has."""
    assert len(ours) == len(their)
    forgotten = real.FORGOTTEN if real.FIRST_PROTOBUF and version > 200 else ()
    differences = real.all_differences(ours, their)
    assert [] == [line for line in differences if line.partition(":")[0].rpartition(".")[2] not in forgotten]


def known(version: int, cls: type) -> None:
    message = ANSWER_SIDE.by_class[cls]
    if version < message.since:
        pytest.skip("this version hasn't got the answer")
    decoder = real.ibapi.decoder.Decoder
    if message.id not in {int(number) for number in decoder.msgId2handleInfo}:
        pytest.skip("this release of ibapi hasn't got the callback")


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("answer", PLAIN, ids=name)
def test_an_answer_is_heard_as_it_was_said(answer: Any, version: int) -> None:
    known(version, type(answer))
    answer, calls = told(answer, version)
    assert [name(answer)] == [call for call, _ in calls]
    # What ibapi hands to the callback of protobuf alone comes last.
    same(values(answer)[: len(calls[0][1])], calls[0][1])


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("cls", [m.ContractData, m.BondContractData])
def test_details(cls: type, version: int) -> None:
    details = replace(example(m.ContractDetails), coupon=4.25 if real.TEN else 4.0)  # 9.81 reads whole coupons only
    answer, [(call, their)] = told(cls(reqId=3, details=details), version)
    steps = ("minSize", "sizeIncrement", "suggestedSizeIncrement")
    unsaid: dict[str, Any] = {} if version >= 164 else dict.fromkeys(steps)
    if cls is m.BondContractData:
        unsaid["priceMagnifier"] = None
        if version >= 205:  # ibapi leaves the maturity's words in the contract as well
            their[1].contract.lastTradeDateOrContractMonth = ""
            unsaid["priceMagnifier"] = their[1].priceMagnifier
    assert name(answer) == call
    same([answer.reqId, replace(answer.details, **unsaid)], their)


def missing(*names: str, since: int) -> tuple[str, ...]:
    """Those that a release without this server version hasn't got."""
    return names if real.NEWEST < since else ()


def test_all_fields_of_details_orders_and_executions_have_a_name_in_ibapi() -> None:
    """What the comparison passes over because ibapi has no such name, in full."""
    unknown = {
        cls.__name__: sorted(
            field.name
            for field in fields(cls)
            if not hasattr(their, field.name) and not hasattr(their, real.OTHER_NAMES.get(field.name, field.name))
        )
        for cls, their in (
            (m.Contract, real.ibapi.contract.Contract()),
            (m.ContractDetails, real.ibapi.contract.ContractDetails()),
            (m.Execution, real.ibapi.execution.Execution()),
            (m.Order, real.ibapi.order.Order()),
        )
    }
    tier = ["softDollarTierDisplayName", "softDollarTierName", "softDollarTierValue"]
    if real.TEN:
        assert {
            "Contract": [],
            "ContractDetails": ["fund", *missing("lastPricePrecision", "lastSizePrecision", since=218)],
            "Execution": [],
            "Order": sorted(
                [
                    *("eTradeOnly", "faProfile", "firmQuoteOnly", "nbboPriceCap", *tier),
                    *missing("conditionsIncludeOvernight", since=224),
                    *missing("allowPreOpen", "deactivate", "hedgeMaxSize", "ignoreOpenAuction", "postOnly", since=218),
                    *missing("ptOrderId", "ptOrderType", "slOrderId", "slOrderType", "whatIfType", since=218),
                    *missing("seekPriceImprovement", since=218),
                ]
            ),
        } == unknown
    else:
        assert {"issuerId", "lastTradeDate"} == set(unknown["Contract"])


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("number", range(len(orders())))
def test_orders(number: int, version: int) -> None:
    contract, order = orders()[number]
    for answer in (
        m.OpenOrder(orderId=7, contract=contract, order=replace(order, orderId=7), orderState=example(m.OrderState)),
        m.CompletedOrder(contract=contract, order=order, orderState=example(m.OrderState)),
    ):
        answer, calls = told(answer, version)
        assert [name(answer)] == [call for call, _ in calls]
        if isinstance(answer, m.OpenOrder):
            answer = replace(answer, order=replace(answer.order, orderId=answer.orderId))
        their = calls[0][1]
        tier = their[-2].softDollarTier
        if isinstance(answer, m.OpenOrder):
            order_ = answer.order
            assert (order_.softDollarTierName, order_.softDollarTierValue) == (tier.name, getattr(tier, "val", ""))
        elif not real.TEN:  # on from the start in 9.81, and a completed order doesn't say
            their[1].eTradeOnly = their[1].firmQuoteOnly = False
        same(values(answer), their, version)


@pytest.mark.parametrize("version", ALL)
def test_a_price_and_its_size(version: int) -> None:
    tick = m.TickPrice(reqId=3, tickType=ibapi.ticktype.TickTypeEnum.BID, price=187.25, size=Decimal(7), attribMask=5)
    _, calls = told(tick, version)
    (_, [reqId, tickType, price, attrib]), (size_call, size_args) = calls
    assert (3, 1, 187.25) == (reqId, tickType, price)
    assert (True, False, True) == (attrib.canAutoExecute, attrib.pastLimit, attrib.preOpen)
    assert ("tickSize", [3, 0, 7]) == (size_call, [int(value) for value in size_args])


@pytest.mark.parametrize("version", ALL)
def test_option_models(version: int) -> None:
    full = m.TickOptionComputation(
        reqId=3,
        tickType=13,
        tickAttrib=1,
        impliedVol=0.25,
        delta=0.5,
        optPrice=3.5,
        pvDividend=0.125,
        gamma=0.0625,
        vega=0.75,
        theta=-0.5,
        undPrice=187.25,
    )
    for model in (full, m.TickOptionComputation(reqId=3, tickType=13)):
        model, [(call, args)] = told(model, version)
        assert "tickOptionComputation" == call
        expected = values(model)
        if version < 156:
            args[2] = args[2] or 0
        same(expected, args)


@pytest.mark.parametrize("version", ALL)
def test_bars_come_one_by_one_and_then_their_end(version: int) -> None:
    bars = tuple(
        m.Bar(date=date, open=1.5, high=2.25, low=0.5, close=2.0, volume=Decimal(volume), wap=1.75)
        for date, volume in (("20250610", 1000), ("20250611", 2000))
    )
    start, end = "20250610 10:00:00 US/Eastern", "20250611 10:00:00 US/Eastern"
    answer = m.HistoricalData(reqId=3, start=start, end=end, bars=bars)
    _, calls = told(answer, version)
    if version >= 196:
        calls += told(m.HistoricalDataEnd(reqId=3, start=start, end=end), version)[1]
    assert ["historicalData", "historicalData", "historicalDataEnd"] == [call for call, _ in calls]
    for bar, (_, args) in zip(bars, calls, strict=False):
        same([3, bar], args)
    local = (start, end) if version >= 174 else ("20250610  10:00:00", "20250611  10:00:00")
    assert [3, *local] == calls[-1][1]


@pytest.mark.parametrize("version", ALL)
def test_values_that_have_no_meaning_are_minus_one(version: int) -> None:
    bar = m.Bar(date="20250611", open=1.5, high=2.25, low=0.5, close=2.0)
    _, calls = told(m.HistoricalData(reqId=3, bars=(bar,)), version)
    same([3, bar], calls[0][1])


@pytest.mark.parametrize("version", ALL)
def test_a_scan_comes_row_by_row_and_then_its_end(version: int) -> None:
    answer, calls = told(example(m.ScannerData), version)
    assert ["scannerData", "scannerData", "scannerDataEnd"] == [call for call, _ in calls]
    for row, (_, [reqId, rank, details, *rest]) in zip(answer.rows, calls, strict=False):
        same(
            [
                answer.reqId,
                row.rank,
                row.contract,
                row.marketName,
                row.distance,
                row.benchmark,
                row.projection,
                row.legsStr,
            ],
            [reqId, rank, details.contract, details.marketName, *rest],
        )


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("tickType", [1, 2, 3, 4])
def test_ticks_one_by_one(tickType: int, version: int) -> None:
    answer, [(call, args)] = told(replace(example(m.TickByTick), tickType=tickType, mask=2), version)
    if tickType in (1, 2):
        assert "tickByTickAllLast" == call
        mask = args.pop(5)
        assert (False, True) == (mask.pastLimit, mask.unreported)
        same(
            [answer.reqId, tickType, answer.time, answer.price, answer.size, answer.exchange, answer.specialConditions],
            args,
        )
    elif tickType == 3:
        assert "tickByTickBidAsk" == call
        mask = args.pop()
        assert (False, True) == (mask.bidPastLow, mask.askPastHigh)
        same([answer.reqId, answer.time, answer.bidPrice, answer.askPrice, answer.bidSize, answer.askSize], args)
    else:
        assert "tickByTickMidPoint" == call
        same([answer.reqId, answer.time, answer.midPoint], args)


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("cls", [m.HistoricalTicks, m.HistoricalTicksBidAsk, m.HistoricalTicksLast])
def test_past_ticks(cls: type, version: int) -> None:
    answer, [(call, [reqId, ticks, done])] = told(example(cls), version)
    assert (name(answer), answer.reqId, True) == (call, reqId, done)
    given = {
        m.HistoricalTicks: ("time", "price", "size"),
        m.HistoricalTicksBidAsk: ("time", "priceBid", "priceAsk", "sizeBid", "sizeAsk"),
        m.HistoricalTicksLast: ("time", "price", "size", "exchange", "specialConditions"),
    }[cls]
    for ours, their in zip(answer.ticks, ticks, strict=True):
        same([getattr(ours, field) for field in given], [getattr(their, field) for field in given])


@pytest.mark.parametrize("version", ALL)
def test_executions_say_local_time(version: int) -> None:
    answer, [(call, [reqId, contract, execution])] = told(example(m.ExecDetails), version)
    assert "execDetails" == call
    assert execution.time == ("20250611 10:00:00 US/Eastern" if version >= 174 else "20250611  10:00:00")
    execution.time = answer.execution.time
    same([answer.reqId, answer.contract, answer.execution], [reqId, contract, execution], version)


@pytest.mark.parametrize("version", ALL)
def test_the_rest(version: int) -> None:
    answer, [(_, args)] = told(example(m.PositionMulti), version)
    same([answer.reqId, answer.account, answer.modelCode, answer.contract, answer.position, answer.avgCost], args)

    answer, [(call, [report])] = told(example(m.CommissionReport), version)
    assert "commissionReport" == call
    same([answer], [report])
    unset, [(_, [report])] = told(m.CommissionReport(execId="1", commission=1.0, currency="USD"), version)
    same([unset], [report])

    answer, [(_, args)] = told(example(m.SecurityDefinitionOptionParameter), version)
    *ours, expirations, strikes = values(answer)
    assert (set(expirations), set(strikes)) == (args.pop(-2), args.pop())
    same(ours, args)

    answer, [(_, [_, descriptions])] = told(example(m.SymbolSamples), version)
    for ours, their in zip(answer.contractDescriptions, descriptions, strict=True):
        contract = replace(ours.contract, issuerId=ours.issuerId)
        same([contract, ours.derivativeSecTypes], [their.contract, their.derivativeSecTypes])
        if version >= 176:
            assert ours.description == their.contract.description

    answer, [(_, args)] = told(example(m.OrderStatus), version)
    same(values(answer), args)


@pytest.mark.skipif(not real.TEN, reason="9.81 ends below 179")
def test_funds() -> None:
    details = replace(example(m.ContractDetails), contract=FUND, fund=replace(example(m.Fund), assetType="002"))
    answer, [(_, [_, their])] = told(m.ContractData(reqId=3, details=details), 200)
    fund = answer.details.fund
    for field in fields(fund):
        if field.name not in {"distributionPolicyIndicator", "assetType"}:  # enumerations there
            assert getattr(fund, field.name) == getattr(their, f"fund{field.name[0].upper()}{field.name[1:]}"), (
                field.name
            )


@pytest.mark.parametrize("version", ALL)
def test_texts_that_are_not_ascii(version: int) -> None:
    text = "Zürich \\ 100 € \\n"
    for answer in (
        m.ErrorMessage(id=3, code=200, message=text),
        m.UpdateAccountValue(key=text, val="1", currency="CHF", accountName="DU1"),
        m.ContractData(reqId=3, details=m.ContractDetails(contract=m.Contract(symbol="NESN"), longName=text)),
    ):
        answer, [(_, args)] = told(answer, version)
        their = args[1].longName if isinstance(answer, m.ContractData) else args[0 if args[0] != 3 else 2]
        assert text == their


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("reqId", [0, 1, 127, 128, 70_000, 2**31 - 1, -1])
def test_a_tick_of_a_quote_is_written_as_its_message_is(version: int, reqId: int) -> None:
    sizes = [Decimal(text) for text in ("0", "1", "1200", "0.6372", "100.50", "1E+6", "1.5E+20")]
    ticks: list[m.TickFields] = [
        (m.TickPrice, kind, price, size, mask)
        for kind, price, mask in ((1, 196.4, 1), (2, 1.0, 0), (4, -1.0, 3), (14, 1e-7, 0), (127, 4e22, 0))
        for size in sizes
    ]
    ticks += [(m.TickSize, kind, size, Decimal(0), 0) for kind in (0, 8, 74) for size in sizes]
    ticks += [(m.TickString, 45, text, Decimal(0), 0) for text in ("1749628835", "Q", "")]
    ticks += [(m.TickGeneric, 49, value, Decimal(0), 0) for value in (0.0, 2.0)]
    codec = real.lane(version)
    for tick in ticks:
        message, kind, value, size, mask = tick
        named = {"price": value, "size": size, "attribMask": mask} if message is m.TickPrice else {"value": value}
        named = {"size": value} if message is m.TickSize else named
        assert codec.encode(message(reqId=reqId, tickType=kind, **named)) == codec.tick(reqId, tick)
