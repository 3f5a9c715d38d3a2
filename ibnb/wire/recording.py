"""What passes a connection, in a file: to look at, to play again, to attach to a report.

The file is JSON, a line each, packed by gzip; `zcat` shows it. The first line is the session:

    {"ibnb": "recording", "format": 1, "version": 226, "connectionTime": "20250611 10:00:00 US/Eastern",
     "begun": 1749650400.0, "accounts": ["DU0000001"], "clientId": 1, "nextOrderId": 1, "lastRequestId": 0}

`version` is the server's, `begun` epoch seconds. Every other line is a message: `t` seconds after `begun`, `way` (">"
sent, "<" received), `id` the message's number, and either `fields`, its texts (text messages), or `bytes`, its whole
payload in base64 (protobuf messages; from server version 201 on the first four bytes are the id). Questions about the
time are left out.

Account codes are written as others of the same length, so that no length in a message changes; so is whatever else is
to be hidden.
"""

from __future__ import annotations

import base64
import gzip
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ibnb.ib.api import PROTOBUF_OFFSET, RAW_ID_VERSION, message_id

SENT, RECEIVED = ">", "<"
FORMAT = 1
#: The number of reqCurrentTime and of its answer.
_TIME = 49


class Message(NamedTuple):
    """One message: seconds since the recording began, its way, and its payload without the length."""

    t: float
    way: str
    payload: bytes


class Recorder:
    """Writes messages as they pass; any thread. `hide` maps what mustn't be told to what is written in its place."""

    def __init__(self, path: Path, head: Mapping[str, Any], now: Callable[[], float], hide: Mapping[str, str]) -> None:
        self._version, self._begun = head["version"], head["begun"]
        self._now = now
        self._hide = [(old.encode(), new.encode()) for old, new in hide.items()]
        self._lock = threading.Lock()
        self._file: Any = gzip.open(path, "wt", encoding="utf-8", compresslevel=6)  # noqa: SIM115 - until close()
        self._write({"ibnb": "recording", "format": FORMAT, **head})
        self.count = 0

    def sent(self, payloads: Iterable[bytes]) -> None:
        """Requests that leave."""
        self._add(SENT, payloads)

    def received(self, payloads: Iterable[bytes]) -> None:
        """Answers that have come."""
        self._add(RECEIVED, payloads)

    def _add(self, way: str, payloads: Iterable[bytes]) -> None:
        with self._lock:
            for payload in payloads if self._file is not None else ():
                number = message_id(payload, self._version)
                if number in (_TIME, _TIME + PROTOBUF_OFFSET):
                    continue
                for old, new in self._hide:
                    payload = payload.replace(old, new)
                t = round(self._now() - self._begun, 6)
                self._write({"t": t, "way": way, "id": number, **_content(payload, number, self._version)})
                self.count += 1

    def _write(self, line: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(line) + "\n")

    def close(self) -> None:
        """Nothing more is written; the file is whole."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None


def _content(payload: bytes, number: int, version: int) -> dict[str, Any]:
    if version >= RAW_ID_VERSION and number > PROTOBUF_OFFSET:
        return {"bytes": base64.b64encode(payload).decode()}
    body = payload[4:] if version >= RAW_ID_VERSION else payload
    return {"fields": body.decode("utf-8", "surrogateescape").split("\0")[:-1]}


def _payload(line: Mapping[str, Any], version: int) -> bytes:
    if "bytes" in line:
        return base64.b64decode(line["bytes"], validate=True)
    body = "".join(f"{field}\0" for field in line["fields"]).encode("utf-8", "surrogateescape")
    return int(line["id"]).to_bytes(4, "big") + body if version >= RAW_ID_VERSION else body


def read(path: Path) -> tuple[dict[str, Any], list[Message]]:
    """The session and its messages. ValueError for what is no recording, OSError. One that was cut off ends there."""
    lines = _lines(path)
    head = next(lines, None)
    if not isinstance(head, dict) or head.get("ibnb") != "recording":
        raise ValueError(f"{path} isn't a recording of ibnb (app.record)")
    if head["format"] != FORMAT:
        raise ValueError(f"{path} is a recording of format {head['format']}; this release reads format {FORMAT}")
    try:
        found = [Message(float(line["t"]), str(line["way"]), _payload(line, head["version"])) for line in lines]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged: {error!r}") from None
    return head, found


def _lines(path: Path) -> Iterator[Any]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)
    except EOFError:
        return  # the program that wrote it was killed
    except (gzip.BadGzipFile, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} isn't a recording of ibnb, or is damaged: {error}") from None


def pseudonyms(accounts: Iterable[str]) -> dict[str, str]:
    """Account codes and what is written for each: as long, and the code of a paper account."""
    return {
        code: "DU" + f"{number:0{max(1, len(code) - 2)}d}"[-max(1, len(code) - 2) :]
        for number, code in enumerate(accounts, 1)
    }


def crossed_out(texts: Iterable[str]) -> dict[str, str]:
    """Texts and as many x; a number stays one, of as many digits, so that a message can still be read."""
    found = {text: "x" * len(text.encode()) for text in texts if text}
    numbers = [text for text in found if text.isascii() and text.isdigit()]
    return found | {text: str(10 ** (len(text) - 1) + n)[: len(text)] for n, text in enumerate(numbers)}
