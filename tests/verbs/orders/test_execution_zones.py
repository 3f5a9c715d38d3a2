"""orders_and_safety 5, ib_insync#671, rust-ibapi#387: fills have their times whatever TWS's host calls its zone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from inside import core, speak
from order_messages import NVDA, Commission, execution
from scripted import ScriptedTWS

from ibnb.ib.api import MAX_CLIENT_VER
from ibnb.ib.zones import ZoneWarning

# What a host calls its zone, and what its clock shows at ten o'clock in New York.
HOSTS = {
    "US/Eastern": "10:00:00",
    "America/New_York": "10:00:00",
    "EST": "10:00:00",
    "Eastern Standard Time": "10:00:00",
    "Eastern Daylight Time": "10:00:00",
    "Central Standard Time": "09:00:00",
    "CST": "09:00:00",
    "Pacific Standard Time": "07:00:00",
    "PST": "07:00:00",
    "Greenwich Mean Time": "14:00:00",
    "GMT Standard Time": "15:00:00",
    "GB": "15:00:00",
    "BST": "15:00:00",
    "Central European Standard Time": "16:00:00",
    "W. Europe Standard Time": "16:00:00",
    "CET": "16:00:00",
    "CEST": "16:00:00",
    "MET": "16:00:00",
    "Russian Standard Time": "17:00:00",
    "MSK": "17:00:00",
    "India Standard Time": "19:30:00",
    "IST": "19:30:00",
    "China Standard Time": "22:00:00",
    "HKT": "22:00:00",
    "SGT": "22:00:00",
    "Tokyo Standard Time": "23:00:00",
    "JST": "23:00:00",
    "KST": "23:00:00",
}
# What can't be told for certain: an unknown name, none, and one that two zones with the same hours have.
DOUBTFUL = {"Mitteleuropäische Sommerzeit": "16:00:00", "Ora legale dell'Europa centrale": "16:00:00", "": "16:00:00"}
TEN = pd.Timestamp("2025-06-11 14:00", tz="UTC")


def logged_in(tws: ScriptedTWS, version: int, host: str, clock: str, *times: str) -> None:
    """A TWS of this version on such a host, with fills at these times."""
    lifecycle = core(tws.app).lifecycle
    lifecycle.clock.now = TEN.timestamp  # type: ignore[method-assign]
    lifecycle.use(lifecycle.connection, version, f"20250611 {clock} {host}".strip(), 1)  # type: ignore[arg-type]
    tws.tell("nextValidId", 27)
    tws.tell("managedAccounts", "DU1234567")
    speak(tws.app, version)

    def answer(reqId: int, wanted: Any) -> None:
        for number, time in enumerate(times):
            fill = execution(27, 1, 120.5, f"0000e0d5.{number}.01.01")
            fill.time = time
            tws.tell("execDetails", reqId, NVDA, fill)
            report = Commission()
            report.execId = fill.execId
            tws.tell("commissionReport", report)
        tws.tell("execDetailsEnd", reqId)

    tws.on("reqExecutions", answer)


@pytest.mark.parametrize("version", [version for version in (157, 176, 200, 222) if version <= MAX_CLIENT_VER])
@pytest.mark.parametrize("host", HOSTS)
def test_fills_and_no_fills_on_each_host(tws: ScriptedTWS, tmp_path: Path, version: int, host: str) -> None:
    clock = HOSTS[host]
    zoned = ("20250611 10:00:00 US/Eastern", "20250611-14:00:00", f"20250611 {clock} {host}")
    if host in ("CST", "IST"):
        zoned = zoned[:2]
    old = (f"20250611  {clock}", f"20250611 {clock}")
    for times in ((), zoned if version >= 174 else old):
        logged_in(tws, version, host, clock, *times)
        found = tws.app.getExecutions()
        assert len(found) == len(times)
        assert found.index.tz is not None
        assert all(time == TEN for time in found.index)
        journal = tws.app.writeJournal(tmp_path / "journal.csv")
        assert str(journal.index.tz) == "UTC"
        assert all(time == TEN for time in journal.index)


@pytest.mark.parametrize("host", DOUBTFUL)
def test_an_unknown_host_is_read_by_its_clock_with_a_warning(tws: ScriptedTWS, host: str) -> None:
    logged_in(tws, 157, host, DOUBTFUL[host], f"20250611  {DOUBTFUL[host]}")
    with pytest.warns(ZoneWarning, match="times without a zone are read as in Etc/GMT-2"):
        found = tws.app.getExecutions()
    assert found.index[0] == TEN


@pytest.mark.skipif(MAX_CLIENT_VER < 176, reason="this ibapi speaks no such version")
@pytest.mark.parametrize("host", DOUBTFUL)
def test_where_times_name_their_zone_an_unknown_host_is_no_matter(tws: ScriptedTWS, host: str) -> None:
    for times in ((), ("20250611 10:00:00 US/Eastern", "20250611-14:00:00")):
        logged_in(tws, 174, host, DOUBTFUL[host], *times)
        assert all(time == TEN for time in tws.app.getExecutions().index)
