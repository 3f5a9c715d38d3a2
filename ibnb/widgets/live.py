"""What all widgets share: they keep themselves up to date, and leave a table for readers who have no kernel.

Rule: what a widget does by itself only looks at what the session has recorded already. It asks TWS nothing and moves no
clock, so a lesson comes out the same with it and without it. What a click asks for runs in a thread of its own where
time goes by itself; on the embedded manual clock nothing really waits, and it is done at once.
"""

from __future__ import annotations

import html
import threading
import time
import traceback
import weakref
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import ipywidgets as widgets

from ibnb.core.session import Session
from ibnb.errors import IBError
from ibnb.widgets.markup import STYLE, plain

#: Real seconds between two looks at a session.
PAUSE = 0.3
# A widget rests so many times as long as it takes to refresh: the kernel has other things to do.
_SHARE = 10
_VIEW = "application/vnd.jupyter.widget-view+json"
# A cell's output is the table and, next to it, the widget. Where the widget lives the table is hidden; where only
# JupyterLab's word for a lost one is left ("model not found"), that is.
_ONE_OF_BOTH = (
    "<style>.jp-OutputArea-child:has(.ibnb-still):has(+ .jp-OutputArea-child .ibnb-live){display:none}"
    ".jp-OutputArea-child:has(.ibnb-still) + .jp-OutputArea-child:has(.jupyter-widgets):not(:has(.jupyter-widgets *))"
    "{display:none}"
    "</style>"
)


class Live(widgets.VBox):  # type: ignore[misc]
    """A widget that shows a session; `view` says as HTML what it shows now."""

    def __init__(self, app: Session, before: list[Any] | None = None, after: list[Any] | None = None) -> None:
        self._app: Any = app
        self._core = app._ibnb
        self._lock = threading.RLock()
        self._busy = threading.Lock()
        self._shown = widgets.HTML()
        self._message = widgets.HTML()
        # The displayed table's handle.
        self._stored: Any = None
        # What the watch has seen of the session when it refreshed this widget, and when it may do so again.
        self._seen: object = None
        self._next = 0.0
        super().__init__([*(before or []), self._shown, *(after or []), self._message])
        self.add_class("ibnb-live")
        self.refresh()
        self._watch = Watch.of(app)
        self._watch.add(self)

    @abstractmethod
    def view(self) -> str:
        """What there is to see now, as HTML; asks TWS nothing."""

    def refresh(self) -> None:
        """Show what the session knows now. It is done by itself a few times a second."""
        with self._lock:
            self._shown.value = f"{STYLE}<div class='ibnb'>{self.view()}</div>"

    def stop(self) -> None:
        """End what the widget has subscribed to; it stays as it stands."""
        self._watch.leave(self)

    def close(self) -> None:
        """Stop, and take the widget from the page."""
        if "_watch" in vars(self):
            self.stop()
        super().close()

    @property
    def text(self) -> str:
        """What the widget says, a line per row, without markup."""
        return plain(self._shown.value + self._message.value)

    def say(self, text: str) -> None:
        """The line below, which a screen reader reads when it changes."""
        line = f"<p role='status' class='ibnb' style='margin:4px 8px'>{html.escape(text)}</p>"
        self._message.value = line if text else ""

    def act(self, doing: str, action: Callable[[], str]) -> None:
        """Do something, and say what came of it. One thing at a time."""
        if not self._busy.acquire(blocking=False):
            return
        self.say(f"{doing} …")
        try:
            said = action()
        except (IBError, ValueError) as error:
            said = str(error)
        finally:
            self._busy.release()
        self.say(said)
        self.refresh()
        self._store()

    def start(self, doing: str, action: Callable[[], str]) -> None:
        """The same in a thread of its own where it would keep the kernel waiting."""
        if self._core.clock.is_real:
            name = f"ibnb {type(self).__name__}"
            threading.Thread(target=self.act, args=(doing, action), name=name, daemon=True).start()
        else:
            self.act(doing, action)

    def on_click(self, button: Any, doing: str, action: Callable[[], str]) -> None:
        """Have a click do something."""
        button.on_click(lambda _: self.start(doing, action))

    @property
    def still(self) -> str:
        """The widget as a table that stands by itself: what a notebook stores."""
        return f"{STYLE}{_ONE_OF_BOTH}<div class='ibnb ibnb-still'>{self.view()}</div>"

    def _ipython_display_(self) -> None:
        """The table for all, then the widget for those who have a kernel."""
        from IPython.display import display

        _replaces(self)
        show: Any = display
        shown = {"text/html": self.still, "text/plain": repr(self)}
        self._stored = show(shown, raw=True, display_id=True)
        show({_VIEW: {"version_major": 2, "version_minor": 0, "model_id": self.model_id}}, raw=True)

    def _store(self) -> None:
        """Have the notebook store how the widget stands now. By a click's doing or at the end, and never by the mere
        course of time: a lesson's outputs are the same every time."""
        if self._stored is not None:
            self._stored.update({"text/html": self.still, "text/plain": repr(self)}, raw=True)


class Watch:
    """Looks at a session a few times a second, and has its widgets refreshed when something has happened or time has
    gone on, until the session is over."""

    _all: ClassVar[weakref.WeakValueDictionary[int, Watch]] = weakref.WeakValueDictionary()

    def __init__(self, app: Session) -> None:
        self._app = app
        self._core = app._ibnb
        self._widgets: list[Live] = []
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @classmethod
    def of(cls, app: Session) -> Watch:
        """The watch of a session."""
        found = cls._all.get(id(app))
        if found is None:
            # Its widgets keep it, and it keeps the app: as long as there is one, the id is this app's.
            found = cls._all[id(app)] = cls(app)
        return found

    def add(self, widget: Live) -> None:
        """Keep a widget up to date from now on."""
        with self._lock:
            self._widgets.append(widget)
            if self._thread is None and not self._core.lifecycle.over.is_set():
                self._thread = threading.Thread(target=self._run, name="ibnb widgets", daemon=True)
                self._thread.start()

    def leave(self, widget: Live) -> None:
        """Leave a widget as it is."""
        with self._lock:
            self._widgets = [each for each in self._widgets if each is not widget]

    def look(self, last: bool = False) -> int:
        """Refresh what has become old; how many widgets that were. One that takes long is refreshed less often."""
        core = self._core
        seen = (core.changes.number, int(core.now()), core.lifecycle.connected(), core.reconnect.attempt is None)
        many = 0
        for each in list(self._widgets):
            began = time.monotonic()
            if not last and (each._seen == seen or began < each._next):
                continue
            each._seen = seen
            many += 1
            try:
                each.refresh()
            except Exception as error:
                core.status.problem("refresh", f"ibnb's {type(each).__name__}", error, traceback.format_exc())
            each._next = time.monotonic() + _SHARE * (time.monotonic() - began)
        return many

    def _run(self) -> None:
        while not self._core.lifecycle.over.wait(PAUSE):
            self.look()
            with self._lock:
                if not self._widgets:
                    self._thread = None
                    return
        # To say so.
        self.look(last=True)
        self._thread = None


# Cell of a notebook → the execution that showed widgets there last, and these.
_shown_in: dict[str, tuple[Any, list[weakref.ref[Live]]]] = {}


def _replaces(widget: Live) -> None:
    """A cell that is run again shows new widgets: what the ones before had subscribed to ends."""
    from IPython.core.getipython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    parent = kernel.get_parent() if kernel is not None else {}
    cell = (parent.get("metadata") or {}).get("cellId")
    if cell is None:
        return
    run = parent["header"]["msg_id"]
    before, others = _shown_in.get(cell, (run, []))
    if before != run:
        for other in filter(None, (each() for each in others)):
            other.stop()
        others = []
    _shown_in[cell] = (run, [*others, weakref.ref(widget)])
