"""What the gateway answers and what it doesn't, as Markdown, from the registry and the handlers' own words."""

from __future__ import annotations

import inspect

from .codec import requests
from .handlers import HANDLERS

_MARK = "Differs from TWS:"


def table() -> str:
    """One row for every request a client can send: message id, request, what is done, how that differs from TWS."""
    rows = ["| id | request | answer | differs from TWS |", "| --- | --- | --- | --- |"]
    for number, request in sorted(requests().items()):
        handler = HANDLERS.get(request)
        if handler is None:
            rows.append(f"| {number} | `{request.__name__}` | *not simulated*: error 321 says so | |")
            continue
        summary, differences = _words(inspect.getdoc(handler) or "")
        rows.append(f"| {number} | `{request.__name__}` | {summary} | {differences} |")
    return "\n".join(rows)


def _words(doc: str) -> tuple[str, str]:
    """A docstring's first paragraph, and what stands behind its marks."""
    summary, *marked = [" ".join(part.split("\n\n")[0].split()) for part in doc.split(_MARK)]
    return summary, "; ".join(text.rstrip(".") for text in marked)
