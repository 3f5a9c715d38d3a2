"""How a session stands, as HTML: for the connection panel, and for a notebook's cell that ends with the app.

Every colour comes with a word: colour alone says nothing to many readers. Account codes are masked, because notebooks
are shared.
"""

from __future__ import annotations

import html
import math
import re

from ibnb.core.gate import is_paper
from ibnb.core.session import Session
from ibnb.ib.accounts import mask

_GREEN, _RED, _AMBER, _GREY = "#00734c", "#b3261e", "#8a5300", "#5f6368"
_COLOURS = {
    **dict.fromkeys(("OK", "up", "live"), _GREEN),
    **dict.fromkeys(("broken", "lost"), _RED),
    **dict.fromkeys(("connecting", "waiting"), _AMBER),
}
# So many streams are listed; app.streams has all.
_MOST_STREAMS = 20


def headline(app: Session) -> str:
    """A lamp, paper or live, and whether orders may leave."""
    if app._ibnb.reconnect.attempt is not None:
        return _lamp(_AMBER, "reconnecting")
    if not app.isConnected():
        return _lamp(_RED, "not connected")
    badges = [
        _badge(_GREEN, "PAPER") if is_paper(code) else _badge(_RED, "LIVE") for code in app._ibnb.lifecycle.accounts[:1]
    ]
    if app._ibnb.gate.readonly:
        badges.append(_badge(_GREY, "READ-ONLY"))
    return "&ensp;".join([_lamp(_GREEN, "connected"), *badges])


def details(app: Session) -> str:
    """A table: where and who, TWS's link to IBKR, data farms, streams, what stands in the way."""
    connected = app.isConnected()
    texts = [
        ("Address", f"{app.host}:{app.port}" if connected else "–"),
        ("Client id", app.clientId if connected else "–"),
        ("Account", ", ".join(mask(code) for code in app._ibnb.lifecycle.accounts) or "–"),
        ("Time", f"{app.now():%Y-%m-%d %H:%M:%S} New York" if connected else "–"),
    ]
    if not connected:
        texts.append(("Why", app._ibnb.reconnect.why_not()))
    if why := app._ibnb.gate.halted or app._ibnb.gate.blocked:
        texts.append(("Orders", f"blocked: {why}"))
    lamps = [("TWS to IBKR", app._ibnb.status.link, "")] if connected else []
    lamps += [(f"Farm {name}", state, "") for name, (_, state, _) in app._ibnb.status.farms.items() if connected]
    streams = app._ibnb.subscriptions.frame()
    for each in streams.head(_MOST_STREAMS).to_dict("records"):
        age = "" if math.isnan(each["age"]) else f", last data {each['age']:.0f} s ago"
        lamps.append((f"{each['stream']} {each['symbol']}".strip(), each["state"], age))
    cells = [_row(name, html.escape(str(value))) for name, value in texts]
    cells += [_row(name, _lamp(_COLOURS.get(state, _GREY), state) + html.escape(more)) for name, state, more in lamps]
    rest = [
        (len(streams) - _MOST_STREAMS, "more streams", "app.streams"),
        (len(app._ibnb.subscriptions.gaps), "gaps in streams", "app.gaps"),
        (app._ibnb.status.problem_count, "exceptions in callbacks", "app.problems"),
    ]
    cells += [_row(what, f"{many} (<code>{where}</code>)") for many, what, where in rest if many > 0]
    return f"<table aria-label='Connection'>{''.join(cells)}</table>"


def plain(markup: str) -> str:
    """What markup says, in one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def _lamp(colour: str, word: str) -> str:
    return f"<span style='color:{colour}'>●</span> {html.escape(word)}"


def _badge(colour: str, word: str) -> str:
    return f"<b style='background:{colour};color:white;padding:1px 8px;border-radius:4px'>{word}</b>"


def _row(name: str, value: str) -> str:
    return f"<tr><th style='text-align:left;padding-right:1em'>{html.escape(name)}</th><td>{value}</td></tr>"
