from __future__ import annotations

import pytest

from ibnb.gateway import Gateway
from ibnb.gateway.scenario import LESSON, Bulletin, Fault, Move, new_york
from ibnb.gateway.script import read_script


def script(tmp_path, text):
    path = tmp_path / "script.toml"
    path.write_text(text, encoding="utf-8")
    return path


WHOLE = """
[[move]]
time = "10:02"
symbol = "TSLA"
factor = 1.058

[[move]]
time = 180
symbol = "KO"
factor = 0.9

[[fault]]
time = 10:30:15
name = "nightly_restart"
arguments = [20]

[[bulletin]]
time = "10:40"
text = "EDGX is not available."
type = 2
exchange = "EDGX"
"""


def test_a_script_takes_the_place_of_the_scenarios_own(tmp_path):
    read = read_script(script(tmp_path, WHOLE), LESSON)
    assert (Move("TSLA", new_york(10, 2), 1.058), Move("KO", new_york(10, 3), 0.9)) == read.moves
    assert (Fault(new_york(10, 30) + 15.0, "nightly_restart", (20,)),) == read.faults
    assert (Bulletin(new_york(10, 40), "EDGX is not available.", 2, "EDGX"),) == read.bulletins
    assert (LESSON.accounts, LESSON.seed, LESSON.start) == (read.accounts, read.seed, read.start)


def test_what_a_script_leaves_out_does_not_happen(tmp_path):
    read = read_script(script(tmp_path, ""), LESSON)
    assert ((), (), ()) == (read.moves, read.faults, read.bulletins)


def test_its_times_are_of_the_day_on_which_the_world_begins(tmp_path):
    gateway = Gateway("lesson", start="2025-03-03 09:30", script=script(tmp_path, WHOLE))
    assert gateway.scenario.start + 32 * 60 == gateway.scenario.moves[0].time


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[move]", "script.toml"),
        ("[[moves]]\ntime = 0", "no table moves; there are move, halt, fault, bulletin"),
        ("[move]\ntime = 0", r"write \[\[move\]\]"),
        ('[[move]]\ntime = 0\nsymbol = "KO"', "move 1: factor is missing"),
        ('[[move]]\ntime = 0\nsymbol = "KO"\nfactor = 1\nby = 2', "move 1: no by; there are factor, symbol, time"),
        ('[[move]]\ntime = 30\nsymbol = "KO"\nfactor = 1', "move 1: a move happens on a whole minute"),
        ('[[bulletin]]\ntime = "noon"\ntext = "x"', "bulletin 1: Invalid isoformat string"),
        ("[[bulletin]]\ntime = true\ntext = 'x'", "bulletin 1: Invalid isoformat string"),
        ('[[move]]\ntime = 0\nsymbol = "KO"\nfactor = "much"', "move 1: could not convert"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path, text, why):
    with pytest.raises(ValueError, match=why):
        read_script(script(tmp_path, text), LESSON)
