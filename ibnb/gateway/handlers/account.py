"""Accounts: summary, updates, positions, profit and loss, and what belongs to an account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from .. import messages as m
from ..accounts import Account, Holding
from ..accounts.values import Row, balances, summary, updates
from ..instruments import Instrument, contract_of
from ..world import Client, Subscription, World
from ..zones import LOGIN_ZONE, zone_info
from .beat import on_the_beat
from .registry import Refusal, cancels, handles, invalid, unprocessed

_TOO_MANY = "Maximum number of account summary requests exceeded; desubscribe to previous request first"

SUMMARY, UPDATES, POSITIONS, PNL, PNL_SINGLE = "accountSummary", "accountUpdates", "positions", "pnl", "pnlSingle"
POSITIONS_MULTI, UPDATES_MULTI = "positionsMulti", "accountUpdatesMulti"


# Account summary


@handles(m.ReqAccountSummary)
def account_summary(world: World, client: Client, request: m.ReqAccountSummary) -> Iterator[object]:
    """One row for each account and tag, by tag, then the end; every three minutes, and after a fill, what has changed.

    Differs from TWS: there are no groups but All; interest is left out.
    """
    if not request.groupName:
        raise invalid("Group name cannot be null")
    if not request.tags:
        raise invalid("Tags cannot be null")
    if request.groupName.upper() != "ALL":
        raise invalid("Group name is invalid")
    open_ = [s for s in client.open(SUMMARY) if s.reqId != request.reqId]
    if len(open_) >= world.scenario.limits.account_summaries:
        raise unprocessed(_TOO_MANY)
    subscription = client.subscribe(SUMMARY, request.reqId, request)
    yield from _changed_summary(world, subscription)
    yield m.AccountSummaryEnd(reqId=request.reqId)
    _keep_fresh(world, client, subscription, lambda: _changed_summary(world, subscription))


cancels(m.CancelAccountSummary, SUMMARY)


def _changed_summary(world: World, subscription: Subscription) -> Iterator[m.AccountSummary]:
    request = subscription.request
    tags = [tag.strip() for tag in request.tags.split(",")]
    for account in world.accounts.all():
        for row in _news(subscription, account.code, summary(world.accounts.figures(account), tags)):
            yield m.AccountSummary(
                reqId=request.reqId, account=account.code, tag=row.key, value=row.val, currency=row.currency
            )


# Account updates


@handles(m.ReqAccountUpdates)
def account_updates(world: World, client: Client, request: m.ReqAccountUpdates) -> Iterator[object]:
    """Every value and position of one account, then the end; each three minutes and after a fill what has changed.

    Another account replaces the first; unsubscribing is confirmed by notice 2100.

    Differs from TWS: interest is left out.
    """
    if not request.subscribe:
        if client.unsubscribe(UPDATES, 0):
            client.error(-1, 2100, "API client has been unsubscribed from account data.")
        return
    account = _account(world, request.acctCode, f"Invalid account code '{request.acctCode}'.")
    subscription = client.subscribe(UPDATES, 0, request)
    yield from _changed_values(world, subscription, account)
    yield m.AccountDownloadEnd(accountName=account.code)
    _keep_fresh(world, client, subscription, lambda: _changed_values(world, subscription, account), account)


def _changed_values(world: World, subscription: Subscription, account: Account) -> Iterator[object]:
    """The values and the positions that have changed since they were last sent, and the time."""
    for row in _news(subscription, "", updates(world.accounts.figures(account))):
        yield m.UpdateAccountValue(key=row.key, val=row.val, currency=row.currency, accountName=account.code)
    sent = subscription.state.setdefault("portfolio", {})
    for conId, held in account.holdings.items():
        item = _portfolio_row(world, account, held)
        if sent.get(conId) != item and (held.quantity or conId in sent):
            sent[conId] = item
            yield item
    yield m.UpdateAccountTime(timeStamp=f"{datetime.fromtimestamp(world.clock.now(), zone_info(LOGIN_ZONE)):%H:%M}")


def _portfolio_row(world: World, account: Account, held: Holding) -> m.UpdatePortfolio:
    # A price in pence is told in pounds, as the position's cost is.
    price = world.accounts.price(held.instrument) / held.instrument.priceMagnifier
    profit = world.accounts.profit_of(held)
    return m.UpdatePortfolio(
        contract=replace(contract_of(held.instrument), exchange=""),
        position=held.quantity,
        marketPrice=price,
        marketValue=_cents(held.worth(price * float(held.instrument.multiplier or 1))),
        averageCost=held.averageCost,
        unrealizedPNL=_cents(profit.unrealized),
        realizedPNL=_cents(profit.realized),
        accountName=account.code,
    )


@handles(m.ReqAccountUpdatesMulti)
def account_updates_multi(world: World, client: Client, request: m.ReqAccountUpdatesMulti) -> Iterator[object]:
    """The values of one account, or of all if none is named, then the end; then what changes, as account updates.

    Differs from TWS: there are no models, the code is only repeated.
    """
    if client.subscription(UPDATES_MULTI, request.reqId):
        raise unprocessed("Duplicate ticker id")
    accounts = _accounts(world, request.account)
    subscription = client.subscribe(UPDATES_MULTI, request.reqId, request)

    def changes() -> Iterator[object]:
        for account in accounts:
            figures = world.accounts.figures(account)
            rows = balances(figures) if request.ledgerAndNLV else updates(figures)
            for row in _news(subscription, account.code, rows):
                yield m.AccountUpdateMulti(
                    reqId=request.reqId,
                    account=account.code,
                    modelCode=request.modelCode,
                    key=row.key,
                    value=row.val,
                    currency=row.currency,
                )

    yield from changes()
    yield m.AccountUpdateMultiEnd(reqId=request.reqId)
    _keep_fresh(world, client, subscription, changes)


cancels(m.CancelAccountUpdatesMulti, UPDATES_MULTI)


# Positions


@handles(m.ReqPositions)
def positions(world: World, client: Client, request: m.ReqPositions) -> Iterator[object]:
    """Every position of every account, then the end; then each one that a fill changes, 0 when it is closed."""
    subscription = client.subscribe(POSITIONS, 0, request)
    yield from _follow(world, client, subscription, world.accounts.all(), _position, m.PositionEnd())


cancels(m.CancelPositions, POSITIONS)


@handles(m.ReqPositionsMulti)
def positions_multi(world: World, client: Client, request: m.ReqPositionsMulti) -> Iterator[object]:
    """The positions of one account, or of all if none is named, then the end; then each one that a fill changes.

    Differs from TWS: there are no models, the code is only repeated.
    """
    if client.subscription(POSITIONS_MULTI, request.reqId):
        raise unprocessed("Duplicate ticker id")
    accounts = _accounts(world, request.account)
    subscription = client.subscribe(POSITIONS_MULTI, request.reqId, request)

    def row(account: Account, held: Holding) -> m.PositionMulti:
        told = _position(account, held)
        return m.PositionMulti(
            reqId=request.reqId,
            account=told.account,
            contract=told.contract,
            position=told.position,
            avgCost=told.avgCost,
            modelCode=request.modelCode,
        )

    yield from _follow(world, client, subscription, accounts, row, m.PositionMultiEnd(reqId=request.reqId))


def _follow(
    world: World,
    client: Client,
    subscription: Subscription,
    accounts: list[Account],
    row: Callable[[Account, Holding], object],
    end: object,
) -> Iterator[object]:
    """A row for each position of these accounts, then the end; then one for each that a fill changes."""
    for account in accounts:
        yield from (row(account, held) for held in account.holdings.values() if held.quantity)
    yield end

    def changed(account: Account, instrument: Instrument) -> None:
        if account in accounts:
            client.send(row(account, account.holdings[instrument.conId]))

    world.accounts.watch(subscription, changed)


cancels(m.CancelPositionsMulti, POSITIONS_MULTI)


def _position(account: Account, held: Holding) -> m.Position:
    instrument = held.instrument
    contract = contract_of(instrument)
    # TWS names a stock's own exchange and leaves the others' blank: an order must choose one.
    exchange = instrument.primaryExchange if instrument.secType == "STK" else ""
    return m.Position(
        account=account.code,
        contract=replace(contract, exchange=exchange, primaryExchange=""),
        position=held.quantity,
        avgCost=held.averageCost,
    )


# Profit and loss


@handles(m.ReqPnL)
def pnl(world: World, client: Client, request: m.ReqPnL) -> Iterator[object]:
    """Today's, unrealised and realised profit of an account at once, then each second that it has changed.

    Differs from TWS: there are no models, the code is ignored; a day begins with the exchange's.
    """

    def row(account: Account) -> m.Pnl:
        profit = world.accounts.profit(account)
        return m.Pnl(
            reqId=request.reqId,
            dailyPnL=_cents(profit.daily),
            unrealizedPnL=_cents(profit.unrealized),
            realizedPnL=_cents(profit.realized),
        )

    yield from _each_second(world, client, PNL, request, row)


cancels(m.CancelPnL, PNL, (10185, "Failed to cancel PNL (not subscribed)"))


@handles(m.ReqPnLSingle)
def pnl_single(world: World, client: Client, request: m.ReqPnLSingle) -> Iterator[object]:
    """One position's size, profits and value at once, then each second that they have changed.

    Differs from TWS: a contract that isn't held has position 0 and nothing else, where TWS may say nothing at all.
    """

    def row(account: Account) -> m.PnlSingle:
        held = account.holdings.get(request.conid)
        if held is None:
            return m.PnlSingle(reqId=request.reqId, pos=Decimal(0), dailyPnL=None)
        profit = world.accounts.profit_of(held)
        value = held.worth(world.accounts.price(held.instrument) * held.instrument.unit)
        return m.PnlSingle(
            reqId=request.reqId,
            pos=held.quantity,
            dailyPnL=_cents(profit.daily),
            unrealizedPnL=_cents(profit.unrealized),
            realizedPnL=_cents(profit.realized),
            value=_cents(value),
        )

    yield from _each_second(world, client, PNL_SINGLE, request, row)


cancels(m.CancelPnLSingle, PNL_SINGLE, (10186, "Failed to cancel PNL single (not subscribed)"))


# What belongs to an account


@handles(m.ReqFamilyCodes)
def family_codes(world: World, client: Client, request: m.ReqFamilyCodes) -> Iterator[object]:
    """Each account with the name of this world as its family's code.

    Differs from TWS: of an account without a family the code is empty there; here a client of any version can tell by
    it that prices are simulated, and in which world.
    """
    yield m.FamilyCodes(
        familyCodes=tuple(m.FamilyCode(accountID=code, familyCodeStr=world.name) for code in world.accounts.codes)
    )


@handles(m.ReqSoftDollarTiers)
def soft_dollar_tiers(world: World, client: Client, request: m.ReqSoftDollarTiers) -> Iterator[object]:
    """None: a plain account has no soft dollar tiers."""
    yield m.SoftDollarTiers(reqId=request.reqId)


@handles(m.ReqUserInfo)
def user_info(world: World, client: Client, request: m.ReqUserInfo) -> Iterator[object]:
    """No white branding."""
    yield m.UserInfo(reqId=request.reqId, whiteBrandingId="")


@handles(m.RequestFA, m.ReplaceFA)
def adviser_data(world: World, client: Client, request: m.RequestFA | m.ReplaceFA) -> None:
    """Refused with 321, as TWS does for whoever isn't an adviser."""
    raise invalid("FA data operations ignored for non FA customers.")


# How


def _account(world: World, code: str, text: str) -> Account:
    account = world.accounts.find(code)
    if account is None:
        raise invalid(text)
    return account


def _accounts(world: World, code: str) -> list[Account]:
    if code in ("", "All"):
        return world.accounts.all()
    return [_account(world, code, f"Invalid account code '{code}'.")]


def _news(subscription: Subscription, account: str, rows: list[Row]) -> Iterator[Row]:
    """The rows that aren't as they were sent last."""
    sent = subscription.state.setdefault(f"values {account}", {})
    for row in rows:
        if sent.get((row.key, row.currency)) != row.val:
            sent[row.key, row.currency] = row.val
            yield row


def _keep_fresh(
    world: World,
    client: Client,
    subscription: Subscription,
    changes: Callable[[], Iterator[object]],
    only: Account | None = None,
) -> None:
    """Send what has changed every three minutes, and as soon as an account (or `only` that one) has traded."""

    def refresh(changed: Account | None = None, instrument: Instrument | None = None) -> None:
        if only is None or changed in (None, only):
            for message in changes():
                client.send(message)

    on_the_beat(world, world.scenario.limits.account_refresh_seconds, refresh, subscription)
    world.accounts.watch(subscription, refresh)


def _each_second(
    world: World, client: Client, kind: str, request: m.ReqPnL | m.ReqPnLSingle, row: Callable[[Account], object]
) -> Iterator[object]:
    """An account's row now, and each second another one if it isn't the same. Refusal: 102 for an id in use."""
    if client.subscription(kind, request.reqId):
        raise Refusal(102, "Duplicate ticker id")
    account = _account(world, request.account, "Invalid account code")
    subscription = client.subscribe(kind, request.reqId, request)
    last = subscription.state["row"] = row(account)
    yield last

    def send() -> None:
        now = row(account)
        if now != subscription.state["row"]:
            subscription.state["row"] = now
            client.send(now)

    on_the_beat(world, world.scenario.limits.pnl_seconds, send, subscription)


def _cents(amount: float) -> float:
    """Money as TWS sends it, and no minus before nothing."""
    return round(amount, 2) + 0.0
