"""What every test stands on."""

import signal
import sys
from collections.abc import Iterator

import ports
import pytest
from hypothesis import HealthCheck, settings

ports.watch()
# An example takes as long as it takes: by default one of 200 ms on a busy machine is a failure. And the examples are
# the same in each run, so that a red gate is the change's fault; `--hypothesis-profile=search` draws new ones.
settings.register_profile(
    "search", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=False, print_blob=True
)
settings.register_profile("any machine", settings.get_profile("search"), derandomize=True)
settings.load_profile("any machine")
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
