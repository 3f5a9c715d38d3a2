"""Lesson 16, taken home: its trading on both wires plays again byte for byte, tells nobody whose it was, and what is
asked otherwise is named (#14)."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from wires import BOTH

import ibnb
from ibnb.wire.recording import RECEIVED, SENT, read
from ibnb.worlds.recorded import ReplayError

SOURCE = Path(__file__).parents[2] / "notebooks" / "source" / "16_capstone.py"
# What belongs to other worlds, writes files, or only shows something.
LEFT_OUT = re.compile(
    r"^check\(|worlds\.run|evening|ibnb\.plot|OrderBlotter|journal|Temporary|AccountGuard|AccountPanel", re.MULTILINE
)
# TWS's last word to who leaves (2100); it may come before the connection has ended, or not.
LEAVING = b"unsubscribed from account data"
ACCOUNT, NOBODY, REF = "DU1234567", "DU0000001", "Nora's own"

Connect = Callable[..., Any]


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    yield
    ibnb.reset()


def cells() -> list[str]:
    """The lesson's code: the desk, the scan, the streams, the momentum rule with its brackets, the lean hogs. Twelve
    minutes of its trading are as good on the wire as thirty-two, and take a third of the time."""
    parts = re.split(r"^# %%", SOURCE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    code = [part.partition("\n")[2] for part in parts if part.startswith("\n")]
    return [each.replace("minutes=32", "minutes=12") for each in code if not LEFT_OUT.search(each)]


def run(code: list[str], connect: Connect) -> dict[str, Any]:
    """Run cells with sessions of this kind; what they know at the end."""
    known: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ibnb, "connect", connect)
        for cell in code:
            exec(compile(cell, SOURCE.name, "exec"), known)
    return known


def lesson(connect: Connect, ref: str) -> dict[str, str]:
    """The lesson, and an order with a reference of one's own; what was seen and done."""
    known = run(cells(), connect)
    app = known["app"]
    app.placeOrderNow("KO", app.createOrder("BUY", 1, "LMT", 1.0, orderRef=ref), wait="Submitted")
    app.cancelAllOrders(wait=True)
    seen = {name: known[name].to_csv() for name in ("scan", "board", "names", "fills")}
    for session in (known["desk"], app):
        session.disconnect()
    return seen | {"decisions": str(known["decisions"]), "score": str(known["score"])}


def recording(folder: Path, version: int) -> Connect:
    """Each session is recorded under its client id."""
    connect = ibnb.connect

    def connected(clientId: int, **words: Any) -> Any:
        app = connect(clientId=clientId, serverVersion=version, **words)
        app.record(folder / f"{clientId}.gz", hide=[REF])
        return app

    return connected


def replaying(folder: Path, again: Path, **how: Any) -> Connect:
    """Each session is played from its recording, and recorded once more."""
    connect = ibnb.connect

    def connected(clientId: int, app_class: type[Any] | None = None) -> Any:
        app = connect(replay=folder / f"{clientId}.gz", app_class=app_class, **how)
        # The lesson takes its time where there is a simulated TWS to take it from.
        app.gateway = SimpleNamespace()
        app.record(again / f"{clientId}.gz", accounts=True)
        return app

    return connected


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    made = tmp_path / "home", tmp_path / "again"
    for each in made:
        each.mkdir()
    return made


@pytest.mark.parametrize("version", BOTH)
def test_the_lesson_plays_again_byte_for_byte_and_tells_nobody_whose_it_was(
    folders: tuple[Path, Path], version: int
) -> None:
    home, again = folders
    seen = lesson(recording(home, version), REF)
    assert seen["decisions"] != "[]"
    assert ACCOUNT in seen["fills"]
    for name in ("16.gz", "17.gz"):
        head, messages = read(home / name)
        with gzip.open(home / name) as file:
            content = file.read() + b"".join(each.payload for each in messages)
        assert head["version"] == version
        assert [secret for secret in (ACCOUNT, ACCOUNT[2:], REF) if secret.encode() in content] == []
        assert NOBODY.encode() in content
    # Played by somebody who knows neither the account nor the reference.
    crossed = "x" * len(REF)
    assert lesson(replaying(home, again), crossed) == {key: text.replace(ACCOUNT, NOBODY) for key, text in seen.items()}
    for name in ("16.gz", "17.gz"):
        for way in (SENT, RECEIVED):
            first, second = (
                [each.payload for each in read(folder / name)[1] if each.way == way and LEAVING not in each.payload]
                for folder in (home, again)
            )
            assert first == second
            assert len(first) > 5


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("matchOn", ["sequence", "request"])
def test_a_changed_request_of_the_lesson_is_named(folders: tuple[Path, Path], version: int, matchOn: str) -> None:
    """Up to the desk's scan, which asks for four rows in the place of five."""
    home, again = folders
    wanted = ("import ibnb\n", "class Desk", "desk.getScan")
    first = [each for each in cells() if any(part in each for part in wanted)]
    known = run(first, recording(home, version))
    for session in (known["desk"], known["app"]):
        session.disconnect()
    changed = [each.replace("numberOfRows=SIZE", "numberOfRows=4") for each in first]
    assert changed != first
    with pytest.raises(ReplayError) as caught:
        run(changed, replaying(home, again, matchOn=matchOn))
    assert re.search(
        r"17\.gz.*\nrecorded: ReqScannerSubscription.*numberOfRows=5.*\n(recorded.*\n)*now: +Req.*numberOfRows=4",
        str(caught.value),
    )
