"""How far something long has come: a bar in a notebook, lines elsewhere, or a function of yours."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol


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


class Sleeper(Protocol):
    """The part of a clock that lets time pass."""

    def monotonic(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...


def sleep_shown(clock: Sleeper, seconds: float, show: Show) -> None:
    """Let so many seconds pass, and tell of each."""
    begun = clock.monotonic()
    while (passed := clock.monotonic() - begun) < seconds:
        show(Progress(int(passed), int(seconds), passed, unit="s"))
        clock.sleep(min(1.0, seconds - passed))
    show(Progress(int(seconds), int(seconds), seconds, unit="s"))


def shower(progress: bool | Show | None) -> Show:
    """The function to tell: yours, a bar or lines for True, one that shows nothing for None and False."""
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
    """An ipywidgets progress bar, shown with the first news."""

    def __init__(self) -> None:
        import ipywidgets

        self.bar: Any = ipywidgets.IntProgress()
        self.text: Any = ipywidgets.Label()
        self._box: Any = ipywidgets.HBox([self.bar, self.text])
        self._shown = False

    def __call__(self, now: Progress) -> None:
        self.bar.max, self.bar.value, self.text.value = max(now.total, 1), now.done, str(now)
        if not self._shown:
            import IPython.display

            self._shown = True
            show: Any = IPython.display.display
            show(self._box)


def in_notebook() -> bool:
    """Is this a Jupyter kernel? (IPython is only looked at where it has been loaded already.)"""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")
