"""The examples in docstrings run here: by themselves, or on a session with the embedded gateway, as `app`."""

from __future__ import annotations

import doctest
import importlib
import inspect
from collections.abc import Iterator
from types import ModuleType

import pytest

import ibnb
from ibnb import IBApp
from ibnb.ib import codes, conditions, create, values
from ibnb.ib.api import MAX_CLIENT_VER, EClient
from ibnb.ib.versions import CONFIG, UPDATE_CONFIG

FAMILIES = [
    "account",
    "configuration",
    "download.verb",
    "contracts",
    "depth",
    "orders.executions",
    "history",
    "market_data",
    "news",
    "options",
    "orders.place",
    "real_time_bars",
    "reference",
    "scanner",
    "ticks",
]
WIDGETS = [
    f"widgets.{name}"
    for name in (
        "account",
        "blotter",
        "chain",
        "connection",
        "contract",
        "depth",
        "messages",
        "quotes",
        "scan",
        "ticket",
    )
]
VERBS = (
    "get",
    "stream",
    "calculate",
    "check",
    "exercise",
    "place",
    "preview",
    "wait",
    "modify",
    "cancel",
    "list",
    "update",
    "write",
)
# What an older ibapi can't ask for: the server version that it must speak.
NEWER = {"getSchedule": 163, "getConfig": CONFIG, "updateConfig": UPDATE_CONFIG}


@pytest.mark.parametrize("module", [codes, conditions, create, values], ids=lambda module: module.__name__)
def test_examples_do_what_they_say(module: ModuleType) -> None:
    failed, tried = doctest.testmod(module)
    assert tried > 0
    assert failed == 0


@pytest.fixture
def app() -> Iterator[IBApp]:
    yield ibnb.connect("embedded")
    ibnb.reset()


def examples(module_name: str) -> list[doctest.DocTest]:
    module = importlib.import_module(f"ibnb.{module_name}")
    return [each for each in doctest.DocTestFinder(exclude_empty=True).find(module) if each.examples]


@pytest.mark.parametrize(
    "example",
    [each for name in (*(f"verbs.{each}" for each in FAMILIES), *WIDGETS) for each in examples(name)],
    ids=lambda each: each.name.split(".")[-1],
)
def test_examples_on_the_embedded_gateway(app: IBApp, example: doctest.DocTest) -> None:
    if NEWER.get(example.name.split(".")[-1], 0) > MAX_CLIENT_VER:
        pytest.skip("this ibapi is too old")
    heard: list[str] = []
    example.globs = {"app": app, "ibnb": ibnb}
    assert doctest.DocTestRunner().run(example, out=heard.append).failed == 0, "".join(heard)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_verb_says_what_it_does(family: str) -> None:
    module = importlib.import_module(f"ibnb.verbs.{family}")
    verbs = [
        (name, verb)
        for _, cls in inspect.getmembers(module, inspect.isclass)
        if cls.__module__ == module.__name__ and cls.__name__.endswith("Verbs")
        for name, verb in vars(cls).items()
        if name.startswith(VERBS) and not hasattr(EClient, name)
    ]
    assert verbs
    for name, verb in verbs:
        assert ">>> " in (verb.__doc__ or ""), f"{name} has no example"
