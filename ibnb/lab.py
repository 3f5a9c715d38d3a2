"""``ibnb lab``: JupyterLab at the learner's own copy of the lessons."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def serve(folder: Path, options: Sequence[str] = ()) -> int:
    """Copy what is missing of the lessons to ``folder`` and serve it; returns JupyterLab's exit status.

    The learner works on a copy, so that an update of ibnb never overwrites an exercise.

    Raises:
        RuntimeError: JupyterLab isn't installed.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise RuntimeError('JupyterLab is missing. Install it with:  python -m pip install "ibnb[lab]"')
    from ibnb import course

    written = course.copy(folder)
    if written:
        print(f"{len(written)} files copied to {folder.resolve()}", flush=True)
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.resolve()}", *options]
    return subprocess.run(command, check=False).returncode
