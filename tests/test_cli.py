from __future__ import annotations

import pytest

from ibnb import cli, gateway


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


def test_words_that_are_wrong_are_one_line_and_status_1(capsys):
    assert 1 == cli.main(["gateway", "--port", "0", "--start", "soon"])
    assert "ibnb: start is a time in New York" in capsys.readouterr().err
    assert 1 == cli.main(["gateway", "--port", "0", "--script", "nowhere.toml"])
    assert "nowhere.toml" in capsys.readouterr().err
