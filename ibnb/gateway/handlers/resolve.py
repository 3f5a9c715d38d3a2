"""From what a client says of a contract to the one instrument it means, and back.

Rule: history, market data and orders need exactly one; what isn't is refused in TWS's words. Contract details may
have many and ask `world.instruments` themselves.
"""

from __future__ import annotations

from decimal import Decimal

from ..instruments import CLASSES, Instrument
from ..matching import Combination, Leg, combined
from ..messages import ComboLeg, Contract
from ..world import World
from .registry import Refusal, invalid, not_simulated

NO_DEFINITION = "No security definition has been found for the request"
BAD_DESTINATION = "The destination or exchange selected is Invalid."
# What IB has and this world hasn't: kinds of instrument, and exchanges that people route to.
NOT_SIMULATED = {
    "EC": "event contracts",
    "FUND": "mutual funds",
    "IOPT": "structured products",
    "NEWS": "a news provider's feeds as contracts",
    "SLB": "stock lending",
    "WAR": "warrants",
}
ELSEWHERE = frozenset({
    "ASX", "BELFOX", "BVME", "CDE", "CPH", "CSFBALGO", "FTA", "FUNDSERV", "FWB", "GETTEX", "HEX", "IBEOS", "IBKRATS",
    "ICEEU", "ICEUS", "IDEM", "IPE", "JEFFALGO", "KSE", "LMEOTC", "MATIF", "MEFFRV", "MEXDER", "MONEP", "NSE", "OMS",
    "OVERNIGHT", "PINK", "QBALGO", "SFB", "SGX", "SNFE", "SOFFEX", "SWB", "TGATE", "TSE", "VENTURE", "VIRTX", "VSE",
    "WSE",
})  # fmt: skip
OPTIONS_ON_FUTURES = frozenset(each.symbol for each in CLASSES if each.secType == "FOP")
AMBIGUOUS = "The contract description specified for {} is ambiguous; you must specify the multiplier or trading class."


def resolve_contract(world: World, contract: Contract) -> Instrument:
    """Return the one instrument that `contract` describes; its ``exchange`` is the one asked for.

    Raises Refusal: 321 without exchange or security type, 200 for an exchange, a description or a combination of
    both that doesn't exist, 200 for one that fits several instruments.
    """
    check_description(contract)
    if not contract.exchange:
        raise invalid("Please enter exchange")
    if not world.instruments.knows(contract.exchange):
        refuse_absent(contract)
        raise Refusal(200, BAD_DESTINATION)
    found = world.instruments.match(contract)
    if not found:
        refuse_absent(contract)
        raise Refusal(200, NO_DEFINITION)
    if len(found) > 1:
        raise Refusal(200, AMBIGUOUS.format(contract.symbol or contract.localSymbol))
    return found[0]


def resolve_live(world: World, contract: Contract) -> Instrument:
    """Return the one instrument of which live data are asked; Refusal also for a continuous future (TWS has history
    of it only)."""
    instrument = resolve_contract(world, contract)
    if instrument.secType == "CONTFUT":
        raise invalid("Continuous futures cannot be used with real time data, only for historical data")
    return instrument


def resolve_combination(world: World, contract: Contract, token: str) -> Combination:
    """Return the legs that a contract of type BAG combines. Raises Refusal: 321 for a leg that makes no sense, 200 for
    one that isn't known, 478 for fewer than two."""

    def leg(each: ComboLeg) -> Leg:
        if each.action not in ("BUY", "SELL") or each.ratio < 1:
            raise invalid("Invalid leg of a combination", token)
        named = Contract(conId=each.conId, exchange=each.exchange or contract.exchange)
        return Leg(resolve_contract(world, named), each.ratio, each.action == "BUY")

    legs = tuple(map(leg, contract.comboLegs))
    if len(legs) < 2:
        raise Refusal(478, "Parameters in request conflicts with contract parameters received by contract id: legs")
    return combined(contract, legs)


def refuse_absent(contract: Contract) -> None:
    """Raise Refusal for an exchange that IB has and this world hasn't, and for what options are on elsewhere only."""
    exchange = contract.exchange
    if contract.secType.upper() == "FOP" and contract.symbol.upper() not in OPTIONS_ON_FUTURES:
        raise not_simulated(f"options on futures (FOP) of {contract.symbol}")
    if ELSEWHERE & {*exchange.upper().replace(":", "/").split("/")}:
        raise not_simulated(f"the exchange {exchange}")


def check_description(contract: Contract) -> None:
    """Raise Refusal for a combination, and for a description that names neither a conId nor a kind and a symbol."""
    if contract.secType == "BAG" or contract.comboLegs:
        raise not_simulated("a combination (BAG)")
    if what := NOT_SIMULATED.get(contract.secType.upper()):
        raise not_simulated(f"{what} ({contract.secType.upper()})")
    if contract.issuerId:
        raise not_simulated("a search for an issuer's bonds")
    if contract.conId:
        return
    if not contract.secType:
        raise invalid("Please enter a valid security type")
    if not (contract.symbol or contract.localSymbol or contract.secId or contract.tradingClass):
        raise invalid("Please enter a symbol")


def name_of(instrument: Instrument) -> str:
    """Return an instrument as the historical data service names it: ``AAPL@SMART``, ``EUR.USD@IDEALPRO``."""
    return f"{instrument.localSymbol}@{instrument.exchange}"


def quantity(value: float) -> Decimal:
    """Return a size as it is sent: 100.0 → 100, 0.0001 → 0.0001."""
    whole = int(value)
    return Decimal(whole) if whole == value else Decimal(repr(value))


def underlying_of_cfd(world: World, instrument: Instrument) -> Instrument | None:
    """Return the instrument of which a contract for difference shows the data; None where it has its own (metals)."""
    return world.instruments.find(instrument.underConId) if instrument.secType == "CFD" else None
