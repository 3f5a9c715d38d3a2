"""Conversations in bytes, without a socket: the hello, the start, bad frames, two clients, ids in use."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibnb.gateway import messages as m
from ibnb.gateway.clock import Clock
from ibnb.gateway.codec import TextCodec
from ibnb.gateway.codec.wire import FrameBuffer, frame
from ibnb.gateway.engine import CLIENT_ID_IN_USE, Engine, build_world
from ibnb.gateway.scenario import LESSON
from ibnb.gateway.session import Session

HELLO = b"API\0" + frame(b"v100..176")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(build_world(LESSON, Clock(LESSON.start)))


class Talk:
    """A client's end of a session."""

    def __init__(self, engine: Engine, version: int = 176) -> None:
        self.session = Session(engine)
        self.codec = TextCodec(version)
        self.frames = FrameBuffer()

    def say(self, data: bytes) -> list[bytes]:
        """Send bytes; what comes back, as raw bursts."""
        self.session.receive(data)
        return self.session.outgoing()

    def ask(self, *requests: object) -> list[object]:
        """Send requests; what comes back, decoded."""
        bursts = self.say(b"".join(frame(self.codec.encode_request(request)) for request in requests))
        return [self.codec.decode_answer(payload) for burst in bursts for payload in self.frames.feed(burst)]

    def start(self, clientId: int) -> list[object]:
        self.say(b"API\0" + frame(f"v100..{self.codec.version}".encode()))
        return self.ask(m.StartApi(clientId=clientId))

    def end(self) -> None:
        self.session.close()


def test_the_answer_to_the_hello_is_a_burst_of_its_own_with_two_fields(engine: Engine) -> None:
    talk = Talk(engine)
    [burst] = talk.say(HELLO)
    assert burst == frame(b"176\x0020250611 10:00:00 EDT\0")


@pytest.mark.parametrize(
    ("offer", "agreed"), [("v100..157", 157), ("v157..178", 178), ("v100..200", 200), ("v100..226", 226), ("v163", 163)]
)
def test_each_client_gets_the_highest_version_that_both_speak(engine: Engine, offer: str, agreed: int) -> None:
    [burst] = Talk(engine).say(b"API\0" + frame(offer.encode()))
    assert burst[4:].split(b"\0")[0] == str(agreed).encode()


@pytest.mark.parametrize("hello", [frame(b"v227..230"), frame(b"v20..99"), frame(b"hello"), b"GET / HTTP/1.1\r\n"])
def test_who_speaks_no_common_version_is_dropped_without_a_word(engine: Engine, hello: bytes) -> None:
    talk = Talk(engine)
    assert talk.say(hello if hello.startswith(b"GET") else b"API\0" + hello) == []
    assert talk.session.closed


def test_the_start_is_greeted_with_open_orders_accounts_the_next_order_id_and_farms(engine: Engine) -> None:
    talk = Talk(engine)
    end, accounts, next_id, *farms = talk.start(1)
    talk.end()
    assert end == m.OpenOrderEnd()
    assert accounts == m.ManagedAccounts(accountsList="DU1234567")
    assert next_id == m.NextValidId(orderId=1)
    assert [farm.code for farm in farms if isinstance(farm, m.ErrorMessage)] == [2104, 2104, 2104, 2106, 2158]


def test_what_is_asked_before_the_start_is_dropped_without_a_word(engine: Engine) -> None:
    talk = Talk(engine)
    talk.say(HELLO)
    assert talk.ask(m.ReqCurrentTime()) == []


def test_a_client_id_in_use_is_refused_and_the_first_client_stays(engine: Engine) -> None:
    first, second = Talk(engine), Talk(engine)
    first.start(4)
    [refusal] = second.start(4)
    assert isinstance(refusal, m.ErrorMessage)
    assert (refusal.id, refusal.code, refusal.message) == (-1, 326, CLIENT_ID_IN_USE)
    assert second.session.closed
    assert isinstance(first.ask(m.ReqCurrentTime())[0], m.CurrentTime)
    first.end()
    third = Talk(engine)
    assert isinstance(third.start(4)[0], m.OpenOrderEnd)
    third.end()


def test_the_33rd_client_is_refused_at_the_door(engine: Engine) -> None:
    talks = [Talk(engine) for _ in range(32)]
    for number, talk in enumerate(talks):
        talk.start(100 + number)
    late = Talk(engine)
    assert late.say(HELLO) == []
    assert late.session.closed
    for talk in talks:
        talk.end()


def test_a_field_that_cant_be_read_is_error_320_and_the_session_goes_on(engine: Engine) -> None:
    talk = Talk(engine)
    talk.start(1)
    bursts = talk.say(frame(b"92\x00seven\0DU1234567\0\0"))
    [error] = [talk.codec.decode_answer(p) for burst in bursts for p in talk.frames.feed(burst)]
    assert isinstance(error, m.ErrorMessage)
    assert error.code == 320
    assert "for input string: 'seven'" in error.message
    assert isinstance(talk.ask(m.ReqCurrentTime())[0], m.CurrentTime)
    talk.end()


def test_an_unknown_message_is_answered_and_the_session_goes_on(engine: Engine) -> None:
    talk = Talk(engine)
    talk.start(1)
    bursts = talk.say(frame(b"999\x001\0"))
    [error] = [talk.codec.decode_answer(p) for burst in bursts for p in talk.frames.feed(burst)]
    assert isinstance(error, m.ErrorMessage)
    assert "not simulated" in error.message
    assert isinstance(talk.ask(m.ReqCurrentTime())[0], m.CurrentTime)
    talk.end()


def test_a_request_that_nobody_handles_says_that_it_isnt_simulated(engine: Engine) -> None:
    talk = Talk(engine)
    talk.start(1)
    [error] = talk.ask(m.VerifyRequest(apiName="mine", apiVersion="1"))
    talk.end()
    assert isinstance(error, m.ErrorMessage)
    assert (error.id, error.code) == (-1, 321)
    assert "VerifyRequest is not simulated" in error.message


def test_an_impossible_length_ends_this_session_and_no_other(engine: Engine) -> None:
    good, bad = Talk(engine), Talk(engine)
    good.start(1)
    bad.start(2)
    bad.say(b"\xff\xff\xff\xff")
    assert bad.session.closed
    assert 2 not in engine.world.clients
    assert isinstance(good.ask(m.ReqCurrentTime())[0], m.CurrentTime)
    good.end()


@settings(max_examples=40, deadline=None)
@given(cuts=st.lists(st.integers(0, 60), max_size=6))
def test_how_the_bytes_are_cut_makes_no_difference(engine: Engine, cuts: list[int]) -> None:
    codec = TextCodec(176)
    stream = HELLO + frame(codec.encode_request(m.StartApi(clientId=9)))
    stream += frame(codec.encode_request(m.ReqCurrentTime()))

    def answers(pieces: list[bytes]) -> bytes:
        talk = Talk(engine)
        said = b"".join(burst for piece in pieces for burst in talk.say(piece))
        talk.end()
        return said

    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[a:b] for a, b in pairwise(edges)]
    assert answers(pieces) == answers([stream])


@settings(max_examples=150, deadline=None)
@given(noise=st.binary(max_size=200))
def test_noise_costs_only_whoever_makes_it(engine: Engine, noise: bytes) -> None:
    good, bad = Talk(engine), Talk(engine)
    good.start(1)
    bad.start(2)
    bad.say(frame(noise))
    bad.say(noise)
    bad.end()
    assert isinstance(good.ask(m.ReqCurrentTime())[-1], m.CurrentTime)
    good.end()


def test_the_journal_remembers_what_was_asked(engine: Engine) -> None:
    talk = Talk(engine)
    talk.start(6)
    talk.ask(m.ReqPositions(), m.CancelPositions())
    talk.end()
    asked = [type(entry.message) for entry in engine.world.journal if entry.clientId == 6 and entry.direction == "in"]
    assert asked == [m.StartApi, m.ReqPositions, m.CancelPositions]
