"""What is done of a sweep, in a text file: who is interrupted goes on where it ended.

The file is JSON, a line each. The first says which function: {"ibnb": "worlds", "function": its name, "source": a
digest of its source}. Every other is a world: {"world": its words, "row": [[label, value], …], "error": ""}.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ibnb.worlds.rows import Row, read, written


class Outcome(NamedTuple):
    """A world's row, or why there is none."""

    row: Row
    error: str = ""


class Kept:
    """The outcomes in a file, and what is added to them. ValueError for a file of another function, or no such file."""

    def __init__(self, path: Path, function: Callable[..., object]) -> None:
        self._path = path
        self.known: dict[str, Outcome] = {}
        head = {"ibnb": "worlds", "function": name_of(function), "source": _digest(function)}
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(head) + "\n", encoding="utf-8")
            return
        text = path.read_text(encoding="utf-8")
        whole, _, broken = text.rpartition("\n")
        if broken:  # it ended in the middle of a line
            path.write_text(whole + "\n" if whole else "", encoding="utf-8")
        lines = whole.splitlines()
        self._check(_loaded(lines[0]) if lines else None, head)
        for number, line in enumerate(lines[1:], 2):
            each = _loaded(line)
            if not isinstance(each, dict) or set(each) != {"world", "row", "error"}:
                raise ValueError(f"{path}, line {number} isn't a world's: delete the line, or name another file")
            row = [(read(label), read(value)) for label, value in each["row"]]
            self.known[each["world"]] = Outcome(row, each["error"])

    def _check(self, found: Any, head: Mapping[str, str]) -> None:
        if not isinstance(found, dict) or found.get("ibnb") != "worlds":
            raise ValueError(f"{self._path} isn't a file of worlds.run: name another one")
        if found != head:
            same = found.get("function") == head["function"]
            raise ValueError(
                f"{self._path} keeps the worlds of {found.get('function')} as it was; {head['function']} is "
                f"{'written differently now' if same else 'another function'}, and the two aren't mixed. "
                "Name another file, or delete this one."
            )

    def add(self, world: str, outcome: Outcome) -> None:
        """Keep one more; it is in the file when this returns."""
        row = [[written(label), written(value)] for label, value in outcome.row]
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"world": world, "row": row, "error": outcome.error}) + "\n")
        self.known[world] = outcome


def key_of(world: Mapping[str, Any]) -> str:
    """A world's words as one text: the same for the same world, in whatever order they are said."""
    return json.dumps({word: world[word] for word in sorted(world)}, default=_said)


def name_of(function: Callable[..., object]) -> str:
    """A function's name, of a partial one that of the whole."""
    return str(getattr(getattr(function, "func", function), "__qualname__", repr(type(function))))


def _said(value: Any) -> str:
    if isinstance(value, pd.DataFrame):
        return f"frame {hashlib.sha256(pd.util.hash_pandas_object(value).to_numpy().tobytes()).hexdigest()}"
    return str(value)


def _digest(function: Callable[..., object]) -> str:
    """Of the source, so that a comment changes it, too: what is kept is kept for this very text."""
    inner = getattr(function, "func", function)
    given = repr((getattr(function, "args", ()), getattr(function, "keywords", {})))
    try:
        text = inspect.getsource(inner)
    except (OSError, TypeError):  # typed in at a prompt, or a callable object
        code = getattr(inner, "__code__", None)
        text = repr(type(inner)) if code is None else repr((code.co_code, code.co_consts, code.co_names))
    return hashlib.sha256((text + given).encode()).hexdigest()


def _loaded(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
