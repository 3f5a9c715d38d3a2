"""Write what is generated of README and appendix anew: ``python -m tests.readme``. ``test_shape`` proves it in step."""

from __future__ import annotations

from pathlib import Path

from ibnb.course import index
from ibnb.gateway.coverage import table
from tests.appendix import APPENDIX, ROOT, codes, kinds_of_162, words

README = ROOT / "README.md"
# Page → what stands between its marks.
PAGES = {
    README: {"lessons": lambda: index().strip()},
    APPENDIX / "gateway.md": {"coverage": table},
    APPENDIX / "error_atlas.md": {
        "notices": lambda: codes("notice"),
        "warnings": lambda: codes("warning"),
        "requests": lambda: codes("request"),
        "162": kinds_of_162,
        "orders": lambda: codes("order"),
        "connections": lambda: codes("connection"),
    },
    APPENDIX / "glossary.md": {"glossary": words},
}


def part(text: str, mark: str) -> str:
    """What stands between ``<!-- mark -->`` and ``<!-- /mark -->``."""
    return text.split(f"<!-- {mark} -->")[1].split(f"<!-- /{mark} -->")[0].strip()


def renewed(page: Path) -> str:
    """A page's text with each generated part as it is today."""
    text = page.read_text(encoding="utf-8")
    for mark, make in PAGES[page].items():
        before, rest = text.split(f"<!-- {mark} -->")
        text = f"{before}<!-- {mark} -->\n{make()}\n<!-- /{mark} -->{rest.split(f'<!-- /{mark} -->')[1]}"
    return text


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(renewed(page), encoding="utf-8")
