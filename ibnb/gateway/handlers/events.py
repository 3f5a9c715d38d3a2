"""Corporate events of Wall Street Horizon and fundamental data: what an account without their subscription is told."""

from __future__ import annotations

from .. import messages as m
from ..world import Client, World
from .registry import Refusal, cancels, handles, invalid
from .resolve import resolve_contract

_REPORTS = ("ReportSnapshot", "ReportsFinSummary", "ReportRatios", "ReportsFinStatements", "RESC", "CalendarReport")


@handles(m.ReqWshMetaData)
def wsh_metadata(world: World, client: Client, request: m.ReqWshMetaData) -> None:
    """10276: the account isn't subscribed to the feed."""
    raise Refusal(10276, "News feed is not allowed.")


@handles(m.CancelWshMetaData)
def cancel_wsh_metadata(world: World, client: Client, request: m.CancelWshMetaData) -> None:
    """10280: there is nothing to cancel."""
    raise Refusal(10280, "Failed to cancel WSH metadata request")


@handles(m.ReqWshEventData)
def wsh_events(world: World, client: Client, request: m.ReqWshEventData) -> None:
    """10282: events need the metadata first, which the account doesn't get."""
    raise Refusal(10282, "WSH metadata was not requested")


@handles(m.CancelWshEventData)
def cancel_wsh_events(world: World, client: Client, request: m.CancelWshEventData) -> None:
    """10284: there is nothing to cancel."""
    raise Refusal(10284, "Failed to cancel WSH event data request")


@handles(m.ReqFundamentalData)
def fundamental_data(world: World, client: Client, request: m.ReqFundamentalData) -> None:
    """430: the account isn't subscribed to fundamentals."""
    if request.reportType not in _REPORTS:
        raise invalid(f"Invalid report type {request.reportType or '(empty)'}. Legal ones are: {', '.join(_REPORTS)}")
    resolve_contract(world, request.contract)
    text = "We are sorry, but fundamentals data for the security specified is not available."
    raise Refusal(430, f"{text}Not allowed")


cancels(m.CancelFundamentalData)
