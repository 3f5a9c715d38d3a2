"""How a frame is spoilt: each mutation takes payloads and chance and gives bytes for the wire."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from ibnb.gateway.codec.wire import frame

_NASTY = (
    b"", b"0", b"-1", b"1", b"2147483647", b"2147483648", b"-2147483648", b"9223372036854775807", b"1e308", b"1e999",
    b"nan", b"inf", b"-inf", b"1.7976931348623157E308", b"0x10", b"1_000", b" 1", b"true", b"\xff\xfe", b"\\u0000",
    b"\xe2\x82\xac", b"99999999999999999999999999", b"20250611 10:00:00 US/Eastern", b"20259999-99:99:99", b"a" * 300,
    b"SMART", b"AAPL", b"STK", b"OPT", b"BAG", b"1 Y", b"1 secs", b"DU1234567", b"%s%n", b"../..", b"\xd9\xa1",
)  # fmt: skip

Mutation = Callable[[list[bytes], Random], bytes]


def _bytes(seeds: list[bytes], chance: Random) -> bytes:
    """Some bytes are others."""
    payload = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(1, 4)):
        payload[chance.randrange(len(payload))] = chance.randrange(256)
    return frame(bytes(payload))


def _fields(seeds: list[bytes], chance: Random) -> bytes:
    """Some fields hold what nobody expects; the message stays the same."""
    fields = chance.choice(seeds).split(b"\0")
    for _ in range(chance.randint(1, 3)):
        fields[chance.randrange(min(1, len(fields) - 1), len(fields))] = chance.choice(_NASTY)
    return frame(b"\0".join(fields))


def _shifted(seeds: list[bytes], chance: Random) -> bytes:
    """A field is missing, or is there twice."""
    fields = chance.choice(seeds).split(b"\0")
    at = chance.randrange(len(fields))
    fields[at : at + 1] = [fields[at]] * chance.choice((0, 2, 5))
    return frame(b"\0".join(fields))


def _cut(seeds: list[bytes], chance: Random) -> bytes:
    """The payload ends too soon; its length says so, too."""
    payload = chance.choice(seeds)
    return frame(payload[: chance.randrange(len(payload))])


def _spliced(seeds: list[bytes], chance: Random) -> bytes:
    """The beginning of one message and the end of another."""
    one, other = chance.choice(seeds), chance.choice(seeds)
    return frame(one[: chance.randrange(len(one))] + other[chance.randrange(len(other)) :])


def _noise(seeds: list[bytes], chance: Random) -> bytes:
    """A frame of nothing in particular."""
    return frame(chance.randbytes(chance.randrange(200)))


def _numbered(seeds: list[bytes], chance: Random) -> bytes:
    """A message number with another message's fields."""
    rest = chance.choice(seeds).partition(b"\0")[2]
    return frame(str(chance.randrange(-2, 300)).encode() + b"\0" + rest)


def _length(seeds: list[bytes], chance: Random) -> bytes:
    """A length that isn't that of the payload. It ends the session sooner or later."""
    payload = chance.choice(seeds)
    return chance.choice((chance.randrange(1 << 32), len(payload) + 1, 0)).to_bytes(4, "big") + payload


def _whole(seeds: list[bytes], chance: Random) -> bytes:
    """What a real client sends."""
    return frame(chance.choice(seeds))


MUTATIONS: tuple[Mutation, ...] = (
    _bytes,
    *(_fields,) * 5,
    _shifted,
    _cut,
    _spliced,
    _noise,
    _numbered,
    *(_whole,) * 3,
)
ON_ORDERS: tuple[Mutation, ...] = (_whole, _whole, _fields, _shifted)
DEADLY: tuple[Mutation, ...] = (_length,)
