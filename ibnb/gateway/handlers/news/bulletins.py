"""Bulletins: what IB tells everybody, from the scenario's script."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ... import messages as m
from ...scenario import NEW_YORK
from ...world import Client, World
from ..registry import cancels, handles

KIND = "bulletins"


@handles(m.ReqNewsBulletins)
def news_bulletins(world: World, client: Client, request: m.ReqNewsBulletins) -> Iterator[object]:
    """Bulletins as they come until cancelled; with allMsgs today's earlier ones first."""
    subscription = client.subscribe(KIND, 0, request)
    now = world.clock.now()
    today = datetime.fromtimestamp(now, NEW_YORK).date()
    for msgId, bulletin in enumerate(world.scenario.bulletins, 1):
        message = m.UpdateNewsBulletin(
            msgId=msgId, msgType=bulletin.type, newsMessage=bulletin.text, originExch=bulletin.exchange
        )
        if bulletin.time > now:
            subscription.timers.append(world.clock.call_at(bulletin.time, client.send, message))
        elif request.allMsgs and datetime.fromtimestamp(bulletin.time, NEW_YORK).date() == today:
            yield message


cancels(m.CancelNewsBulletins, KIND)
