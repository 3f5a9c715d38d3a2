"""A running gateway and the libraries that connect to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from ibnb.gateway import Gateway

LIMIT = 50  # real seconds in which an answer comes on any machine


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    """Its clock stands still but in `waited`: whatever else a test looks at doesn't move meanwhile."""
    with Gateway("lesson") as gateway:
        yield gateway


@pytest.fixture(scope="module", params=["ib_async", "ib_insync"])
def library(request: pytest.FixtureRequest) -> ModuleType:
    module: ModuleType = pytest.importorskip(request.param)
    return module


@pytest.fixture
def ib(library: ModuleType, gateway: Gateway) -> Iterator[Any]:
    ib = library.IB()
    ib.RequestTimeout = LIMIT
    ib.RaiseRequestErrors = True
    ib.connect("127.0.0.1", gateway.port, clientId=17, timeout=LIMIT)
    yield ib
    ib.disconnect()


@pytest.fixture
def aapl(library: ModuleType, ib: Any) -> Any:
    [contract] = ib.qualifyContracts(library.Stock("AAPL", "SMART", "USD"))
    return contract


@pytest.fixture
def waited(ib: Any, gateway: Gateway) -> Callable[..., bool]:
    """Let the gateway's time run until something holds, as far as the library has heard by then; False if it doesn't
    within so many seconds of it."""

    def wait(holds: Callable[[], Any], seconds: int = 600) -> bool:
        for _ in range(seconds):
            ib.reqCurrentTime()  # whatever was said before has been heard
            if holds():
                return True
            gateway.advance(1)
        return False

    return wait
