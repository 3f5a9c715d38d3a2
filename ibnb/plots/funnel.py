"""How many are left after each filter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ibnb.plots.canvas import INK, UP, canvas, show
from ibnb.tracebacks import short_errors


@short_errors
def plotFunnel(
    counts: Mapping[str, int] | pd.Series,
    title: str = "Filters",
    alt: str | None = None,
    path: str | None = None,
) -> None:
    """Draw how many are left after each filter: a mapping (or Series) from the filter's name to the count, in order.

    Raises ValueError for anything but counts.

    >>> plotFunnel({"all": 50, "above 5 dollars": 31, "above 1M shares": 12})   # doctest: +SKIP
    """
    steps = _counts(counts)
    most = max(steps.values()) or 1.0
    with canvas(path, title, height=1.0 + 0.5 * len(steps), grid="") as (figure, (axes,)):
        for place, many in enumerate(steps.values()):
            axes.barh(place, many, left=-many / 2, color=UP, height=0.75, alpha=1 - 0.5 * place / len(steps))
            axes.text(most / 2 * 1.04, place, f"{many:,g}", va="center", color=INK)
        axes.set_yticks(range(len(steps)), list(steps))
        axes.set_ylim(len(steps) - 0.5, -0.5)
        axes.set_xlim(-most / 2 * 1.02, most / 2 * 1.2)
        axes.set_xticks([])
        axes.spines[:].set_visible(False)
        axes.tick_params(left=False)
        told = ", ".join(f"{name} {many:,g}" for name, many in steps.items())
        show(figure, alt or f"Funnel chart of {title}: {told}.", path)


def _counts(counts: Any) -> dict[str, float]:
    try:
        steps = {str(name): float(many) for name, many in counts.items()}
    except (AttributeError, TypeError, ValueError):
        raise ValueError(f'plotFunnel draws counts by name, such as {{"all": 50}}, not {counts!r:.60}.') from None
    if not steps or not all(many >= 0 for many in steps.values()):
        raise ValueError("plotFunnel needs at least one count, and none below 0.")
    return steps
