"""Bulletins: today's earlier ones on demand, later ones when they come."""

from __future__ import annotations

from ibnb.gateway import messages as m

from ..asking import Asker


def test_later_bulletins_come_when_they_are_due_and_earlier_ones_on_demand() -> None:
    asker = Asker()
    assert [] == asker.ask(m.ReqNewsBulletins(allMsgs=False))
    [gone, back] = asker.wait(3600)
    assert (2, "EDGX", 3, "EDGX") == (gone.msgType, gone.originExch, back.msgType, back.originExch)
    assert [1, 2, 3] == [bulletin.msgId for bulletin in asker.ask(m.ReqNewsBulletins(allMsgs=True))]


def test_a_cancel_leaves_nothing_behind() -> None:
    asker = Asker()
    asker.ask(m.ReqNewsBulletins(allMsgs=True))
    assert [] == asker.ask(m.CancelNewsBulletins())
    assert 0 == len(asker.world.clock)
    assert [] == asker.wait(3600)


def test_yesterdays_bulletins_arent_told_again() -> None:
    asker = Asker()
    asker.wait(86400)
    assert [] == asker.ask(m.ReqNewsBulletins(allMsgs=True))
