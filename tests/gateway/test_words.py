from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ibnb.gateway import Gateway
from ibnb.gateway.scenario import LESSON, NEW_YORK, Latency, live
from ibnb.gateway.words import moment, scenario_of

NOW = datetime(2026, 8, 16, 3, 0, tzinfo=NEW_YORK).timestamp()
MONDAY = datetime(2025, 3, 3, 9, 30, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    "start", ["2025-03-03 09:30", "2025-03-03T09:30:00", "2025-03-03 14:30+00:00", MONDAY, MONDAY.replace(tzinfo=None),
              MONDAY.astimezone(UTC), MONDAY.timestamp()],
)  # fmt: skip
def test_a_start_is_a_time_in_new_york(start):
    assert MONDAY.timestamp() == moment(start)


def test_a_pandas_timestamp_is_a_start():
    pandas = pytest.importorskip("pandas")
    assert MONDAY.timestamp() == moment(pandas.Timestamp("2025-03-03 09:30"))
    assert MONDAY.timestamp() == moment(pandas.Timestamp("2025-03-03 09:30", tz="America/New_York"))


@pytest.mark.parametrize("start", ["soon", "2025-13-01", "1999-12-31 10:00", "2035-01-02 10:00"])
def test_a_start_that_is_no_time_here(start):
    with pytest.raises(ValueError, match="start"):
        moment(start)


def test_a_name_and_nothing_else():
    assert scenario_of("lesson", NOW) is LESSON
    assert live(NOW) == scenario_of("live", NOW)
    nothing = dict.fromkeys(("seed", "start", "data", "latency", "always_open", "script"))
    assert scenario_of(LESSON, NOW, **nothing) is LESSON


def test_each_word_changes_one_thing(tmp_path):
    assert replace(LESSON, seed=8) == scenario_of("lesson", NOW, seed=8)
    assert LESSON.at(MONDAY.timestamp()) == scenario_of("lesson", NOW, start="2025-03-03 09:30")
    assert replace(LESSON, always_open=True) == scenario_of("lesson", NOW, always_open=True)
    assert replace(LESSON, data=tmp_path) == scenario_of("lesson", NOW, data=str(tmp_path))
    assert LESSON.latency.slower(1.0) == scenario_of("lesson", NOW, latency=1).latency
    assert LESSON.latency.cancel * 20 == LESSON.latency.slower(1.0).cancel  # twenty times the usual 0.05
    assert Latency(2.0) == scenario_of("lesson", NOW, latency=Latency(2.0)).latency


@pytest.mark.parametrize("latency", [0, -1, 61])
def test_a_latency_that_cannot_be(latency):
    with pytest.raises(ValueError, match="latency"):
        scenario_of("lesson", NOW, latency=latency)


def test_a_word_that_nobody_knows():
    with pytest.raises(ValueError, match="no scenario 'lessons'"):
        scenario_of("lessons", NOW)
    with pytest.raises(TypeError, match=r"no word sed; there are start, seed"):
        Gateway("lesson", sed=8)


def test_a_gateway_takes_the_same_words():
    gateway = Gateway("lesson", start="2025-03-03 09:30", seed=11)
    assert (MONDAY.timestamp(), 11, True) == (gateway.scenario.start, gateway.scenario.seed, gateway.manual)
    assert MONDAY.timestamp() == gateway.engine.world.clock.now()
    assert not Gateway("live").manual
    assert Gateway(live(NOW)).manual
