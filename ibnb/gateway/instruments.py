"""What can be traded, and how TWS finds it from what a client says.

Rule: `data/instruments.csv` lists what has no expiry, `ROOTS` says by rule which futures exist on a given day; both
carry IB's description beside the few numbers the market's model needs. Nothing here knows a price of today.

conIds below 900,000,000 are IB's own; those above are invented here (from the description, so they never change).

Differs from TWS: an empty exchange gives one row per listing, not one per exchange.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol
from zlib import crc32

from .calendar import SCHEDULES, Calendar

MATCHING_SYMBOLS = 16
EXPIRED_YEARS = 2


class ContractLike(Protocol):
    """What a client says of a contract; a field that isn't set is None, "" or 0."""

    @property
    def conId(self) -> int | None: ...
    @property
    def symbol(self) -> str | None: ...
    @property
    def secType(self) -> str | None: ...
    @property
    def lastTradeDateOrContractMonth(self) -> str | None: ...
    @property
    def strike(self) -> float | None: ...
    @property
    def right(self) -> str | None: ...
    @property
    def multiplier(self) -> str | None: ...
    @property
    def exchange(self) -> str | None: ...
    @property
    def primaryExchange(self) -> str | None: ...
    @property
    def currency(self) -> str | None: ...
    @property
    def localSymbol(self) -> str | None: ...
    @property
    def tradingClass(self) -> str | None: ...
    @property
    def includeExpired(self) -> bool | None: ...
    @property
    def secIdType(self) -> str | None: ...
    @property
    def secId(self) -> str | None: ...


@dataclass(frozen=True)
class Model:
    """What the simulated price path needs.

    `key` names the path (all expiries of a future share one), `anchor` is the close of 2025-06-10 in quoted units,
    `drift` and `vol` are annual, `volume` is the average day's (0: no trades are reported), `spread` is in ticks,
    `loadings` are weights of common factors (squares add up to at most 1), `carry` is the annual premium of a future.
    """

    key: str
    anchor: float
    drift: float
    vol: float
    volume: int
    spread: int
    listed: date
    loadings: tuple[tuple[str, float], ...] = ()
    carry: float = 0.0


@dataclass(frozen=True)
class Instrument:
    """One listing, as contractDetails describes it; `exchange` is the one that was asked for. Names are IB's."""

    conId: int
    symbol: str
    secType: str
    exchange: str
    primaryExchange: str
    currency: str
    localSymbol: str
    tradingClass: str
    longName: str
    minTick: float
    schedule: str
    model: Model = field(repr=False)
    multiplier: str = ""
    lastTradeDateOrContractMonth: str = ""
    contractMonth: str = ""
    realExpirationDate: str = ""
    strike: float = 0.0
    right: str = ""
    industry: str = ""
    category: str = ""
    subcategory: str = ""
    stockType: str = ""
    priceMagnifier: int = 1
    validExchanges: str = ""
    orderTypes: str = "ACTIVETIM,DAY,GTC,LMT,MKT,OCA,STP,STPLMT"
    marketRuleIds: str = ""
    minSize: float = 1.0
    sizeIncrement: float = 1.0
    suggestedSizeIncrement: float = 1.0
    aggGroup: int = 2147483647
    underConId: int = 0
    underSymbol: str = ""
    underSecType: str = ""
    secIdList: tuple[tuple[str, str], ...] = ()
    sharesOutstanding: float = 0.0

    @property
    def timeZoneId(self) -> str:
        """The exchange's zone in TWS's words (`US/Eastern`)."""
        return SCHEDULES[self.schedule].timeZoneId

    @property
    def zone(self) -> str:
        """The exchange's zone as every time zone database has it (`America/New_York`)."""
        return SCHEDULES[self.schedule].zone

    @property
    def expiry(self) -> date | None:
        """The last trading day, for a future."""
        text = self.lastTradeDateOrContractMonth
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])) if text else None

    @property
    def unit(self) -> float:
        """Money in `currency` per 1.00 of quoted price and one unit: multiplier over priceMagnifier."""
        return float(self.multiplier or 1) / self.priceMagnifier

    @cached_property
    def decimals(self) -> int:
        """Digits after the point that a price on the tick needs."""
        return max(0, -int(Decimal(repr(self.minTick)).normalize().as_tuple().exponent))

    def price(self, ticks: float) -> float:
        """The price of so many ticks (halves allowed), as the shortest float that means it."""
        return round(ticks * self.minTick, self.decimals + 1)

    def on_tick(self, price: float) -> bool:
        """Whether a price conforms to the minimum variation (else TWS answers 110)."""
        return abs(price / self.minTick - round(price / self.minTick)) < 1e-6

    @property
    def trades(self) -> bool:
        """Whether trades are reported: not for forex, metals and CFDs, which have quotes only."""
        return self.secType not in ("CASH", "CMDTY", "CFD")

    @property
    def quotes(self) -> bool:
        """Whether there are bids and offers: not for an index."""
        return self.secType != "IND"


@dataclass(frozen=True)
class _Kind:
    """What all listings of one kind share; `{}` in `validExchanges` is the primary exchange."""

    validExchanges: str
    minSize: float = 1.0
    suggestedSizeIncrement: float = 1.0
    aggGroup: int = 2147483647


# By (secType, schedule), else by secType.
_KINDS: dict[tuple[str, str] | str, _Kind] = {
    ("STK", "US"): _Kind("SMART,AMEX,NYSE,CBOE,ARCA,NASDAQ,BATS,IEX,EDGX,BYX,MEMX", 0.0001, 100.0, 1),
    ("STK", "LSE"): _Kind("SMART,LSE,LSEETF", aggGroup=2),
    "STK": _Kind("SMART,{}", aggGroup=2),
    "CASH": _Kind("IDEALPRO", minSize=0.01, suggestedSizeIncrement=1.0, aggGroup=4),
    "CMDTY": _Kind("SMART,IBMETAL"),
    "CFD": _Kind("SMART,IBCFD"),
    "IND": _Kind("{}"),
    "FUT": _Kind("CME"),
    "CONTFUT": _Kind("CME"),
}

# Rule id → ((from this price on, minimum variation), …); contractDetails names one per valid exchange.
MARKET_RULES: dict[int, tuple[tuple[float, float], ...]] = {
    26: ((0.0, 0.01),),
    67: ((0.0, 0.25),),
    239: ((0.0, 0.00005),),
    240: ((0.0, 0.005),),
    556: ((0.0, 0.025),),
    557: ((0.0, 0.001),),
    558: ((0.0, 0.02),),
    559: ((0.0, 0.2),),
    560: ((0.0, 0.0001),),
    2240: ((0.0, 5.0),),
    2241: ((0.0, 10.0),),
}
_RULE_OF_TICK = {rule[0][1]: id for id, rule in MARKET_RULES.items()}

# Old and new names of one exchange.
_SAME_EXCHANGE = {"ISLAND": "NASDAQ", "SMARTUS": "SMART"}


def _invented(*description: str) -> int:
    return 900_000_000 + crc32("/".join(description).encode()) % 99_999_999


def _described(secType: str, primary: str, schedule: str, minTick: float) -> dict[str, Any]:
    kind = _KINDS.get((secType, schedule)) or _KINDS[secType]
    exchanges = kind.validExchanges.format(primary)
    return {
        "validExchanges": exchanges,
        "marketRuleIds": ",".join([str(_RULE_OF_TICK[minTick])] * (exchanges.count(",") + 1)),
        "minSize": kind.minSize,
        "sizeIncrement": kind.minSize,
        "suggestedSizeIncrement": kind.suggestedSizeIncrement,
        "aggGroup": kind.aggGroup,
    }


def _loadings(text: str) -> tuple[tuple[str, float], ...]:
    """ "US:0.6 TECH:0.4" → (("US", 0.6), ("TECH", 0.4))."""
    pairs = (word.split(":") for word in text.split())
    return tuple((name, float(weight)) for name, weight in pairs)


def _listing(row: dict[str, str]) -> Instrument:
    symbol, secType, schedule, primary = row["symbol"], row["secType"], row["schedule"], row["primaryExchange"]
    minTick, exchange, currency = float(row["minTick"]), row["exchange"], row["currency"]
    identity = (symbol, secType, primary or exchange, currency)
    return Instrument(
        conId=int(row["conId"]) if row["conId"] else _invented(*identity),
        symbol=symbol,
        secType=secType,
        exchange=exchange,
        primaryExchange=primary,
        currency=currency,
        localSymbol=row["localSymbol"],
        tradingClass=row["tradingClass"],
        longName=row["longName"],
        minTick=minTick,
        schedule=schedule,
        model=Model(
            key="/".join(identity),
            anchor=float(row["anchor"]),
            drift=float(row["drift"]),
            vol=float(row["vol"]),
            volume=int(row["volume"] or 0),
            spread=int(row["spread"]),
            listed=date.fromisoformat(row["listed"]),
            loadings=_loadings(row["loadings"]),
        ),
        industry=row["industry"],
        category=row["category"],
        subcategory=row["subcategory"],
        stockType=row["stockType"],
        priceMagnifier=int(row["priceMagnifier"]),
        secIdList=(("ISIN", row["isin"]),) if row["isin"] else (),
        sharesOutstanding=float(row["shares"] or 0) * 1e6,
        **_described(secType, primary or exchange, schedule, minTick),
    )


MONTH_CODES = "FGHJKMNQUVXZ"


def _third_friday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(4 - first.weekday()) % 7 + 14)


def _last_friday(year: int, month: int) -> date:
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - 4) % 7)


def _tenth_business_day(year: int, month: int) -> date:
    first = date(year, month, 1)
    return Calendar().trading_days("US", first, first + timedelta(days=27))[9]


@dataclass(frozen=True)
class Root:
    """A futures product: which months exist, when they expire, what a contract is. `ahead`: months listed ahead."""

    symbol: str
    longName: str
    months: str
    last_day: Callable[[int, int], date]
    ahead: int
    multiplier: str
    minTick: float
    schedule: str
    model: Model
    underSecType: str = "IND"

    def contfut(self) -> Instrument:
        """The continuous future: the root's own path, with neither expiry nor carry."""
        return self._instrument("CONTFUT", self.symbol, replace(self.model, carry=0.0))

    def future(self, year: int, month: int) -> Instrument:
        """The contract of one month."""
        last = self.last_day(year, month)
        # Exchange holidays (Juneteenth can be a third Friday) move the last trading day back.
        last = Calendar().trading_days("US", last - timedelta(days=7), last)[-1]
        local = f"{self.symbol}{MONTH_CODES[month - 1]}{year % 10}"
        model = replace(self.model, listed=max(self.model.listed, last - timedelta(days=30 * self.ahead)))
        return replace(
            self._instrument("FUT", local, model, f"{year}{month:02}"),
            lastTradeDateOrContractMonth=f"{last:%Y%m%d}",
            realExpirationDate=f"{last:%Y%m%d}",
            contractMonth=f"{year}{month:02}",
        )

    def _instrument(self, secType: str, localSymbol: str, model: Model, month: str = "") -> Instrument:
        return Instrument(
            conId=_invented(self.symbol, secType, "CME", month),
            symbol=self.symbol,
            secType=secType,
            exchange="CME",
            primaryExchange="",
            currency="USD",
            localSymbol=localSymbol,
            tradingClass=self.symbol,
            longName=self.longName,
            minTick=self.minTick,
            schedule=self.schedule,
            model=model,
            multiplier=self.multiplier,
            underConId=_invented(self.symbol, self.underSecType, "CME"),
            underSymbol=self.symbol,
            underSecType=self.underSecType,
            **_described(secType, "CME", self.schedule, self.minTick),
        )


def _root_model(key: str, anchor: float, drift: float, vol: float, volume: int, factor: str, carry: float) -> Model:
    return Model(key, anchor, drift, vol, volume, 1, date(2018, 1, 2), ((factor, 1.0),), carry)


ROOTS = (
    Root("ES", "E-mini S&P 500", "HMUZ", _third_friday, 15, "50", 0.25, "CME",
         _root_model("ES", 6024.0, 0.09, 0.17, 1_500_000, "US", 0.04)),
    Root("HE", "Lean Hogs", "GJKMNQVZ", _tenth_business_day, 14, "400", 0.025, "CME.HE",
         _root_model("HE", 107.0, 0.0, 0.25, 22_000, "HOGS", 0.0), "CMDTY"),
    Root("BRR", "CME CF Bitcoin Reference Rate", MONTH_CODES, _last_friday, 6, "5", 5.0, "CME",
         _root_model("BRR", 109_000.0, 0.25, 0.50, 11_000, "BTC", 0.05)),
)  # fmt: skip


@dataclass(frozen=True)
class _Filter:
    """One field of a contract: how an instrument answers to what was asked (which is never empty)."""

    field: str
    matches: Callable[[Instrument, Any], bool]


def _on_exchange(instrument: Instrument, exchange: str) -> bool:
    return _SAME_EXCHANGE.get(exchange, exchange) in instrument.validExchanges.split(",")


def _has_primary(instrument: Instrument, exchange: str) -> bool:
    wanted = _SAME_EXCHANGE.get(exchange, exchange)
    primary = instrument.primaryExchange
    # An ETF on the LSE is primary on LSEETF in TWS; both names are understood.
    return wanted == primary or (primary == "LSE" and wanted == "LSEETF") or (not primary and wanted == "CME")


_FILTERS = (
    _Filter("symbol", lambda i, v: i.symbol == v.upper()),
    _Filter("secType", lambda i, v: i.secType in v.upper().split("+")),
    _Filter("currency", lambda i, v: i.currency == v.upper()),
    _Filter("exchange", lambda i, v: _on_exchange(i, v.upper())),
    _Filter("primaryExchange", lambda i, v: _has_primary(i, v.upper())),
    _Filter("localSymbol", lambda i, v: i.localSymbol == v),
    _Filter("tradingClass", lambda i, v: i.tradingClass == v),
    _Filter("lastTradeDateOrContractMonth", lambda i, v: _expires(i, v)),
    _Filter("multiplier", lambda i, v: bool(i.multiplier) and float(i.multiplier) == _number(v)),
    _Filter("strike", lambda i, v: i.strike == float(v)),
    _Filter("secId", lambda i, v: v in dict(i.secIdList).values()),
)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _expires(instrument: Instrument, wanted: str) -> bool:
    return instrument.contractMonth == wanted if len(wanted) == 6 else (
        instrument.lastTradeDateOrContractMonth == wanted[:8]
    )


class Instruments:
    """Everything that exists on the day `today`."""

    def __init__(self, today: date) -> None:
        self.today = today

    @cached_property
    def listings(self) -> tuple[Instrument, ...]:
        """What never expires, in the table's order; continuous futures last."""
        text = Path(__file__).with_name("data").joinpath("instruments.csv").read_text(encoding="utf-8")
        table = [_listing(row) for row in csv.DictReader(text.splitlines())]
        return (*table, *(root.contfut() for root in ROOTS))

    @cached_property
    def futures(self) -> tuple[Instrument, ...]:
        """By root and expiry: what is listed today and what expired within two years."""
        return tuple(future for root in ROOTS for future in self._futures(root))

    def __iter__(self) -> Iterator[Instrument]:
        """Everything that is alive, expired futures left out."""
        yield from self.listings
        yield from (future for future in self.futures if not self.expired(future))

    @cached_property
    def exchanges(self) -> frozenset[str]:
        """Every exchange name that some instrument answers to; another one is an invalid destination."""
        names = (name for i in (*self.listings, *self.futures[:1]) for name in i.validExchanges.split(","))
        return frozenset(names) | frozenset(_SAME_EXCHANGE)

    def expired(self, instrument: Instrument) -> bool:
        """Whether a future's last trading day is past."""
        return instrument.expiry is not None and instrument.expiry < self.today

    def find(self, conId: int) -> Instrument | None:
        """The listing with this conId, expired ones included."""
        return self._by_conId.get(conId)

    def match(self, contract: ContractLike) -> list[Instrument]:
        """All listings that fit what is said, none if nothing does; what is unset doesn't filter.

        A conId needs nothing else (only an exchange, if given, must list it). Expired futures need `includeExpired`.
        The rows' `exchange` is the one that was asked for. Whoever needs exactly one contract calls more an ambiguity.
        """
        if contract.conId:
            found = self.find(contract.conId)
            candidates = [found] if found else []
            filters = [f for f in _FILTERS if f.field == "exchange"]
        else:
            candidates = [*self.listings, *self.futures]
            filters = list(_FILTERS)
            if not contract.includeExpired:
                candidates = [i for i in candidates if not self.expired(i)]
        for filter_ in filters:
            wanted = getattr(contract, filter_.field)
            if wanted:
                candidates = [i for i in candidates if filter_.matches(i, wanted)]
        exchange = _SAME_EXCHANGE.get(contract.exchange or "", contract.exchange)
        return [replace(i, exchange=exchange) for i in candidates] if exchange else candidates

    def search(self, pattern: str) -> list[Instrument]:
        """At most 16 stocks and indices whose symbol, or a word of whose name, begins so; exact symbols first."""
        wanted = pattern.strip().upper()
        if not wanted:
            return []
        ranked = []
        for n, i in enumerate(self.listings):
            if i.secType not in ("STK", "IND"):
                continue
            name = i.longName.upper()
            hits = (i.symbol == wanted, i.symbol.startswith(wanted), name.startswith(wanted), f" {wanted}" in name)
            if any(hits):
                ranked.append((hits.index(True), n, i))
        return [i for _, _, i in sorted(ranked, key=lambda r: r[:2])][:MATCHING_SYMBOLS]

    @cached_property
    def _by_conId(self) -> dict[int, Instrument]:
        return {i.conId: i for i in (*self.listings, *self.futures)}

    def _futures(self, root: Root) -> Iterator[Instrument]:
        for n in range(-12 * EXPIRED_YEARS, root.ahead + 1):
            year, month = divmod(self.today.year * 12 + self.today.month - 1 + n, 12)
            if MONTH_CODES[month] in root.months:
                yield root.future(year, month + 1)
