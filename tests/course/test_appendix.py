"""The appendices: every example runs, every name exists, and every feature of the sources that they name is theirs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import ibnb
from ibnb import IBApp
from ibnb._connect import PROFILES
from ibnb.course import commands
from ibnb.gateway import coverage
from ibnb.ib.api import IBAPI_VERSION, MAX_CLIENT_VER, EClient, EWrapper, OrderCancel
from ibnb.ib.versions import UPDATE_CONFIG
from tests.appendix import APPENDIX, code_in, table

VERBS = APPENDIX / "verbs.md"
SECTIONS = re.findall(r"^## .*", VERBS.read_text(encoding="utf-8"), re.MULTILINE)
VERB = re.compile(
    "(get|stream|calculate|check|exercise|place|preview|wait|modify|cancel|list|limit|update|write|create|resolve|search)"
    "(?=[A-Z]|$)"
)
# What an older ibapi can't ask for: the server version that it must speak.
NEWER = {r"getSchedule|historicalSchedule": 163, r"Config|ProtoBuf": UPDATE_CONFIG}


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[IBApp]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plt, "show", plt.close)
    yield ibnb.connect()
    ibnb.reset()


def spoken(text: str) -> bool:
    return not any(needed > MAX_CLIENT_VER and re.search(name, text) for name, needed in NEWER.items())


@pytest.mark.parametrize("section", SECTIONS)
def test_every_example_of_the_cheat_sheet_runs(app: IBApp, section: str) -> None:
    names: dict[str, object] = {"app": app, "ibnb": ibnb}
    rows = table(VERBS, section)
    assert rows
    for question, example, _ in rows:
        assert question.endswith("?")
        [code] = code_in(example)
        if spoken(code):
            exec(code, names)


def test_the_cheat_sheet_holds_every_verb() -> None:
    """users' wish B12: the client's hundred names on one page."""
    text = VERBS.read_text(encoding="utf-8")
    ours = {name for part in IBApp.__mro__ if part.__module__.startswith("ibnb") for name in vars(part)}
    verbs = [name for name in ours if VERB.match(name) and not hasattr(EClient, name)]
    assert len(verbs) > 50
    assert [name for name in verbs if not re.search(rf"app\.{name}\(", text)] == []


def test_every_public_name_stands_on_a_page() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (VERBS, APPENDIX / "verbs_and_safety.md"))
    made_for_you = {"Contract", "IBError", "Order", "OrderReport", "ScannerSubscription", "TagValue"}
    names = {name for name in ibnb.__all__ if not name.endswith("Error")} - made_for_you
    assert sorted(name for name in names if not re.search(rf"\b{name}\(", text)) == []


def test_requests_and_callbacks_are_told_apart() -> None:
    """B2-24: a request stands left of the arrow and a callback right of it, each by its real name."""
    wrong = []
    for section in SECTIONS:
        for _, _, wire in table(VERBS, section):
            if "→" not in wire or not spoken(wire):
                continue
            requests, callbacks = wire.split("→")
            callbacks, _, after = callbacks.partition(";")
            wrong += [name for name in code_in(requests + after) if name[0].islower() and not _is(EClient, name)]
            wrong += [name for name in code_in(callbacks) if not _is(EWrapper, name)]
    assert set(wrong) <= {"whatIf", "keepUpToDate"}


def _is(cls: type, name: str) -> bool:
    # A commission report has had two names.
    return hasattr(cls, name) or (name == "commissionReport" and hasattr(cls, "commissionAndFeesReport"))


def test_the_first_page_leads_to_every_appendix_and_learners_get_them(tmp_path: Path) -> None:
    text = (APPENDIX.parent / "source" / "index.md").read_text(encoding="utf-8")
    pages = {path.name for path in APPENDIX.glob("*.md")}
    assert set(re.findall(r"\]\(appendix/([a-z_]+\.md)\)", text)) == pages
    copied = commands.copy(tmp_path, folder=APPENDIX.parent)
    assert {path.name for path in copied if path.parent.name == "appendix"} == pages


IB_ASYNC = APPENDIX / "from_ib_async.md"
FAMILIES = re.findall(r"^### .*", IB_ASYNC.read_text(encoding="utf-8"), re.MULTILINE)
CALLS = [row for family in FAMILIES for row in table(IB_ASYNC, family)]


def test_there_are_sixty_calls_of_ib_async_each_once() -> None:
    names = [code_in(theirs)[0] for theirs, _, _ in CALLS]
    assert len(names) == len(set(names)) >= 60


@pytest.mark.foreign
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", [name for theirs, _, mind in CALLS for name in code_in(theirs)])
def test_every_name_of_ib_async_exists_there(name: str) -> None:
    owner, _, part = name.partition(".")
    found = getattr(import_module("ib_async"), owner)
    # Fields and events are made for each object; the class lists their names.
    assert not part or hasattr(found, part) or part in {*found.__annotations__, *getattr(found, "events", ())}


@pytest.mark.parametrize("page", sorted(APPENDIX.glob("*.md")), ids=lambda page: page.name)
def test_every_name_of_ibnb_exists(app: IBApp, page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [name for name in re.findall(r"\bapp\.(\w+)", text) if not hasattr(app, name)] == []
    assert [
        name for name in re.findall(r"\bibnb\.(\w+)", text) if name not in {*ibnb.__all__, "worlds", "gateway"}
    ] == []


def test_the_table_of_releases_is_true_of_the_installed_one() -> None:
    rows = table(APPENDIX / "which_ibapi.md", "## The releases")
    release = [int(part) for part in IBAPI_VERSION.split(".")[:2]]
    known = [row for row in rows if [int(part) for part in row[0].split(".")] <= release]
    assert int(known[-1][1]) == import_module("ibapi.server_versions").MAX_CLIENT_VER
    arguments = list(inspect.signature(EWrapper.error).parameters)[1:]
    # A row says what it adds to the rows above it.
    said = [name for row in known for name in re.findall(r"reqId|error[A-Z]\w+|advanced\w+", row[2])]
    assert sorted(said) == sorted(arguments)
    assert ("errorTime" in said) == (arguments[1] == "errorTime")
    [*_, cancel] = [row[3] for row in known if row[3] != "the same"]
    assert ("OrderCancel" in cancel) == (OrderCancel is not None)


def test_ports_on_the_page_are_those_that_ibnb_knows() -> None:
    rows = {row[0]: row[1:] for row in table(APPENDIX / "paper_tws.md", "## 1. Which program")}
    page = {
        f"{program}-{kind}": int(rows[f"port, {kind}"][place])
        for place, program in enumerate(("tws", "gateway"))
        for kind in ("paper", "live")
    }
    assert page == {name: profile.port for name, profile in PROFILES.items() if name in page}


def test_what_the_gateway_answers_is_told_in_whole_sentences() -> None:
    """Two answers whose first sentence goes on in a second line ended in the middle of it."""
    rows = [row for row in coverage.table().splitlines()[2:] if "not simulated*" not in row]
    assert [row for row in rows if not row.split(" | ")[2].rstrip().endswith(".")] == []
