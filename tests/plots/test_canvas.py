"""Where a figure goes: the page with its text, a file, or a window."""

from __future__ import annotations

import base64
import html
import io
import re
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
from PIL import Image

from ibnb import plotBars, plotData
from tests.plots.conftest import Shown
from tests.plots.frames import daily, several

PNG = b"\x89PNG"


def image(bundle: dict[str, object]) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(str(bundle["image/png"])))).convert("RGBA")


def test_the_page_gets_an_image_with_its_text(shown: Shown) -> None:
    """first_use B14: JupyterLab drops the text in an image's metadata, so it stands in the HTML."""
    plotData(daily(), title='A "quoted" <title>')
    (bundle,) = shown
    tag = re.fullmatch(r'<img alt="([^"]*)" width="800" style="([^"]*)" src="([^"]*)">', bundle["text/html"])
    assert tag is not None
    assert html.unescape(tag[1]) == shown.alt
    assert "max-width: 100%" in tag[2]
    assert tag[3] == f"data:image/png;base64,{bundle['image/png']}"
    assert base64.b64decode(bundle["image/png"]).startswith(PNG)
    assert bundle["metadata"] == {"image/png": {"alt": shown.alt, "width": 800}}


def test_your_own_alternative_text_wins(shown: Shown) -> None:
    plotData(daily(), alt="A line that goes up.")
    assert 'alt="A line that goes up."' in shown[0]["text/html"]
    assert shown.alt == "A line that goes up."


def test_a_figure_has_no_ground_of_its_own_and_ink_for_both_themes(shown: Shown) -> None:
    """first_use B15: white boxes on the dark theme."""
    plotBars(daily())
    picture = image(shown[0])
    assert picture.getpixel((2, 2))[3] == 0
    # White and JupyterLab's dark ground, as relative luminances.
    inks = {colour[:3] for _, colour in picture.getcolors(1 << 20) or () if colour[3] == 255}
    for light in map(luminance, inks):
        assert 1.05 / (light + 0.05) > 3
        assert (light + 0.05) / (luminance((17, 17, 17)) + 0.05) > 2.5


def luminance(colour: tuple[int, ...]) -> float:
    parts = [each / 255 for each in colour[:3]]
    red, green, blue = (each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_figure_is_small_enough_to_be_stored(shown: Shown) -> None:
    plotBars(several(["AAPL", "MSFT", "NVDA", "TSLA"]))
    assert len(shown[0]["image/png"]) < 60_000


def test_the_users_own_settings_stay(shown: Shown) -> None:
    before = dict(matplotlib.rcParams)
    plotData(daily())
    assert dict(matplotlib.rcParams) == before


def test_a_script_without_a_screen_warns_of_nothing_and_leaves_no_figure() -> None:
    before = plt.get_fignums()  # of other tests
    plotData(daily())
    assert plt.get_fignums() == before


def test_a_file_has_the_sentence_inside_and_is_white(tmp_path: Path) -> None:
    chart = tmp_path / "chart.png"
    plotData(daily(), title="CSH2", path=str(chart))
    content = chart.read_bytes()
    assert content.startswith(PNG)
    assert b"Line chart of CSH2 close" in content
    assert Image.open(chart).convert("RGBA").getpixel((2, 2)) == (255, 255, 255, 255)
