"""IB's names for time zones.

Rule: what a client writes or TWS prints ("US/Eastern", "MET") is looked up here and nowhere else; systems that no
longer ship the old names still know today's.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

# Where TWS is logged in: times that name no zone are meant, and written, in this one.
LOGIN_ZONE = "US/Eastern"

# The handshake of a clock that isn't the wall's names New York's zone so: clients in every language read that name, and
# a TWS says EST, or the name of its host's zone.
APART = "EST5EDT"

# What TWS says of a time that it can't read, after the field's name.
BAD_DATE = (
    "The date, time, or time-zone entered is invalid. The correct format is yyyymmdd hh:mm:ss xx/xxxx "
    "where yyyymmdd and xx/xxxx are optional. E.g.: 20031126 15:59:00 US/Eastern  Note that there is a space between "
    "the date and time, and between the time and time-zone.  If no date is specified, current date is assumed. "
    "If no time-zone is specified, local time-zone is assumed(deprecated). You can also provide yyyymmddd-hh:mm:ss "
    "time is in UTC. Note that there is a dash between the date and time in UTC notation."
)

_TODAY = {
    "US/Eastern": "America/New_York",
    "EST5EDT": "America/New_York",
    "US/Central": "America/Chicago",
    "CST6CDT": "America/Chicago",
    "US/Mountain": "America/Denver",
    "US/Pacific": "America/Los_Angeles",
    "PST8PDT": "America/Los_Angeles",
    "GB": "Europe/London",
    "GB-Eire": "Europe/London",
    "MET": "Europe/Berlin",
    "CET": "Europe/Berlin",
    "Japan": "Asia/Tokyo",
    "JST": "Asia/Tokyo",
    "Hongkong": "Asia/Hong_Kong",
}


def zone_key(name: str) -> str:
    """Return today's name of a zone: two names of one zone have the same key."""
    return _TODAY.get(name, name)


def zone_info(name: str) -> ZoneInfo:
    """Return the zone that IB calls `name`. Raises ZoneInfoNotFoundError for an unknown one."""
    return ZoneInfo(zone_key(name))
