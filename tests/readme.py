"""Write the README's generated parts anew: ``python -m tests.readme``. ``test_shape`` proves that they are in step."""

from __future__ import annotations

from pathlib import Path

from ibnb.course import index
from ibnb.gateway.coverage import table

README = Path(__file__).parents[1] / "README.md"
PARTS = {"lessons": lambda: index().strip(), "coverage": table}


def part(text: str, mark: str) -> str:
    """What stands between ``<!-- mark -->`` and ``<!-- /mark -->``."""
    return text.split(f"<!-- {mark} -->")[1].split(f"<!-- /{mark} -->")[0].strip()


def renewed(text: str) -> str:
    """The same text with each generated part as it is today."""
    for mark, make in PARTS.items():
        before, rest = text.split(f"<!-- {mark} -->")
        text = f"{before}<!-- {mark} -->\n{make()}\n<!-- /{mark} -->{rest.split(f'<!-- /{mark} -->')[1]}"
    return text


if __name__ == "__main__":
    README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
