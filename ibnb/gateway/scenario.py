"""What a world starts from: date, seed, accounts, limits, and what is scripted to happen.

Rule: a scenario is data. Two worlds with the same scenario and the same questions are the same, byte for byte.

The lesson's script (Wednesday 2025-06-11, New York; the clock starts at 10:00:00). Every price of the symbols named
is multiplied by the factor from that second on, so the change happens between two consecutive seconds:

| time     | what happens                        | why                                                        |
|----------|-------------------------------------|------------------------------------------------------------|
| 10:02    | TSLA +5.8 % (not held)              | "buy above +5 %" fires for a flat symbol                   |
| 10:05    | NVDA +5.4 % (1,500 held)            | "buy above +5 %" fires for a held symbol                   |
| 10:10    | NVDA −6.9 %                         | "sell below −6 %, if 5 or more are held" fires             |
| 10:15    | AMD +5.6 % (not held)               | a second entry                                             |
| 10:20    | INTC −7.0 % (not held)              | "sell below −6 %" must *not* sell what isn't held          |
| 10:30    | TSLA −6.6 %                         | whoever bought at 10:02 sells                              |
| 10:40    | HE +6.0 % (lean hogs)               | above the average of 15-minute bars by three deviations    |
| 11:00 …  | the market −2.5 % every two minutes | the guard: stock value and net liquidation fall more than  |
| … 11:10  | (six times; no step is a signal)    | 5 % below where they were at 10:00                         |

TSLA, NVDA, AMD and INTC are among the five that lead MOST_ACTIVE (average volume above 1,000,000, price above 10).
What is bound to one that moves goes with it: ES, MES and SPY with SPX, QQQ and NQ with NDX.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from .codec import NEWEST
from .corporate import DEFAULT, Corporate

NEW_YORK = ZoneInfo("America/New_York")

RegimeName = Literal["calm", "crash", "trend", "chop"]


@dataclass(frozen=True)
class Move:
    """From `time` on (epoch seconds, a whole minute) every price of `symbol` is multiplied by `factor`."""

    symbol: str
    time: int
    factor: float

    def __post_init__(self) -> None:
        if self.time % 60:
            raise ValueError(f"a move happens on a whole minute, not at {self.time}")
        if self.factor <= 0:
            raise ValueError(f"a move's factor is above 0, not {self.factor}")


@dataclass(frozen=True)
class Halt:
    """From `time` on (epoch seconds, a whole minute) a US share and its options don't trade for so many `seconds`
    (whole minutes). `kind`, as tick 49 says it: 1 by a regulator, 2 a pause because of volatility."""

    symbol: str
    time: int
    seconds: int = 300
    kind: Literal[1, 2] = 2

    def __post_init__(self) -> None:
        if self.time % 60 or self.seconds % 60 or self.seconds <= 0:
            raise ValueError(f"a halt begins on a whole minute and lasts some, not {self.seconds} s from {self.time}")
        if self.kind not in (1, 2):
            raise ValueError(f"a halt's kind is 1 or 2, not {self.kind}")

    @property
    def end(self) -> int:
        """When trading resumes."""
        return self.time + self.seconds


def pauses(moves: Iterable[Move], percent: float = 5.0) -> tuple[Halt, ...]:
    """The pauses of five minutes that moves of at least so many percent bring about: limit up, limit down."""
    return tuple(Halt(move.symbol, move.time) for move in moves if abs(move.factor - 1) * 100 >= percent)


@dataclass(frozen=True)
class Holding:
    """An opening position. The listing is the one that `symbol`, `secType`, `exchange` and `currency` name;
    `averageCost` is per unit in that currency (an LSE stock in pounds, as TWS has it, though it's quoted in pence)."""

    symbol: str
    quantity: float
    averageCost: float
    secType: str = "STK"
    exchange: str = "SMART"
    currency: str = "USD"


@dataclass(frozen=True)
class Account:
    """An account as it opens: base currency, cash by currency, positions. `pricing`: of commissions; what a what-if
    says of them is a range under tiered pricing."""

    code: str
    currency: str = "USD"
    cash: Mapping[str, float] = field(default_factory=dict)
    positions: tuple[Holding, ...] = ()
    accountType: str = "INDIVIDUAL"
    pricing: Literal["fixed", "tiered"] = "fixed"


@dataclass(frozen=True)
class Limits:
    """What TWS allows (tws_behaviour 3.10). Seconds where it says seconds.

    `message_rate` is what becomes of a client's messages beyond those of a second: "slow", they wait (on a manual
    clock they are counted and don't wait, as time would never come); "reject", error 100, and the third ends the
    session; "off". `small_bar_pacing`: whether the rules for bars of 30 seconds and less are enforced.
    """

    lines: int = 100
    clients: int = 32
    messages_per_second: int = 50
    message_rate: Literal["slow", "reject", "off"] = "slow"
    message_rate_strikes: int = 3
    small_bar_pacing: bool = True
    historical_open: int = 50
    historical_small_bars: int = 60
    historical_small_bars_seconds: float = 600.0
    historical_identical_seconds: float = 15.0
    historical_burst: int = 6
    historical_burst_seconds: float = 2.0
    historical_ticks: int = 1000
    account_summaries: int = 2
    scanners: int = 10
    scanner_rows: int = 50
    depth: int = 3
    tick_by_tick: int = 5
    account_refresh_seconds: float = 180.0
    pnl_seconds: float = 1.0
    scanner_seconds: float = 30.0
    snapshot_seconds: float = 11.0
    real_time_bar_seconds: float = 5.0


@dataclass(frozen=True)
class Latency:
    """How long things take, in virtual seconds: an order's way to the exchange, a fill, a cancellation;
    then how often forming bars are sent."""

    acknowledge: float = 0.05
    fill: float = 0.15
    cancel: float = 0.2
    bar_update: float = 5.0

    def slower(self, acknowledge: float) -> Latency:
        """With this long a way to the exchange; fills and cancellations take longer or shorter in proportion."""
        factor = acknowledge / self.acknowledge
        return replace(self, acknowledge=acknowledge, fill=self.fill * factor, cancel=self.cancel * factor)


@dataclass(frozen=True)
class Precautions:
    """What TWS takes for a slip of the finger; None: any.

    `percent`: how far a limit may be from the market (163), `ticks`: the same in price steps (382), `size`: the most
    that an order may be for (383). `through`: how many percent beyond the market a limit may be before a price check
    cancels the order (202), whoever has switched the others off.
    """

    percent: float | None = 3.0
    ticks: float | None = None
    size: float | None = 500
    through: float | None = 10.0


@dataclass(frozen=True)
class Presets:
    """How far from the entry, in percent, TWS puts the orders that it attaches to one by itself."""

    profit: float = 2.0
    stop: float = 1.0


@dataclass(frozen=True)
class OrderRules:
    """Where real accounts and settings differ.

    * `tif_notice`: the notice 10349 for an order without a time in force, which TWS gives when a preset fills it in.
    * `reject_outdated`: today's TWS's rejection of what ibapi 9.81's Order sets by itself (eTradeOnly, firmQuoteOnly).
    * `refuse_early_changes`: 2102 for a change of an order that isn't acknowledged yet.
    * `fractional_shares`: stocks may be traded in fractions (else 10243).
    * `active_orders`: how many per contract, side and account; `auction_cutoff`: seconds before an auction after which
      orders for it are no longer taken.
    * `hard_to_borrow`: symbols whose short sale is held (404) until shares are found, `locate_seconds` later.
    * `count_pending`: other working orders count when an order's margin is checked.
    * `master_client`: the client id that is told of every client's orders; `foreign_cancel`: a client may cancel
      another's order by its id (else 10147).
    * `precautions`: what TWS doesn't take as meant; a new TWS has them all, here only scenario `beginner` has.
    * `presets`: the profit taker and the stop loss that an order's request may ask TWS to attach.
    * `read_only`: the API may look and not trade (321). A client may change it, the precautions and the master client
      (UpdateConfig).
    """

    tif_notice: bool = False
    reject_outdated: bool = False
    refuse_early_changes: bool = False
    fractional_shares: bool = False
    active_orders: int = 20
    auction_cutoff: float = 600.0
    hard_to_borrow: frozenset[str] = frozenset({"NIO", "COOP", "WBD"})
    locate_seconds: float = 30.0
    count_pending: bool = True
    master_client: int | None = None
    foreign_cancel: bool = False
    precautions: Precautions | None = None
    read_only: bool = False
    presets: Presets = Presets()


@dataclass(frozen=True)
class Fault:
    """At `time` (epoch seconds) something goes wrong: a method of `gateway.faults`, with its arguments."""

    time: float
    name: str
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Bulletin:
    """At `time` (epoch seconds) IB tells everybody something.

    `type`: 1 a regular one, 2 an exchange is no longer available, 3 it is available again.
    """

    time: float
    text: str
    type: int = 1
    exchange: str = ""


FARMS = (
    (2104, "Market data farm connection is OK:usfarm"),
    (2104, "Market data farm connection is OK:cashfarm"),
    (2104, "Market data farm connection is OK:eufarm"),
    (2106, "HMDS data farm connection is OK:ushmds"),
    (2158, "Sec-def data farm connection is OK:secdefnj"),
)


@dataclass(frozen=True)
class Scenario:
    """Where and when a world begins. `start` in epoch seconds; `always_open`: from that day on markets never close.

    `regime`: what the market is like from the first day on: calm, in a crash, in a trend, or going nowhere.
    `halts`: when shares don't trade; `pauses` makes some of moves.
    `corporate`: the dividends, splits and results of shares.
    `data`: a folder of CSV or Parquet bars or ticks that are served as instruments (`ibnb.gateway.data`).

    Market data of the symbols in `not_subscribed` aren't paid for, of those in `delayed_only` not in real time;
    `competing_session`: the same user is logged in elsewhere and has them all.

    `version`: the newest server version that is served, 100 to 226: text up to 200, mixed by message up to 212,
    protobuf from 213 on.
    """

    name: str
    start: float
    seed: int = 7
    accounts: tuple[Account, ...] = ()
    moves: tuple[Move, ...] = ()
    halts: tuple[Halt, ...] = ()
    limits: Limits = Limits()
    latency: Latency = Latency()
    orders: OrderRules = OrderRules()
    not_subscribed: frozenset[str] = frozenset()
    delayed_only: frozenset[str] = frozenset()
    competing_session: bool = False
    farm_notices: tuple[tuple[int, str], ...] = FARMS
    faults: tuple[Fault, ...] = ()
    bulletins: tuple[Bulletin, ...] = ()
    always_open: bool = False
    regime: RegimeName | None = None
    corporate: Corporate = field(default=DEFAULT, repr=False)
    data: str | Path | None = None
    version: int = NEWEST

    @property
    def today(self) -> date:
        """The date in New York at the start."""
        return datetime.fromtimestamp(self.start, NEW_YORK).date()

    @property
    def always_open_from(self) -> date | None:
        """The first day of markets that never close (what `Market` asks for), or None.

        The day before `today`, because west of New York it may still be yesterday.
        """
        return self.today - timedelta(days=1) if self.always_open else None

    def at(self, start: float) -> Scenario:
        """The same scenario somewhere else in time: all that is scripted moves along (by whole minutes, if need be)."""
        away = start - self.start
        return replace(
            self,
            start=start,
            moves=tuple(replace(move, time=move.time + int(away // 60) * 60) for move in self.moves),
            halts=tuple(replace(halt, time=halt.time + int(away // 60) * 60) for halt in self.halts),
            faults=tuple(replace(fault, time=fault.time + away) for fault in self.faults),
            bulletins=tuple(replace(bulletin, time=bulletin.time + away) for bulletin in self.bulletins),
        )


def new_york(hour: int, minute: int = 0) -> int:
    """Epoch seconds of a time on the lesson's day."""
    return int(datetime(2025, 6, 11, hour, minute, tzinfo=NEW_YORK).timestamp())


# Cash is a little above 1,000,000 in base currency, the floor of the campus lesson's fail-safe.
_ACCOUNT = Account(
    code="DU1234567",
    currency="USD",
    cash={"USD": 852_340.55, "EUR": 150_000.0},
    positions=(
        Holding("AAPL", 100, 172.35),
        Holding("NVDA", 1500, 118.20),
        Holding("NFLX", 100, 948.60),
        Holding("MSFT", 400, 418.75),
        Holding("META", 150, 602.10),
        Holding("SPY", 400, 565.40),
        Holding("V", 200, 341.90),
        Holding("MA", 100, 541.25),
        Holding("WMT", 200, 88.15),
        Holding("CSH2", 100, 1172.40, exchange="LSE", currency="GBP"),
    ),
)

_MARKET = (
    "AAPL", "NVDA", "NFLX", "MSFT", "META", "V", "MA", "WMT", "TSLA", "AMD", "INTC", "AMZN", "GOOG", "GOOGL",
    "IBM", "JPM", "KO", "IBKR", "BBVA", "COOP", "DB", "LIN", "MUFG", "NIO", "SAN", "SE", "WBD",
    "SPX", "NDX", "RUT", "INDU", "VTI",
)  # fmt: skip


def _lesson_moves() -> Iterator[Move]:
    for minute, symbol, factor in (
        (2, "TSLA", 1.058),
        (5, "NVDA", 1.054),
        (10, "NVDA", 0.931),
        (15, "AMD", 1.056),
        (20, "INTC", 0.930),
        (30, "TSLA", 0.934),
        (40, "HE", 1.06),
    ):
        yield Move(symbol, new_york(10, minute), factor)
    for minute in (0, 2, 4, 6, 8, 10):
        for symbol in _MARKET:
            yield Move(symbol, new_york(11, minute), 0.975)


_BULLETINS = (
    Bulletin(new_york(9, 10), "Options on an invented index trade as usual today.", 1, "CBOE"),
    Bulletin(new_york(10, 40), "EDGX is not available. Orders are routed elsewhere.", 2, "EDGX"),
    Bulletin(new_york(10, 55), "EDGX is available.", 3, "EDGX"),
)

LESSON = Scenario(
    name="lesson",
    start=float(new_york(10)),
    accounts=(_ACCOUNT,),
    moves=tuple(_lesson_moves()),
    bulletins=_BULLETINS,
)


def live(now: float) -> Scenario:
    """The same account, starting at `now` (epoch seconds), with no script and in the exchanges' own hours."""
    return Scenario(name="live", start=now, accounts=(_ACCOUNT,))


def always_open(now: float) -> Scenario:
    """As `live`, with markets that never close."""
    return replace(live(now), name="always-open", always_open=True)


BEGINNER = replace(LESSON, name="beginner", orders=OrderRules(precautions=Precautions()))

# For research: the account and the clock of the lesson, and nothing that somebody has written down beforehand.
DAY = replace(LESSON, name="day", start=float(new_york(9, 30)), moves=(), bulletins=())

# By name: each makes its scenario for a world that begins at `now`.
SCENARIOS: dict[str, Callable[[float], Scenario]] = {
    "lesson": lambda now: LESSON,
    "beginner": lambda now: BEGINNER,
    "day": lambda now: DAY,
    "live": live,
    "always-open": always_open,
}
# Those whose clock follows the wall's unless somebody says otherwise.
ON_THE_WALL_CLOCK = frozenset({"live", "always-open"})
