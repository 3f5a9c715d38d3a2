"""What a person sees of an error: the lines that are hers, and the text.

Rule: nothing is lost. The error keeps its traceback and its causes; only what IPython and Jupyter print is short.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from functools import partial, wraps
from inspect import signature
from types import FrameType, TracebackType
from typing import ParamSpec, TypeVar

# In a notebook an error is at most so many lines, as far as that is in our hands.
_LINES = 14
_NOT_THE_USERS = frozenset({"ibnb", "ibapi", "IPython", "ipykernel", *sys.stdlib_module_names})

_EXAMPLE = re.compile(r"^ *>>> (.+)$", re.MULTILINE)

P = ParamSpec("P")
R = TypeVar("R")


def short_errors(function: Callable[P, R]) -> Callable[P, R]:
    """Let what this function says of its arguments be shown as ibnb's own errors are, though it is a ValueError.

    So are Python's own TypeError about the arguments of the call, which is told how it is called, and an interrupt.
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except KeyboardInterrupt as error:
            error._render_traceback_ = partial(short_traceback, error)  # type: ignore[attr-defined]
            raise
        except (ValueError, TypeError) as error:
            *_, last = _links(error.__traceback__)
            ours = _package(last.tb_frame) == "ibnb" and isinstance(error, ValueError)
            if not ours and last.tb_frame is sys._getframe():
                error.args = (f"{error}.\n{_usage(function)}",)
                ours = True
            if ours:
                error._render_traceback_ = partial(short_traceback, error)  # type: ignore[union-attr]
            raise

    return call


def _usage(function: Callable[..., object]) -> str:
    """How a function is called: its parameters, and the first example of its docstring."""
    name = function.__name__
    parameters = [each for each in signature(function).parameters if each != "self"]
    examples = [line for line in _EXAMPLE.findall(function.__doc__ or "") if f"{name}(" in line]
    return f"It is {name}({', '.join(parameters)}){f', for example:  {examples[0]}' if examples else ''}"


def users_level() -> int:
    """The `stacklevel` with which the caller's warning is about the user's line."""
    frame: FrameType | None = sys._getframe(1)
    level = 1
    while frame is not None and frame.f_back is not None and _package(frame) in _NOT_THE_USERS:
        frame, level = frame.f_back, level + 1
    return level


def short_traceback(error: BaseException) -> list[str]:
    """What IPython and Jupyter show of ``error``: the user's own lines, and the text.

    It asks for this by the method `_render_traceback_`; a traceback outside IPython stays as it is. Frames of ibnb and
    of the standard library, and the errors that led to this one, are left out; `%xmode Verbose` and `%tb` show them.
    """
    from IPython import get_ipython

    table = get_ipython().InteractiveTB
    if table.mode == "Verbose":
        return list(table.structured_traceback(type(error), error, error.__traceback__))
    users = [link for link in _links(error.__traceback__) if _package(link.tb_frame) not in _NOT_THE_USERS]
    led_to_it = error.__cause__, error.__suppress_context__
    error.__cause__, error.__suppress_context__ = None, True
    try:
        shown: list[str] = []
        for links, context in ((users, 5), (users, 1), ([*users[:1], *users[-1:]], 1)):
            shown = table.structured_traceback(type(error), error, _chained(links), 0, context)
            if "\n".join(shown).count("\n") < _LINES:
                break
        return list(shown)
    finally:
        error.__cause__, error.__suppress_context__ = led_to_it


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__")).partition(".")[0]


def _links(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _chained(links: list[TracebackType]) -> TracebackType | None:
    chain: TracebackType | None = None
    for link in reversed(links):
        chain = TracebackType(chain, link.tb_frame, link.tb_lasti, link.tb_lineno)
    return chain
