"""``ibnb lab``: JupyterLab at the learner's own copy of the lessons."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def serve(folder: Path, options: Sequence[str] = ()) -> int:
    """Copy what is missing of the lessons to ``folder`` and serve it, first lesson first; returns JupyterLab's status.

    The learner works on a copy, so that an update of ibnb never overwrites an exercise. ``options`` go to JupyterLab.

    Raises:
        RuntimeError: JupyterLab isn't installed.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise RuntimeError('JupyterLab is missing. Install it with:  python -m pip install "ibnb[lab]"')
    from ibnb import course

    written = course.copy(folder)
    if written:
        print(f"{len(written)} files copied to {folder.resolve()}", flush=True)
    if changed := course.newer(folder):
        names = ", ".join(sorted({Path(name).stem for name in changed}))
        print(
            f"this ibnb has other versions of {names} than your copies, which are left alone; "
            "fresh ones beside them:  ibnb course copy OTHER_FOLDER",
            flush=True,
        )
    first = min(course.lessons_dir().glob("*.ipynb")).name
    ours = [f"--ServerApp.root_dir={folder.resolve()}", f"--LabApp.default_url=/lab/tree/{first}"]
    # Whether JupyterLab may fetch news is answered by a default of ours, which the user's own choice beats.
    defaults = [*filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")]), str(Path(course.__file__).parent)]
    environment = {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join(defaults)}
    command = [sys.executable, "-m", "jupyterlab", *ours, *options]
    return subprocess.run(command, env=environment, check=False).returncode
