"""A panel that shows how the session stands: lamp, address, account, paper or live, TWS's time, data farms.

It shows what was true when it was made or last refreshed: by `refresh()` or its button, in the main thread.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import ipywidgets as widgets

from ibnb._link import mask
from ibnb.safety import is_paper

if TYPE_CHECKING:
    from ibnb.app import IBApp

# Every colour comes with a word: colour alone says nothing to many readers.
_GREEN, _RED, _AMBER, _GREY = "#00734c", "#b3261e", "#8a5300", "#5f6368"
_FARM_COLOURS = {"OK": _GREEN, "broken": _RED, "connecting": _AMBER}


class ConnectionPanel(widgets.VBox):  # type: ignore[misc]
    """Shows the state of `app`'s session; `refresh()` brings it up to date. Works with or without a connection."""

    def __init__(self, app: IBApp) -> None:
        self._app = app
        self._state = widgets.HTML()
        self._details = widgets.HTML()
        button = widgets.Button(description="Refresh", icon="refresh", tooltip="Bring this panel up to date")
        button.on_click(lambda _: self.refresh())
        super().__init__([widgets.HBox([self._state, button]), self._details])
        self.refresh()

    def refresh(self) -> None:
        """Show the session as it is now."""
        app = self._app
        connected = app.isConnected()
        lamp = _lamp(_GREEN, "connected") if connected else _lamp(_RED, "not connected")
        badges = [_badge(_GREEN, "PAPER") if is_paper(code) else _badge(_RED, "LIVE") for code in app.accounts[:1]]
        self._state.value = "&ensp;".join([lamp, *(badges if connected else [])])
        rows = [
            ("Address", f"{app.host}:{app.port}" if connected else "–"),
            ("Client id", app.clientId if connected else "–"),
            ("Account", ", ".join(mask(code) for code in app.accounts) or "–"),
            ("Time", f"{app.now():%Y-%m-%d %H:%M:%S} New York" if connected else "–"),
        ]
        farms = app.farms["state"].items() if connected else ()
        cells = [_row(name, html.escape(str(value))) for name, value in rows]
        cells += [_row(f"Farm {name}", _lamp(_FARM_COLOURS.get(state, _GREY), state)) for name, state in farms]
        self._details.value = f"<table aria-label='Connection'>{''.join(cells)}</table>"

    @property
    def text(self) -> str:
        """What the panel says, without markup."""
        return " ".join(_plain(self._state.value + self._details.value).split())

    def __repr__(self) -> str:
        # Notebooks store this beside the picture: no ports and no times, which differ from run to run.
        return f"ConnectionPanel({'connected' if self._app.isConnected() else 'not connected'})"


def _lamp(colour: str, word: str) -> str:
    return f"<span style='color:{colour}'>●</span> {html.escape(word)}"


def _badge(colour: str, word: str) -> str:
    return f"<b style='background:{colour};color:white;padding:1px 8px;border-radius:4px'>{word}</b>"


def _row(name: str, value: str) -> str:
    return f"<tr><th style='text-align:left;padding-right:1em'>{html.escape(name)}</th><td>{value}</td></tr>"


def _plain(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", markup))
