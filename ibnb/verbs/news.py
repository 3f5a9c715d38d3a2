"""The news family: who delivers, headlines of a contract, an article, and IB's own bulletins."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pandas as pd

from ibnb import tables
from ibnb.core.dispatch import on
from ibnb.core.listener import Listener
from ibnb.ib.fields import ContractLike
from ibnb.ib.instruments import as_contract
from ibnb.verbs.contracts import ContractVerbs

_MOST_RESULTS = 300
_PDF = 1
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?")
# Some providers put what they know about the article before its headline: {A:800015:L:en:K:0.95:C:0.95}.
_METADATA = re.compile(r"\{([^{}]*)\}!?\s*")


class NewsArticle(NamedTuple):
    """An article: `text` (plain or HTML) or, where the provider sends a file, `pdf` (bytes)."""

    text: str
    pdf: bytes = b""


class NewsCallbacks(Listener):
    @on("newsProviders")
    def got_news_providers(self, newsProviders: Any) -> None:
        self._pending.answer("newsProviders", [(each.code, each.name) for each in newsProviders])

    @on("historicalNews")
    def got_news(self, requestId: int, time: str, providerCode: str, articleId: str, headline: str) -> None:
        self._pending.add(requestId, (time, providerCode, articleId, headline))

    @on("historicalNewsEnd")
    def got_news_end(self, requestId: int, hasMore: bool) -> None:
        self._pending.answer(requestId, bool(hasMore))

    @on("newsArticle")
    def got_news_article(self, requestId: int, articleType: int, articleText: str) -> None:
        self._pending.answer(requestId, (articleType, articleText))

    @on("updateNewsBulletin")
    def got_bulletin(self, msgId: int, msgType: int, newsMessage: str, originExch: str) -> None:
        self._pending.add("newsBulletins", (msgId, msgType, newsMessage, originExch))


class NewsVerbs(ContractVerbs, listener=NewsCallbacks):
    def getNewsProviders(self, timeout: float | None = None) -> pd.DataFrame:
        """Return the news providers that the account has: index `code`, column `name`. None gives an empty frame.

        >>> app.getNewsProviders().index.tolist()[:1]
        ['BRFG']
        """
        (rows,) = self._ibnb.ask("getNewsProviders", "reqNewsProviders", timeout=timeout)
        return tables.frame("newsProviders", rows)

    def getNews(
        self,
        contract: ContractLike | str,
        providerCodes: str | Iterable[str] | None = None,
        start: Any = "",
        end: Any = "",
        totalResults: int = 100,
        timeout: float | None = None,
    ) -> pd.DataFrame:
        """Return headlines about a contract, the newest first.

        Index `time` (UTC); columns providerCode, articleId, headline, and `metadata`, what some providers put before
        the headline. `providerCodes` None asks all that getNewsProviders lists; `start` and `end` are datetimes with a
        zone or text "yyyy-mm-dd hh:mm:ss" in UTC, "" for no limit; `totalResults` is 300 at most, and
        `.attrs["hasMore"]` says whether there are more. A contract without conId is looked up first.
        Raises ValueError, RequestError (321 unknown provider, 10276 not allowed), ContractNotFoundError.

        >>> news = app.getNews(app.createContract("AAPL"), totalResults=5)
        >>> news.columns.tolist()
        ['providerCode', 'articleId', 'headline', 'metadata']
        """
        contract = as_contract(contract, "getNews")
        if not 1 <= totalResults <= _MOST_RESULTS:
            raise ValueError(f"totalResults {totalResults} is not legal: from 1 to {_MOST_RESULTS}.")
        span = (_moment("start", start), _moment("end", end))
        if providerCodes is None:
            codes = self.getNewsProviders(timeout).index.tolist()
        else:
            codes = providerCodes.split("+") if isinstance(providerCodes, str) else list(providerCodes)
        if not codes:
            raise ValueError("there are no news providers: name one in providerCodes, or subscribe to one.")
        conId = contract.conId or self.resolve(contract, timeout).conId
        asked: tuple[Any, ...] = (conId, "+".join(codes), *span, totalResults, [])
        *rows, hasMore = self._ibnb.ask("getNews", "reqHistoricalNews", *asked, timeout=timeout)
        found = tables.frame("news", [_row(*row) for row in rows], "UTC")
        found.attrs["hasMore"] = hasMore
        return found

    def getNewsArticle(self, providerCode: str, articleId: str, timeout: float | None = None) -> NewsArticle:
        """Return an article that getNews has listed: `.text`, or `.pdf` as bytes where the provider sends a file.

        Raises RequestError (10172: there is none, or the account may not read it).

        >>> headline = app.getNews(app.createContract("AAPL"), totalResults=1).iloc[0]
        >>> len(app.getNewsArticle(headline["providerCode"], headline["articleId"]).text) > 0
        True
        """
        ((articleType, text),) = self._ibnb.ask(
            "getNewsArticle", "reqNewsArticle", providerCode, articleId, [], timeout=timeout
        )
        return NewsArticle("", base64.b64decode(text)) if articleType == _PDF else NewsArticle(text)

    def getNewsBulletins(self, wait: float = 1.0) -> pd.DataFrame:
        """Return IB's bulletins of today: index `msgId`; msgType, message, exchange.

        `msgType`: 1 a regular one, 2 an exchange is no longer available, 3 it is available again. TWS doesn't say when
        it has sent them all, so this takes what comes within `wait` seconds. None gives an empty frame.

        >>> app.getNewsBulletins().columns.tolist()
        ['msgType', 'message', 'exchange']
        """
        with self._ibnb.request(
            "getNewsBulletins", reqId="newsBulletins", cancel=self.cancelNewsBulletins, kind="news"
        ) as slot:
            self.reqNewsBulletins(True)
            # Bulletins have no end marker: listen for a while, on the session's clock.
            self._ibnb.clock.sleep(wait)  # virtual on the embedded gateway
            if slot.error is not None:
                raise slot.error
            self.cancelNewsBulletins()
        return tables.frame("bulletins", list({row[0]: row for row in slot.rows}.values()))


def _row(time: str, providerCode: str, articleId: str, headline: str) -> tuple[str, ...]:
    match = _METADATA.match(headline)
    if match is None:
        return time, providerCode, articleId, headline, ""
    return time, providerCode, articleId, headline[match.end() :], match[1]


def _moment(name: str, value: Any) -> str:
    """A time as reqHistoricalNews takes it; "" for none."""
    if value is None or value == "":
        return ""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{name} {value} has no time zone; give it one, for instance ZoneInfo('US/Eastern').")
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return value
    raise ValueError(f"{name} {value!r} is not legal: a datetime with a zone, or 'yyyy-mm-dd hh:mm:ss' in UTC.")
