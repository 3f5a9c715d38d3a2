"""Names of time zones, as any host writes them → today's IANA names.

TWS prints the zone of its host in the words of that host: IANA's ("Europe/Paris", "US/Eastern"), Java's short ones
("CEST", "IST") and long ones ("Central European Summer Time"), Windows' ("W. Europe Standard Time"), in any language.

Rule: a name from outside becomes a zone here and nowhere else. One that stands for several zones, or for none that is
known, is decided by what is near (the instrument's zone) or is UTC, and a ZoneWarning says so: never an exception.
Source: CLDR's windowsZones and its English names of metazones; Java's short names.
"""

from __future__ import annotations

import re
import warnings
from datetime import UTC as UTC_ZONE
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from ibnb.tracebacks import users_level

UTC = "UTC"
#: The zone in which a session shows its own times.
NEW_YORK = "America/New_York"

# Zone: its other names. " Standard Time", " Daylight Time", " Summer Time" and " Time" at the end are left out. A name
# that stands in several lines is ambiguous; the zone most people mean comes first.
_NAMES = """
UTC: Z, UT, UTC, GMT, Zulu, Etc/UTC, Greenwich Mean, Coordinated Universal, Universal
America/New_York: US/Eastern, EST, EDT, EST5EDT, ET, Eastern, America/Montreal
America/Chicago: US/Central, CST, CDT, CST6CDT, CT, Central
America/Denver: US/Mountain, MST, MDT, MST7MDT, Mountain
America/Los_Angeles: US/Pacific, PST, PDT, PST8PDT, PT, Pacific
America/Phoenix: US/Arizona, US Mountain
America/Indiana/Indianapolis: US Eastern
America/Anchorage: US/Alaska, AKST, AKDT, Alaska, Alaskan
America/Adak: Aleutian
Pacific/Honolulu: US/Hawaii, HST, Hawaii, Hawaiian, Hawaii-Aleutian
America/Halifax: AST, ADT, Atlantic
America/St_Johns: NST, NDT, Newfoundland
America/Regina: Canada Central
America/Winnipeg: Manitoba
America/Edmonton: Alberta
America/Vancouver: British Columbia
America/Whitehorse: Yukon
America/Mexico_City: Central Standard Time (Mexico)
America/Tijuana: Pacific Standard Time (Mexico)
America/Mazatlan: Mountain Standard Time (Mexico), Mexican Pacific
America/Cancun: Eastern Standard Time (Mexico)
America/Guatemala: Central America
America/Havana: Cuba
America/Port-au-Prince: Haiti
America/Grand_Turk: Turks And Caicos
America/Bogota: COT, Colombia, SA Pacific
America/Lima: PET, Peru
America/Caracas: VET, Venezuela
America/La_Paz: BOT, Bolivia, SA Western
America/Cayenne: SA Eastern, French Guiana
America/Asuncion: Paraguay
America/Santiago: CLT, CLST, Chile, Pacific SA
America/Punta_Arenas: Magallanes
America/Sao_Paulo: BRT, BRST, Brasilia, E. South America
America/Bahia: Bahia
America/Araguaina: Tocantins
America/Cuiaba: Central Brazilian
America/Argentina/Buenos_Aires: ART, Argentina
America/Montevideo: UYT, Uruguay, Montevideo
America/Miquelon: Saint Pierre
America/Nuuk: Greenland
Atlantic/Azores: Azores
Atlantic/Cape_Verde: Cape Verde
Atlantic/Reykjavik: Greenwich
Europe/London: GB, GB-Eire, BST, British, GMT Standard Time, GMT Daylight Time, GMT Summer Time
Europe/Dublin: Irish
Europe/Lisbon: WET, WEST, Western European
Europe/Berlin: MET, MEST, MEZ, MESZ, CET, CEST, Central European, W. Europe, Middle Europe
Europe/Budapest: Central Europe
Europe/Paris: Romance
Europe/Helsinki: EET, EEST, Eastern European
Europe/Kiev: FLE
Europe/Bucharest: GTB
Europe/Chisinau: E. Europe
Europe/Istanbul: TRT, Turkey, Türkiye
Europe/Kaliningrad: Kaliningrad
Europe/Minsk: Belarus
Europe/Moscow: MSK, MSD, Moscow, Russian
Europe/Samara: Samara, Russia Time Zone 3
Europe/Astrakhan: Astrakhan
Europe/Saratov: Saratov
Europe/Volgograd: Volgograd
Africa/Casablanca: Morocco
Africa/Lagos: WAT, West Africa, W. Central Africa
Africa/Cairo: Egypt
Africa/Johannesburg: SAST, South Africa
Africa/Nairobi: EAT, East Africa, E. Africa
Africa/Maputo: CAT, Central Africa
Africa/Juba: South Sudan
Africa/Khartoum: Sudan
Africa/Tripoli: Libya
Africa/Windhoek: Namibia
Africa/Sao_Tome: Sao Tome
Asia/Jerusalem: Israel, IDT
Asia/Hebron: West Bank
Asia/Amman: Jordan
Asia/Beirut: Middle East
Asia/Damascus: Syria
Asia/Baghdad: Arabic
Asia/Riyadh: Arab
Asia/Dubai: GST, Gulf, Arabian
Asia/Riyadh: Arabian, AST
Asia/Tehran: IRST, Iran
Asia/Yerevan: Caucasus, Armenia
Asia/Baku: Azerbaijan
Asia/Tbilisi: Georgian, Georgia
Asia/Kabul: Afghanistan
Asia/Karachi: PKT, Pakistan
Asia/Tashkent: West Asia, Uzbekistan
Asia/Bishkek: Central Asia
Asia/Qyzylorda: Qyzylorda
Asia/Kolkata: IST, India, Asia/Calcutta
Asia/Jerusalem: IST
Europe/Dublin: IST
Asia/Colombo: Sri Lanka
Asia/Kathmandu: Nepal
Asia/Dhaka: Bangladesh
Asia/Yangon: Myanmar
Asia/Bangkok: ICT, Indochina, SE Asia
Asia/Jakarta: WIB, Western Indonesia
Asia/Kuala_Lumpur: MYT, Malaysia
Asia/Singapore: SGT, Singapore
Asia/Manila: PHT, Philippine
Asia/Hong_Kong: HKT, Hongkong, Hong Kong
Asia/Shanghai: CST, China, PRC
Asia/Taipei: CST, Taipei, Taiwan, ROC
Asia/Seoul: KST, ROK, Korea, Korean
Asia/Pyongyang: North Korea
Asia/Tokyo: JST, Japan, Tokyo
Asia/Ulaanbaatar: Ulaanbaatar
Asia/Hovd: W. Mongolia
Asia/Yekaterinburg: Ekaterinburg, Yekaterinburg
Asia/Omsk: Omsk
Asia/Novosibirsk: N. Central Asia, Novosibirsk
Asia/Barnaul: Altai
Asia/Tomsk: Tomsk
Asia/Krasnoyarsk: North Asia, Krasnoyarsk
Asia/Irkutsk: North Asia East, Irkutsk
Asia/Yakutsk: Yakutsk
Asia/Chita: Transbaikal
Asia/Vladivostok: Vladivostok
Asia/Sakhalin: Sakhalin
Asia/Magadan: Magadan
Asia/Srednekolymsk: Russia Time Zone 10
Asia/Kamchatka: Russia Time Zone 11, Kamchatka
Australia/Perth: AWST, W. Australia, Australian Western
Australia/Eucla: Aus Central W.
Australia/Darwin: AUS Central
Australia/Adelaide: ACST, ACDT, Cen. Australia, Australian Central
Australia/Brisbane: E. Australia
Australia/Sydney: AEST, AEDT, AET, AUS Eastern, Australian Eastern
Australia/Hobart: Tasmania
Australia/Lord_Howe: Lord Howe
Indian/Mauritius: Mauritius
Pacific/Port_Moresby: West Pacific
Pacific/Bougainville: Bougainville
Pacific/Guadalcanal: Central Pacific
Pacific/Norfolk: Norfolk
Pacific/Auckland: NZ, NZST, NZDT, New Zealand
Pacific/Chatham: Chatham Islands, Chatham
Pacific/Fiji: Fiji
Pacific/Tongatapu: Tonga
Pacific/Apia: Samoa
Pacific/Pago_Pago: Samoa
Pacific/Kiritimati: Line Islands
Pacific/Marquesas: Marquesas
Pacific/Easter: Easter Island
Etc/GMT+12: Dateline
"""

_SUFFIX = re.compile(r" (?:standard |daylight |summer )?time$")
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d\d?)(?::?(\d\d))?")


class ZoneWarning(UserWarning):
    """The name of a time zone could not be told, or may mean several; the text says which zone was taken."""


def _table() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in _NAMES.strip().splitlines():
        zone, _, names = line.partition(": ")
        for name in names.lower().split(", "):
            found[name] = (*found.get(name, ()), zone)
    return found


_ZONES = _table()


@cache
def zones_called(name: str) -> tuple[str, ...]:
    """Return the IANA names of the zones that may be called `name`, the likeliest first; () for an unknown name.

    >>> zones_called("W. Europe Standard Time")
    ('Europe/Berlin',)
    """
    word = " ".join(name.split())
    small = word.lower()
    known = _ZONES.get(small) or _ZONES.get(_SUFFIX.sub("", small))
    if known is None:
        offset = _OFFSET.fullmatch(word)
        known = (_fixed(*offset.groups()),) if offset else (word,)
    return tuple(zone for zone in known if _exists(zone))


def zone_name(name: str, near: str | None = None) -> str:
    """Return the IANA name of a zone as any host names it: "US/Eastern" → "America/New_York".

    `near`: the zone (the instrument's, say) that decides between several, and that stands in for an unknown name; UTC
    does without it. Whatever isn't certain is said by a ZoneWarning. An empty name is `near` or UTC.
    """
    instead = (zones_called(near or "") or (UTC,))[0]
    if not name.strip():
        return instead
    found = zones_called(name)
    if len(found) == 1:
        return found[0]
    if instead in found:
        return instead
    taken = found[0] if found else instead
    said = f"may be {' or '.join(found)}" if found else "is not known"
    warnings.warn(f"the time zone {name!r} {said}; times are read as in {taken}", ZoneWarning, stacklevel=users_level())
    return taken


def login_zone(said: str, moment: float) -> tuple[str, str]:
    """The zone of TWS's host, from the time it gives on connecting; and what is uncertain about it, or "".

    `moment` (epoch seconds) is when it said so: a clock that shows it tells which of several zones is meant, and for a
    name in an unknown language at least the hours from UTC.

    >>> login_zone("20250611 10:00:00 Eastern Standard Time", 1749650400.0)
    ('America/New_York', '')
    """
    day, clock, name = [*said.split(maxsplit=2), "", "", ""][:3]
    found = zones_called(name)
    if len(found) == 1:
        return found[0], ""
    ahead = _ahead(f"{day} {clock}", moment)
    here = [zone for zone in found if ahead is not None and _offset(zone, moment) == ahead]
    if len(here) == 1:
        return here[0], ""
    hours = 0 if ahead is None or ahead % 3600 else ahead // 3600
    taken = next(iter((*here, *found)), _fixed("-" if hours < 0 else "+", str(abs(hours)), None))
    what = f"the time zone of TWS's host, {name!r}," if name.strip() else "TWS's host"
    return taken, f"{what} can't be told for certain; times without a zone are read as in {taken}"


def _ahead(reading: str, moment: float) -> int | None:
    """By how many seconds a clock is ahead of UTC, to the quarter of an hour; None if it shows another time."""
    try:
        ahead = datetime.strptime(reading, "%Y%m%d %H:%M:%S").replace(tzinfo=UTC_ZONE).timestamp() - moment
    except ValueError:
        return None
    quarters = round(ahead / 900)
    # No zone is further away, and a handshake takes no minutes.
    return quarters * 900 if abs(quarters) <= 14 * 4 and abs(ahead - quarters * 900) < 120 else None


def _offset(zone: str, moment: float) -> float | None:
    offset = datetime.fromtimestamp(moment, ZoneInfo(zone)).utcoffset()
    return None if offset is None else offset.total_seconds()


def _fixed(sign: str, hours: str, minutes: str | None) -> str:
    """IANA's name of an offset: of full hours only, and with its sign turned round."""
    if int(minutes or 0):
        return ""
    return f"Etc/GMT{'-' if sign == '+' else '+'}{int(hours)}" if int(hours) else UTC


def _exists(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        # "Pacific" is a folder of zones, others aren't file names at all.
        return False
    return True
