"""`run`: a function in each of many worlds, on any executor of concurrent.futures' kind."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import multiprocessing
import os
import pickle
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pandas as pd

from ibnb._connect import apart, connect
from ibnb.core.progress import Progress, Show, shower
from ibnb.tracebacks import short_errors
from ibnb.worlds.choice import WORDS, check_words
from ibnb.worlds.kept import Kept, Outcome, key_of, name_of
from ibnb.worlds.rows import as_row

Function = Callable[[Any], object]


@short_errors
def run(
    function: Function,
    worlds: Iterable[Mapping[str, Any]],
    executor: Executor | None = None,
    *,
    keep: str | os.PathLike[str] | None = None,
    progress: bool | Show | None = None,
) -> pd.DataFrame:
    """Return a row for each world: its words, what `function(app)` returned there, and `error` ("" if none).

    function: takes a session with a world of its own, fresh, at its beginning; the embedded clock moves only when the
        function waits. It returns a number or text (column `result`), a dict or Series (a column each), or nothing.
        An exception is its world's `error`, and the others go on.
    worlds: dicts of what `ibnb.connect` takes for a simulated world: scenario, seed, start, regime, data …; `grid` and
        `days` make them.
    executor: any of concurrent.futures' kind, whose end is yours: ProcessPoolExecutor, Dask's `Client.get_executor()`,
        joblib's (loky's) get_reusable_executor(), ipyparallel's `Client.executor()`, Ray's. None is a process for each
        processor. The rows are the same on each. A function that is defined in a notebook needs cloudpickle
        (`pip install 'ibnb[worlds]'`) to get into another process; a script calls this under
        `if __name__ == "__main__":`.
    keep: a file. Each world that is done is in it at once, and a second call goes on with those that aren't: nothing is
        computed twice. It belongs to this function as it is written; what that reaches from outside isn't looked at.
    progress: True for a bar (text outside notebooks), a function of a Progress; None is a bar in a notebook.

    Raises ValueError for worlds that are none, and for a file of another function; KeyboardInterrupt, when
    interrupted, with `done`: the frame of what was finished.

    >>> def morning(app):
    ...     app.sleep("1 min")
    ...     return {"last": app.getQuote("AAPL")["last"]}
    >>> run(morning, [{"seed": 1}, {"seed": 2}], ThreadPoolExecutor(1)).columns.tolist()
    ['seed', 'last', 'error']
    """
    wanted = [_world(each) for each in worlds]
    keys = [key_of(world) for world in wanted]
    kept = None if keep is None else Kept(Path(keep), function)
    done: dict[str, Outcome] = {} if kept is None else dict(kept.known)
    todo = {key: world for key, world in zip(keys, wanted, strict=True) if key not in done}
    show, begun, before = shower(progress, real=True), time.monotonic(), len(set(keys)) - len(todo)
    futures: dict[Future[Outcome], str] = {}

    def take(future: Future[Outcome]) -> None:
        outcome, lasting = _outcome(future)
        done[futures[future]] = outcome
        if kept is not None and lasting:
            kept.add(futures[future], outcome)

    try:
        with _executor(executor, len(todo)) as pool:
            futures |= _submitted(pool, function, todo)
            for number, future in enumerate(as_completed(futures), before + 1):
                take(future)
                show(Progress(number, len(set(keys)), time.monotonic() - begun, unit="worlds"))
    except KeyboardInterrupt:
        for future, key in futures.items():
            if not future.cancel() and future.done() and not future.exception() and key not in done:
                take(future)
        finished = [(world, done[key]) for key, world in zip(keys, wanted, strict=True) if key in done]
        where = "its .done is the frame of these" if keep is None else f"they are in {keep}: call again to go on"
        interrupt = KeyboardInterrupt(f"{len(finished)} of {len(wanted)} worlds are done; {where}")
        interrupt.done = _frame(finished)  # type: ignore[attr-defined]
        raise interrupt from None
    finally:
        for future in futures:
            future.cancel()
    return _frame([(world, done[key]) for key, world in zip(keys, wanted, strict=True)])


def _world(words: Any) -> dict[str, Any]:
    if not isinstance(words, Mapping):
        raise ValueError(f"a world is a dict of words such as {{'seed': 1}}, not {words!r:.60}; grid() makes many")
    check_words(words)
    return dict(words)


@contextlib.contextmanager
def _executor(given: Executor | None, count: int) -> Iterator[Executor]:
    if given is not None:
        yield given
        return
    workers = max(1, min(os.cpu_count() or 1, count))
    # Not forked: this process has threads, whose locks a copy would find locked for ever.
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=spawn, initializer=_end_with_parent)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def _end_with_parent() -> None:
    """In a worker: one whose parent is killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, name="ibnb parent", daemon=True).start()


def _submitted(pool: Executor, function: Function, todo: Mapping[str, Mapping[str, Any]]) -> dict[Future[Outcome], str]:
    """What will come of each world, with the world's key."""
    if not todo:
        return {}
    task = function if isinstance(pool, ThreadPoolExecutor) else _packed(function)
    return {pool.submit(_one, task, world, os.getpid()): key for key, world in todo.items()}


def _outcome(future: Future[Outcome]) -> tuple[Outcome, bool]:
    """What came of a world, and whether it would come out the same again."""
    try:
        return future.result(), True
    except BrokenProcessPool:
        why = 'the process of this world has ended; a script calls run() under  if __name__ == "__main__":'
        return Outcome([], f"BrokenProcessPool: {why}"), False
    except Exception as error:  # of the executor, not of the function
        return Outcome([], f"{type(error).__name__}: {error}"), False


def _packed(function: Function) -> bytes:
    """A function for another process. ValueError when it can't get there."""
    if importlib.util.find_spec("cloudpickle") is not None:
        import cloudpickle as pickler
    elif getattr(function, "__module__", "") == "__main__":
        raise ValueError(
            f"{name_of(function)} is defined in this notebook or script, and other processes don't see it: "
            "pip install 'ibnb[worlds]' (cloudpickle), or move it into a module."
        )
    else:
        pickler = pickle
    try:
        packed: bytes = pickler.dumps(function)
    except Exception as error:
        raise ValueError(f"{name_of(function)} can't get into another process: {error}") from None
    return packed


def _one(task: Function | bytes, words: Mapping[str, Any], home: int) -> Outcome:
    """The function in one world. `home` is the process that wants to know."""
    try:
        function: Function = pickle.loads(task) if isinstance(task, bytes) else task
        # The seeds' sentences ("New Order ID …") of a thousand worlds are nobody's.
        own = os.getpid() != home and threading.current_thread() is threading.main_thread()
        with apart(), contextlib.redirect_stdout(io.StringIO()) if own else contextlib.nullcontext():
            app = connect("embedded", **words)
            try:
                row = as_row(function(app))
            finally:
                app.disconnect()
        if taken := [label for label, _ in row if label in (*WORDS, "error")]:
            raise ValueError(f"{', '.join(map(repr, taken))} is the name of a word of the world: call it otherwise")
    except Exception as error:
        return Outcome([], f"{type(error).__name__}: {error}")
    return Outcome(row)


def _frame(rows: list[tuple[dict[str, Any], Outcome]]) -> pd.DataFrame:
    words = [word for word in WORDS if any(word in world for world, _ in rows)]
    labels = dict.fromkeys(label for _, outcome in rows for label, _ in outcome.row)
    table = [
        {
            **{word: _shown(world.get(word)) for word in words},
            **dict(outcome.row),
            "error": outcome.error,
        }
        for world, outcome in rows
    ]
    return pd.DataFrame(table, columns=[*words, *labels, "error"])


def _shown(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float) else str(value)
