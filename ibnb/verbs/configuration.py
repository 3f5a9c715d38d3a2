"""The configuration family: TWS's own settings, as its window Global Configuration shows them, read and changed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

import pandas as pd

from ibnb import tables
from ibnb.core.dispatch import on
from ibnb.core.listener import Listener
from ibnb.core.session import Session
from ibnb.errors import IBError
from ibnb.ib import api
from ibnb.ib.versions import CONFIG, UPDATE_CONFIG, check_version

_REQUEST = "reqId"


class ConfigurationCallbacks(Listener):
    """What TWS answers, recorded: these answers have no other form than protobuf."""

    @on("configResponseProtoBuf")
    def got_config(self, response: Any) -> None:
        self._pending.answer(response.reqId, response)

    @on("updateConfigResponseProtoBuf")
    def got_update(self, response: Any) -> None:
        self._pending.answer(response.reqId, response)


class ConfigurationVerbs(Session, listener=ConfigurationCallbacks):
    def getConfig(self, timeout: float | None = None) -> pd.DataFrame:
        """Return TWS's own settings: index `setting` (IB's path of names), column `value` (bool, number or text).

        "api.settings.readOnlyApi" is the box Read-Only API, "api.precautions.bypassOrderPrecautions" the one that lets
        orders pass without precautions; the messages that TWS may show stand under their number. What TWS doesn't tell
        has no row. Raises IBError below server version 219 or with an older ibapi, RequestError, RequestTimeoutError.

        >>> bool(app.getConfig().loc["api.settings.readOnlyApi", "value"])
        False
        """
        check_version("getConfig", CONFIG, self.serverVersion() or 0)
        with self._ibnb.request("getConfig", timeout=timeout, kind="request") as slot:
            self.reqConfigProtoBuf(api.protobuf_class("ConfigRequest")(reqId=slot.key))
            slot.wait()
        return tables.frame("config", list(_leaves(slot.rows[0])))

    def updateConfig(self, acceptWarnings: bool = False, timeout: float | None = None, **settings: Any) -> list[str]:
        """Change settings of TWS, by IB's own names, and return the paths of those that have changed.

        The names are the last words of getConfig's index (readOnlyApi, bypassOrderPrecautions, socketPort …), and
        resetAPIOrderSequence=True, which lets order ids begin again. It is TWS that is changed, for every program and
        for good, not this session. Where TWS asks back, nothing is changed and its question is raised, until
        `acceptWarnings=True`. Raises ValueError for a name or a value that isn't one, SafetyError in a read-only
        session, IBError with what TWS didn't do, and below server version 221 or with an older ibapi, RequestError,
        RequestTimeoutError.

        >>> app.updateConfig(readOnlyApi=True)
        ['api.settings.readOnlyApi']
        >>> app.updateConfig(readOnlyApi=False)
        ['api.settings.readOnlyApi']
        """
        check_version("updateConfig", UPDATE_CONFIG, self.serverVersion() or 0)
        if not settings:
            raise ValueError("updateConfig: say what to change, for instance updateConfig(readOnlyApi=False).")
        self._ibnb.gate.refuse_readonly("updateConfig")
        request = api.protobuf_class("UpdateConfigRequest")()
        for name, value in settings.items():
            _set(request, name, value)
        answer = _update(self, request, timeout)
        if answer.warnings and acceptWarnings:
            request.acceptedWarnings.extend(answer.warnings)
            answer = _update(self, request, timeout)
        problems = [*answer.errors, *(each.message or each.title for each in answer.warnings)]
        if problems and not answer.changedFields:
            ask = " acceptWarnings=True accepts them." if answer.warnings and not answer.errors else ""
            said = f"{answer.message} " if answer.message else ""
            raise IBError(f"updateConfig: TWS changed nothing ({answer.status}): {said}{'; '.join(problems)}.{ask}")
        return list(answer.changedFields)


def _update(app: ConfigurationVerbs, request: Any, timeout: float | None) -> Any:
    with app._ibnb.request("updateConfig", timeout=timeout, kind="request") as slot:
        request.reqId = slot.key
        app.updateConfigProtoBuf(request)
        slot.wait()
    return slot.rows[0]


def _leaves(message: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of each setting in a message; of several messages by their number, without it."""
    for field, value in message.ListFields():
        name = f"{path}{field.name}"
        if name == _REQUEST:
            continue
        if field.message_type is None:
            yield name, list(value) if _many(value) else value
        elif _many(value):
            for each in value:
                yield from (row for row in _leaves(each, f"{name}.{each.id}.") if not row[0].endswith(".id"))
        else:
            yield from _leaves(value, f"{name}.")


def _many(value: Any) -> bool:
    """Is this what a repeated field holds?"""
    return hasattr(value, "extend")


def _places(message: Any) -> Iterator[tuple[str, Any]]:
    """(name, the message around it) of each setting that can be changed. To look at one doesn't set it."""
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if field.message_type is None:
            if field.name != _REQUEST:
                yield field.name, message
        elif not _many(value):
            yield from _places(value)


def _set(request: Any, name: str, value: Any) -> None:
    places = dict(_places(request))
    if name not in places:
        near = difflib.get_close_matches(name, places, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"updateConfig: TWS has no setting {name!r}.{hint} getConfig() lists them.")
    message = places[name]
    try:
        if _many(getattr(message, name)):
            getattr(message, name).extend(value)
        else:
            setattr(message, name, value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"updateConfig: {name}={value!r} is not legal: {error}") from None
