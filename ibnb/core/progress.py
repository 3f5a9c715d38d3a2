"""How far something long has come: a bar in a notebook, lines elsewhere, or a function of yours."""

from __future__ import annotations

import html
import sys
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from ibnb.core.clock import Clock, Done


class Progress(NamedTuple):
    """`done` of `total` requests (or another `unit`), after `elapsed` seconds; `what` came last."""

    done: int
    total: int
    elapsed: float
    what: str = ""
    unit: str = "requests"

    @property
    def left(self) -> float | None:
        """Seconds still to go, if it goes on at this pace; None while nothing is known of the pace."""
        return self.elapsed / self.done * (self.total - self.done) if self.done else None

    def __str__(self) -> str:
        text = f"{self.done} of {self.total} {self.unit}"
        if self.left is not None and self.done < self.total:
            text += f", about {duration_text(self.left)} left"
        return f"{text} ({self.what})" if self.what else text


Show = Callable[[Progress], object]


#: Seconds that a notebook may stand still before somebody says what it waits for.
QUIET = 3.0


def sleep_shown(clock: Clock, seconds: float, show: Show) -> None:
    """Let so many seconds pass, and tell of each."""
    begun = clock.monotonic()
    while (passed := clock.monotonic() - begun) < seconds:
        show(Progress(int(passed), int(seconds), passed, unit="s"))
        clock.sleep(min(1.0, seconds - passed))
    show(Progress(int(seconds), int(seconds), seconds, unit="s"))


def shower(progress: bool | Show | None, real: bool = False) -> Show:
    """The function to tell: yours, a bar or lines for True, one that shows nothing for False.

    None is a bar in a notebook, where it really takes time (`real`), and else nothing.
    """
    if progress is None:
        progress = real and in_notebook()
    if callable(progress):
        return progress
    if not progress:
        return lambda _: None
    return _Bar() if in_notebook() else _Lines()


def duration_text(seconds: float) -> str:
    """ "40 s", "5 min", "2 h 10 min".

    >>> duration_text(7800)
    '2 h 10 min'
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


class _Lines:
    """A line on stderr for each tenth, so that a log stays short."""

    def __init__(self) -> None:
        self._tenth = -1

    def __call__(self, now: Progress) -> None:
        tenth = 10 * now.done // now.total if now.total else 10
        if tenth > self._tenth:
            self._tenth = tenth
            sys.stderr.write(f"{now}\n")
            sys.stderr.flush()


class _Bar:
    """A bar in a notebook's output, shown with the first news. No widget: a saved notebook shows how it ended."""

    def __init__(self) -> None:
        self._handle: Any = None

    def __call__(self, now: Progress) -> None:
        self.show(now.done, now.total, str(now))

    def show(self, done: int, total: int, text: str) -> None:
        self._put(f'<progress value="{done}" max="{max(total, 1)}"></progress> {html.escape(text)}', text)

    def clear(self) -> None:
        """Leave nothing behind."""
        if self._handle is not None:
            self._put("", "")

    def _put(self, markup: str, text: str) -> None:
        import IPython.display

        bundle = {"text/html": markup, "text/plain": text}
        if self._handle is None:
            show: Any = IPython.display.display
            self._handle = show(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


def wait_on(clock: Clock, done: Done, seconds: float, what: str) -> bool:
    """The rest of a wait of so many seconds that has been quiet for QUIET of them.

    A notebook is told that somebody is waiting, for what, and how long at most.
    """
    if not in_notebook() or threading.current_thread() is not threading.main_thread():
        return clock.wait(done, seconds - QUIET)
    bar, begun = _Bar(), clock.monotonic() - QUIET
    try:
        while (passed := clock.monotonic() - begun) < seconds:
            bar.show(int(passed), int(seconds), f"{what}: waiting, {passed:.0f} s of at most {duration_text(seconds)}")
            if clock.wait(done, min(1.0, seconds - passed)):
                return True
        return False
    finally:
        bar.clear()


def in_notebook() -> bool:
    """Is this a Jupyter kernel? (IPython is only looked at where it has been loaded already.)"""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")
