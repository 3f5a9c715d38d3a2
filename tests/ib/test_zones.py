from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibnb.ib.zones import ZoneWarning, login_zone, zone_name, zones_called

# Instants at which zones that have the same rules today have the same offset: each quarter of two years.
MOMENTS = [datetime(year, month, 15, 12, tzinfo=UTC) for year in (2024, 2025) for month in (1, 4, 7, 10)]


def offsets(zone: str) -> list[object]:
    return [moment.astimezone(ZoneInfo(zone)).utcoffset() for moment in MOMENTS]


# orders_and_safety 5: the names of hosts that were tried, as TWS prints them; the first two are samples of real ones.
@pytest.mark.parametrize(
    ("said", "zone"),
    [
        ("Central European Standard Time", "Europe/Berlin"),
        ("Greenwich Mean Time", "UTC"),
        ("Eastern Standard Time", "America/New_York"),
        ("Eastern Daylight Time", "America/New_York"),
        ("Pacific", "America/Los_Angeles"),
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("China Standard Time", "Asia/Shanghai"),
        ("Tokyo Standard Time", "Asia/Tokyo"),
        ("Japan Standard Time", "Asia/Tokyo"),
        ("India Standard Time", "Asia/Kolkata"),
        ("AUS Eastern Standard Time", "Australia/Sydney"),
        ("Australian Eastern Daylight Time", "Australia/Sydney"),
        ("Russian Standard Time", "Europe/Moscow"),
        ("GMT Standard Time", "Europe/London"),
        ("British Summer Time", "Europe/London"),
        ("US Eastern Standard Time", "America/Indiana/Indianapolis"),
        ("Eastern Standard Time (Mexico)", "America/Cancun"),
        ("CEST", "Europe/Berlin"),
        ("HKT", "Asia/Hong_Kong"),
        ("SGT", "Asia/Singapore"),
        ("AEST", "Australia/Sydney"),
        ("KST", "Asia/Seoul"),
        ("MSK", "Europe/Moscow"),
        ("EST", "America/New_York"),
        ("MET", "Europe/Berlin"),
        ("GB", "Europe/London"),
        ("US/Eastern", "America/New_York"),
        ("America/New_York", "America/New_York"),
        ("Europe/Zurich", "Europe/Zurich"),
        ("GMT", "UTC"),
        ("Coordinated Universal Time", "UTC"),
        ("GMT+08:00", "Etc/GMT-8"),
        ("UTC-11", "Etc/GMT+11"),
        ("+0000", "UTC"),
        ("", "UTC"),
    ],
)
def test_names_of_any_host(said: str, zone: str) -> None:
    assert zone_name(said) == zone
    assert zone_name(f" {said} ") == zone


@pytest.mark.parametrize(
    ("said", "near", "zone"),
    [
        ("CST", "Asia/Shanghai", "Asia/Shanghai"),
        ("CST", "US/Central", "America/Chicago"),
        ("IST", "Asia/Jerusalem", "Asia/Jerusalem"),
        ("IST", "Asia/Kolkata", "Asia/Kolkata"),
        ("Arabian Standard Time", "Asia/Riyadh", "Asia/Riyadh"),
        ("", "Japan", "Asia/Tokyo"),
    ],
)
def test_what_is_near_decides_between_several(said: str, near: str, zone: str) -> None:
    assert zone_name(said, near) == zone


@pytest.mark.parametrize(
    ("said", "near", "zone"),
    [
        ("CST", None, "America/Chicago"),
        ("IST", "America/New_York", "Asia/Kolkata"),
        ("Mitteleuropäische Zeit", "Europe/Berlin", "Europe/Berlin"),
        ("中国标准时间", None, "UTC"),
        ("Australia", None, "UTC"),
        ("../../etc/passwd", None, "UTC"),
        ("/etc/localtime", "Nowhere", "UTC"),
        ("UTC+05:30", "Asia/Kolkata", "Asia/Kolkata"),
    ],
)
def test_what_isnt_certain_is_said(said: str, near: str | None, zone: str) -> None:
    with pytest.warns(ZoneWarning) as told:
        assert zone_name(said, near) == zone
    assert f"{said!r} " in str(told[0].message)
    assert str(told[0].message).endswith(f"times are read as in {zone}")


@pytest.mark.filterwarnings("ignore::ibnb.ib.zones.ZoneWarning")
@given(st.text(max_size=40), st.none() | st.text(max_size=20))
def test_no_text_makes_an_exception(said: str, near: str | None) -> None:
    ZoneInfo(zone_name(said, near))


@pytest.mark.parametrize("which", ["windows", "java"])
def test_the_names_of_unicodes_own_table(which: str) -> None:
    core = pytest.importorskip("babel.core")
    if which == "windows":
        names = dict(core.get_global("windows_zone_mapping"))
    else:
        metazones = core.Locale("en").meta_zones
        # The zones in which somebody trades; the others' names are those of places.
        golden = {
            "America_Eastern": "America/New_York",
            "America_Central": "America/Chicago",
            "America_Mountain": "America/Denver",
            "America_Pacific": "America/Los_Angeles",
            "Atlantic": "America/Halifax",
            "Brasilia": "America/Sao_Paulo",
            "Europe_Central": "Europe/Paris",
            "Europe_Eastern": "Europe/Athens",
            "Europe_Western": "Europe/Lisbon",
            "Moscow": "Europe/Moscow",
            "Israel": "Asia/Jerusalem",
            "Gulf": "Asia/Dubai",
            "India": "Asia/Calcutta",
            "Singapore": "Asia/Singapore",
            "Hong_Kong": "Asia/Hong_Kong",
            "China": "Asia/Shanghai",
            "Taipei": "Asia/Taipei",
            "Korea": "Asia/Seoul",
            "Japan": "Asia/Tokyo",
            "Australia_Eastern": "Australia/Sydney",
            "New_Zealand": "Pacific/Auckland",
        }
        names = {name: zone for key, zone in golden.items() for name in metazones[key]["long"].values()}
    wrong = {
        name: zones_called(name)
        for name, zone in names.items()
        if offsets(zone) not in [offsets(each) for each in zones_called(name)]
    }
    assert wrong == {}


MORNING = datetime(2025, 6, 11, 14, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("said", "zone", "certain"),
    [
        ("20260405 23:49:26 Central European Standard Time", "Europe/Berlin", True),
        ("20250323 22:21:01 Greenwich Mean Time", "UTC", True),
        ("20250611 10:00:00 US/Eastern", "America/New_York", True),
        # Where a name may be two, the host's own clock decides.
        ("20250611 09:00:02 CST", "America/Chicago", True),
        ("20250611 19:30:05 IST", "Asia/Kolkata", True),
        ("20250611 17:00:00 IST", "Asia/Jerusalem", True),
        ("20250611 15:00:00 IST", "Europe/Dublin", True),
        ("20250611 22:00:00 CST", "Asia/Shanghai", False),
        # A name in another language: the hours from UTC.
        ("20250611 16:00:01 Mitteleurop\u00e4ische Zeit", "Etc/GMT-2", False),
        ("20250611 22:00:01 \u4e2d\u56fd\u6807\u51c6\u65f6\u95f4", "Etc/GMT-8", False),
        ("20250611 10:00:01", "Etc/GMT+4", False),
        ("20250611 19:30:01 \u092d\u093e\u0930\u0924", "UTC", False),
        # A clock that shows another time says nothing.
        ("20240101 10:00:00 Ortszeit", "UTC", False),
        ("20240101 10:00:00 IST", "Asia/Kolkata", False),
        ("yesterday", "UTC", False),
        ("", "UTC", False),
    ],
)
def test_the_zone_of_the_host(said: str, zone: str, certain: bool) -> None:
    found, doubt = login_zone(said, MORNING)
    assert found == zone
    assert (doubt == "") is certain
    assert certain or doubt.endswith(f"times without a zone are read as in {zone}")
