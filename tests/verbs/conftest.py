from __future__ import annotations

import pytest
from scripted import ScriptedTWS


@pytest.fixture
def tws() -> ScriptedTWS:
    return ScriptedTWS()
