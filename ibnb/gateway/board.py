"""The instructor's board: who is connected, what each sent, and faults for one student or for all, as a page.

Rule: it asks the gateway what any program may ask (`inspect`, `faults_of`), and holds nothing itself. It is served on
the gateway's own computer only, and to whoever has the token in its address, as Jupyter's pages are.
"""

from __future__ import annotations

import hmac
import html
import inspect
import json
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from . import messages as m
from .faults import NAMES, Faults
from .scenario import NEW_YORK
from .server import Gateway
from .world import Entry, World
from .world.journal import plain

_LAST = 200  # lines of one student's journal
_EVERYBODY = ""


@dataclass(frozen=True)
class Row:
    """What the board says of one account: the client ids that are connected now, and counts since the gateway began."""

    account: str
    connected: tuple[int, ...]
    seen: tuple[int, ...]
    requests: int
    orders: int
    fills: int
    errors: int
    last: str


def roll(gateway: Gateway) -> list[Row]:
    """One row for each account of the gateway, in the order in which accounts are given out."""
    return [gateway.inspect(partial(_row, account=code), code) for code in gateway.accounts]


def sent(gateway: Gateway, account: str, last: int = _LAST) -> list[str]:
    """What the owner of an account has sent and was told of orders and errors lately, a line for each, newest first."""
    entries = gateway.inspect(lambda world: list(world.journal)[-last:], account)
    return [f"{_clock(entry)}  {entry.clientId:>6}  {_line(entry)}" for entry in reversed(entries)]


def stage(gateway: Gateway, account: str, fault: str, arguments: str = "") -> str:
    """Let something go wrong for the owner of an account, or for all if it is empty; return what was done, in words.

    `arguments` are separated by commas. Errors: ValueError, no such account or fault, or what it doesn't take.
    """
    if fault not in NAMES:
        raise ValueError(f"no fault {fault!r}; there are {', '.join(NAMES)}")
    values = [_value(each.strip()) for each in arguments.split(",")] if arguments.strip() else []
    signature = inspect.signature(getattr(Faults, fault))
    try:
        signature.bind(None, *values)
    except TypeError as error:
        raise ValueError(f"{fault} takes {_parameters(fault) or 'nothing'}: {error}") from None
    try:
        getattr(gateway.faults_of(account), fault)(*values)
    except TypeError as error:
        raise ValueError(f"{fault} takes {_parameters(fault)}: {error}") from None
    return f"{fault}({', '.join(map(repr, values))}) for {account or 'everybody'}"


class Board:
    """A page on `http://127.0.0.1:<port>/?token=…` until `stop()`; port 0 picks a free one.

    Example:
        >>> from ibnb.gateway import Gateway
        >>> with Gateway("lesson", accounts=3) as gateway, Board(gateway) as board:
        ...     print(board.url[:17])
        http://127.0.0.1:
    """

    def __init__(self, gateway: Gateway, port: int = 0) -> None:
        self.gateway = gateway
        self.token = secrets.token_urlsafe(18)
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _Page)
        self._server.daemon_threads = True
        self._server.board = self  # type: ignore[attr-defined]
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="ibnb-board", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/?token={self.token}"

    def start(self) -> Board:
        self._thread.start()
        return self

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Board:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


@dataclass
class _Form:
    """What a request says."""

    token: str = ""
    account: str = _EVERYBODY
    fault: str = ""
    arguments: str = ""
    said: str = ""

    @classmethod
    def of(cls, text: str) -> _Form:
        names = {each.name for each in fields(cls)}
        return cls(**{name: values[-1] for name, values in parse_qs(text).items() if name in names})


class _Page(BaseHTTPRequestHandler):
    """GET shows the board, or one student's journal; POST stages a fault and shows the board again."""

    def do_GET(self) -> None:
        form = _Form.of(urlsplit(self.path).query)
        if not self._admitted(form):
            return
        path = urlsplit(self.path).path
        if path == "/rows":
            self._answer(200, json.dumps([plain(row) for row in roll(self._board.gateway)]), "application/json")
        elif path == "/":
            self._answer(200, _page(self._board, form))
        else:
            self._answer(404, "no such page", "text/plain")

    def do_POST(self) -> None:
        length = min(int(self.headers.get("Content-Length") or 0), 1 << 16)
        form = _Form.of(self.rfile.read(length).decode("utf-8", "replace"))
        if not self._admitted(form):
            return
        try:
            said = stage(self._board.gateway, form.account, form.fault, form.arguments)
        except ValueError as error:
            said = str(error)
        self.send_response(303)
        self.send_header("Location", f"/?{urlencode({'token': form.token, 'said': said})}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    @property
    def _board(self) -> Board:
        board: Board = self.server.board  # type: ignore[attr-defined]
        return board

    def _admitted(self, form: _Form) -> bool:
        if hmac.compare_digest(form.token.encode(), self._board.token.encode()):
            return True
        self._answer(403, "the address of the board, as it was printed, ends with its token", "text/plain")
        return False

    def _answer(self, status: int, text: str, kind: str = "text/html") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a terminal in a classroom shows what matters."""


# What it says


def _row(world: World, account: str) -> Row:
    journal = list(world.journal)
    asked = [entry for entry in journal if entry.direction == "in"]
    told = [entry.message for entry in journal if entry.direction == "out"]
    orders = {
        (entry.clientId, entry.message.orderId)
        for entry in asked
        if isinstance(entry.message, m.PlaceOrder) and not entry.message.order.whatIf
    }
    fills = {message.execution.execId for message in told if isinstance(message, m.ExecDetails)}
    return Row(
        account=account,
        connected=tuple(sorted(world.clients)),
        seen=tuple(sorted({entry.clientId for entry in asked})),
        requests=len(asked),
        orders=len(orders),
        fills=len(fills),
        errors=sum(isinstance(message, m.ErrorMessage) and message.id >= 0 for message in told),
        last=next((_line(entry) for entry in reversed(asked) if not isinstance(entry.message, m.ReqCurrentTime)), ""),
    )


def _line(entry: Entry) -> str:
    """An entry in words: `→ PlaceOrder orderId 4, BUY 1 AAPL MKT`, with the fields that say something."""
    message = entry.message
    said = plain(message)
    kind = said.pop("is")
    contract, order = said.pop("contract", None), said.pop("order", None)
    words = [f"{name} {_short(value)}" for name, value in said.items() if not isinstance(value, dict)]
    if order is not None:
        words.append(f"{message.order.action} {message.order.totalQuantity} {message.contract.symbol} ".rstrip())
        words.append(message.order.orderType + (", a preview" if message.order.whatIf else ""))
    elif contract is not None:
        words.append(f"{message.contract.secType} {message.contract.symbol or message.contract.conId}")
    return f"{'→' if entry.direction == 'in' else '←'} {kind} {', '.join(words)}".rstrip()


def _short(value: Any) -> str:
    text = str(value["decimal"] if isinstance(value, dict) else value)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _clock(entry: Entry) -> str:
    return f"{datetime.fromtimestamp(entry.time, NEW_YORK):%H:%M:%S}"


def _value(text: str) -> Any:
    """A fault's argument as it was typed: a number, yes or no, or a text."""
    if text in ("True", "False"):
        return text == "True"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _parameters(fault: str) -> str:
    """`seconds, times=1`: what a fault takes, as it is typed."""
    taken = list(inspect.signature(getattr(Faults, fault)).parameters.values())[1:]
    return ", ".join(str(each.replace(annotation=each.empty)) for each in taken)


# How it looks

_STYLE = """
:root { color-scheme: light dark; font: 15px system-ui, sans-serif }
body { margin: 1.5rem; max-width: 75rem } table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #8884 } td.n, th.n { text-align: right }
tr.away { opacity: .55 } form { margin: 1rem 0; display: flex; gap: .5rem; flex-wrap: wrap; align-items: end }
label { display: grid; font-size: .85rem } .said { padding: .4rem .6rem; border-left: 4px solid #3a6ea5 }
"""
# The table is fetched anew each two seconds, so that a form that is being filled in isn't lost.
_ALIVE = """
setInterval(async () => {
  const page = await (await fetch(location.href)).text().catch(() => null)
  if (page) document.getElementById("live").replaceWith(
    new DOMParser().parseFromString(page, "text/html").getElementById("live"))
}, 2000)
"""


def _page(board: Board, form: _Form) -> str:
    one = form.account in board.gateway.accounts
    title = f"What {form.account} sent" if one else "The class"
    live = _journal(board, form.account) if one else _table(board)
    said = f'<p class="said" role="status">{html.escape(form.said)}</p>' if form.said else ""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title} · ibnb</title><style>{_STYLE}</style>'
        f"<h1>{title}</h1>{said}{live}{_faults(board, form.account)}<script>{_ALIVE}</script></html>"
    )


def _table(board: Board) -> str:
    rows = roll(board.gateway)
    here = sum(bool(row.connected) for row in rows)
    body = "".join(_tr(board, row) for row in rows)
    counts = "".join(f'<th class="n">{name}</th>' for name in ("requests", "orders", "fills", "errors"))
    head = f"<tr><th>account</th><th>connected</th>{counts}<th>last request</th></tr>"
    return f'<div id="live"><p>{here} of {len(rows)} are connected.</p><table>{head}{body}</table></div>'


def _tr(board: Board, row: Row) -> str:
    link = f"/?{urlencode({'token': board.token, 'account': row.account})}"
    away = f"not now; was {_ids(row.seen)}" if row.seen else "nobody yet"
    counts = "".join(f'<td class="n">{count}</td>' for count in (row.requests, row.orders, row.fills, row.errors))
    return (
        f"<tr{'' if row.connected else ' class=away'}>"
        f'<td><a href="{html.escape(link)}">{html.escape(row.account)}</a></td>'
        f"<td>{_ids(row.connected) if row.connected else away}</td>{counts}<td>{html.escape(row.last)}</td></tr>"
    )


def _ids(ids: tuple[int, ...]) -> str:
    return f"client {', '.join(map(str, ids))}"


def _journal(board: Board, account: str) -> str:
    lines = "\n".join(map(html.escape, sent(board.gateway, account))) or "nothing yet"
    back = f'<a href="/?{urlencode({"token": board.token})}">← the class</a>'
    return f'<div id="live"><p>{back}</p><pre>{lines}</pre></div>'


def _faults(board: Board, account: str) -> str:
    def options(values: Iterator[tuple[str, str]], chosen: str) -> str:
        return "".join(
            f'<option value="{html.escape(value)}"{" selected" if value == chosen else ""}>{html.escape(text)}</option>'
            for value, text in values
        )

    whom = options(iter([(_EVERYBODY, "everybody"), *((code, code) for code in board.gateway.accounts)]), account)
    which = options(((name, f"{name}({_parameters(name)})") for name in NAMES), "")
    return (
        f'<h2>Let something go wrong</h2><form method="post" action="/"><input type="hidden" name="token" '
        f'value="{board.token}"><label>for<select name="account">{whom}</select></label>'
        f'<label>what<select name="fault">{which}</select></label>'
        f'<label>with (by commas)<input name="arguments"></label><button>Go</button></form>'
    )
