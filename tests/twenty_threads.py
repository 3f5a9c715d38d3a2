"""Twenty threads ask one session; each answer is compared with what one thread alone was told.

`python tests/twenty_threads.py 60` does so for a minute.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Any

from ibnb import IBApp
from ibnb.gateway import Gateway

THREADS = 20
SYMBOLS = ("AAPL", "NVDA", "MSFT", "META", "TSLA", "AMD", "INTC", "IBM", "KO", "JPM")
TAGS = ("NetLiquidation", "TotalCashValue", "BuyingPower", "SettledCash")

Question = tuple[str, str]


def ask(app: Any, question: Question) -> str:
    """One verb's answer, as text that can be compared."""
    verb, what = question
    if verb == "getAccountSummary":
        return str(app.getAccountSummary([what]).to_csv())
    if verb == "getPositions":
        return str(app.getPositions().to_csv())
    stock = app.createContract(what)
    answers: dict[str, Callable[[], Any]] = {
        "getContractDetails": lambda: app.getContractDetails(stock).to_csv(),
        "getData": lambda: app.getData(stock, app.dataSettings("5 D", "1 day", "20250610-20:00:00")).to_csv(),
        "getHeadTimestamp": lambda: app.getHeadTimestamp(stock),
        "getQuote": lambda: app.getQuote(stock).to_csv(),
        "resolve": lambda: app.resolve(stock).conId,
    }
    return str(answers[verb]())


QUESTIONS: list[Question] = [
    *(
        (verb, s)
        for s in SYMBOLS
        for verb in ("getContractDetails", "getData", "getHeadTimestamp", "getQuote", "resolve")
    ),
    *(("getAccountSummary", tag) for tag in TAGS[:2]),
    ("getPositions", ""),
]


def interrogate(app: Any, go_on: Callable[[int], bool]) -> tuple[int, list[str]]:
    """Ask from all threads at once while `go_on(calls of this thread)`: (calls, wrong answers)."""
    right = {question: ask(app, question) for question in QUESTIONS}
    wrong: list[str] = []
    made: list[int] = []

    def work(number: int) -> None:
        for turn in count():
            if not go_on(turn) or wrong:
                made.append(turn)
                return
            question = QUESTIONS[(number * 7 + turn * 11) % len(QUESTIONS)]
            try:
                answer = ask(app, question)
            except Exception as error:
                answer = repr(error)
            if answer != right[question]:
                wrong.append(f"{question}: {answer!r} instead of {right[question]!r}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(made), wrong


def main(seconds: float) -> int:
    with Gateway("lesson") as gateway:
        app: Any = IBApp()
        app.connect(gateway.host, gateway.port, 1)
        app.pacing.on = False
        end = time.monotonic() + seconds
        calls, wrong = interrogate(app, lambda _: time.monotonic() < end)
        app.disconnect()
    print(f"{calls} calls by {THREADS} threads, {len(wrong)} wrong answers", *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60))
