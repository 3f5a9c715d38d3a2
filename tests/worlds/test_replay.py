"""A session taken home and played again, on both wires; what is hidden, what is asked otherwise, what is damaged."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from inside import core
from wires import BOTH

import ibnb
from ibnb import IBApp
from ibnb.ib import api
from ibnb.wire.recording import RECEIVED, SENT, pseudonyms, read
from ibnb.worlds.player import Player
from ibnb.worlds.recorded import ReplayError


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    yield
    ibnb.reset()


def program(app: IBApp) -> list[Any]:
    """A morning: positions, bars, an order, quotes, a fill, time that passes, an answer that is an error."""
    said: list[Any] = [app.getPositions()["position"].to_dict(), str(app.now())]
    said.append(app.getData("AAPL", app.dataSettings("1 D", "5 mins"))["Close"].tolist())
    app.placeOrderNow("AAPL", app.createOrder("BUY", 1), wait="Filled")
    said.append(app.getExecutions()["price"].tolist())
    with app.streamQuotes(["AAPL", "NVDA"]) as quotes:
        app.sleep("20 s")
        said.append(quotes.df["last"].tolist())
    app.sleep("5 min")
    said.append(app.getQuote("NVDA")["last"])
    with pytest.raises(ibnb.ContractNotFoundError) as caught:
        app.getData("NOTHINGLIKEIT", app.dataSettings("1 D", "1 hour"))
    return [*said, str(caught.value), str(app.now())]


def recorded(path: Path, version: int | None = None, **how: Any) -> list[Any]:
    app = ibnb.connect(serverVersion=version)
    app.record(path, **how)
    said = program(app)
    app.disconnect()
    return said


def text_of(path: Path) -> str:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return file.read()


@pytest.mark.parametrize("version", BOTH)
def test_the_same_program_hears_the_same_and_sends_the_same_bytes(tmp_path: Path, version: int) -> None:
    said = recorded(tmp_path / "s", version)
    app = ibnb.connect(replay=tmp_path / "s")
    app.record(tmp_path / "again")
    assert program(app) == said
    app.disconnect()
    assert app.serverVersion() is None or read(tmp_path / "s")[0]["version"] == version
    first, second = (
        [[each.payload for each in read(tmp_path / name)[1] if each.way == way] for way in (SENT, RECEIVED)]
        for name in ("s", "again")
    )
    assert first == second


@pytest.mark.parametrize("version", BOTH)
def test_no_account_is_in_the_file(tmp_path: Path, version: int) -> None:
    app = ibnb.connect(serverVersion=version)
    app.record(tmp_path / "s", hide=["orderRefOfNora"])
    app.getAccountSummary()
    app.getPositions()
    app.placeOrderNow("AAPL", app.createOrder("BUY", 1, orderRef="orderRefOfNora"), wait="Filled")
    app.getExecutions()
    app.disconnect()
    head, messages = read(tmp_path / "s")
    content = text_of(tmp_path / "s").encode() + b"".join(each.payload for each in messages)
    assert (b"DU1234567" in content, b"orderRefOfNora" in content, head["accounts"]) == (False, False, ["DU0000001"])
    assert b"DU0000001" in content


def test_an_id_is_hidden_on_request_and_the_recording_plays(tmp_path: Path) -> None:
    """On text: in protobuf a number can't be found."""
    said = recorded(tmp_path / "s", min(176, api.MAX_CLIENT_VER), hide=["265598"])
    content = text_of(tmp_path / "s").encode() + b"".join(each.payload for each in read(tmp_path / "s")[1])
    assert (b"265598" in content, b"100000" in content) == (False, True)
    assert program(ibnb.connect(replay=tmp_path / "s"))[1:] == said[1:]


def test_who_wants_to_keeps_the_account(tmp_path: Path) -> None:
    recorded(tmp_path / "s", accounts=True)
    assert read(tmp_path / "s")[0]["accounts"] == ["DU1234567"]
    assert ibnb.connect(replay=tmp_path / "s").accounts == ["DU1234567"]


def test_a_live_account_is_written_as_a_paper_one_of_the_same_length() -> None:
    names = pseudonyms(["U1234567", "DU7654321", "F12"])
    assert names == {"U1234567": "DU000001", "DU7654321": "DU0000002", "F12": "DU3"}


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda app: app.getData("NVDA", app.dataSettings("1 D", "5 mins")), r"recorded: .*AAPL.*\nnow: .*NVDA"),
        (
            lambda app: app.getAccountSummary(),
            r"request 3: .*\nrecorded: ReqHistoricalData.*\nnow: .*ReqAccountSummary",
        ),
        (lambda app: app.sleep("1 s") or core(app).clock.wait(lambda: False, 5), r"waits, and the recorded one asked"),
    ],
)
def test_what_is_asked_otherwise_is_shown(tmp_path: Path, ask: Any, said: str) -> None:
    recorded(tmp_path / "s")
    app = ibnb.connect(replay=tmp_path / "s")
    app.getPositions()
    with pytest.raises(ReplayError, match=said):
        ask(app)


def test_more_than_was_asked_is_shown(tmp_path: Path) -> None:
    recorded(tmp_path / "s")
    app = ibnb.connect(replay=tmp_path / "s")
    program(app)
    with pytest.raises(ReplayError, match="which ended here, didn't ask: ReqPositions"):
        app.getPositions()


def test_an_order_of_a_replay_goes_nowhere_else_and_limits_are_its_own(tmp_path: Path) -> None:
    recorded(tmp_path / "s")
    app = ibnb.connect(replay=tmp_path / "s")
    assert app.gateway is None
    app.limitOrders(ibnb.OrderLimits(max_quantity=0.5))
    app.disconnect()
    program(ibnb.connect(replay=tmp_path / "s"))


def test_a_recording_that_was_cut_off_plays_as_far_as_it_goes(tmp_path: Path) -> None:
    app = ibnb.connect()
    recorder = app.record(tmp_path / "s")
    app.getPositions()
    recorder.close()
    app.getAccountSummary()  # isn't in it
    whole = (tmp_path / "s").read_bytes()
    assert len(read(tmp_path / "s")[1]) > 10
    (tmp_path / "cut").write_bytes(whole[: len(whole) * 2 // 3])
    read(tmp_path / "cut")
    played = ibnb.connect(replay=tmp_path / "s")
    assert played.getPositions()["position"].to_dict() == app.getPositions()["position"].to_dict()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not gzip", "isn't a recording of ibnb"),
        (gzip.compress(b"{}"), "isn't a recording of ibnb"),
        (gzip.compress(b"nonsense"), "isn't a recording of ibnb, or is damaged"),
        (gzip.compress(b'{"ibnb": "recording", "format": 99}'), "of format 99; this release reads format 1"),
        (gzip.compress(b'{"ibnb": "recording", "format": 1, "version": 176}\n{"t": 1}'), "is damaged"),
        (
            gzip.compress(b'{"ibnb": "recording", "format": 1, "version": 226}\n{"t": 1, "way": "<", "bytes": "?"}'),
            "damaged",
        ),
    ],
)
def test_what_is_no_recording_is_refused_in_words(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "s").write_bytes(content)
    with pytest.raises(ValueError, match=said):
        read(tmp_path / "s")


def test_every_line_can_be_read_without_ibnb(tmp_path: Path) -> None:
    recorded(tmp_path / "s", 176)
    head, *lines = map(json.loads, text_of(tmp_path / "s").splitlines())
    assert (head["ibnb"], head["format"], head["version"]) == ("recording", 1, min(176, api.MAX_CLIENT_VER))
    assert {line["way"] for line in lines} == {"<", ">"}
    assert all(line["fields"][0] == str(line["id"]) for line in lines)
    assert not {line["id"] for line in lines} & {49, 71}


@pytest.mark.parametrize("words", [{"profile": "tws-paper"}, {"port": 7497}, {"seed": 3}, {"scenario": "lesson"}])
def test_a_recording_goes_with_no_other_place(tmp_path: Path, words: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no profile, place or world goes with it"):
        ibnb.connect(replay=tmp_path / "s", **words)


def test_recording_needs_a_session_and_a_list(tmp_path: Path) -> None:
    with pytest.raises(ibnb.NotConnectedError, match="there is no session to record"):
        IBApp().record(tmp_path / "s")
    with pytest.raises(ValueError, match=r"hide is a list of texts, such as \['Nora'\]"):
        ibnb.connect().record(tmp_path / "s", hide="Nora")


def test_on_a_port_time_keeps_the_walls_pace_however_long_a_turn_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A turn that the machine was late for counted like any other: the recording fell behind its pace."""
    recorded(tmp_path / "s")
    player, moments = Player(tmp_path / "s", foreign=True), iter((10.0, 11.0, 13.5))

    def monotonic() -> float:
        for moment in moments:
            return moment
        raise KeyboardInterrupt

    monkeypatch.setattr("ibnb.worlds.player.time", SimpleNamespace(monotonic=monotonic))
    began = player.now()
    player.serve_forever(2.0)
    assert player.now() - began == 7.0


def test_a_foreign_client_hears_a_recording_by_its_port(tmp_path: Path) -> None:
    """Plain ibapi, which asks what was recorded, and then something else."""
    app = ibnb.connect(serverVersion=api.MAX_CLIENT_VER)
    app.record(tmp_path / "s")
    app.reqPositions()
    app.sleep(1)
    app.disconnect()
    told: list[tuple[Any, ...]] = []

    class Client(api.EWrapper, api.EClient):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            api.EClient.__init__(self, self)

        def nextValidId(self, orderId: int) -> None:
            self.reqPositions()

        def position(self, account: str, contract: Any, position: Any, avgCost: float) -> None:
            told.append((account, contract.symbol))

        def positionEnd(self) -> None:
            self.reqAllOpenOrders()

        def error(self, *args: Any) -> None:
            told.append(tuple(args))
            self.disconnect()

    with Player(tmp_path / "s", foreign=True) as player:
        client = Client()
        client.connect(player.host, player.port, 1)
        client.run()
    assert ("DU0000001", "AAPL") in told
    assert re.search("didn't ask: ReqAllOpenOrders", str(told[-1]))
