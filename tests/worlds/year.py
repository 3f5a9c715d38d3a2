"""A year of seeded days, each with the lesson's script: the three strategies in every one, and in its recording.

    python -m tests.worlds.year                 # 250 days and as many recordings, some minutes on two cores
    python -m tests.worlds.year 2025-03-03 2025-03-07

For each strategy it says on how many days it decided what, with how many fills, and on how many the recording agreed to
the last field. It ends with status 1 unless there was no error, all recordings agree, and the script's own day is what
it is in a session without a sweep.
"""

from __future__ import annotations

import functools
import sys
from concurrent.futures import Executor
from typing import Any

import pandas as pd

import ibnb
from ibnb import worlds
from tests.worlds import functions
from tests.worlds.strategies import ALL

LESSON = "2025-06-11 10:00"


def swept(strategy: str, first: str, last: str, executor: Executor | None = None, **words: Any) -> pd.DataFrame:
    """A row for each day: what was decided and filled, in the world and in its recording."""
    days = worlds.days(first, last, at="10:00", scenario="lesson")
    return worlds.run(functools.partial(functions.taken_home, strategy), days, executor, **words)


def direct(strategy: str) -> dict[str, str]:
    """The same in the lesson, without a sweep."""
    app = ibnb.connect()
    try:
        return functions.told(strategy, app)
    finally:
        ibnb.reset()


def differences(strategy: str, found: pd.DataFrame) -> list[str]:
    """What doesn't agree to the last field, in words."""
    said = [f"{row['start']}: {row['error']}" for _, row in found[found["error"] != ""].iterrows()]
    good = found[found["error"] == ""]
    for name in ("decided", "fills"):
        other = good[good[name] != good[f"{name}_again"]]
        said += [f"{start}: the recording has other {name}" for start in other["start"]]
    for _, own in good[good["start"] == LESSON].iterrows():
        if direct(strategy) != own[["decided", "fills"]].to_dict():
            said.append(f"{LESSON}: a session without a sweep has others")
    return said


def main(first: str = "2025-01-02", last: str = "2025-12-31") -> int:
    wrong = []
    for strategy in (each.__name__ for each in ALL):
        found = swept(strategy, first, last, progress=True)
        wrong += [f"{strategy}: {each}" for each in differences(strategy, found)]
        what = found["decided"].str.replace(r'"\d\d:\d\d:\d\d", ', "", regex=True).value_counts()
        fills = found["fills"].str.count("\n").sum() - len(found)
        print(f"\n{strategy}: {len(found)} days, {fills:.0f} fills; decided\n{what.to_string(header=False)}")
    print(*wrong, sep="\n")
    print("everything agrees" if not wrong else f"{len(wrong)} differences")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
