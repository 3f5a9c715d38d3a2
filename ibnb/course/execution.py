"""A notebook is assembled, run once in a fresh kernel, and freed of what differs from run to run."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any

from ibnb.course.rules import WIDGET
from ibnb.course.source import Cell, Header, LessonError, cell_ids, extra

_COLOUR_CODE = re.compile(r"\x1b\[[0-9;]*m")
# A lesson is built with the embedded gateway and with figures in line, whatever the builder's own shell is set to.
_UNSET = (
    "IBNB_PROFILE",
    "IBNB_HOST",
    "IBNB_PORT",
    "IBNB_SEAT",
    "IBNB_CHECKS",
    "IBNB_SERVER_VERSION",
    "IBNB_CHECK_RAISES",
    "MPLBACKEND",
)
_PLACE = ("IBNB_HOST", "IBNB_PORT", "IBNB_SEAT")
# Where a folder of lessons keeps those that aren't in the package.
CHECKS = "checks"


def assemble(header: Header, cells: list[Cell]) -> Any:
    """An unexecuted notebook (nbformat 4.5) with fixed ids, kernel name and the lesson's minutes in its metadata."""
    v4 = extra("nbformat.v4")
    makers = {"code": v4.new_code_cell, "markdown": v4.new_markdown_cell, "raw": v4.new_raw_cell}
    notebook = v4.new_notebook()
    notebook.cells = [
        makers[cell.kind](cell.source, metadata=cell.metadata, id=cell_id)
        for cell, cell_id in zip(cells, cell_ids(cells), strict=True)
    ]
    notebook.metadata = _metadata(header)
    return notebook


def _metadata(header: Header) -> Any:
    return extra("nbformat").from_dict(
        {
            "ibnb": {"lesson": header.number, "teach": header.teach, "practise": header.practise},
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
        }
    )


def execute(notebook: Any, *, name: str, timeout: int, profile: str | None = None, folder: Path | None = None) -> Any:
    """Run the notebook in place in an empty folder; `timeout` is seconds per cell. The first unexpected error ends it.

    `folder`: the lessons', which may have checks of its own.

    Errors: LessonError with the failing cell and its traceback.
    """
    nbclient, failures = extra("nbclient"), extra("nbclient.exceptions")
    with tempfile.TemporaryDirectory() as place:
        client = nbclient.NotebookClient(
            notebook,
            timeout=timeout,
            kernel_name="python3",
            store_widget_state=False,
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": place}},
        )
        try:
            client.execute(env=environment(profile, folder))
        except (failures.CellExecutionError, failures.CellTimeoutError, failures.DeadKernelError) as error:
            raise LessonError(f"{name}: {_COLOUR_CODE.sub('', str(error))}") from None
    return notebook


def environment(profile: str | None = None, folder: Path | None = None) -> dict[str, str]:
    """The kernel's environment: this ibnb importable, the embedded gateway unless a profile is named (which may have
    its place in IBNB_HOST and IBNB_PORT), and the checks of a folder of lessons."""
    package_root = str(Path(__file__).parents[2])
    inherited = {key: value for key, value in os.environ.items() if key not in _UNSET or (profile and key in _PLACE)}
    paths = [package_root, *filter(None, [inherited.get("PYTHONPATH")])]
    fixed = {"PYTHONPATH": os.pathsep.join(paths), "PYTHONHASHSEED": "0", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    checks = {"IBNB_CHECKS": str(folder.resolve() / CHECKS)} if folder else {}
    return {**inherited, **fixed, **checks, **({"IBNB_PROFILE": profile} if profile else {})}


def settle(notebook: Any, header: Header) -> Any:
    """Take out of the outputs what differs from run to run, and put in the figures' alt texts."""
    notebook.metadata = _metadata(header)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.metadata.pop("execution", None)
        for output in cell.outputs:
            if output.output_type == "error":
                # Frames name files and line numbers of one machine; the error's own words are what is taught.
                output.traceback = [f"{output.ename}: {output.evalue}"]
            if "data" in output:
                # The model behind a stored view is gone: keep what stands beside it; a run shows the live one.
                output.data.pop(WIDGET, None)
            if "image/png" in output.get("data", {}) and "alt" in cell.metadata:
                output.metadata.setdefault("image/png", {}).setdefault("alt", cell.metadata.alt)
        cell.outputs = [output for output in cell.outputs if output.get("data") != {}]
    return notebook
