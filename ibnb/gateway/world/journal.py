"""What the gateway has received and said, as lines that can be kept, merged, and sent to whoever checks an exercise.

Rule: a client may read the journal of its own world, as the article `journal` of the news provider `IBNB`, through the
connection that it has; TWS has no such provider and answers 10172. The text is JSON: a record is an object with its
kind under "is" and the fields that aren't as they always are, a Decimal is an object under "decimal".
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from .. import messages as m

PROVIDER, ARTICLE = "IBNB", "journal"
# A client reads no message longer than 16 MiB; of a longer journal the newest part is told.
_LONGEST = 8 << 20


class Entry(NamedTuple):
    """One line of the journal. ``direction``: "in" (a client asked) or "out" (the gateway said)."""

    time: float
    clientId: int
    direction: str
    message: Any


def written(entries: Iterable[Entry]) -> str:
    """The newest entries, as many as can be sent, oldest first: a line for each."""
    lines: list[str] = []
    room = _LONGEST
    for entry in reversed(list(entries)):
        line = json.dumps([entry.time, entry.clientId, entry.direction, plain(entry.message)])
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
    return "\n".join(reversed(lines))


def read(text: str) -> list[Entry]:
    """The entries that `written` wrote. Raises ValueError for any other text."""
    try:
        rows = [json.loads(line) for line in text.splitlines()]
        return [Entry(float(time), int(who), str(way), _made(message)) for time, who, way, message in rows]
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise ValueError(f"this isn't the journal of an ibnb gateway: {error}") from None


def plain(value: Any) -> Any:
    """A message as JSON can hold it, without the fields that have their usual value."""
    if is_dataclass(value):
        said = {each.name: getattr(value, each.name) for each in fields(value) if not _usual(value, each)}
        return {"is": type(value).__name__, **{name: plain(each) for name, each in said.items()}}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    return [plain(each) for each in value] if isinstance(value, list | tuple) else value


def _usual(value: Any, each: Any) -> bool:
    usual = each.default if each.default_factory is MISSING else each.default_factory()
    return usual is not MISSING and bool(getattr(value, each.name) == usual)


def _made(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_made, value))
    if not isinstance(value, dict):
        return value
    if "decimal" in value:
        return Decimal(value["decimal"])
    kind = getattr(m, value["is"])
    if not (isinstance(kind, type) and is_dataclass(kind)):
        raise ValueError(f"{value['is']} is no message")
    return kind(**{name: _made(each) for name, each in value.items() if name != "is"})
