"""A panel that shows how the session stands: lamp, address, account, paper or live, TWS's time, data farms, streams."""

from __future__ import annotations

from ibnb.core.session import Session
from ibnb.widgets.live import Live
from ibnb.widgets.session_view import details, headline


class ConnectionPanel(Live):
    """Shows the state of `app`'s session and keeps itself up to date. Works with or without a connection.

    >>> panel = ibnb.ConnectionPanel(app)
    >>> panel.text.splitlines()[0]
    '● connected PAPER'
    """

    def __init__(self, app: Session) -> None:
        super().__init__(app)

    def view(self) -> str:
        return f"<p style='margin:4px 8px'>{headline(self._app)}</p>{details(self._app)}"

    def __repr__(self) -> str:
        # Notebooks store this beside the picture: no ports and no times, which differ from run to run.
        return f"ConnectionPanel({'connected' if self._app.isConnected() else 'not connected'})"
