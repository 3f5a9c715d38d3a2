"""What the wire looks like before any message has a meaning: frames, the hello, fields.

Rule: pure and bounded. Bytes go in, payloads or one of three exceptions come out; nothing here knows a message.
The form of the bytes is section 2.1 of the behaviour specification.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

API_PREFIX = b"API\0"
MAX_FRAME = 0xFFFFFF
LENGTH_SIZE = 4

T = TypeVar("T")


class ProtocolError(Exception):
    """The peer doesn't speak this protocol; there is no way to go on with its bytes."""


class BadField(Exception):
    """A message of a known kind holds a field that can't be read. ``message`` is TWS's text for code 320.

    ``id`` is the request's or order's id if it had been read before the field in question, else -1.
    """

    code = 320

    def __init__(self, field: str, text: str, id: int = -1) -> None:
        self.field = spoken(field)
        self.text = text
        self.id = id
        self.message = f"Error reading request. Unable to parse field: '{self.field}' for input string: '{text}'"
        super().__init__(self.message)


class UnknownMessage(Exception):
    """No message has this number at the negotiated version."""

    def __init__(self, messageId: int) -> None:
        self.messageId = messageId
        super().__init__(f"Unknown message id: {messageId}")


def spoken(name: str) -> str:
    """The way TWS names a field to people: ``tradingClass`` is 'Trading Class'."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).split()
    return " ".join(word[:1].upper() + word[1:] for word in words)


class FrameBuffer:
    """Collects bytes in whatever pieces they arrive, gives back whole payloads.

    With ``expect``, the stream must begin with those bytes (a client's begins with ``API_PREFIX``). No frame may be
    longer than ``limit``, which may change on the way.
    """

    def __init__(self, expect: bytes = b"", limit: int = MAX_FRAME) -> None:
        self._expect = expect
        self.limit = limit
        self._bytes = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take ``data`` in and return the payloads that are now whole.

        Iterating raises ProtocolError at a wrong prefix or a length above ``limit``, after the good payloads.
        """
        self._bytes += data
        return self._payloads()

    @property
    def pending(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return len(self._bytes)

    def _payloads(self) -> Iterator[bytes]:
        if self._expect and not self._prefix_is_whole():
            return
        while len(self._bytes) >= LENGTH_SIZE:
            length = int.from_bytes(self._bytes[:LENGTH_SIZE], "big")
            if length > self.limit:
                raise ProtocolError(f"a frame of {length} bytes; at most {self.limit} are allowed")
            end = LENGTH_SIZE + length
            if len(self._bytes) < end:
                return
            payload = bytes(self._bytes[LENGTH_SIZE:end])
            del self._bytes[:end]
            yield payload

    def _prefix_is_whole(self) -> bool:
        seen = bytes(self._bytes[: len(self._expect)])
        if seen != self._expect[: len(seen)]:
            raise ProtocolError(f"the stream begins with {seen!r}, not with {self._expect!r}")
        if len(seen) < len(self._expect):
            return False
        del self._bytes[: len(seen)]
        self._expect = b""
        return True


def frame(payload: bytes) -> bytes:
    """The payload with its length in front, ready to be sent."""
    if len(payload) > MAX_FRAME:
        raise ProtocolError(f"a frame of {len(payload)} bytes; at most {MAX_FRAME} are allowed")
    return len(payload).to_bytes(LENGTH_SIZE, "big") + payload


@dataclass(frozen=True, slots=True)
class Hello:
    """The client's first frame: the versions it speaks, and options such as ``+PACEAPI``."""

    minimum: int
    maximum: int
    options: str = ""

    def agree(self, minimum: int, maximum: int) -> int | None:
        """The highest version that both sides speak, or None."""
        version = min(self.maximum, maximum)
        return version if version >= max(self.minimum, minimum) else None


_HELLO = re.compile(r"v(\d{1,6})(?:\.\.(\d{1,6}))?(?: (.*))?\0?", re.ASCII)


def parse_hello(payload: bytes) -> Hello:
    """Read ``vMIN..MAX[ options]`` or ``vN[ options]``; ProtocolError if it is anything else."""
    match = _HELLO.fullmatch(payload.decode("ascii", "replace"))
    if match is None:
        raise ProtocolError(f"the first frame is {payload[:40]!r}, not a range of versions")
    low, high, options = match.groups()
    return Hello(int(low), int(high or low), options or "")


def hello_answer(version: int, connection_time: str) -> bytes:
    """The only payload without a message id: the version agreed on and the gateway's time of day, as text."""
    return join_fields([str(version), connection_time])


def split_fields(payload: bytes) -> list[str]:
    """The text fields of a payload. Bytes that aren't UTF-8 become ``\\xNN``, as the official clients do it."""
    fields = payload.decode("utf-8", "backslashreplace").split("\0")
    if not fields[-1]:
        fields.pop()
    return fields


def join_fields(fields: Iterable[str]) -> bytes:
    """A payload of NUL-terminated text fields."""
    return ("\0".join(fields) + "\0").encode("utf-8", "backslashreplace")


class FieldReader:
    """Walks through the fields of one message and remembers where it is and whose message it is.

    ``id`` is set by whoever reads the request's id, so that a later field in error can be reported to that request.
    """

    __slots__ = ("fields", "id", "position")

    def __init__(self, fields: list[str]) -> None:
        self.fields = fields
        self.position = 0
        self.id = -1

    @property
    def remaining(self) -> int:
        return len(self.fields) - self.position

    def take(self, name: str, parse: Callable[[str], T]) -> T:
        """The next field as a value; BadField, naming the field, if it is missing or can't be read."""
        if self.position >= len(self.fields):
            raise BadField(name, "", self.id)
        text = self.fields[self.position]
        try:
            value = parse(text)
        except (ValueError, ArithmeticError):
            raise BadField(name, text, self.id) from None
        self.position += 1
        return value
