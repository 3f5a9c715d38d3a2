"""``ibnb doctor``: which ibapi is installed, who listens on TWS's ports, how it is set, and what to do about it.

Rule: nothing here imports ibapi before it is known to work, because a broken one is what it must be able to tell.
"""

from __future__ import annotations

import importlib
import platform
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from ibnb.ib import distributions

PORTS = {7496: "TWS, live", 7497: "TWS, paper", 4001: "Gateway, live", 4002: "Gateway, paper"}
_OFFER = b"v100..200"
_HELLO = b"API\0" + struct.pack(">I", len(_OFFER)) + _OFFER
_OPEN = ": open"
_SETTINGS = "In TWS: File > Global Configuration > API > Settings, tick 'Enable ActiveX and Socket Clients'"

# Settings that stand in the way of something: as which value, whether that is a fault, what is seen, what to do.
_API = "File > Global Configuration > API"
_IN_THE_WAY = {
    "api.settings.readOnlyApi": (
        True,
        True,
        "Read-Only API is on: every order is refused (321)",
        f"To trade, untick it: {_API} > Settings.",
    ),
    "api.precautions.bypassOrderPrecautions": (
        False,
        False,
        "precautions are on: large orders and far prices are refused (163, 382, 383) or wait for a click",
        f"To switch them off for programs: {_API} > Precautions, 'Bypass Order Precautions for API Orders'.",
    ),
    "api.settings.downloadOpenOrdersOnConnection": (
        False,
        False,
        "open orders aren't told at connecting",
        f"{_API} > Settings, tick 'Download open orders on connection'; or ask, by getOpenOrders.",
    ),
    "api.settings.sendMarketDataInLotsForUsStocks": (
        True,
        False,
        "sizes of US stocks come in lots of a hundred",
        f"For shares, untick it: {_API} > Settings, 'Send market data in lots for US stocks'.",
    ),
    "api.settings.roundAccountValuesToNearestWholeNumber": (
        True,
        False,
        "account values come without decimals",
        f"{_API} > Settings, 'Round account values to nearest whole number'.",
    ),
    "api.settings.maintainAndResubmitOrdersOnReconnect": (
        True,
        False,
        "TWS sends orders again by itself after a lost connection",
        f"{_API} > Settings, 'Maintain and resubmit orders when connection is restored'.",
    ),
}
# A client id that nobody has in use.
_CLIENT_ID = 987_654


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it is well, what was seen, and what to do (empty if nothing)."""

    well: bool
    seen: str
    advice: str = ""

    def __str__(self) -> str:
        return f"  {'ok ' if self.well else '!! '} {self.seen}" + (f"\n      {self.advice}" if self.advice else "")


def probe(host: str, port: int, timeout: float = 2.0) -> Finding:
    """Knock at a port as a TWS client does, without logging in; takes at most twice ``timeout`` seconds."""
    name = f"port {port} ({PORTS.get(port, 'yours')})"
    try:
        connection = socket.create_connection((host, port), timeout)
    except TimeoutError:
        return Finding(False, f"{name}: no answer from {host}", "A firewall drops the connection, or the host is down.")
    except OSError:
        return Finding(True, f"{name}: closed, nobody listens")
    with connection:
        try:
            connection.sendall(_HELLO)
            answer = connection.recv(256)
        except TimeoutError:
            return Finding(
                False,
                f"{name}: accepts, then stays silent",
                "TWS waits for you to accept the connection in a pop-up, or is frozen: look at its window, restart it.",
            )
        except OSError:
            answer = b""
    if not answer:
        advice = f"{_SETTINGS}, and check 'Trusted IPs'; or this isn't a TWS."
        return Finding(False, f"{name}: accepts, then hangs up", advice)
    version, _, rest = answer[4:].partition(b"\0")
    if len(answer) < 5 or not version.isdigit():
        return Finding(False, f"{name}: something that isn't a TWS answers", "Another program uses this port.")
    connected = rest.partition(b"\0")[0].decode("ascii", "replace")
    return Finding(True, f"{name}{_OPEN}, server version {version.decode()}, {connected}")


def settings(host: str, port: int, timeout: float = 2.0) -> list[Finding]:
    """Log in for a moment, ask TWS for its own settings, and say which of them stand in the way of something.

    That takes server version 219 and an ibapi that speaks it; where they can't be had, that is said. Needs an ibapi
    that works.
    """
    app = importlib.import_module("ibnb").IBApp()
    app.connectTimeout, app.autoReconnect = timeout, False
    try:
        app.connect(host, port, clientId=_CLIENT_ID)
        config = app.getConfig(timeout)["value"].to_dict()
    except Exception as error:
        return [Finding(True, f"port {port}: its settings can't be read", str(error).splitlines()[0])]
    finally:
        app.disconnect()
    return [
        Finding(not fault, f"port {port}: {seen}", advice)
        for name, (value, fault, seen, advice) in _IN_THE_WAY.items()
        if config.get(name) == value
    ]


def installed() -> list[Finding]:
    """What is installed under the name ``ibapi``: several packages share it and overwrite each other."""
    present, mend = distributions.installed(), distributions.repair()
    if not present:
        return [Finding(False, "ibapi isn't installed", mend)]
    listed = distributions.listed()
    findings = []
    if len(present) > 1:
        findings.append(Finding(False, f"several packages install ibapi and overwrite each other: {listed}", mend))
    try:
        importlib.import_module("ibapi.client")
    except Exception as error:
        findings.append(Finding(False, f"ibapi doesn't import: {error!r}", mend))
    else:
        old = present.get("ibapi", "").startswith("9.")
        advice = f"It is of 2020; it works here. For today's: {mend}" if old else ""
        findings.append(Finding(True, f"ibapi is {listed}", advice))
    return findings


def report(host: str = "127.0.0.1", ports: Sequence[int] = tuple(PORTS), timeout: float = 2.0) -> tuple[str, bool]:
    """The whole report as text, and whether all is well. A closed port is well: the lessons need none."""
    packages = distributions.listed(("ibnb", "pandas", "matplotlib", "ipywidgets"))
    findings = [Finding(True, f"Python {platform.python_version()}, {packages}"), *installed()]
    works = all(finding.well for finding in findings)
    doors = []
    for port in ports:
        door = probe(host, port, timeout)
        doors.append(door)
        if works and _OPEN in door.seen:
            doors += settings(host, port, timeout)
    lines = ["What is installed", *map(str, findings), f"Who listens on {host}", *map(str, doors)]
    if not any(_OPEN in door.seen for door in doors):
        lines.append("No TWS runs here. The lessons bring their own: ibnb lab. For a real one, start TWS and log in.")
    return "\n".join(lines), all(finding.well for finding in (*findings, *doors))
