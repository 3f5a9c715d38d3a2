# %% [raw]
# title = "Live quotes: one, then ten at once"
# teach = 35
# practise = 30
# needs = "lessons 02 and 04"
# uses = ["getQuote", "getQuotes", "streamQuotes", "QuoteBoard", "reqMarketDataType", "tickPrice", "cancelMktData"]
# objectives = [
#   "say which of a quote's prices answers which question, and what the spread costs",
#   "read tick types, and know a price from what only looks like one",
#   "tell live, frozen and delayed data apart, and ask for what you are allowed to see",
#   "watch ten instruments with one structure, and give every line back",
# ]
# covers = ["S0-26", "S0-27", "S0-32", "S0-33", "S0-50", "S1-20", "S2-34", "S4-11"]
# defects = ["B0-08", "B1-15", "B2-24"]

# %% [markdown]
# ## Nora's question
#
# Nora knows how her shares have done over three months. But bars end, and the market doesn't. At ten in the morning her
# screen shows a number beside AAPL, and the number jumps about.
#
# **What is it worth *this second*, and is that number a price at all?**

# %%
import math
from dataclasses import replace

import ibnb
import matplotlib.pyplot as plt
import pandas as pd
from ibnb.course import check
from ibnb.gateway import LESSON

app = ibnb.connect()

# %% [markdown]
# ## 1 · Three prices at the same moment
#
# *Before you run the next cell: how many prices of one share do you expect at one moment?*

# %%
quote = app.getQuote("AAPL")
quote

# %% [markdown]
# Seven of these numbers are prices, and three matter now:
#
# * **bid**: the most that somebody offers to pay at this moment. If you sell at once, you get this.
# * **ask**: the least for which somebody offers to sell. If you buy at once, you pay this.
# * **last**: the price of the latest trade, whenever that was.
#
# `bidSize` and `askSize` say for how many shares. `close` is **yesterday's** closing price; `open`, `high`, `low` and
# `volume` are today's. `data_type` says what kind of data this is; we come to that.
#
# The difference of ask and bid is the **spread**. Whoever buys and sells at once loses it. To compare a share at 20 dollars
# with one at 2,000, state it in **basis points** (hundredths of one percent) of the **midpoint**, the middle of bid and ask.
#
# ### Exercise 1 · What the spread costs
#
# Write `spread_bps(bid, ask)`: the spread in basis points of the midpoint. Without two usable prices there is no spread:
# return `math.nan` when one of them is NaN, or not above 0, or when the bid is above the ask.


# %%
### BEGIN SOLUTION
def spread_bps(bid, ask):
    if not 0 < bid <= ask:
        return math.nan
    return (ask - bid) / ((ask + bid) / 2) * 10_000


### END SOLUTION

# %%
check("08.1", spread_bps)

# %% [markdown]
# One look is a photograph. For a film you subscribe: TWS sends what has changed, a few times a second, until you cancel.
# `streamQuotes` opens such a subscription at the beginning of a `with` block and cancels it at its end, whatever happens in
# between. `stream.waiting()` gives the list of the changes that have come since it was last asked. Each has a `symbol`, a
# `field` (such as `"bid"`), its new `value`, and when it came: `time` is the time of day, `moment` the same in seconds.
#
# On the simulated gateway `app.sleep` takes no time. On a paper TWS the next cell waits a real minute.

# %%
with app.streamQuotes("AAPL") as stream:
    app.sleep("60 s")
    ticks = stream.waiting()
print(f"{len(ticks)} changes in a minute, such as")
print(*[f"{tick.time:%H:%M:%S}  {tick.field:8} {tick.value:,.2f}" for tick in ticks[20:26]], sep="\n")

# %% alt="Line chart of AAPL over one minute: the ask as a line above, the bid as a line a cent or two below it, and the trades as dots that lie on one of the two lines."
changes = pd.DataFrame([(tick.moment, tick.field, tick.value) for tick in ticks], columns=["moment", "field", "value"])
changes["second"] = changes["moment"] - changes["moment"].min()
figure, axes = plt.subplots(figsize=(8, 3.2), layout="constrained")
for field, colour in (("ask", "#d55e00"), ("bid", "#0072b2")):
    line = changes[changes["field"] == field]
    axes.step(line["second"], line["value"], where="post", color=colour, label=field)
trades = changes[changes["field"] == "last"]
axes.plot(trades["second"], trades["value"], "o", color="black", markersize=3, label="last")
axes.set_xlabel("seconds")
axes.set_ylabel("USD")
axes.legend(loc="best")
plt.show()

# %% [markdown]
# Look at the dots. The last price hops between the two lines although nobody has changed his mind: one trade was a buyer's,
# the next a seller's. That hopping is no news about the company. The midpoint moves as the market does, and it doesn't hop.
#
# ### Exercise 2 · Which price?
#
# A quiet fund shows bid 100.00 and ask 100.10. Its last trade was at 99.60, forty minutes ago. Nora wants to say what her
# position is worth **now**. Which price fits best?
#
# * **a** the last price: it is the only one that was really paid
# * **b** the midpoint of bid and ask
# * **c** the ask, since that is what the share costs
# * **d** the close, since it is official

# %%
### BEGIN SOLUTION
answer = "b"
### END SOLUTION

# %%
check("08.2", answer)

# %% [markdown]
# ## 2 · How a quote arrives: tick types
#
# TWS doesn't send quotes. It sends **ticks**: one number at a time, each with a number that says what it is, the **tick
# type**. The quote above was put together from about twenty messages. To see them raw, let a callback of your own write
# them down, as in lesson 02. The callback only records; it neither prints nor decides.

# %%
NAMES = {1: "BID", 2: "ASK", 4: "LAST", 6: "HIGH", 7: "LOW", 9: "CLOSE", 14: "OPEN"}


class Recorder(ibnb.IBApp):
    def __init__(self):
        super().__init__()
        self.prices = []

    def tickPrice(self, reqId, tickType, price, attrib):
        self.prices.append((reqId, NAMES.get(tickType, str(tickType)), price))


recorder = ibnb.connect(app_class=Recorder, clientId=2)
recorder.reqMktData(7, recorder.createContract("AAPL"), "", False, False, [])
recorder.sleep("2 s")
recorder.cancelMktData(7)
pd.DataFrame(recorder.prices, columns=["reqId", "tick type", "price"])

# %% [markdown]
# First comes everything that is known, then only what changes. A real TWS sums changes up and sends those of a US share at
# most four times a second; the simulated gateway does so once a second. The `7` is the number that *we* chose for the request. It is
# the only thing in a tick that says which instrument it belongs to: no symbol is in it.
#
# | what | callback | live types | delayed types |
# |:---|:---|:---|:---|
# | bid, ask, last | `tickPrice` | 1, 2, 4 | 66, 67, 68 |
# | their sizes | `tickSize` | 0, 3, 5 | 69, 70, 71 |
# | high, low, close, open | `tickPrice` | 6, 7, 9, 14 | 72, 73, 75, 76 |
# | volume | `tickSize` | 8 | 74 |
# | time of the last trade | `tickString` | 45 | 88 |
# | is trading halted? | `tickGeneric` | 49 | – |
# | price step, exchanges | `tickReqParams` | once, at the beginning | |
# | live, frozen or delayed? | `marketDataType` | at the beginning, and when it changes | |
#
# `tickSize`, `tickString` and `tickGeneric` have the same shape as `tickPrice`: request id, type, value. What you learn for
# one of them holds for all.
#
# A published strategy has a comment at this place: *assume LAST*. It doesn't look at the tick type and compares each price
# with the one before. So it compares a trade with an ask, the ask with yesterday's close, and calls the difference a move.
#
# ## 3 · Prices that are none
#
# What does TWS send when there is no price? Let us visit a Saturday. The simulated gateway opens another world for this; on a
# paper TWS the cell shows whatever day it is.

# %%
saturday = ibnb.connect(app_class=Recorder, clientId=3, start="2025-06-14 12:00")
saturday.reqMktData(8, saturday.createContract("AAPL"), "", False, False, [])
saturday.sleep("2 s")
saturday.cancelMktData(8)
pd.DataFrame(saturday.prices, columns=["reqId", "tick type", "price"])

# %% [markdown]
# The bid is **−1**: nobody bids. It isn't a price of minus one dollar. Elsewhere a missing price is **0**. The last price is
# there, and it is from Friday evening. (In a market that quotes in pence, −1 may come as −100.)
#
# `getQuote` turns these signs into **NaN**, "not a number". NaN has a virtue: whatever you compute with it becomes NaN, too,
# so nonsense stays visible. And it has a trap: every comparison with it is false, `NaN == NaN` included. Ask with
# `math.isnan` or `pd.isna`.

# %%
closed = saturday.getQuote("AAPL")
middle = (closed["bid"] + closed["ask"]) / 2
print(closed["bid"], middle, middle > 0, middle <= 0)

# %% [markdown]
# ### Exercise 3 · Repair: assume nothing
#
# Write `quote_of(ticks)`. It gets a list of raw ticks `(tick type, price)`, types as numbers, and returns a dictionary with
# the latest usable `"bid"`, `"ask"` and `"last"`. Live and delayed types both count. A price that isn't above 0 *takes the
# place* of an older one: from then on there is no price, so the value is `math.nan`. The check feeds it what a real TWS sent
# for a quiet stock in a closed market.
#
# <details><summary>Hint</summary>
# A dictionary from type to name, <code>{1: "bid", 66: "bid", …}</code>, replaces a chain of <code>if</code>.
# Start with three NaNs.
# </details>

# %%
captured = [(4, 205.04), (1, -1.0), (2, -1.0), (14, 0.0), (9, 203.92), (1, -1.0), (2, -1.0), (4, 205.04)]

# %%
### BEGIN SOLUTION
FIELDS = {1: "bid", 2: "ask", 4: "last", 66: "bid", 67: "ask", 68: "last"}


def quote_of(ticks):
    found = dict.fromkeys(("bid", "ask", "last"), math.nan)
    for kind, price in ticks:
        if kind in FIELDS:
            found[FIELDS[kind]] = price if price > 0 else math.nan
    return found


### END SOLUTION

# %%
check("08.3", quote_of)

# %% [markdown]
# ## 4 · Live, frozen, delayed
#
# Market data cost money, and the exchanges decide who may see them. A session asks for one of four kinds, by a number, and
# TWS answers with what it may show:
#
# | number | kind | what you see |
# |---:|:---|:---|
# | 1 | live | now; this is the default, and needs a subscription with the exchange |
# | 2 | frozen | the quote as it stood when the market closed |
# | 3 | delayed | usually ten to twenty minutes old, for many exchanges free of charge |
# | 4 | delayed-frozen | the same, after the close |
#
# ```mermaid
# flowchart LR
#     accTitle: What TWS answers to a request for market data
#     accDescr: With a subscription live ticks come. Without one, a session in live mode is refused with code 10089 or 354. A session in delayed mode gets the warning 10167 and delayed ticks, or is refused with 10168 where there are no delayed data.
#     R["reqMktData"] --> S{"subscribed?"}
#     S -->|yes| L["live ticks"]
#     S -->|no| M{"which kind was<br/>asked for?"}
#     M -->|"1 live"| F["10089 or 354:<br/>refused, no ticks"]
#     M -->|"3 delayed"| D{"are there<br/>delayed data?"}
#     D -->|yes| W["10167, a warning,<br/>then delayed ticks"]
#     D -->|no| N["10168: refused"]
# ```
#
# The next session is that of somebody who pays for no data of AAPL. (On a paper TWS you see your own permissions.)

# %%
no_data = replace(LESSON, name="no subscription", delayed_only=frozenset({"AAPL"}))
guest = ibnb.connect(scenario=no_data, clientId=4)

# %% tags=["raises-exception"]
guest.getQuote("AAPL")

# %%
guest.reqMarketDataType(3)
late = guest.getQuote("AAPL")
print(late["last"], late["data_type"])
guest.notices[["code", "severity", "text"]].tail(2)

# %% [markdown]
# Now the quote comes, from the same TWS for the same request. The switch holds **for the whole session**, for every request
# from then on. There is no answer to `reqMarketDataType`; what you really get is told by each stream.
#
# Code **10167** came with our request's number, and the data came all the same. It is a *warning*. A program that takes every
# message with its own number for a failure throws away a stream that works.
#
# ### Exercise 4 · A message with my number
#
# A program ends a request as soon as an error with its request id arrives. TWS answers with 10167. What happens?
#
# * **a** nothing: notices carry the id −1
# * **b** the program is right, since no data will come
# * **c** it gives up a stream of delayed data that would have worked
# * **d** live data follow, so only the first seconds are lost

# %%
### BEGIN SOLUTION
answer = "c"
### END SOLUTION

# %%
check("08.4", answer)

# %% [markdown]
# ### Exercise 5 · A patient quote
#
# Write `patient_quote(session, symbol)`: the live quote if it may be had, else the delayed one. Afterwards the session must
# ask for live data again, also when the delayed quote fails: others use it, too. A symbol that doesn't exist should raise its
# own error, and not switch anything. The check runs it in a session without subscriptions and reads what the gateway got.
#
# <details><summary>Hint</summary>
# The exception to catch is <code>ibnb.MarketDataError</code>. What must happen in any case stands in <code>finally</code>.
# </details>


# %%
### BEGIN SOLUTION
def patient_quote(session, symbol):
    try:
        return session.getQuote(symbol)
    except ibnb.MarketDataError:
        session.reqMarketDataType(3)
        try:
            return session.getQuote(symbol)
        finally:
            session.reqMarketDataType(1)


### END SOLUTION

# %%
check("08.5", patient_quote, app)

# %% [markdown]
# ## 5 · Ten at once, with one structure
#
# Under a well-known lesson on this API somebody asks: *how do I structure code that streams five or ten tickers at once?* The
# answer fits into two sentences. Give each request its own id, and keep **one record per id**. The callback looks up the record
# and writes; everything else reads.
#
# ```mermaid
# flowchart LR
#     accTitle: Ten streams over one connection
#     accDescr: TWS sends the ticks of ten requests over one socket. One callback finds the record that belongs to the request id and writes into it. The table, the picture and the decision only read the records.
#     T["TWS"] -->|"ticks of ten requests,<br/>one socket"| C["one callback:<br/>id → record"]
#     C --> R1["101 AAPL"]
#     C --> R2["102 NVDA"]
#     C --> R3["… 110 MA"]
#     R1 --> V["table, picture,<br/>decision: they read"]
#     R2 --> V
#     R3 --> V
# ```
#
# No thread is needed for each of them, and no second connection. `streamQuotes` has that structure inside; a list of ten
# symbols is as simple as one. (On a paper TWS the cell takes two and a half minutes.)
#
# *Before you run it: the lesson's market has one share that jumps at two minutes past ten. Will you see it in the numbers?*

# %%
ten = ["AAPL", "NVDA", "MSFT", "TSLA", "AMD", "INTC", "NFLX", "META", "V", "MA"]
with app.streamQuotes(ten) as stream:
    app.sleep("150 s")
    board, ticks = stream.df, stream.waiting()
board[["bid", "ask", "last", "close", "volume", "data_type"]]

# %% alt="Ten small line charts in two rows, one for each symbol, with the last price in percent of the first: nine wander within about half a percent, and TSLA jumps up by nearly six percent at two minutes past ten."
last = pd.DataFrame(
    [(t.moment, t.symbol, t.value) for t in ticks if t.field == "last"], columns=["t", "symbol", "last"]
)
figure, panels = plt.subplots(2, 5, figsize=(8, 3), layout="constrained", sharex=True, sharey=True)
for symbol, axes in zip(ten, panels.flat, strict=True):
    one = last[last["symbol"] == symbol]
    axes.plot(one["t"] - last["t"].min(), one["last"] / one["last"].iloc[0] * 100 - 100, color="#0072b2", linewidth=1)
    axes.axhline(0, color="#8c8c8c", linewidth=0.6)
    axes.set_title(symbol, fontsize=9)
figure.supylabel("change in percent", fontsize=9)
figure.supxlabel("seconds", fontsize=9)
plt.show()

# %% [markdown]
# The table doesn't tell: it holds the newest numbers only, and a jump is a *change*. In the picture one of the ten stands out.
# (On a paper TWS hardly ever. And when you have let more than two minutes pass before, by running other cells twice, the jump
# lies behind you: restart, and run the first code cell and this section.)
#
# Each small chart compares a share with **its own first price**. That is the second half of the answer to the question above.
# The first tick of an instrument can't be compared with anything, so it only fills the record: it is the *seed*. Programs that
# forget this compare the first price with 0, or with the price of another share.
#
# ### Exercise 6 · Since the first price
#
# Write `since_first(ticks)`. It gets a list of `(symbol, field, value)` in the order of arrival, with fields such as `"bid"`,
# `"last"` and `"volume"`. It returns a dictionary from symbol to the change of the **last** price since that symbol's first
# one, as a fraction (0.05 is five percent). NaN and prices not above 0 are no prices. A symbol with one price has the change
# 0.0, a symbol without any is left out.


# %%
### BEGIN SOLUTION
def since_first(ticks):
    first, change = {}, {}
    for symbol, field, value in ticks:
        if field == "last" and value > 0:
            seed = first.setdefault(symbol, value)
            change[symbol] = value / seed - 1
    return change


### END SOLUTION

# %%
check("08.6", since_first)

# %% [markdown]
# For a photograph of several there is `getQuotes`. It takes a list of symbols, asks for all of them at once, and returns a table
# with a row for each. The lines are given back before it returns.
#
# ### Exercise 7 · Five last prices
#
# Get the last prices of IBM, JPM, KO, WMT and SPY into a dictionary `five`, symbol → price. All five should be asked for at
# once. The check looks at what the gateway was asked.

# %%
### BEGIN SOLUTION
five = app.getQuotes(["IBM", "JPM", "KO", "WMT", "SPY"])["last"].to_dict()
### END SOLUTION

# %%
check("08.7", five, app)

# %% [markdown]
# ## 6 · Lines are lent
#
# Each open subscription takes one of your **market data lines**. A plain account has 100, shared by TWS's own windows and all
# your programs. The hundred-and-first gets code 101:

# %%
print(ibnb.explain(101))

# %% [markdown]
# So give back what you don't need. The original of the strategy above opens five streams and never cancels one. A `with` block
# can't forget; with raw requests, `cancelMktData` belongs into `finally`. After a disconnect the simulated gateway
# closes the lines itself.
#
# ### Exercise 8 · Watch, and leave no line open
#
# Write `watch(session, symbols, seconds)`. It streams all the symbols for so many seconds and returns a dictionary from symbol
# to the **number of trades seen**: ticks of the field `"last"` with a price. When it returns, no line may be open. The check
# calls it for ten symbols, once with a symbol that doesn't exist among them: the others are watched all the same, and that one
# has 0 trades.
#
# <details><summary>Hint</summary>
# <code>collections.Counter</code> counts; <code>{symbol: counts[symbol] for symbol in symbols}</code> has all the symbols.
# A stream keeps what TWS refused in <code>stream.failures</code>, and doesn't raise for it as long as others live.
# </details>


# %%
### BEGIN SOLUTION
def watch(session, symbols, seconds):
    counts = dict.fromkeys(symbols, 0)
    with session.streamQuotes(symbols) as stream:
        session.sleep(seconds)
        for tick in stream.waiting():
            if tick.field == "last" and tick.value > 0:
                counts[tick.symbol] += 1
    return counts


### END SOLUTION

# %%
check("08.8", watch, app)

# %% [markdown]
# One danger is left, and it is silent. A stream that has stopped shows its last numbers for ever, and they look as good as
# fresh ones. So a board of quotes should show the **age** of each: how long ago did its last tick come? A quiet fund may
# be silent for minutes with good reason. A share such as AAPL hardly ever is, in regular hours. How long were the
# pauses between trades in the last two minutes? (On a paper TWS the cell takes two minutes.)

# %%
fund = app.createContract("CSH2", "STK", "LSE", "GBP")
with app.streamQuotes([fund, "AAPL"]) as stream:
    app.sleep("120 s")
    ticks = stream.waiting()
trades = pd.DataFrame(
    [(tick.symbol, tick.moment) for tick in ticks if tick.field == "last"], columns=["symbol", "moment"]
)
pauses = trades.groupby("symbol")["moment"].agg(trades="count", longest=lambda moments: moments.diff().max())
pauses

# %% [markdown]
# The same silence of half a minute is an alarm for the share, and means nothing for the fund.
#
# A board that people look at should say by itself who is silent. This one shades a row and names it *stale* when nothing has come for as
# long as you think right. It holds a line for each row until you close it.
#
# To see it at work, the simulated gateway stages an accident: the *data farm* for US prices, one of IB's computers, fails for
# half a minute. (On a paper TWS nothing fails, and the cell only takes half a minute.)

# %%
panel = ibnb.QuoteBoard(app, ["AAPL", "NVDA", fund], staleAfter=15)
if app.gateway is not None:
    app.gateway.faults.farm("usfarm", ok=False)
app.sleep("30 s")
panel.refresh()
panel

# %% [markdown]
# The numbers of the two US shares look as they always do. Only the word *stale* tells that they are half a minute old. The fund
# in London comes from another farm and lives on. TWS tells of it in its own way, too, with notices:

# %%
if app.gateway is not None:
    app.gateway.faults.farm("usfarm", ok=True)
panel.close()
app.notices[["code", "severity", "text"]].tail(3)

# %% [markdown]
# For programs that run while nobody looks, `app.streams` tells the age of every stream that is open.
#
# ### Exercise 9 · Who has fallen silent?
#
# Write `silent(ticks, now, seconds)`. It gets a list of `(moment, symbol)`, moments in seconds and in any order, and the present
# moment. It returns the sorted list of symbols whose **newest** tick is older than `seconds`.


# %%
### BEGIN SOLUTION
def silent(ticks, now, seconds):
    newest = {}
    for moment, symbol in ticks:
        newest[symbol] = max(moment, newest.get(symbol, moment))
    return sorted(symbol for symbol, moment in newest.items() if now - moment > seconds)


### END SOLUTION

# %%
check("08.9", silent)

# %% [markdown]
# ## One page to keep
#
# What you ask, and what comes back. The two columns are different things: the left one you call, the right one TWS calls.
#
# | task | you call (request) | TWS calls (callbacks) | verb of `ibnb` |
# |:---|:---|:---|:---|
# | connect | `connect`, `run` | `nextValidId`, `managedAccounts` | `connect` |
# | account values | `reqAccountSummary` | `accountSummary`, `accountSummaryEnd` | `getAccountSummary` |
# | positions | `reqPositions` | `position`, `positionEnd` | `getPositions` |
# | instruments | `reqContractDetails` | `contractDetails`, `contractDetailsEnd` | `getContractDetails`, `resolve` |
# | history | `reqHistoricalData` | `historicalData`, `historicalDataEnd` | `getData` |
# | quotes | `reqMktData`, `cancelMktData` | `tickPrice`, `tickSize`, `tickString`, `tickGeneric` | `getQuote`, `streamQuotes` |
# | place, change | `placeOrder` | `openOrder`, `orderStatus`, `execDetails` | `placeOrderNow`, `modifyOrder` |
# | cancel | `cancelOrder` | `orderStatus`, `error` 202 | `cancelOrderById` |
#
# A slide deck that many people use puts requests and callbacks into one column called "callback method". If you ever look for a
# callback and can't find it, check that it isn't a request.

# %% [markdown]
# ## In short
#
# * A quote is three prices: what you get (bid), what you pay (ask), what somebody paid (last). The midpoint is the calmest.
# * Ticks come one at a time, with a type and with *your* request id. Never assume the type.
# * −1 and 0 say "no price". NaN keeps nonsense visible.
# * Live, frozen, delayed: `data_type` tells. 10167 is a warning; 354, 10089 and 10168 are refusals.
# * One record per request id is all the structure that ten streams need. The first tick is the seed.
# * Give lines back, and look at the age of what you see.
#
# Nora's answer: this second it is worth the midpoint, and the number is a price if its type says so, if it is above zero and
# if it is young. Next she wants to be told when a price leaves its range, without looking.
#
# ### Questions to ask yourself
#
# 1. Why does the last price jump up and down although bid and ask stand still?
# 2. What is wrong with `if price != previous:` as a test for news, when NaN is possible?
# 3. Two programs of yours stream the same ten shares. How many lines do they take, and who can use up the other's?
# 4. Your delayed quotes are fine, and a colleague's program on the same TWS still gets 354. Why?

# %% [markdown] tags=["solution"]
# <details><summary>Answers</summary>
#
# 1. Buyers pay the ask and sellers get the bid. Trades of both kinds alternate, and the last price hops with them.
# 2. NaN differs from everything, itself included, so each NaN looks like news. Ask `math.isnan` first.
# 3. At TWS several requests for the same instrument share a line, so ten. But the hundred lines are the user's, and a third
#    program with other symbols may use up what is left for both.
# 4. `reqMarketDataType` holds for one session (one client id). The colleague's session still asks for live data.
#
# </details>

# %% [markdown]
# **Further reading**: IBKR Campus, *TWS API*, the pages "Live Data", "Delayed Market Data" and "Available Tick Types". When you
# have finished, close the notebook, or end the sessions with `app.disconnect()`.
