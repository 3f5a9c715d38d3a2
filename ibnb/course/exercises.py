"""`check("05.2", answer)`: looks at a learner's answer and says one of four things; it never raises over an answer.

* `not attempted`: the answer is still `...`
* `not yet, because …`: what is missing, in words that help without giving the answer away
* `correct`: and why it matters
* `can't be checked on a real TWS`: the exercise is checked against what the simulated gateway received, in this process
  or behind a port

The checks of lesson NN live in `ibnb/course/checks/lesson_NN.py`; those of lessons outside of the package in
`checks/lesson_NN.py` beside the notebook, beside the folder that it is in, or in the folder named by IBNB_CHECKS. One
check is one function that returns None when the answer is right, and else the sentence after "because". `wants` is what
the first answer must be, so that the check may rely on it: a type, several types, `callable`, or a list of these, one
for each answer.

    @exercise("05.2", wants=dict, correct="each request has rows of its own")
    def two_symbols(frames: dict[str, Any]) -> str | None:
        if set(frames) != {"AAPL", "NVDA"}:
            return "the dictionary should have the keys AAPL and NVDA"
        return None

    choice("05.3", right="b", correct="…", wrong={"a": "why a is wrong", "c": "why c is wrong"})

For teachers who grade by machine: with IBNB_CHECK_RAISES=1 in the environment, all but `correct` raises AssertionError.
"""

from __future__ import annotations

import html
import inspect
import os
import runpy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from ibnb import _connect
from ibnb.course.kinds import Wants, said, unlike
from ibnb.errors import NotConnectedError

Check = Callable[..., str | None]

NOT_ATTEMPTED = "not attempted"
NOT_YET = "not yet"
CORRECT = "correct"
CANNOT_CHECK = "can't be checked on a real TWS"

# What is left to say of an answer that its check couldn't look at. No check of ours should ever come to this.
UNREADABLE = "it isn't built as the exercise asks for; read the text of the exercise once more"
DISCONNECTED = "the session isn't connected any more: run  app = ibnb.connect()  and do the exercise again"

# Colour only repeats what the words say.
_COLOURS = {NOT_ATTEMPTED: "#8a8a8a", NOT_YET: "#b26a00", CORRECT: "#1b7f3b", CANNOT_CHECK: "#3a6ea5"}


class NotAttempted(Exception):
    """Raised by a check that called the learner's function and got `...` back."""


class CannotCheck(Exception):
    """Raised by a check that needs the simulated gateway's journal, on a session that has none."""


class NotYet(Exception):
    """Raised by a check, or by what it calls, with the sentence after "because"."""


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
    """One check, what it wants to be given, and the sentence that praises a right answer.

    `wrong` is the reason against each wrong option of a multiple choice, and empty for all other exercises.
    """

    judge: Check
    correct: str
    wants: Wants = None
    wrong: Mapping[str, str] = field(default_factory=dict)


EXERCISES: dict[str, Exercise] = {}
_LOADED: set[Path] = set()


def exercise(number: str, *, correct: str, wants: Wants = None) -> Callable[[Check], Check]:
    """Register the check of exercise `number`; `correct` says what the learner has now shown."""

    def register(judge: Check) -> Check:
        _register(number, Exercise(judge, correct, wants))
        return judge

    return register


def choice(number: str, *, right: str, correct: str, wrong: Mapping[str, str]) -> None:
    """Register a multiple choice, answered by a letter: `wrong` gives the reason against each of the other letters."""
    if right in wrong or not wrong:
        raise ValueError(f"choice {number}: {right!r} can't be right and wrong")
    letters = sorted([right, *wrong])

    def judge(answer: str) -> str | None:
        letter = answer.strip().lower()
        if letter not in letters:
            return f"the answer is one of the letters {', '.join(letters)}"
        return wrong.get(letter)

    _register(number, Exercise(judge, correct, str, dict(wrong)))


def _register(number: str, made: Exercise) -> None:
    if number in EXERCISES:
        names = f"{EXERCISES[number].judge.__name__}, {made.judge.__name__}"
        raise ValueError(f"exercise {number} has two checks: {names}")
    EXERCISES[number] = made


def check(number: str, *answers: Any) -> Verdict:
    """Check the answer(s) to exercise `number`, e.g. `check("05.2", frames)` or `check("10.2", order_id, app)`.

    Errors: ValueError when there is no such exercise; never because of an answer.
    """
    verdict = _judge(number, find(number), answers)
    if os.environ.get("IBNB_CHECK_RAISES") and not verdict:
        raise AssertionError(str(verdict))
    return verdict


def find(number: str) -> Exercise:
    """The exercise with this number. Errors: ValueError naming those that there are in the lesson."""
    module = f"ibnb.course.checks.lesson_{number.partition('.')[0]}"
    try:
        import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        _load(f"{module.rpartition('.')[2]}.py")
    if number not in EXERCISES:
        known = ", ".join(sorted(key for key in EXERCISES if key[:3] == number[:3])) or "none in that lesson"
        raise ValueError(f"there is no exercise {number!r} (there are: {known})")
    return EXERCISES[number]


def _load(name: str) -> None:
    """Run the checks of a lesson that isn't the course's, once, from the first folder that has them."""
    named = os.environ.get("IBNB_CHECKS")
    here = Path.cwd()
    places = [*([Path(named)] if named else []), here / "checks", here.parent / "checks"]
    path = next((place / name for place in places if (place / name).is_file()), None)
    if path is not None and path not in _LOADED:
        runpy.run_path(str(path))
        _LOADED.add(path)


def _judge(number: str, found: Exercise, answers: tuple[Any, ...]) -> Verdict:
    if any(answer is ... for answer in answers):
        return Verdict(number, NOT_ATTEMPTED)
    try:
        because = _miscounted(number, found, answers) or _unlike(found.wants, answers) or found.judge(*answers)
    except NotAttempted:
        return Verdict(number, NOT_ATTEMPTED)
    except CannotCheck:
        return Verdict(number, CANNOT_CHECK)
    except NotYet as reason:
        because = str(reason)
    except NotConnectedError:
        because = DISCONNECTED
    except Exception:  # whatever the answer is, the learner gets a sentence, and neither a traceback nor Python's words
        because = UNREADABLE
    return Verdict(number, NOT_YET, because) if because else Verdict(number, CORRECT, found.correct)


def _miscounted(number: str, found: Exercise, answers: tuple[Any, ...]) -> str | None:
    wanted = list(inspect.signature(found.judge).parameters)
    if len(answers) == len(wanted):
        return None
    return f"this check is run as  check({number!r}, {', '.join(wanted)})  and was given {len(answers)} of them"


def _unlike(wants: Wants, answers: tuple[Any, ...]) -> str | None:
    kinds = wants if isinstance(wants, list) else [wants]
    return next((wrong for answer, kind in zip(answers, kinds, strict=False) if (wrong := unlike(answer, kind))), None)


def called(function: Callable[..., Any], *args: Any, wants: Wants = None) -> Any:
    """What a learner's function returns for `args`; `wants` is what that must be.

    `...` means that the function isn't written yet. None, another kind of thing, or an exception becomes the sentence
    after "because", with the arguments that led to it.
    """
    case = f"for {', '.join(map(said, args))} " if args else ""
    try:
        value = function(*args)
    except NotConnectedError:
        raise
    except Exception as error:
        raise NotYet(f"{case}your function stops with {type(error).__name__}; call it by hand to see where") from None
    if value is ...:
        raise NotAttempted
    if value is None:
        raise NotYet(f"{case}your function returned None")
    if wrong := unlike(value, wants, what="what your function returned"):
        raise NotYet(f"{case}{wrong}")
    return value


def raised(function: Callable[..., Any], *args: Any) -> Exception | None:
    """The exception by which a learner's function refuses `args`, or None when it takes them."""
    try:
        value = function(*args)
    except Exception as error:
        return error
    if value is ...:
        raise NotAttempted
    return None


def received(app: Any, kind: str) -> list[Any]:
    """The requests of one kind (`"PlaceOrder"`) that the gateway got from this session, oldest first.

    The evidence is the gateway's journal, so a client's own opinion of what it sent doesn't count.
    """
    return _messages(app, kind, "in")


def answered(app: Any, kind: str) -> list[Any]:
    """The messages of one kind (`"OrderStatus"`) that the gateway sent to this session, oldest first."""
    return _messages(app, kind, "out")


def journal(app: Any) -> list[Any]:
    """All that the gateway received and said, of this session and of others of the same account, oldest first.

    The gateway may be in this process or behind a port. A real TWS keeps no journal: CannotCheck.
    """
    try:
        return _connect.journal(app)
    except LookupError:
        raise CannotCheck from None


def has_journal(app: Any) -> bool:
    """Whether the other end is a simulated gateway, which can be asked what it received."""
    try:
        return bool(journal(app))
    except CannotCheck:
        return False


def another(app: Any, clientId: int) -> int:
    """A client id for a second program of the same student; in a class on one gateway, one of the same account's."""
    return clientId if app.gateway is not None else (app.clientId // 1000 or app.clientId) * 1000 + clientId


def _messages(app: Any, kind: str, direction: str) -> list[Any]:
    mine = [entry for entry in journal(app) if (entry.direction, entry.clientId) == (direction, app.clientId)]
    return [entry.message for entry in mine if type(entry.message).__name__ == kind]
