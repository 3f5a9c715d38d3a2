"""The suite against several releases of ibapi, each in an environment of its own: ``python -m tests.oracle_matrix``.

With words, only these tests: ``python -m tests.oracle_matrix tests/gateway/codec tests/core/test_dispatch.py``.
Environments are made in a temporary folder, or in ``--keep FOLDER`` and used again from there.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
RELEASES = ("ibapi==9.81.1.post1", "ibapi-stable==10.37.2", "ibapi-stable==10.45.1", "ibapi-stable==10.50.2")
# What depends on ibapi: the wire's oracle, the client's ground with its orders, limits and guard, and every verb.
TESTS = (
    "tests/gateway/codec",
    "tests/core",
    "tests/ib",
    "tests/wire",
    "tests/peers",
    "tests/verbs",
    *(f"tests/test_{name}.py" for name in ("app", "connect", "errors", "guard", "guard_world", "limits")),
)


def environment(release: str, folder: Path) -> Path:
    """The Python of an environment that has this release and ibnb's test tools."""
    place = folder / release.replace("=", "_")
    python = place / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not python.exists():
        venv.create(place, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, f"{ROOT}[test]"], check=True)
        subprocess.run([str(python), "-m", "pip", "uninstall", "--quiet", "--yes", "ibapi-stable", "ibnb"], check=True)
        # Without its dependencies: the protobuf that is there already serves every release.
        subprocess.run([*pip, "--no-deps", release], check=True)
    return python


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tests", nargs="*", default=TESTS)
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    failed = []
    with tempfile.TemporaryDirectory() as scratch:
        for release in RELEASES:
            print(f"== {release}", flush=True)
            python = environment(release, args.keep or Path(scratch))
            tests = [test for test in args.tests if (ROOT / test).exists()]
            if subprocess.run([str(python), "-m", "pytest", "-q", *tests], cwd=ROOT, check=False).returncode:
                failed.append(release)
    print(f"{len(RELEASES) - len(failed)} passed, {len(failed)} failed", *failed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
