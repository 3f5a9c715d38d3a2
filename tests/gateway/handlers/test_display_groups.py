"""Display groups: one state for all clients."""

from __future__ import annotations

import pytest

from ibnb.gateway import messages as m

from .asking import Asker, error


def follow(asker: Asker, reqId: int, groupId: int) -> list[object]:
    return asker.ask(m.SubscribeToGroupEvents(reqId=reqId, groupId=groupId))


def test_the_groups_are_listed() -> None:
    assert [m.DisplayGroupList(reqId=2, groups="4|1|2|5|3|6|7")] == Asker().ask(m.QueryDisplayGroups(reqId=2))


def test_every_follower_of_a_group_hears_of_a_change_and_nobody_else() -> None:
    one = Asker()
    two, three = Asker(clientId=2, world=one.world), Asker(clientId=3, world=one.world)
    assert [m.DisplayGroupUpdated(reqId=5, contractInfo="none")] == follow(one, 5, 1)
    follow(two, 6, 1)
    follow(three, 7, 2)
    news = m.UpdateDisplayGroup(reqId=5, contractInfo="265598@SMART")
    assert [m.DisplayGroupUpdated(reqId=5, contractInfo="265598@SMART")] == one.ask(news)
    assert m.DisplayGroupUpdated(reqId=6, contractInfo="265598@SMART") == two.said[-1]
    assert 1 == len(three.said)
    assert [] == one.ask(news)
    assert [m.DisplayGroupUpdated(reqId=8, contractInfo="265598@SMART")] == follow(three, 8, 1)
    two.ask(m.UnsubscribeFromGroupEvents(reqId=6))
    one.ask(m.UpdateDisplayGroup(reqId=5, contractInfo="none"))
    assert 2 == len(two.said)


@pytest.mark.parametrize(
    ("info", "code"), [("", 321), ("combo", 321), ("AAPL", 321), ("1@SMART", 200), ("265598@NOWHERE", 200)]
)
def test_a_group_shows_only_what_there_is(info: str, code: int) -> None:
    asker = Asker()
    follow(asker, 5, 1)
    assert code == error(asker.ask(m.UpdateDisplayGroup(reqId=5, contractInfo=info)))[0]


def test_a_group_that_isnt_followed_or_isnt_there_is_refused() -> None:
    asker = Asker()
    assert 321 == error(follow(asker, 5, 9))[0]
    assert 321 == error(asker.ask(m.UpdateDisplayGroup(reqId=5, contractInfo="none")))[0]
    follow(asker, 5, 1)
    assert 322 == error(follow(asker, 5, 2))[0]
