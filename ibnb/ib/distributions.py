"""Which packages give `import ibapi`, and how one that works is put in their place.

Rule: nothing here imports ibapi, because a broken one is what this has to mend.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import metadata

#: They install the same files, and overwrite each other's.
DISTRIBUTIONS = ("ibapi", "ibapi-stable", "ibapi-latest", "nautilus-ibapi")


def installed(names: Iterable[str] = DISTRIBUTIONS) -> dict[str, str]:
    """Those that are installed, and their versions; of DISTRIBUTIONS more than one is one too many."""
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def listed(names: Iterable[str] = DISTRIBUTIONS) -> str:
    """The same in words."""
    return ", ".join(f"{name} {version}" for name, version in installed(names).items()) or "none"


def repair() -> str:
    """The one command that mends it, whatever is wrong: all that are installed go, and the right one comes."""
    install = 'python -m pip install --force-reinstall "ibapi-stable>=10.50"'
    return f"python -m pip uninstall -y {' '.join(found)} && {install}" if (found := installed()) else install
