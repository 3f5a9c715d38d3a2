"""Silent streams: what isn't a matter of the way back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from losing import contract, own_words, stream
from small_app import App, tws_and_app
from virtual import on_virtual_time

from ibnb.errors import CallbackWarning


@pytest.fixture
def app() -> Iterator[App]:
    tws, made = tws_and_app()
    on_virtual_time(made)
    made.staleAfter = "2 min"
    yield made
    made.disconnect()
    tws.close()


def test_what_isnt_a_duration_is_refused_where_it_is_set(app: App) -> None:
    """The next app.sleep() raised it, or a thread of its own with nobody to hear it, and nothing was watched again."""
    with stream(app) as slot:
        app.reqMktData(slot.key, contract(), "", False, False, [])
        with pytest.raises(ValueError, match="'soon' isn't a duration"):
            app.staleAfter = "soon"
        app.sleep("10 min")
    assert app.staleAfter == "2 min"
    assert "has had no data for 120 s" in " ".join(own_words(app))


def test_a_question_about_hours_that_fails_is_told_and_asked_again(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("an override of the user's")

    with stream(app) as slot:
        app.reqMktData(slot.key, contract(), "", False, False, [])
        with monkeypatch.context() as patch:
            patch.setattr(app, "reqContractDetails", fail)
            app.sleep(121)
        with pytest.warns(CallbackWarning, match="an override of the user's in ibnb, callback staleAfter"):
            app.sleep("2 min")
    assert "has had no data for 180 s" in " ".join(own_words(app))
