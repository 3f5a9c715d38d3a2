"""How a session stands, as HTML: for the connection panel, and for a notebook's cell that ends with the app.

Every colour comes with a word: colour alone says nothing to many readers. Account codes are masked, because notebooks
are shared.
"""

from __future__ import annotations

import html
import math

from ibnb.core.gate import is_paper
from ibnb.core.session import Session
from ibnb.ib.accounts import mask
from ibnb.widgets.markup import AMBER, GREEN, GREY, NOTHING, RED, badge, facts, lamp

_COLOURS = {
    **dict.fromkeys(("OK", "up", "live"), GREEN),
    **dict.fromkeys(("broken", "lost"), RED),
    **dict.fromkeys(("connecting", "waiting"), AMBER),
}
# So many streams are listed; app.streams has all.
_MOST_STREAMS = 20


def headline(app: Session) -> str:
    """A lamp, paper or live, and whether orders may leave."""
    if app._ibnb.reconnect.attempt is not None:
        return lamp(AMBER, "reconnecting")
    if not app.isConnected():
        return lamp(RED, "not connected")
    badges = [
        badge(GREEN, "PAPER") if is_paper(code) else badge(RED, "LIVE") for code in app._ibnb.lifecycle.accounts[:1]
    ]
    if app._ibnb.gate.readonly:
        badges.append(badge(GREY, "READ-ONLY"))
    return "&ensp;".join([lamp(GREEN, "connected"), *badges])


def details(app: Session) -> str:
    """A table: where and who, TWS's link to IBKR, data farms, streams, what stands in the way."""
    connected = app.isConnected()
    texts = [
        ("Address", address(app) if connected else NOTHING),
        ("Client id", app.clientId if connected else NOTHING),
        ("Account", ", ".join(mask(code) for code in app._ibnb.lifecycle.accounts) or NOTHING),
        ("Time", f"{app.now():%Y-%m-%d %H:%M:%S} New York" if connected else NOTHING),
    ]
    if not connected:
        texts.append(("Why", app._ibnb.reconnect.why_not()))
    if why := app._ibnb.gate.halted or app._ibnb.gate.blocked:
        texts.append(("Orders", f"blocked: {why}"))
    lamps = [("TWS to IBKR", app._ibnb.status.link, "")] if connected else []
    lamps += [(f"Farm {name}", state, "") for name, (_, state, _) in app._ibnb.status.farms.items() if connected]
    streams = app._ibnb.subscriptions.frame()
    # Twenty options of one chain are one line.
    alike = list(streams.groupby(["stream", "symbol", "state"], sort=False)["age"])
    for (stream, symbol, state), ages in alike[:_MOST_STREAMS]:
        age = "" if math.isnan(ages.max()) else f", last data {ages.max():.0f} s ago"
        many = f" ×{len(ages)}" if len(ages) > 1 else ""
        lamps.append((f"{stream} {symbol}".strip() + many, str(state), age))
    rows = [(name, html.escape(str(value))) for name, value in texts]
    rows += [(name, lamp(_COLOURS.get(state, GREY), state) + html.escape(more)) for name, state, more in lamps]
    rest = [
        (sum(len(ages) for _, ages in alike[_MOST_STREAMS:]), "more streams", "app.streams"),
        (len(app._ibnb.subscriptions.gaps), "gaps in streams", "app.gaps"),
        (app._ibnb.status.problem_count, "exceptions in callbacks", "app.problems"),
    ]
    rows += [(what, f"{many} (<code>{where}</code>)") for many, what, where in rest if many > 0]
    return facts("Connection", rows)


def address(app: Session) -> str:
    """Where TWS is; the embedded simulator's port is another one each time, and nobody needs it."""
    return "the simulator in this process" if app.gateway is not None else f"{app.host}:{app.port}"
