"""The README's fifteen lines, run, and the picture beside them: ``python -m tests.worlds.picture``."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from pathlib import Path
from unittest import mock

import ibnb
from tests.readme import README, ROOT

PICTURE = ROOT / "notebooks/images/sweep.png"


def code() -> str:
    """The lines as they stand in the README."""
    section = README.read_text(encoding="utf-8").split("## One function in many worlds\n")[1]
    return section.split("```python\n")[1].split("```")[0]


def draw(lines: str, path: Path) -> None:
    """Run the lines, with the picture that they show in a file; what they keep isn't kept."""
    into_file = functools.partial(ibnb.plotEquity, path=str(path.absolute()))
    with (
        mock.patch.object(ibnb, "plotEquity", into_file),
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
    ):
        exec(compile(lines, "README.md", "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    draw(code(), PICTURE)
    print(PICTURE)
