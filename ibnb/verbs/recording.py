"""Take a session home: what passes the wire, in a file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ibnb.core.session import Session
from ibnb.errors import NotConnectedError
from ibnb.wire.recording import Recorder, crossed_out, pseudonyms


class RecordingVerbs(Session):
    """The verb that records."""

    def record(self, path: str | os.PathLike[str], hide: Iterable[str] = (), accounts: bool = False) -> Recorder:
        """Write what passes the wire from now on into a file; returns a Recorder, whose `close()` ends it.

        It ends with the session, too. `ibnb.connect(replay=path)` plays it, to a program that asks the same questions
        in the same order (with `matchOn="request"` in any order), so call this right after connect(). The file is
        gzipped JSON, a line for each message (ibnb.wire.recording says how), and readable without ibnb.

        Account codes are written as other ones of the same length; `accounts=True` keeps them. `hide`: further texts
        that are crossed out, such as names, order references and ids; a number becomes another one of as many digits.
        Numbers in protobuf messages can't be hidden.
        Raises NotConnectedError, OSError.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     recorder = app.record(f"{folder}/session.jsonl.gz")
        ...     _ = app.getPositions()
        ...     recorder.close()
        ...     recorder.count > 10
        True
        """
        core = self._ibnb
        lifecycle = core.lifecycle
        if isinstance(hide, str):
            raise ValueError(f"hide is a list of texts, such as [{hide!r}]")
        if not lifecycle.usable():
            raise NotConnectedError("record: there is no session to record; connect first.")
        core.fence.wait()
        codes = lifecycle.accounts
        names = {} if accounts else pseudonyms(codes)
        head = {
            "version": lifecycle.version,
            "connectionTime": str(self.connTime),
            "begun": core.now(),
            "accounts": [names.get(code, code) for code in codes],
            "clientId": lifecycle.client_id,
            "nextOrderId": core.ids.next,
            "lastRequestId": core.ids.last_request,
        }
        recorder = Recorder(Path(path), head, core.now, names | crossed_out(hide))
        core.record(recorder)
        return recorder
