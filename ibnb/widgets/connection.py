"""A panel that shows how the session stands: lamp, address, account, paper or live, TWS's time, data farms, streams.

It shows what was true when it was made or last refreshed: by `refresh()` or its button, in the main thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as widgets

from ibnb.widgets.session_view import details, headline, plain

if TYPE_CHECKING:
    from ibnb.app import IBApp


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
        self._state.value = headline(self._app)
        self._details.value = details(self._app)

    @property
    def text(self) -> str:
        """What the panel says, without markup."""
        return plain(self._state.value + self._details.value)

    def __repr__(self) -> str:
        # Notebooks store this beside the picture: no ports and no times, which differ from run to run.
        return f"ConnectionPanel({'connected' if self._app.isConnected() else 'not connected'})"
