"""Tables, marks and small pictures as HTML that can be read with a widget, without a kernel, and aloud.

Every colour comes with a word or a number: colour alone says nothing to many readers. Colours are JupyterLab's own
variables where text stands on the page's ground, so that they follow its theme.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

GREEN, RED, AMBER, GREY = "#00734c", "#b3261e", "#8a5300", "#5f6368"
#: Red, green and blue of what rises, or is bid, and of what falls, or is asked: any kind of colour vision tells them
#: apart.
RISES, FALLS = "0,114,178", "213,94,0"
NOTHING = "–"
_BLOCKS = "▁▂▃▄▅▆▇█"
_DRAWN = "color:var(--jp-brand-color1,#0072b2);letter-spacing:-1px"

# Twice .ibnb: JupyterLab's own rules for tables would win over once.
STYLE = """<style>
.ibnb{color:var(--jp-ui-font-color1,inherit);font-size:13px;line-height:1.4;overflow-x:auto}
.ibnb.ibnb table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:0;border:none;font-size:13px}
.ibnb.ibnb caption{text-align:left;font-weight:600;padding:2px 8px;caption-side:top}
.ibnb.ibnb tr:nth-child(n){background:none}
.ibnb.ibnb th,.ibnb.ibnb td{padding:0 7px;height:26px;text-align:right;white-space:nowrap;vertical-align:middle;
border:none;border-bottom:1px solid var(--jp-border-color2,#aaa)}
.ibnb.ibnb thead th{color:var(--jp-ui-font-color2,inherit);font-weight:600}
.ibnb.ibnb .l{text-align:left}
.ibnb.ibnb .c{text-align:center}
.ibnb.ibnb .stale td{font-style:italic;opacity:.65}
.ibnb.ibnb .note{color:var(--jp-ui-font-color2,inherit)}
</style>"""


class Cell(NamedTuple):
    """What stands in a table: `inner` is HTML already; `css` and `kind` (a class of STYLE) say how it looks."""

    inner: str
    css: str = ""
    kind: str = ""


def table(
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str | Cell]],
    *,
    head: int = 0,
    groups: Sequence[tuple[str, int]] = (),
    left: Iterable[str] = (),
    kinds: Iterable[str] = (),
    by: str = "",
    way: str = "descending",
) -> str:
    """A table with a caption and column heads.

    `head`: which cell of a row is its head; `groups`: what stands above so many columns each; `left`: columns whose
    text begins at the left; `kinds`: a class of STYLE for each row; `by`: the column by which rows are sorted, and
    `way` how.
    """
    lefts = {*columns[:1], *left} if head == 0 else {*left}
    heads = "".join(
        f"<th scope='col'{_class('l' if name in lefts else '')}"
        f"{f' aria-sort={way}' if name == by else ''}>{html.escape(name)}</th>"
        for name in columns
    )
    named = iter(kinds)
    lines = []
    for row in rows:
        cells = []
        for place, (name, value) in enumerate(zip(columns, row, strict=True)):
            cell = value if isinstance(value, Cell) else Cell(html.escape(value))
            tag, scope = ("th", " scope='row'") if place == head else ("td", "")
            kind = cell.kind or ("l" if name in lefts else "")
            css = f" style='{cell.css}'" if cell.css else ""
            cells.append(f"<{tag}{scope}{_class(kind)}{css}>{cell.inner}</{tag}>")
        lines.append(f"<tr{_class(next(named, ''))}>{''.join(cells)}</tr>")
    above = "".join(
        f"<th scope='colgroup' colspan='{span}' class='c'>{html.escape(name)}</th>" for name, span in groups
    )
    above = f"<tr>{above}</tr>" if groups else ""
    title = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    return f"<table>{title}<thead>{above}<tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def facts(label: str, rows: Iterable[tuple[str, str]]) -> str:
    """A table of two columns, name and value; values are HTML already."""
    lines = [
        f"<tr><th scope='row' class='l'>{html.escape(name)}</th><td class='l'>{value}</td></tr>" for name, value in rows
    ]
    return f"<table aria-label='{html.escape(label)}'>{''.join(lines)}</table>"


def note(text: str) -> str:
    """A line beside a table."""
    return f"<p class='note' style='margin:4px 8px'>{html.escape(text)}</p>"


def code(text: str) -> str:
    """A line of Python."""
    return f"<pre style='margin:4px 8px;white-space:pre-wrap'><code>{html.escape(text)}</code></pre>"


def lamp(colour: str, word: str) -> str:
    """A coloured dot and what it means."""
    return f"<span aria-hidden='true' style='color:{colour};text-shadow:0 0 2px #fff'>●</span> {html.escape(word)}"


def badge(colour: str, word: str) -> str:
    """A word on a dark ground."""
    return f"<b style='background:{colour};color:white;padding:1px 8px;border-radius:4px'>{html.escape(word)}</b>"


def shade(rgb: str, share: float) -> str:
    """A ground for a cell: `share` of 1 is the strongest under which text can be read on any theme."""
    return f"background:rgba({rgb},{0.45 * min(max(share, 0.0), 1.0):.2f})"


def bar(rgb: str, share: float, side: str) -> str:
    """A ground that fills a share of a cell, from `side`."""
    width = 100 * min(max(share, 0.0), 1.0)
    return f"background:linear-gradient(to {side},rgba({rgb},.35) {width:.0f}%,transparent {width:.0f}%)"


def price(value: float) -> str:
    """At least two decimals, for small prices as many as tell them apart."""
    if math.isnan(value):
        return NOTHING
    digits = 2 if abs(value) >= 10 or round(value, 2) == round(value, 5) else 5
    return f"{value:,.{digits}f}"


def count(value: float) -> str:
    """Sizes and quantities: whole ones without decimals."""
    return NOTHING if math.isnan(value) else f"{value:,.10g}" if value == int(value) else f"{value:,.4g}"


def sparkline(values: Sequence[float]) -> str:
    """The course of some numbers in a word of blocks, with a text for those who can't see it."""
    if len(values) < 2:
        return NOTHING
    low, high = min(values), max(values)
    step = (high - low) / (len(_BLOCKS) - 1) or math.inf
    drawn = "".join(_BLOCKS[round((value - low) / step)] for value in values)
    said = f"from {price(values[0])} to {price(values[-1])}, low {price(low)}, high {price(high)}"
    return f"<span role='img' aria-label='{said}' title='{said}' style='{_DRAWN}'>{drawn}</span>"


def plain(markup: str) -> str:
    """What markup says, a line per row or paragraph."""
    seen = re.sub(r"<style>.*?</style>", "", markup, flags=re.DOTALL)
    seen = re.sub(r"</(tr|p|caption|pre|div|ul|li)>", "\n", seen)
    lines = html.unescape(re.sub(r"<[^>]+>", " ", seen)).splitlines()
    return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))


def _class(name: str) -> str:
    return f" class='{name}'" if name else ""
