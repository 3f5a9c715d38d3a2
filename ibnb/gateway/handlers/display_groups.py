"""Display groups: the coloured links between TWS's windows, by which a client follows or sets the instrument shown.

Rule: the groups belong to TWS, not to a client; whoever follows a group hears of every change, its own too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .. import messages as m
from ..world import Client, World
from .registry import Refusal, cancels, handles, invalid, unprocessed
from .resolve import NO_DEFINITION

KIND = "displayGroup"

_GROUPS = (4, 1, 2, 5, 3, 6, 7)
_NOTHING = "none"
_CONTRACT = re.compile(r"(\d{1,18})@(\w+(?:\.\w+)?)", re.ASCII)


@handles(m.QueryDisplayGroups)
def query_display_groups(world: World, client: Client, request: m.QueryDisplayGroups) -> Iterator[object]:
    """The ids of the groups, those used most first."""
    yield m.DisplayGroupList(reqId=request.reqId, groups="|".join(map(str, _GROUPS)))


@handles(m.SubscribeToGroupEvents)
def subscribe_to_group(world: World, client: Client, request: m.SubscribeToGroupEvents) -> Iterator[object]:
    """What a group shows, now and whenever it changes, until cancelled.

    Differs from TWS: there are no windows, so a group shows nothing until a client sets it.
    """
    if request.groupId not in _GROUPS:
        raise invalid(f"Invalid group id {request.groupId}")
    if client.subscription(KIND, request.reqId):
        raise unprocessed("Duplicate ticker id")
    client.subscribe(KIND, request.reqId, request)
    shown = world.displayGroups.get(request.groupId, _NOTHING)
    yield m.DisplayGroupUpdated(reqId=request.reqId, contractInfo=shown)


@handles(m.UpdateDisplayGroup)
def update_display_group(world: World, client: Client, request: m.UpdateDisplayGroup) -> None:
    """Make the group of a subscription show ``conId@exchange``, or "none"; all its subscribers are told.

    Differs from TWS: "combo" isn't taken, as no combination is named with it.
    """
    subscription = client.subscription(KIND, request.reqId)
    if subscription is None:
        raise invalid("The group must be subscribed first")
    wanted = request.contractInfo.strip()
    match = _CONTRACT.fullmatch(wanted)
    if match is not None:
        if world.instruments.find(int(match[1])) is None or match[2].upper() not in world.instruments.exchanges:
            raise Refusal(200, NO_DEFINITION)
    elif wanted != _NOTHING:
        raise invalid(f"Invalid contract info {request.contractInfo or '(empty)'}")
    groupId = subscription.request.groupId
    if world.displayGroups.get(groupId, _NOTHING) == wanted:
        return
    world.displayGroups[groupId] = wanted
    for other, followed in world.open(KIND):
        if followed.request.groupId == groupId:
            other.send(m.DisplayGroupUpdated(reqId=followed.reqId, contractInfo=wanted))


cancels(m.UnsubscribeFromGroupEvents, KIND)
