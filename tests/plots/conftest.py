"""Frames to draw, and what a notebook would get of them."""

from __future__ import annotations

from typing import Any

import pytest

from ibnb.plots import canvas


@pytest.fixture(autouse=True)
def no_screen() -> None:
    import matplotlib

    matplotlib.use("Agg")


class Shown(list[dict[str, Any]]):
    """The bundles that a notebook got, oldest first."""

    @property
    def alt(self) -> str:
        """The only figure's alternative text."""
        (bundle,) = self
        text: str = bundle["text/plain"]
        return text


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    found = Shown()

    def display(bundle: Any, *, raw: bool, metadata: Any) -> None:
        assert raw
        found.append({**bundle, "metadata": metadata})

    monkeypatch.setattr(canvas, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", display)
    return found
