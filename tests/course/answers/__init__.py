"""Right and wrong answers to every exercise, one file per lesson: `RIGHT` and `WRONG`.

    RIGHT = [("05.1", bars(63)), with_app(lambda app: ("05.5", load(app), app))]
    WRONG = [(("05.1", bars(21)), "has 21 rows"), (with_app(lambda app: ("05.5", {}, app)), "KO and IBM")]

An answer that needs a session is a function of one; each gets a session, a gateway and a market of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import CodeType
from typing import Any

import ibnb

Asked = tuple[Any, ...]
_NUMBER = re.compile(r"\d\d\.\d+")


@dataclass(frozen=True)
class WithApp:
    """What `check` is asked, made from a session."""

    build: Callable[[Any], Asked]

    @property
    def number(self) -> str:
        """The exercise's number, read without running anything."""
        found = [text for text in _constants(self.build.__code__) if _NUMBER.fullmatch(text)]
        assert len(set(found)) == 1, f"name one exercise in the function itself: {self.build}"
        return found[0]


def with_app(build: Callable[[Any], Asked]) -> WithApp:
    """An answer that needs a session: `with_app(lambda app: ("04.2", frame_of(app), app))`."""
    return WithApp(build)


def number_of(asked: Asked | WithApp) -> str:
    """Which exercise an entry of the lists belongs to."""
    return asked.number if isinstance(asked, WithApp) else str(asked[0])


@contextmanager
def given(asked: Asked | WithApp) -> Iterator[Asked]:
    """The arguments of `check`; the session that they need is open meanwhile."""
    if not isinstance(asked, WithApp):
        yield asked
        return
    try:
        yield asked.build(ibnb.connect("embedded"))
    finally:
        # An answer may have left and come back, or have let a second program join.
        ibnb.reset()


def right() -> list[Asked | WithApp]:
    """The right answers of all lessons."""
    return [entry for module in _modules() for entry in module.RIGHT]


def wrong() -> list[tuple[Asked | WithApp, str]]:
    """The wrong answers of all lessons, each with a regular expression that its reason must match."""
    return [entry for module in _modules() for entry in module.WRONG]


def _modules() -> list[Any]:
    names = sorted(path.stem for path in Path(__file__).parent.glob("lesson_*.py"))
    return [import_module(f"{__name__}.{name}") for name in names]


def _constants(code: CodeType) -> Iterator[str]:
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, tuple):
            yield from (item for item in constant if isinstance(item, str))
        elif isinstance(constant, CodeType):
            yield from _constants(constant)
