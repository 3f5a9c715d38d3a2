"""The project's rules, as tests: what a reader may rely on without reading everything."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

from tests.ports import NEEDED, TESTS
from tests.readme import PAGES, README, renewed

ROOT = Path(__file__).parents[1]
SOURCES = sorted(ROOT.glob("ibnb/**/*.py")) + sorted(ROOT.glob("tests/**/*.py"))
TOO_VAGUE = {"utils.py", "helpers.py", "manager.py", "base.py", "common.py", "misc.py"}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_file_is_one_idea_under_500_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500
    assert path.name not in TOO_VAGUE


@pytest.mark.parametrize("path", sorted(ROOT.glob("ibnb/**/*.py")), ids=name)
def test_a_module_says_which_rule_it_keeps(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith('"""')
    assert not re.search(r"\b(TODO|FIXME|XXX|raise NotImplementedError)\b", text)


def test_nothing_sleeps() -> None:
    sleepers = [
        name(path)
        for path in SOURCES
        if re.search(r"(?<!\.)\btime\.sleep\(|from time import .*\bsleep\b", path.read_text())
    ]
    assert sleepers in ([], ["tests/test_shape.py"])


@pytest.mark.skipif(shutil.which("git") is None, reason="git isn't installed")
def test_every_tracked_notebook_and_source_is_free_of_one_machines_paths() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not tracked:
        pytest.skip("not a checkout")
    marks = [f"{ROOT}/", f"{Path.home()}/"]
    told = [
        path
        for path in tracked
        if (ROOT / path).is_file() and any(mark in (ROOT / path).read_text("utf-8", "ignore") for mark in marks)
    ]
    assert told == []


def test_the_readme_starts_in_two_lines_that_make_their_own_environment() -> None:
    """A system's own Python takes no packages (PEP 668), and is called python3; the gate runs these very lines."""
    start = README.read_text(encoding="utf-8").split("## Start\n")[1].split("```")
    lines = [line.split("#")[0].split() for line in start[1].splitlines()[1:]]
    assert [line[:5] for line in lines] == [["python3", "-m", "venv", ".venv", "&&"]] * 2
    assert [line[-1] for line in lines] == ["lab", "pytest"]
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert {".venv/", "ibnb-lessons/"} <= set(ignored)
    assert start[3].splitlines()[1].startswith("py -m venv .venv;")


def test_conda_and_binder_install_what_the_readme_installs() -> None:
    """first_use E: repo2docker takes a line that begins with a point for this repository, with its extras."""
    lines = (ROOT / "environment.yml").read_text(encoding="utf-8").splitlines()
    entries = [line.split("- ", 1)[1] for line in lines if line.lstrip().startswith("- ")]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert entries[-1] == ".[lab]"
    assert "lab" in project["optional-dependencies"]
    [python] = [entry.partition("=")[2] for entry in entries if entry.startswith("python=")]
    least = project["requires-python"].removeprefix(">=")
    assert tuple(map(int, python.split("."))) >= tuple(map(int, least.split(".")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_generated_parts_of_a_page_are_in_step(page: Path) -> None:
    assert renewed(page) == page.read_text(encoding="utf-8"), "run  python -m tests.readme"


@pytest.mark.parametrize("page", [README, *sorted(ROOT.glob("notebooks/appendix/*.md"))], ids=lambda page: page.name)
def test_links_and_pictures_of_a_page_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    assert [link for link in targets if "://" not in link and not (page.parent / link).exists()] == []


def test_who_may_open_a_port_is_there() -> None:
    assert [name for name in NEEDED if not (TESTS / name).exists()] == []


def test_the_readme_is_two_screens() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) < 150


def test_the_import_rules_name_every_module_of_the_client() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    [named] = [set(c["source_modules"]) for c in contracts if c["name"].startswith("Only _connect.py")]
    may = {
        "ibnb.cli",
        "ibnb._connect",
        "ibnb.demo",
        "ibnb.gateway",
        "ibnb.pytest_plugin",
        "ibnb.worlds",
        "ibnb.__init__",
        "ibnb.__main__",
    }
    modules = {
        f"ibnb.{path.stem}"
        for path in (ROOT / "ibnb").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert modules - may == named


def imports(path: Path, modules: set[str]) -> Iterator[str]:
    """The modules that a module names in any import of its own, those for type checkers included."""
    package = list(path.relative_to(ROOT).with_suffix("").parts)[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*start, *filter(None, [node.module])])
            for alias in node.names:
                yield f"{source}.{alias.name}" if f"{source}.{alias.name}" in modules else source


def test_no_module_of_the_gateway_imports_itself_by_a_detour() -> None:
    """code_review 9: a part that knows its whole."""
    files = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted(ROOT.glob("ibnb/gateway/**/*.py"))
    }
    graph = {module: set(imports(path, set(files))) - {module} for module, path in files.items()}
    assert len(list(TopologicalSorter(graph).static_order())) >= len(files) > 100


def test_the_gateways_tests_stand_in_folders_of_the_gateway() -> None:
    folders = {path.parent.relative_to(ROOT / "tests") for path in ROOT.glob("tests/gateway/**/test_*.py")}
    assert not [str(each) for each in folders if not (ROOT / "ibnb" / each).is_dir() and each.name != "fuzz"]


def test_no_module_imports_itself_by_a_detour() -> None:
    """Imports that only a type checker follows count as well: a part that knows its whole can't be made without it."""
    graph = grimp.build_graph("ibnb", cache_dir=None)
    circles = [
        f"{importer} -> {imported}"
        for importer in sorted(graph.modules)
        for imported in sorted(graph.find_modules_directly_imported_by(importer))
        if graph.chain_exists(importer=imported, imported=importer)
    ]
    assert circles == []


def test_what_a_docstring_says_can_be_run_from_the_tree_s_root_can_be() -> None:
    """`python -m tests.…` has no help of pytest's path: the long form of the limits machine didn't start."""
    named = set(
        re.findall(r"python -m (tests(?:\.\w+)*)", "".join(each.read_text(encoding="utf-8") for each in SOURCES))
    )
    assert len(named) > 10
    found = subprocess.run(
        [sys.executable, "-c", f"import {', '.join(sorted(named))}"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")
