"""Contract details, symbol search and market rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date, datetime
from functools import lru_cache
from itertools import chain

from .. import messages as m
from ..calendar import Calendar
from ..instruments import MARKET_RULES, Instrument, contract_of
from ..matching.order_types import tokens
from ..world import Client, World
from ..zones import zone_info
from .market_data.smart_components import COMPONENTS
from .precision import precision
from .registry import Refusal, cancels, handles, invalid
from .resolve import NO_DEFINITION, check_description, quantity, refuse_absent


@handles(m.ReqContractDetails)
def contract_details(world: World, client: Client, request: m.ReqContractDetails) -> Iterator[object]:
    """One row for each contract that fits, a whole option chain too, then the end; 200 without an end when none does.

    Differs from TWS: an empty exchange gives one row per listing, not one per exchange; lastPricePrecision and
    lastSizePrecision (224), of which IB says no more than their names, are the smallest steps.
    """
    check_description(request.contract)
    found = world.instruments.each(request.contract)
    first = next(found, None)
    if first is None:
        refuse_absent(request.contract)
        raise Refusal(200, NO_DEFINITION)
    for instrument in chain([first], found):
        answer = m.BondContractData if instrument.bond else m.ContractData
        exact = replace(details(world, instrument), **precision(instrument, client.version))
        yield answer(reqId=request.reqId, details=exact)
    yield m.ContractDataEnd(reqId=request.reqId)


cancels(m.CancelContractData)


@handles(m.ReqMatchingSymbols)
def matching_symbols(world: World, client: Client, request: m.ReqMatchingSymbols) -> Iterator[object]:
    """At most 16 stocks and indices whose symbol or name begins with the pattern.

    Differs from TWS: two searches within one second are both answered; of derivatives no warrants are named.
    """
    rows = tuple(
        m.ContractDescription(
            contract=m.Contract(
                conId=instrument.conId,
                symbol=instrument.symbol,
                secType=instrument.secType,
                primaryExchange=instrument.primaryExchange,
                currency=instrument.currency,
            ),
            derivativeSecTypes=_derivatives(world, instrument),
            description=instrument.longName,
        )
        for instrument in world.instruments.search(request.pattern)
    )
    yield m.SymbolSamples(reqId=request.reqId, contractDescriptions=rows)


def _derivatives(world: World, instrument: Instrument) -> tuple[str, ...]:
    found = world.instruments.options.classes(instrument.symbol, instrument.secType, instrument.conId)
    return (*(("CFD",) if instrument.secType == "STK" else ()), *(("OPT", "BAG") if found else ()))


@handles(m.ReqMarketRule)
def market_rule(world: World, client: Client, request: m.ReqMarketRule) -> Iterator[object]:
    """The price steps of a rule that contract details name."""
    rule = MARKET_RULES.get(request.marketRuleId)
    if rule is None:
        raise invalid(f"Invalid market rule id {request.marketRuleId}")
    steps = tuple(m.PriceIncrement(lowEdge=edge, increment=step) for edge, step in rule)
    yield m.MarketRule(marketRuleId=request.marketRuleId, priceIncrements=steps)


@handles(m.ReqSmartComponents)
def smart_components(world: World, client: Client, request: m.ReqSmartComponents) -> Iterator[object]:
    """The exchanges behind the letters of bidExchange and askExchange, for a code that tickReqParams gave."""
    components = COMPONENTS.get(request.bboExchange)
    if components is None:
        raise invalid(f"Invalid BBO exchange {request.bboExchange}")
    yield m.SmartComponents(reqId=request.reqId, smartComponents=components)


def details(world: World, instrument: Instrument) -> m.ContractDetails:
    """Return all that TWS says of an instrument; trading hours begin with today's."""
    today = datetime.fromtimestamp(world.clock.now(), zone_info(instrument.timeZoneId)).date()
    trading, liquid = _hours(world.market.calendar, instrument.schedule, today)
    bond = asdict(instrument.bond) if instrument.bond else {}
    return m.ContractDetails(
        **bond,
        contract=contract_of(instrument),
        marketName=instrument.tradingClass,
        minTick=instrument.minTick,
        orderTypes=tokens(instrument.secType),
        validExchanges=instrument.validExchanges,
        priceMagnifier=instrument.priceMagnifier,
        underConId=instrument.underConId,
        longName=instrument.longName,
        contractMonth=instrument.contractMonth,
        industry=instrument.industry,
        category=instrument.category,
        subcategory=instrument.subcategory,
        timeZoneId=instrument.timeZoneId,
        tradingHours=trading,
        liquidHours=liquid,
        secIdList=tuple(m.TagValue(tag=tag, value=value) for tag, value in instrument.secIdList),
        aggGroup=instrument.aggGroup,
        underSymbol=instrument.underSymbol,
        underSecType=instrument.underSecType,
        marketRuleIds=instrument.marketRuleIds,
        realExpirationDate=instrument.realExpirationDate,
        stockType=instrument.stockType,
        minSize=quantity(instrument.minSize),
        sizeIncrement=quantity(instrument.sizeIncrement),
        suggestedSizeIncrement=quantity(instrument.suggestedSizeIncrement),
    )


@lru_cache(256)
def _hours(calendar: Calendar, schedule: str, today: date) -> tuple[str, str]:
    return calendar.hours_text(schedule, today), calendar.hours_text(schedule, today, rth=True)
