"""A figure, from the empty sheet to the page: colours, size, alternative text.

In a notebook a figure is an `<img>` with an alternative text (JupyterLab drops the one in an image's metadata), as wide
as the page lets it be, on no ground of its own: ink and colours can be read on a light page and on a dark one. The
same picture as `image/png` is for what shows no HTML. A PNG that `path` names has the text in its Description, and is
white, for it may be looked at anywhere.
"""

from __future__ import annotations

import base64
import html
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from ibnb.core.progress import in_notebook

# Blue and vermilion can be told apart with any kind of colour vision.
UP, DOWN = "#2277bb", "#d55e00"
# As far from white as from JupyterLab's dark ground (both above 4:1).
INK = "#777777"
# A line for each of several instruments: Okabe and Ito's colours, as far as they show on both grounds.
LINES = (UP, DOWN, "#009e73", "#cc79a7", "#b8860b", "#56a4d8", INK)
WIDTH, HEIGHT = 8.0, 4.0
# Pixels an inch on the page; a stored picture has more, for sharp screens.
DPI, STORED_DPI = 100, 150

# Names of the legend above a figure: more of them than that take a second row.
_MOST_IN_A_ROW = 5
_STYLE: Any = {
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.titlecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": INK,
    "grid.alpha": 0.25,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "auto",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlesize": 12,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.5,
    "font.size": 10,
}


@contextmanager
def canvas(
    path: str | None,
    title: str,
    panels: tuple[float, ...] = (1.0,),
    height: float = HEIGHT,
    grid: Literal["both", "x", "y", ""] = "both",
) -> Iterator[tuple[Any, Any]]:
    """A figure and its axes, one below the other, with these ratios of height; all share their x axis."""
    import matplotlib

    with matplotlib.rc_context({**_STYLE, "axes.grid": bool(grid), "axes.grid.axis": grid or "both"}):
        settings: dict[str, Any] = {"figsize": (WIDTH, height), "dpi": DPI, "layout": "constrained"}
        if in_notebook() or path is not None:
            # Not pyplot's: no window opens, and a notebook doesn't show it a second time at the end of the cell.
            from matplotlib.figure import Figure

            figure = Figure(**settings)
        else:
            import matplotlib.pyplot as plt

            figure = plt.figure(**settings)
        axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": panels})
        axes[0, 0].set_title(title)
        yield figure, axes[:, 0]


def legend_above(axes: Any) -> None:
    """What the lines of these axes are called, in a row of its own above the figure, where no line can run through."""
    handles, names = axes.get_legend_handles_labels()
    axes.figure.legend(handles, names, loc="outside upper right", ncols=min(len(names), _MOST_IN_A_ROW))


def show(figure: Any, alt: str, path: str | None) -> None:
    """Bring a figure to where it is wanted: the page, the file, or a window."""
    if path is not None:
        description = {"Description": alt} if str(path).endswith(".png") else None
        figure.savefig(Path(path), metadata=description, facecolor="white")
    if in_notebook():
        _display(figure, alt)
    elif path is None:
        figure.set_facecolor("white")
        _open_window(figure)


def _open_window(figure: Any) -> None:
    import matplotlib.pyplot as plt

    with warnings.catch_warnings():
        # Without a screen (Agg) there is nothing to show, and nothing to warn of.
        warnings.filterwarnings("ignore", message=".*non-interactive.*")
        plt.show()
    plt.close(figure)


def _display(figure: Any, alt: str) -> None:
    from IPython.display import display

    width = round(figure.get_figwidth() * DPI)
    content = base64.b64encode(_png(figure)).decode("ascii")
    source = f"data:image/png;base64,{content}"
    image = f'<img alt="{html.escape(alt)}" width="{width}" style="max-width: 100%; height: auto" src="{source}">'
    bundle = {"text/html": image, "image/png": content, "text/plain": alt}
    metadata = {"image/png": {"alt": alt, "width": width}}
    display(bundle, raw=True, metadata=metadata)  # type: ignore[no-untyped-call]


def _png(figure: Any) -> bytes:
    """The picture with few colours: a third of what a notebook would have to store, and nobody sees it."""
    from PIL import Image

    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=STORED_DPI)
    Image.open(drawn).quantize(48, method=Image.Quantize.FASTOCTREE).save(small, format="png", optimize=True)
    return small.getvalue()
