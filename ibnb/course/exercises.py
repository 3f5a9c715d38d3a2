"""`check("05.2", answer)`: looks at a learner's answer and says one of four things; it never raises over an answer.

* `not attempted`: the answer is still `...`
* `not yet, because …`: what is missing, in words that help without giving the answer away
* `correct`: and why it matters
* `can't be checked on a real TWS`: the exercise is checked against what the simulated gateway received

The checks of lesson NN live in `ibnb/course/checks/lesson_NN.py`. One check is one function that returns None when the
answer is right, and else the sentence after "because":

    @exercise("05.2", correct="each request has rows of its own")
    def two_symbols(frames: dict[str, Any]) -> str | None:
        if set(frames) != {"AAPL", "NVDA"}:
            return "the dictionary should have the keys AAPL and NVDA"
        return None

For teachers who grade by machine: with IBNB_CHECK_RAISES=1 in the environment, all but `correct` raises AssertionError.
"""

from __future__ import annotations

import html
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import EllipsisType
from typing import Any

Check = Callable[..., str | None]

NOT_ATTEMPTED = "not attempted"
NOT_YET = "not yet"
CORRECT = "correct"
CANNOT_CHECK = "can't be checked on a real TWS"

# Colour only repeats what the words say.
_COLOURS = {NOT_ATTEMPTED: "#8a8a8a", NOT_YET: "#b26a00", CORRECT: "#1b7f3b", CANNOT_CHECK: "#3a6ea5"}


class NotAttempted(Exception):
    """Raised by a check that called the learner's function and got `...` or nothing back."""


class CannotCheck(Exception):
    """Raised by a check that needs the simulated gateway's journal, on a session that has none."""


@dataclass(frozen=True)
class Verdict:
    """What `check` says: shown by the notebook as the cell's result. True when correct."""

    exercise: str
    state: str
    detail: str = ""

    def __str__(self) -> str:
        joint = {NOT_YET: ", because ", CORRECT: ": ", NOT_ATTEMPTED: "", CANNOT_CHECK: ""}[self.state]
        return f"{self.exercise} {self.state}{joint if self.detail else ''}{self.detail}"

    __repr__ = __str__

    def __bool__(self) -> bool:
        return self.state == CORRECT

    def _repr_html_(self) -> str:
        style = f"border-left:4px solid {_COLOURS[self.state]};padding-left:8px"
        return f'<div role="status" style="{style}">{html.escape(str(self))}</div>'


@dataclass(frozen=True)
class Exercise:
    """One check and the sentence that praises a right answer."""

    judge: Check
    correct: str


EXERCISES: dict[str, Exercise] = {}


def exercise(number: str, *, correct: str) -> Callable[[Check], Check]:
    """Register the check of exercise `number`; `correct` says what the learner has now shown."""

    def register(judge: Check) -> Check:
        if number in EXERCISES:
            raise ValueError(f"exercise {number} has two checks: {EXERCISES[number].judge.__name__}, {judge.__name__}")
        EXERCISES[number] = Exercise(judge, correct)
        return judge

    return register


def check(number: str, *answers: Any) -> Verdict:
    """Check the answer(s) to exercise `number`, e.g. `check("05.2", frames)` or `check("10.2", order_id, app)`.

    Errors: ValueError when there is no such exercise; never because of an answer.
    """
    verdict = _judge(number, _find(number), answers)
    if os.environ.get("IBNB_CHECK_RAISES") and not verdict:
        raise AssertionError(str(verdict))
    return verdict


def _find(number: str) -> Exercise:
    module = f"ibnb.course.checks.lesson_{number.partition('.')[0]}"
    try:
        import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
    if number not in EXERCISES:
        known = ", ".join(sorted(key for key in EXERCISES if key[:3] == number[:3])) or "none in that lesson"
        raise ValueError(f"there is no exercise {number!r} (there are: {known})")
    return EXERCISES[number]


def _judge(number: str, found: Exercise, answers: tuple[Any, ...]) -> Verdict:
    if any(answer is ... for answer in answers):
        return Verdict(number, NOT_ATTEMPTED)
    try:
        because = found.judge(*answers)
    except NotAttempted:
        return Verdict(number, NOT_ATTEMPTED)
    except CannotCheck:
        return Verdict(number, CANNOT_CHECK)
    except Exception as error:  # whatever the answer is, the learner gets a sentence and not a traceback
        return Verdict(number, NOT_YET, f"looking at the answer raised {type(error).__name__}: {error}")
    return Verdict(number, NOT_YET, because) if because else Verdict(number, CORRECT, found.correct)


def attempted(value: Any) -> Any:
    """The value that a learner's function returned; a stub's `...` or None means that it isn't written yet."""
    if value is None or isinstance(value, EllipsisType):
        raise NotAttempted
    return value


def received(app: Any, kind: str) -> list[Any]:
    """The requests of one kind (`"PlaceOrder"`) that the gateway got from this session, oldest first.

    The evidence is the gateway's journal, so a client's own opinion of what it sent doesn't count.
    """
    return [entry.message for entry in _journal(app, "in") if type(entry.message).__name__ == kind]


def answered(app: Any, kind: str) -> list[Any]:
    """The messages of one kind (`"OrderStatus"`) that the gateway sent to this session, oldest first."""
    return [entry.message for entry in _journal(app, "out") if type(entry.message).__name__ == kind]


def _journal(app: Any, direction: str) -> list[Any]:
    gateway = getattr(app, "gateway", None)
    if gateway is None:
        raise CannotCheck
    return [entry for entry in gateway.journal if entry.direction == direction and entry.clientId == app.clientId]
