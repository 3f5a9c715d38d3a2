"""A lesson of one's own: `ibnb course new 17_topic --dir PATH` writes its source and its checks, ready to be built.

Rule: a folder of lessons looks the same wherever it is: `source/NN_topic.py`, `checks/lesson_NN.py`, and beside them
the notebooks that are built. The numbers to 16 are the course's.
"""

from __future__ import annotations

import re
from pathlib import Path

from ibnb.course.didactics import LESSONS
from ibnb.course.source import LessonError

_SOURCE = """# %% [raw]
# title = "{title}"
# teach = 5
# practise = 5
# needs = "lesson 01"
# uses = ["connect", "getQuote"]
# objectives = ["ask for one price, and read the answer"]

# %%
import ibnb
from ibnb.course import check

app = ibnb.connect()

# %% [markdown]
# ## What is it that one wants to know?
#
# Say here why somebody would want it, in whole sentences. Then show it.

# %%
quote = app.getQuote("AAPL")
quote[["bid", "ask"]]

# %% [markdown]
# ### Exercise 1 · The spread
#
# How far are ask and bid apart? Keep the answer, a number, under the name `spread`.

# %%
### BEGIN SOLUTION
spread = float(quote["ask"] - quote["bid"])
### END SOLUTION

# %%
check("{number}.1", spread, quote)

# %% [markdown]
# ## In short
#
# * One sentence for each thing that has been learnt.
"""
_CHECKS = '''"""The checks of lesson {number}: each returns None, or the sentence after "not yet, because"."""

from ibnb.course.exercises import exercise


@exercise("{number}.1", wants=[float, None], correct="it is what a market order pays for being served at once")
def spread(answer, quote):
    truth = float(quote["ask"] - quote["bid"])
    if abs(answer - truth) < 1e-6:
        return None
    if abs(answer + truth) < 1e-6:
        return "it is negative: the ask is the higher of the two"
    return f"{{answer:g}} isn't the ask less the bid"
'''


def new(name: str, folder: str | Path) -> list[Path]:
    """Write the source and the checks of a lesson called `NN_topic` into `folder`; return both paths.

    It can be built at once: `ibnb course build NN --dir FOLDER`. Errors: LessonError for another kind of name, for a
    number of the course's own, and where there is a lesson with that number.
    """
    folder = Path(folder).expanduser()
    found = re.fullmatch(r"(\d\d)_([a-z0-9_]+)", name)
    if not found:
        raise LessonError(f"a lesson is called NN_topic, in small letters, such as 17_pairs, not {name!r}")
    number, topic = found.groups()
    if number in LESSONS or number == "00":
        raise LessonError(f"{number} is a number of the course's; those from {len(LESSONS) + 1} to 99 are yours")
    if taken := sorted((folder / "source").glob(f"{number}_*.py")):
        raise LessonError(f"there is a lesson {number} in {folder}: {taken[0].stem}")
    texts = {folder / "source" / f"{name}.py": _SOURCE, folder / "checks" / f"lesson_{number}.py": _CHECKS}
    if taken := [path for path in texts if path.exists()]:
        raise LessonError(f"{taken[0]} is there already")
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        title = topic.replace("_", " ").capitalize()
        path.write_text(text.format(number=number, title=title), encoding="utf-8")
    return list(texts)
