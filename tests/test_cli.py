"""The command line hands on what isn't its own, and tells what went wrong in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ibnb import cli, gateway, lab


@pytest.fixture
def made(monkeypatch):
    """The words with which gateways are made; none of them listens."""
    words = []

    class Stub:
        host, port = "127.0.0.1", 7497

        def __init__(self, scenario, **rest):
            words.append((scenario, rest))

        def start(self):
            return self

        def serve_forever(self):
            return None

    monkeypatch.setattr(gateway, "Gateway", Stub)
    return words


def test_without_words_the_gateway_is_live(made, capsys):
    assert 0 == cli.main(["gateway"])
    ((scenario, words),) = made
    assert "live" == scenario
    assert {None} == {words[name] for name in ("seed", "start", "latency", "always_open", "script", "data")}
    assert "listening on 127.0.0.1:7497" in capsys.readouterr().out


def test_the_words_of_a_world(made, tmp_path):
    script = tmp_path / "a.toml"
    cli.main(["gateway", "--scenario", "lesson", "--seed", "8", "--start", "2025-03-03 09:30", "--latency", "0.5",
              "--always-open", "--script", str(script), "--data", str(tmp_path)])  # fmt: skip
    ((scenario, words),) = made
    assert "lesson" == scenario
    assert {
        "seed": 8,
        "start": "2025-03-03 09:30",
        "latency": 0.5,
        "always_open": True,
        "script": script,
        "data": tmp_path,
    }.items() <= words.items()


@pytest.mark.parametrize("given", [[], ["--manual"], ["--rate", "60"]])
def test_the_clock_is_said_on_the_command_line(made, given):
    cli.main(["gateway", *given])
    ((_, words),) = made
    assert (words["manual"], words["rate"]) == ("--manual" in given, 60.0 if "60" in given else 1.0)


@pytest.mark.parametrize("way", ["sequence", "request"])
def test_a_recording_is_played_as_the_command_line_says(monkeypatch, tmp_path, way):
    played = []

    class Stub:
        host, port = "127.0.0.1", 7497

        def __init__(self, path, port, host, foreign, matchOn):
            played.append((path, foreign, matchOn))

        def start(self):
            return self

        def serve_forever(self, rate):
            played.append(rate)

    monkeypatch.setattr("ibnb.worlds.player.Player", Stub)
    words = ["--match-on", way] if way != "sequence" else []
    assert cli.main(["gateway", "--replay", str(tmp_path), "--rate", "5", *words]) == 0
    assert played == [(tmp_path, True, way), 5.0]


def test_words_that_are_wrong_are_one_line_and_status_1(capsys):
    assert 1 == cli.main(["gateway", "--port", "0", "--start", "soon"])
    assert "ibnb: start is a time in New York" in capsys.readouterr().err
    assert 1 == cli.main(["gateway", "--port", "0", "--script", "nowhere.toml"])
    assert "nowhere.toml" in capsys.readouterr().err


def test_what_lab_does_not_know_goes_to_jupyterlab_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """first_use D4: ``ibnb lab --no-browser`` was "unrecognized arguments"."""
    told: list[tuple[Path, list[str]]] = []
    monkeypatch.setattr(lab, "serve", lambda folder, options: told.append((folder, list(options))) or 0)
    assert cli.main(["lab", "--no-browser", "--port", "9000", "--dir", "mine", "--ServerApp.token=x"]) == 0
    assert cli.main(["lab", "--", "--no-browser"]) == 0
    assert told == [
        (Path("mine"), ["--no-browser", "--port", "9000", "--ServerApp.token=x"]),
        (Path("ibnb-lessons"), ["--no-browser"]),
    ]


@pytest.mark.parametrize("words", [["doctor", "--loud"], ["demo", "now"], ["course", "check", "--fast"], ["labb"]])
def test_what_other_commands_do_not_know_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(words)
    assert stopped.value.code == 2
    assert words[-1] in capsys.readouterr().err


@pytest.mark.parametrize("action", ["check", "run", "build"])
def test_a_lesson_that_is_not_there_is_one_line(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    """first_use D2: it was 15 lines of Python."""
    assert cli.main(["course", action, "99"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith("ibnb: no lesson 99; there are 01_")


def test_without_jupyterlab_lab_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert cli.main(["lab", "--dir", str(tmp_path / "mine")]) == 1
    assert 'python -m pip install "ibnb[lab]"' in capsys.readouterr().err
    assert not (tmp_path / "mine").exists()
