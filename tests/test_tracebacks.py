"""What a notebook shows of ibnb's errors (first_use A6: 55 red lines for one wrong port), in a real IPython shell."""

from __future__ import annotations

import inspect
import pickle
import re
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from inside import core
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

import ibnb
from ibnb import errors, tracebacks

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.IBError) and not issubclass(kind, errors.RequestError)
]
REFUSALS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.RequestError)]
# A closed port: the error has a cause, and passes through several modules of ibnb and through socket.py.
UNREACHABLE = 'import ibnb\n\n# nobody is there\napp = ibnb.connect("tws-paper", port=9)\n\nprint(app)\n'


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[InteractiveShell]:
    before = sys.excepthook, sys.displayhook
    settings = Config()
    settings.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=settings, ipython_dir=str(tmp_path))
    yield shell
    InteractiveShell.clear_instance()
    sys.excepthook, sys.displayhook = before


def shown(shell: InteractiveShell, cell: str) -> list[str]:
    with capture_output() as heard:
        shell.run_cell(cell)
    return [line for line in re.sub(r"\x1b\[[0-9;]*m", "", heard.stdout).splitlines() if line.strip()]


def test_a_notebook_shows_the_users_line_and_the_text(shell: InteractiveShell) -> None:
    lines = shown(shell, UNREACHABLE)
    assert len(lines) <= 14
    assert any(line.startswith("----> 4 app = ibnb.connect") for line in lines)
    assert lines[-1].startswith("NotConnectedError: nothing listens on 127.0.0.1:9.")
    assert not any("socket.py" in line or "ibnb/" in line or "direct cause" in line for line in lines)


@pytest.mark.parametrize("mode", ["Plain", "Context", "Minimal"])
def test_a_cause_is_not_told_twice_in_any_mode(shell: InteractiveShell, mode: str) -> None:
    shell.InteractiveTB.set_mode(mode)
    lines = shown(shell, UNREACHABLE)
    assert len(lines) <= 14
    assert sum("NotConnectedError: nothing listens" in line for line in lines) == 1
    assert not any("ConnectionRefusedError" in line for line in lines)


def test_verbose_shows_everything_and_tb_brings_it_afterwards(shell: InteractiveShell) -> None:
    shown(shell, UNREACHABLE)
    shell.InteractiveTB.set_mode("Verbose")
    text = "\n".join(shown(shell, "%tb"))
    assert "transport.py" in text
    assert "ConnectionRefusedError" in text


def test_the_error_itself_is_left_whole_for_debug_and_for_plain_python(shell: InteractiveShell) -> None:
    shown(shell, UNREACHABLE)
    error = sys.last_value
    assert isinstance(error, errors.NotConnectedError)
    assert isinstance(error.__cause__, ConnectionRefusedError)
    assert traceback.extract_tb(error.__traceback__)[-1].filename.endswith("transport.py")
    assert traceback.extract_tb(sys.last_traceback)[-1].filename.endswith("transport.py")
    assert "ConnectionRefusedError" in "".join(traceback.format_exception(error))


def test_functions_of_the_user_between_are_shown_and_those_of_the_standard_library_are_not(
    shell: InteractiveShell,
) -> None:
    shown(shell, "def ask():\n    return ibnb.connect('tws-paper', port=9)\n")
    lines = shown(
        shell,
        "import ibnb\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor() as pool:\n    pool.submit(ask).result()\n",
    )
    assert [" ".join(line[6:].split()) for line in lines if line.startswith("----> ")] == [
        "4 pool.submit(ask).result()",
        "2 return ibnb.connect('tws-paper', port=9)",
    ]
    assert len(lines) <= 14


def test_thirty_functions_of_the_user_are_no_reason_for_more_lines(shell: InteractiveShell) -> None:
    shown(
        shell, "import ibnb\ndef ask(n):\n    if n:\n        return ask(n - 1)\n    ibnb.connect('tws-paper', port=9)\n"
    )
    lines = shown(shell, "ask(30)")
    assert len(lines) <= 14
    assert "----> 5 ibnb.connect('tws-paper', port=9)" in lines


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_kind_of_error_with_no_line_of_the_users_is_its_text(
    shell: InteractiveShell, kind: type[errors.IBError]
) -> None:
    shell.user_ns["error"] = kind("in so many words")
    lines = shown(shell, "raise error")
    assert lines[-1] == f"{kind.__name__}: in so many words"
    assert "----> 1 raise error" in lines
    assert tracebacks.short_traceback(kind("no line"))[-1].endswith("no line")


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("code", [103, 162, 200, 201, 321, 354, 10197])
def test_each_refusal_is_at_most_fourteen_lines(
    shell: InteractiveShell, kind: type[errors.RequestError], code: int
) -> None:
    shell.user_ns["error"] = kind(code, "what TWS wrote, " * 30, verb="getData", about="AAPL")
    lines = shown(shell, "def ask():\n    raise error\n\n\nask()\n")
    assert len(lines) <= 14
    assert any(line.startswith(f"{kind.__name__}: getData: TWS answered {code} for AAPL") for line in lines)


def test_what_tws_answered_and_the_advice_are_both_there(shell: InteractiveShell) -> None:
    shell.user_ns["error"] = errors.request_error(200, "No security definition has been found", verb="getData")
    lines = shown(shell, "raise error")
    assert "ContractNotFoundError: getData: TWS answered 200: No security definition has been found" in lines
    assert len(lines) <= 14


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("app.getData('AAPL', app.dataSettings('1 D', '1h'))", "ValueError: barSizeSetting '1h' is not legal."),
        ("app.getQuotes([5])", "ValueError: getQuotes: 5 isn't a contract"),
        ("app.getQuote('EURUSD')", "ValueError: getQuote: 'EURUSD' is a currency pair"),
        ("app.placeOrderNow('AAPL', 5)", "ValueError: placeOrderNow: 5 isn't an order"),
        ("app.createOrder('BUY', -1)", "ValueError: quantity must be a number above 0, not -1"),
        ("ibnb.createCondition('nothing')", "ValueError: "),
        ("ibnb.plotBars(app.getPositions())", "ValueError: a column Close is needed"),
        ("ibnb.connect('nowhere')", "ValueError: there is no profile 'nowhere'"),
        ("app.sleep('a while')", "ValueError: 'a while' isn't a duration"),
        ("app.getQuote()", "TypeError: MarketDataVerbs.getQuote() missing 1 required positional argument: 'contract'"),
        ("app.placeBracket('AAPL', 1, 2, 3)", "TypeError: OrderVerbs.placeBracket() takes 3 positional arguments"),
        (
            "app.getHistory('AAPL', '2025-06-01', barSize='1h')",
            "ValueError: barSize '1h' is not legal. Did you mean '1 h",
        ),
        (
            "app.placeOrderNow(C, app.createOrder('BUY', 1), wait='Filled')",
            "OrderRejectedError: placeOrderNow: TWS answered 200 for QQQQZ: No",
        ),
        (
            "app.disconnect(); app.getCurrentTime()",
            "NotConnectedError: getCurrentTime: not connected to TWS or IB Gateway: "
            "disconnect() was called; connect again",
        ),
        ("app.getQuote('QQQQZ')", "ContractNotFoundError: getQuote: TWS answered 200"),
    ],
)
def test_a_wrong_argument_is_the_users_line_and_the_text(shell: InteractiveShell, line: str, text: str) -> None:
    shown(shell, "import ibnb\napp = ibnb.connect('embedded')\nC = app.createContract('QQQQZ')")
    lines = shown(shell, line)
    shown(shell, "ibnb.reset()")
    assert len(lines) <= 8
    assert f"----> 1 {line}" in lines
    assert any(each.startswith(text) for each in lines[3:])


def test_an_interrupt_is_the_users_line_and_says_which_order_works(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """first_use B11: more than a screenful of red, and nothing about the order."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    shown(shell, "import ibnb\napp = ibnb.connect('embedded')")
    monkeypatch.setattr(shell.user_ns["app"].gateway, "step", interrupt)
    lines = shown(shell, "n = app.placeOrderNow('AAPL', app.createOrder('BUY', 1, 'LMT', 100.0), wait='Filled')")
    shown(shell, "ibnb.reset()")
    assert len(lines) <= 14
    assert any(line.startswith("Interrupted: order 1 (BUY 1 AAPL LMT) is ") for line in lines)
    assert not any("ibnb/" in line or "threading.py" in line for line in lines)


def test_an_error_of_somebody_else_keeps_its_frames(shell: InteractiveShell) -> None:
    lines = shown(
        shell,
        "import ibnb\nclass App(ibnb.IBApp):\n    def managedAccounts(self, accounts): pass\n"
        "    def double(self, x):\n        return float(x)\nApp().double('text')\n",
    )
    assert [line[6:].split()[0] for line in lines if line.startswith("----> ")] == ["6", "5"]


def test_a_short_error_travels_between_processes() -> None:
    with pytest.raises(ValueError, match="quantity") as caught:
        ibnb.createOrder("BUY", -1)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert pickle.loads(pickle.dumps(ibnb.createOrder)) is ibnb.createOrder


def test_a_verbs_signature_and_help_stay_its_own() -> None:
    assert list(inspect.signature(ibnb.IBApp.getQuote).parameters) == ["self", "contract", "snapshot", "timeout"]
    assert (ibnb.IBApp.getQuote.__doc__ or "").startswith("Return one contract's quote")


def test_a_warning_is_about_the_users_line_however_many_frames_are_between() -> None:
    class App(ibnb.IBApp):
        def accountSummary(self, *args: object) -> None:
            raise RuntimeError("a mistake in an override")

    app = ibnb.connect("embedded", app_class=App)
    for ask in (app.getCurrentTime, app.getPositions, lambda: app.sleep(1)):
        app.cancelAccountSummary(1)
        app.reqAccountSummary(1, "All", "NetLiquidation")
        core(app).fence.wait()
        with pytest.warns(ibnb.errors.CallbackWarning) as told:
            ask()
        assert told[0].filename == __file__
    ibnb.reset()


def test_a_lesson_that_cannot_be_built_is_short_too(shell: InteractiveShell) -> None:
    """first_use D2."""
    lines = shown(shell, "from ibnb import course\n\ncourse.build(['99'])\n")
    assert len(lines) <= 14
    assert any(line.startswith("----> 3 course.build") for line in lines)
    assert lines[-1].startswith("LessonError: no lesson 99; there are 01_")
