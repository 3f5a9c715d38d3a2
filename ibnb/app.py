"""IBApp: a session with every verb family; the class to use, and to subclass."""

from __future__ import annotations

from ibnb.verbs.account import AccountVerbs
from ibnb.verbs.configuration import ConfigurationVerbs
from ibnb.verbs.depth import DepthVerbs
from ibnb.verbs.download.verb import BulkVerbs
from ibnb.verbs.news import NewsVerbs
from ibnb.verbs.options import OptionVerbs
from ibnb.verbs.orders.executions import ExecutionVerbs
from ibnb.verbs.real_time_bars import RealTimeBarVerbs
from ibnb.verbs.recording import RecordingVerbs
from ibnb.verbs.reference import ReferenceVerbs
from ibnb.verbs.scanner import ScannerVerbs
from ibnb.verbs.ticks import TickVerbs
from ibnb.widgets.session_view import details, headline


# Contracts, history and market data come with the families that build on them.
class IBApp(
    AccountVerbs,
    OptionVerbs,
    NewsVerbs,
    BulkVerbs,
    ReferenceVerbs,
    ConfigurationVerbs,
    TickVerbs,
    RealTimeBarVerbs,
    DepthVerbs,
    ExecutionVerbs,
    ScannerVerbs,
    RecordingVerbs,
):
    """ibapi's EClient and EWrapper with verbs beside them: call one, get a DataFrame or an exception.

    `get*` blocks and returns a DataFrame, `create*` returns an ibapi object, `place/modify/cancel*` act, `stream*` is
    used with `with`, `plot*/display*` show. A contract may be given as the symbol of a US stock. Everything of ibapi
    (`reqMktData`, `placeOrder` …) is there too, and any callback may be overridden in a subclass, with any of its
    historical argument counts, without `super()`.

    >>> app = IBApp()                                                           # doctest: +SKIP
    >>> app.connect("127.0.0.1", 7497, clientId=1)                              # doctest: +SKIP
    """

    def _repr_html_(self) -> str:
        """What a notebook shows when a cell ends with the app."""
        return f"<p>{headline(self)}</p>{details(self)}"
