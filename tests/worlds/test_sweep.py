"""Sweeps in threads, and where it matters in processes, with real worlds; what an executor does wrong is staged."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ibnb
from ibnb import worlds
from ibnb.core.progress import Progress
from tests.worlds import functions

SEEDS = worlds.grid(seed=[1, 2, 3])


class Now(Executor):
    """Does at once what it is given, and counts; what is more than `most` is never done."""

    def __init__(self, most: int = 1000) -> None:
        self.done = 0
        self._most = most

    def submit(self, call: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if self.done < self._most:
            future.set_result(call(*args, **kwargs))
            self.done += 1
        return future


def interrupt_after(count: int) -> Any:
    """A progress that does what Ctrl-C does while the next world is waited for."""

    def show(now: Progress) -> None:
        if now.done == count:
            raise KeyboardInterrupt

    return show


def test_a_row_for_each_world_in_their_order() -> None:
    found = worlds.run(functions.trade, SEEDS, ThreadPoolExecutor(2))
    assert list(found.columns) == ["seed", "side", "price", "at", "error"]
    assert found["seed"].tolist() == [1, 2, 3]
    assert found["price"].nunique() == 3
    assert found["error"].tolist() == ["", "", ""]
    assert {str(at) for at in found["at"]} == {str(found["at"].iloc[0])}


def test_each_executor_says_the_same() -> None:
    """Threads, joblib's processes, and those of the standard library that run makes itself."""
    loky = pytest.importorskip("joblib.externals.loky")
    expected = worlds.run(functions.trade, SEEDS, Now())
    for executor in (ThreadPoolExecutor(3), loky.get_reusable_executor(1), None):
        pd.testing.assert_frame_equal(worlds.run(functions.trade, SEEDS, executor), expected)


def test_dask_says_the_same() -> None:
    distributed = pytest.importorskip("distributed", reason="pip install 'ibnb[research]'")
    with distributed.Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
        found = worlds.run(functions.trade, SEEDS, client.get_executor())
    pd.testing.assert_frame_equal(found, worlds.run(functions.trade, SEEDS, Now()))


def test_the_world_is_fresh_and_its_own() -> None:
    """Whoever has the same world open keeps it, with its orders; the sweep's begins at its beginning."""
    mine = ibnb.connect()
    mine.placeOrderNow("AAPL", mine.createOrder("BUY", 1), wait="Filled")
    mine.sleep("10 min")
    before = mine.now()
    found = worlds.run(lambda app: len(app.getFills()) + len(app.getExecutions()), [{}, {}], ThreadPoolExecutor(2))
    assert found["result"].tolist() == [0, 0]
    assert (mine.isConnected(), mine.now(), len(mine.getFills())) == (True, before, 1)
    ibnb.reset()


def test_the_environment_sends_no_sweep_to_a_real_tws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IBNB_PROFILE", "tws-live")
    found = worlds.run(lambda app: str(app.account), [{}], ThreadPoolExecutor(1))
    assert found.loc[0, "result"] == "DU1234567"


def test_a_world_that_fails_is_a_row() -> None:
    found = worlds.run(functions.fails_in_a_crash, worlds.grid(regime=["calm", "crash"]), Now())
    assert found["error"].tolist() == ["", "ZeroDivisionError: nothing left"]
    assert found["result"].tolist()[:1] == [1.0]
    wrong = worlds.run(functions.last, [{"start": "some day"}, {"scenario": "nowhere"}], Now())
    assert ["start is a time in New York" in wrong.loc[0, "error"], "no scenario" in wrong.loc[1, "error"]] == [
        True
    ] * 2


def test_what_fits_no_row_or_hides_a_word_is_a_row_too() -> None:
    found = worlds.run(lambda app: [1], [{}], ThreadPoolExecutor(1))
    assert "the value 'result' is a list" in found.loc[0, "error"]
    found = worlds.run(lambda app: {"seed": 1}, [{}], ThreadPoolExecutor(1))
    assert "'seed' is the name of a word of the world" in found.loc[0, "error"]


def test_no_session_is_left_over() -> None:
    left: list[Any] = []
    worlds.run(left.append, [{}, {"seed": 4}], ThreadPoolExecutor(1))
    assert [app.isConnected() for app in left] == [False, False]


@pytest.mark.parametrize(
    ("wrong", "text"),
    [([1], "a world is a dict of words"), ([{"sead": 1}], "no word of a world"), (["lesson"], "a world is a dict")],
)
def test_what_is_no_world_is_refused_before_any_begins(wrong: Any, text: str) -> None:
    executor = Now()
    with pytest.raises(ValueError, match=text):
        worlds.run(functions.last, wrong, executor)
    assert executor.done == 0


def test_no_worlds_are_an_empty_frame() -> None:
    assert worlds.run(functions.last, [], Now()).columns.tolist() == ["error"]


def test_the_same_world_twice_is_computed_once() -> None:
    executor = Now()
    found = worlds.run(functions.last, [{"seed": 1}, {"seed": 1}], executor)
    assert executor.done == 1
    assert found["result"].nunique() == 1


def test_progress_counts_worlds() -> None:
    said: list[Progress] = []
    worlds.run(functions.last, SEEDS, Now(), progress=said.append)
    assert [(each.done, each.total, each.unit) for each in said] == [(n, 3, "worlds") for n in (1, 2, 3)]


# --- what is kept


def test_what_was_interrupted_goes_on_and_nothing_is_computed_twice(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "sweep.jsonl"
    with pytest.raises(
        KeyboardInterrupt, match=r"2 of 3 worlds are done; they are in .*sweep\.jsonl: call again"
    ) as caught:
        worlds.run(functions.last, SEEDS, Now(2), keep=file, progress=interrupt_after(2))
    assert len(caught.value.done) == 2  # type: ignore[attr-defined]
    with file.open("a") as kept:  # killed while it wrote
        kept.write('{"world": "{\\"se')
    rest = Now()
    found = worlds.run(functions.last, SEEDS, rest, keep=file)
    assert rest.done == 1
    pd.testing.assert_frame_equal(found, worlds.run(functions.last, SEEDS, Now()))
    rest = Now()
    again = worlds.run(functions.last, SEEDS[::-1], rest, keep=file)
    pd.testing.assert_frame_equal(again[::-1].reset_index(drop=True), found)
    assert rest.done == 0


def test_an_interrupt_without_a_file_has_what_was_done() -> None:
    with pytest.raises(KeyboardInterrupt, match=r"1 of 3 worlds are done; its \.done") as caught:
        worlds.run(functions.last, SEEDS, Now(1), progress=interrupt_after(1))
    assert len(caught.value.done) == 1  # type: ignore[attr-defined]


def test_an_interrupt_keeps_what_is_done_and_not_heard_of_yet(tmp_path: Path) -> None:
    """#14: worlds that had ended while another was written down were lost."""
    with pytest.raises(KeyboardInterrupt, match="3 of 4 worlds are done"):
        worlds.run(functions.last, [*SEEDS, {"seed": 4}], Now(3), keep=tmp_path / "k", progress=interrupt_after(1))
    rest = Now()
    worlds.run(functions.last, [*SEEDS, {"seed": 4}], rest, keep=tmp_path / "k")
    assert rest.done == 1


def test_the_file_is_json_that_others_can_read(tmp_path: Path) -> None:
    worlds.run(functions.trade, SEEDS[:1], Now(), keep=tmp_path / "k")
    head, line = map(json.loads, (tmp_path / "k").read_text().splitlines())
    assert (head["ibnb"], head["function"]) == ("worlds", "trade")
    assert (json.loads(line["world"]), line["error"]) == ({"seed": 1}, "")
    (_, side), (_, price), (label, at) = line["row"]
    assert (side in ("BUY", "SELL"), price > 0) == (True, True)
    assert (label, at["zone"], at["time"][:10]) == ("at", "America/New_York", "2025-06-11")


def test_a_file_of_another_function_or_of_another_thing_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "k"
    worlds.run(functions.last, SEEDS[:1], Now(), keep=file)
    before = file.read_bytes()
    with pytest.raises(ValueError, match="keeps the worlds of last as it was; trade is another function"):
        worlds.run(functions.trade, SEEDS, Now(), keep=file)
    one, other = functools.partial(functions.counted, "a"), functools.partial(functions.counted, "b")
    worlds.run(one, [], Now(), keep=tmp_path / "p")
    with pytest.raises(ValueError, match="counted is written differently now"):
        worlds.run(other, [], Now(), keep=tmp_path / "p")
    (tmp_path / "notes").write_text("my notes\n")
    with pytest.raises(ValueError, match=r"isn't a file of worlds\.run"):
        worlds.run(functions.last, SEEDS, Now(), keep=tmp_path / "notes")
    file.write_text(file.read_text() + "nonsense\n")
    with pytest.raises(ValueError, match="line 3 isn't a world's"):
        worlds.run(functions.last, SEEDS, Now(), keep=file)
    assert file.read_bytes().startswith(before)


def test_failures_of_the_function_are_kept_and_those_of_the_machine_are_tried_again(tmp_path: Path) -> None:
    crash = worlds.grid(regime=["crash"])
    worlds.run(functions.fails_in_a_crash, crash, Now(), keep=tmp_path / "f")
    again = Now()
    assert worlds.run(functions.fails_in_a_crash, crash, again, keep=tmp_path / "f").loc[0, "error"]
    assert again.done == 0
    found = worlds.run(functions.dies, [{}], keep=tmp_path / "d")
    assert "BrokenProcessPool" in found.loc[0, "error"]
    assert len((tmp_path / "d").read_text().splitlines()) == 1


# --- other processes


KILLED = """
import functools, sys
from ibnb import worlds
from tests.worlds import functions
def told(now):
    print(now.done, flush=True)
    if now.done == 5:
        sys.stdin.readline()  # where nobody writes: it gets no further
if __name__ == "__main__":
    folder, file, count = sys.argv[1:]
    function = functools.partial(functions.counted, folder)
    worlds.run(function, worlds.grid(seed=range(int(count))), keep=file, progress=told)
"""


def test_a_killed_sweep_leaves_no_process_behind_and_goes_on(tmp_path: Path) -> None:
    """#14: SIGKILL. What was kept is computed once; the workers, whom nobody tells to end, end with their parent."""
    folder, file, path = tmp_path / "counts", tmp_path / "kept", tmp_path / "killed.py"
    folder.mkdir()
    path.write_text(KILLED)
    with subprocess.Popen(
        [sys.executable, str(path), str(folder), str(file), "40"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as sweep:
        assert sweep.stdout is not None
        assert [sweep.stdout.readline() for _ in range(5)] == ["1\n", "2\n", "3\n", "4\n", "5\n"]
        sweep.kill()
        sweep.stdout.read()  # ends when the last process that can write there has ended
    kept = {json.loads(json.loads(line)["world"])["seed"] for line in file.read_text().splitlines()[1:]}
    assert 5 <= len(kept) < 40
    rest = Now()
    function = functools.partial(functions.counted, str(folder))
    found = worlds.run(function, worlds.grid(seed=range(40)), rest, keep=file)
    assert rest.done == 40 - len(kept)
    runs = Counter(int(each.name.partition("-")[0]) for each in folder.iterdir())
    assert set(runs) == set(range(40))
    assert {runs[seed] for seed in kept} == {1}
    assert found["error"].unique().tolist() == [""]
    assert found["result"].nunique() > 30


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C goes to a group of processes by a signal")
def test_control_c_ends_the_workers_too_and_says_what_is_done(tmp_path: Path) -> None:
    folder, file, path = tmp_path / "counts", tmp_path / "kept", tmp_path / "killed.py"
    folder.mkdir()
    path.write_text(KILLED)
    with subprocess.Popen(
        [sys.executable, str(path), str(folder), str(file), "4000"],  # more than any machine does meanwhile
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # nohup and "&" would ignore it
    ) as sweep:
        assert sweep.stdout is not None
        for _ in range(5):
            sweep.stdout.readline()
        os.killpg(sweep.pid, signal.SIGINT)
        _, said = sweep.communicate()
    count = len(file.read_text().splitlines()) - 1
    assert f"KeyboardInterrupt: {count} of 4000 worlds are done; they are in {file}: call again to go on" in said
    assert 5 <= count < 4000
    assert '"error": ""' in file.read_text()
    assert "BrokenProcessPool" not in file.read_text()


SCRIPT = """
from ibnb import worlds
def price(app):
    app.placeOrderNow("AAPL", app.createOrder("BUY", 1), wait="Filled")
    return app.getFills()["price"].iloc[0]
{guard}print(worlds.run(price, worlds.grid(seed=[1, 2]))["result"].nunique())
"""


def script(tmp_path: Path, guard: str) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT.format(guard=guard))
    root = str(Path(__file__).parents[2])
    return subprocess.run(
        [sys.executable, str(path)],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def test_a_scripts_own_function_gets_there_and_prints_nothing_there(tmp_path: Path) -> None:
    pytest.importorskip("cloudpickle")
    ran = script(tmp_path, 'if __name__ == "__main__": ')
    assert ran.stdout == "2\n", ran.stderr


def test_a_script_without_its_guard_is_told_what_it_needs(tmp_path: Path) -> None:
    pytest.importorskip("cloudpickle")
    ran = script(tmp_path, "")
    assert "if __name__ == '__main__':" in ran.stderr


def test_a_function_that_cant_travel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    lock = __import__("threading").Lock()

    def locked(app: Any) -> bool:
        return bool(lock.locked())

    with pytest.raises(ValueError, match="locked can't get into another process"):
        worlds.run(locked, [{}])
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(functions.last, "__module__", "__main__")
    with pytest.raises(ValueError, match=r"pip install 'ibnb\[worlds\]'"):
        worlds.run(functions.last, [{}])
