# %% [raw]
# title = "Market scanners"
# teach = 25
# practise = 30
# needs = "lessons 02, 05, 08 and 10"
# uses = ["getScan", "getScannerParameters", "ScanBuilder", "plotFunnel", "reqScannerSubscription", "scannerData", "cancelScannerSubscription", "QuoteBoard", "getDataMany"]
# objectives = [
#   "ask the market for a ranking, and say what a rank tells and what it doesn't",
#   "find out from TWS itself which scans and filters there are",
#   "combine filters, and watch how many instruments each of them leaves",
#   "run a scan by hand: subscribe, wait for its end, cancel, and read the answer 162",
#   "give the results ids of their own, and ask for more about them",
# ]
# covers = ["S0-19", "S0-20", "S0-21", "S0-22", "S0-23", "S0-24", "S0-25", "S0-26", "S0-27", "S0-28", "S0-29", "S0-46", "S0-48", "S1-18", "S1-19", "S1-29"]
# defects = ["B0-02", "B0-03", "B0-04", "B0-12", "B0-13", "B1-14"]

# %% [markdown]
# So far Nora has only looked at shares whose names she knew. But a name that she has never heard of may move more than all of
# hers together. There are thousands of shares in America alone, and her account may stream about a hundred at a time. So she
# can't watch them all. Somebody else has to, and tell her which ones are worth a look.
#
# Her question: **what moves today that I've never heard of?**

# %%
import pandas as pd

import ibnb
from ibnb.course import check

app = ibnb.connect()

# %% [markdown]
# ## A question to the whole market
#
# There are two ways to come to a list of shares. One is to write it down yourself, as we did until now: a *universe* that
# somebody has chosen. The other is to have it made by a **scanner**. IB watches all instruments of a market and keeps them in
# rankings: by volume, by change, by gap, by many other things. A scan asks for the top of such a ranking.
#
# Three words say which ranking is meant:
#
# * `instrument`: what kind of thing. `"STK"` means American stocks.
# * `locationCode`: where it is traded. `"STK.US.MAJOR"` means the large American exchanges.
# * `scanCode`: ranked by what. `"MOST_ACTIVE"` means by volume.
#
# **Before you run the next cell:** five rows are asked for. Which name do you expect at the top?

# %%
app.getScan("MOST_ACTIVE", "STK", "STK.US.MAJOR", numberOfRows=5)

# %% [markdown]
# The index is the **rank**. It begins with 0, as everything does in Python. A row has what you need to ask further: symbol,
# exchange, and the `conId`, by which TWS knows exactly one instrument (lesson 04). What it does not have is a price or a volume.
# The scanner tells an order, and nothing about distances: the first may be a hundred times as active as the second, or by one
# share.
#
# The columns `distance`, `benchmark` and `projection` exist in the API, and TWS usually leaves them empty. The line under the
# table says so.
#
# A ranking is a moment. Ask again a minute later, and another name may stand there.
#
# ### Exercise 1 · Rank 0
#
# You run the scan `TOP_PERC_GAIN` at ten past ten. A company that you don't know stands at rank 0. What do you know about it now?
#
# * **a** · It is the best share to buy.
# * **b** · Of what fits the scan, it has risen most since yesterday's close, as far as IB's scanner had looked.
# * **c** · It will go on rising, since it has been rising until now.
# * **d** · It has risen by at least 10 percent.

# %%
### BEGIN SOLUTION
answer = "b"
### END SOLUTION

# %%
check("14.1", answer)

# %% [markdown]
# ## Which questions there are
#
# How should one know that the code is `TOP_PERC_GAIN`, and not `TOP_GAINERS`? Old articles list codes by hand, and a part of them
# has gone since. TWS itself knows. It answers `reqScannerParameters` with one XML document of about two megabytes, in which
# every instrument, location, scan code and filter is described. `getScannerParameters` turns it into tables.

# %%
codes = app.getScannerParameters("scanCodes")
codes

# %% [markdown]
# The simulated TWS offers a small part of the real list. Four tables are in the document:

# %%
tables = ["scanCodes", "instruments", "locations", "filters"]
pd.DataFrame({"rows": [len(app.getScannerParameters(what)) for what in tables]}, index=tables)

# %% [markdown]
# `getScan` looks your words up in these tables before it sends anything. So a typing error costs you a second and not an hour.
# The next cell is meant to fail:

# %% tags=["raises-exception"]
app.getScan("TOP_GAINERS")

# %% [markdown]
# ### Exercise 2 · Codes that begin with TOP
#
# How many scan codes begin with `TOP`? Let pandas count them, and keep the number in `tops`.

# %%
### BEGIN SOLUTION
tops = int(app.getScannerParameters("scanCodes").index.str.startswith("TOP").sum())
### END SOLUTION

# %%
check("14.2", tops, app)

# %% [markdown]
# The same tables are behind the **scan builder**: a form in which you choose from what there is. Below the form it shows the
# line of Python that does the same. Copy that line into your program when you like what you see.

# %%
builder = ibnb.ScanBuilder(app, "TOP_PERC_GAIN", numberOfRows=5, priceAbove=10)
builder.run()
builder

# %% [markdown]
# ## Filters: fewer, and on purpose
#
# The raw ranking of winners is full of names that you can't trade sensibly. A share that costs four cents gains 25 percent when
# it rises by one cent. A share that changes hands ten times a day has a price, but nobody who would sell you a hundred. So a
# scan is given **filters**. Each filter is a code with a value:
#
# * `priceAbove=10`: costs more than ten dollars,
# * `avgVolumeAbove=1_000_000`: on an average day more than a million shares are traded.
#
# Filters are joined by *and*: what is left has passed all of them. How much does each of them remove?

# %%
steps = {"all": {}, "price above 10": {"priceAbove": 10}}
steps["and 1M shares a day"] = steps["price above 10"] | {"avgVolumeAbove": 1_000_000}
steps["and worth 100 billion"] = steps["and 1M shares a day"] | {"marketCapAbove1e6": 100_000}
left = {name: len(app.getScan("TOP_PERC_GAIN", **filters)) for name, filters in steps.items()}
ibnb.plotFunnel(left, title="Winners that are left after each filter")

# %% [markdown]
# Two things are to be seen here. One answer never holds more than **50** rows, whatever you ask for. On a real TWS the upper
# bars are all 50 therefore, and only a strict filter makes them shorter. And a filter that removes nothing is no mistake: the
# simulated market simply has no share below ten dollars among its winners.
#
# Look at the unit of the last one: `marketCapAbove1e6` counts in **millions**. 100,000 millions are 100 billion. A filter in the
# wrong unit isn't refused. It finds too much or nothing, and both look like an answer.
#
# ### Exercise 3 · The five most active ones
#
# The published example that Nora read asks for the **five most active** American stocks that cost **more than 10** dollars, with an
# average volume of **more than 1,000,000** shares. Ask for that, and keep the table in `five`.

# %%
### BEGIN SOLUTION
five = app.getScan("MOST_ACTIVE", numberOfRows=5, priceAbove=10, avgVolumeAbove=1_000_000)
### END SOLUTION

# %%
check("14.3", five, app)

# %% [markdown]
# In ibapi itself a filter is a `TagValue`: a pair of two *texts*, the code and the value. The request takes a list of them. In
# the published example this list has lost its first filter and its closing bracket, so that Python doesn't even read the file:
#
# ```python
# filter_options = [
#     TagValue("priceAbove", '10')
# app.reqScannerSubscription(app.nextId(), sub, scan_options, filter_options)
# ```
#
# Long lists in brackets break like this. A function that takes names and values can't.
#
# ### Exercise 4 · Filters from names
#
# Write `tags(**limits)`. It returns a list with one `ibnb.TagValue(code, value)` for each keyword, in the order in which they are
# given, for example `tags(priceAbove=10, avgVolumeAbove=1_000_000)`. The values must be **texts**: `"10"` and `"1000000"`.
#
# <details><summary>Hint</summary>
# Inside the function <code>limits</code> is a dictionary. <code>str(1_000_000)</code> has no underscores.
# </details>


# %%
def tags(**limits):
    ### BEGIN SOLUTION
    return [ibnb.TagValue(code, str(value)) for code, value in limits.items()]
    ### END SOLUTION


# %%
check("14.4", tags)

# %% [markdown]
# ## By hand: a scan is a subscription
#
# `getScan` looks like one question with one answer. On the wire it is something else. `reqScannerSubscription` opens a
# **subscription**: TWS sends the whole ranking, and sends it again whenever it has been refreshed, until you cancel. Ten
# subscriptions may be open at a time. Whoever forgets to cancel has used them up after ten scans.
#
# ```mermaid
# sequenceDiagram
#     accTitle: The life of a scan
#     accDescr: The program sends reqScannerSubscription. TWS answers with scannerData for each rank and then scannerDataEnd. The program sends cancelScannerSubscription. TWS confirms with error 162, API scanner subscription cancelled. Without the cancel, the ranking would come again and again.
#     participant P as your program
#     participant T as TWS
#     P->>T: reqScannerSubscription(reqId, …)
#     T->>P: scannerData, rank 0
#     T->>P: scannerData, rank 1 …
#     T->>P: scannerDataEnd
#     P->>T: cancelScannerSubscription(reqId)
#     T->>P: error 162 "API scanner subscription cancelled"
# ```
#
# So the callback `scannerDataEnd` is the place at which one scan is complete. In the published example its body is missing. The
# line that cancels was lost when the page was made, and a function without a body is a syntax error. The ranking's line has
# suffered, too: `print(f"Rank {rank}: … @ {}")`, a text with an empty pair of braces, where the time had been.
#
# Here is the same idea, complete. The callbacks only write down, and `data_ready` is an Event as in lesson 02: each `IBApp` has one.


# %%
class Scanner(ibnb.IBApp):
    """Keeps the rows of one scan."""

    def __init__(self):
        super().__init__()
        self.ranking = {}

    def scannerData(self, reqId, rank, contractDetails, distance, benchmark, projection, legsStr):
        if rank < 5:
            self.ranking[rank] = contractDetails.contract

    def scannerDataEnd(self, reqId):
        self.data_ready.set()


scanner = ibnb.connect(clientId=14, app_class=Scanner)
winners = ibnb.ScannerSubscription()
winners.instrument, winners.locationCode, winners.scanCode = "STK", "STK.US.MAJOR", "TOP_PERC_GAIN"

# %% [markdown]
# Three steps: ask, wait *with a limit*, cancel. The cancel stands in `finally`, so that it is also sent when the wait fails.

# %%
scanner.data_ready.clear()
scanner.reqScannerSubscription(7001, winners, [], [ibnb.TagValue("priceAbove", "10")])
try:
    complete = scanner.data_ready.wait(10)
finally:
    scanner.cancelScannerSubscription(7001)

for rank, contract in sorted(scanner.ranking.items()):
    print(f"Rank {rank}: {contract.symbol} @ {scanner.now():%H:%M:%S}")

# %% [markdown]
# Now the famous part. A reader of the published example wrote under it: *"I always get error 162, API scanner subscription
# cancelled, although I have paid for live data. What is wrong?"* Look at what our scanner was told:

# %%
scanner.sleep(1)
told = scanner.notices
for _, notice in told[told["code"] == 162].iterrows():
    print(notice["code"], notice["severity"], notice["text"], sep=" · ")

# %% [markdown]
# ### Exercise 5 · What is wrong?
#
# What would you answer to that reader?
#
# * **a** · The market data subscription doesn't cover the scanner.
# * **b** · Nothing is wrong: this is how TWS confirms that you have cancelled the scan.
# * **c** · The scan was sent too often; wait ten minutes.
# * **d** · The result was empty.

# %%
### BEGIN SOLUTION
famous = "b"
### END SOLUTION

# %%
check("14.5", famous)

# %% [markdown]
# ### Exercise 6 · The losers, by hand
#
# Run a scan with the object `scanner` and the raw calls: `TOP_PERC_LOSE`, American stocks on the large exchanges, **three rows**
# (`numberOfRows`), with the request id **7002**. Wait for its end, and cancel it. Keep the three symbols, by rank, in the list
# `losers`. The gateway tells the check whether your cancel has arrived.
#
# <details><summary>Hint</summary>
# A new <code>ibnb.ScannerSubscription()</code>. Empty <code>scanner.ranking</code> and clear <code>data_ready</code> before you ask: both
# still hold what came last.
# </details>

# %%
### BEGIN SOLUTION
falling = ibnb.ScannerSubscription()
falling.instrument, falling.locationCode, falling.scanCode = "STK", "STK.US.MAJOR", "TOP_PERC_LOSE"
falling.numberOfRows = 3
scanner.ranking.clear()
scanner.data_ready.clear()
scanner.reqScannerSubscription(7002, falling, [], [])
scanner.data_ready.wait(10)
scanner.cancelScannerSubscription(7002)
losers = [scanner.ranking[rank].symbol for rank in sorted(scanner.ranking)]
### END SOLUTION

# %%
check("14.6", losers, scanner)

# %% [markdown]
# ## From rank to contract
#
# A ranking is only the beginning. Now each result gets a quote subscription, and each subscription needs a request id. The
# published example makes it from the rank: `rankId = rank + reqId`. For rank 0 that is the scanner's own id. A refusal of the quote
# then looks like a refusal of the scan. And the ids after it belong to whatever the program sends next: its counter goes on from
# the scanner's id and runs into them. Since orders draw from the same counter there, an error message may be taken for
# another order's.
#
# The rule is simple. **Every number is given once**: to one request or to one order. Keep a dictionary from the number to what it
# stands for, and nothing else in it. (In a student's version of that program the quotes are stored in the dictionary that already
# holds the cash balances by currency. It works until a currency's name is looked for.)
#
# ### Exercise 7 · Numbers that nobody has
#
# Write `numbered(contracts, first, taken)`. It returns a dictionary `{request id: contract}` for all contracts, in their order. The ids
# are whole numbers that go up from `first` in steps of one, but never one that is in `taken`.
# For example `numbered(["A", "B", "C"], 10, {11})` is `{10: "A", 12: "B", 13: "C"}`.


# %%
def numbered(contracts, first, taken):
    ### BEGIN SOLUTION
    ids, reqId = {}, first
    for contract in contracts:
        while reqId in taken:
            reqId += 1
        ids[reqId] = contract
        reqId += 1
    return ids
    ### END SOLUTION


# %%
check("14.7", numbered)

# %% [markdown]
# There is a second trap on the way. The program wants to know how much it holds of each result, so that it never sells what it
# hasn't got. Its callback for the scan sets the position of each symbol to 0, "to avoid a KeyError". If the real position has come
# before the scan's row, the zero overwrites it. The rule that sells can never act again, since the program believes that it holds
# nothing.
#
# ### Exercise 8 · Repair: what is known stays known
#
# This is the fault as a function:
#
# ```python
# def remember(positions, symbols):
#     for symbol in symbols:
#         positions[symbol] = 0
#     return positions
# ```
#
# Repair it. Every symbol of the scan must be in the dictionary afterwards, those that were unknown with 0, and **what was known
# must stay**. The function changes the dictionary that it is given, and returns it.


# %%
def remember(positions, symbols):
    ### BEGIN SOLUTION
    for symbol in symbols:
        positions.setdefault(symbol, 0)
    return positions
    ### END SOLUTION


# %%
check("14.8", remember)

# %% [markdown]
# With `ibnb` you needn't count ids. `getQuotes` and the quote board take a dictionary of contracts and look after the rest. The
# contracts come from the `conId` of each row, so that nothing can be mixed up.


# %%
def contract_of(row):
    contract = ibnb.Contract()
    contract.conId, contract.exchange = int(row["conId"]), row["exchange"]
    return contract


top = app.getScan("TOP_PERC_GAIN", numberOfRows=5, priceAbove=10, avgVolumeAbove=1_000_000)
found = {row["symbol"]: contract_of(row) for _, row in top.iterrows()}
ibnb.QuoteBoard(app, found)

# %% [markdown]
# Five live lines are open now, as many as the board shows. If your account has no subscription for live data, call
# `app.reqMarketDataType(3)` before: the quotes are then delayed ones (lesson 08). The ranking itself is the same.
#
# ## A rank isn't a trend
#
# The example buys what is at the top *and* rises further. Its author says at the end what he would improve: don't decide by the
# rank alone, look at the history of what was found. That is five requests, and you have sent fifty at once in lesson 06.


# %%
def contract_of(row):
    contract = ibnb.Contract()
    contract.conId, contract.exchange = int(row["conId"]), row["exchange"]
    return contract


top = app.getScan("TOP_PERC_GAIN", numberOfRows=5, priceAbove=10, avgVolumeAbove=1_000_000)
found = {row["symbol"]: contract_of(row) for _, row in top.iterrows()}
bars = app.getDataMany(found, app.dataSettings("1 M", "1 day"))
ibnb.plotData(bars, title="Today's winners over the last month")

# %% [markdown]
# Today's winners needn't be this month's. Some of them only come back from a fall, and the day's first rank is their best day in
# weeks. Whether that is a reason to buy or not to buy isn't said by the picture. But a program that looks only at ranks can't
# even ask.
#
# ### Exercise 9 · Ten days of the five most active
#
# Take the **five most active** stocks (no filters). For each of them: by which **fraction** has the close changed over the last **ten
# daily closes**, from the first of them to the last? Keep the answer in a Series `ten_days`, with the symbols as its index, in the
# order of the ranking. 0.05 means five percent.
#
# <details><summary>Hint</summary>
# <code>getDataMany</code> with <code>"1 M"</code> of daily bars, then <code>["Close"].iloc[-10:]</code>.
# </details>

# %%
### BEGIN SOLUTION
active = app.getScan("MOST_ACTIVE", numberOfRows=5)
daily = app.getDataMany(list(active["symbol"]), app.dataSettings("1 M", "1 day"))
closes = {symbol: daily.loc[symbol]["Close"].iloc[-10:] for symbol in active["symbol"]}
ten_days = pd.Series({symbol: close.iloc[-1] / close.iloc[0] - 1 for symbol, close in closes.items()})
### END SOLUTION

# %%
check("14.9", ten_days, app)

# %% [markdown]
# The session stays connected for the exercises. Closing the notebook ends it, or `app.disconnect()` and `scanner.disconnect()`.

# %% [markdown]
# ## In short
#
# * A scanner ranks a whole market. A rank tells the order of things and not how far they are apart.
# * TWS itself says which scans and filters there are; codes from old articles may be gone.
# * Filters are joined by *and*. Mind their units. One answer has at most 50 rows, and ten scans may be open.
# * A scan is a subscription: wait for `scannerDataEnd`, then cancel. 162 with "subscription cancelled" is the receipt.
# * Every request id stands for one thing. What is known about a position isn't overwritten by a guess.
#
# Nora has found names that she didn't know, and she can see what they did before today. Her programs know more and more, and they
# could act on it all day. That is the moment to ask who stops them.
#
# ### Questions to ask yourself
#
# 1. Two programs on one account run eleven scans between them, and one is refused. Which limit is it, and what is to be done?
# 2. Your scan returns 50 rows every time, whatever filter you add. What could be the reasons?
# 3. Why is a list that you write down yourself sometimes better than a scan?
# 4. What would you log of a scan, so that you can judge next month whether it was of any use?

# %% [markdown] tags=["solution"]
# <details><summary>Answers</summary>
#
# 1. Ten scanner subscriptions may be open at once. Cancel each scan when its first answer is complete, as `getScan` does.
# 2. 50 is the most that one answer holds. The filter may be too weak to get below it, or its unit is wrong: 10 million instead of 10
#    billion, for example.
# 3. It is the same every day, so results can be compared and tested. A scan chooses by what has just happened, and a test on its
#    results only sees shares that have moved.
# 4. The time, the words and filters of the scan, ranks and conIds, and the quotes at that moment. Without the quotes you can't say
#    later what you could have paid.
#
# </details>

# %% [markdown]
# Further reading: IBKR Campus, *TWS API Documentation*, the chapter on the market scanner.
