"""What every test stands on."""

import signal
import sys
from collections.abc import Iterator

import ports
import pytest

ports.watch()
# Tests send themselves interrupts; a shell lets its background jobs ignore them, which they must not inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _limits_end_with_the_test() -> Iterator[None]:
    """Limits and fired guards hold for the process: one test's mustn't meet another's, on a port that is used again."""
    yield
    gate = sys.modules.get("ibnb.core.gate")
    if gate is not None:
        gate.lift()


@pytest.fixture(autouse=True)
def _no_socket_without_need(request: pytest.FixtureRequest) -> Iterator[None]:
    """#14: an app's test has its TWS in its own process; who needs a port is in `ports.NEEDED`, with the reason."""
    ports.opened.clear()
    yield
    assert ports.needed(request.path) or not ports.opened, f"this file isn't among ports.NEEDED: {ports.opened}"
