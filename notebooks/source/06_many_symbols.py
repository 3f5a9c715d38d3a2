# %% [raw]
# title = "Many symbols, pacing, and why asynchronous"
# teach = 30
# practise = 30
# needs = "lessons 02 and 05"
# uses = ["getData", "getDataMany", "plotRequests", "plotData", "plotCorrelation", "pacing", "tape"]
# objectives = [
#   "explain, with a measurement, why fifty requests needn't take fifty times as long as one",
#   "keep the answers of requests apart that are on their way together",
#   "stay within TWS's speed limits, and read what it says when you don't",
#   "keep a callback short, and say what happens to all other messages when it isn't",
# ]
# covers = ["S2-23", "S4-03", "S4-48", "S4-49", "S4-50"]
# defects = ["B2-05", "B4-09"]

# %% [markdown]
# ## Nora's question
#
# Nora can get the history of one fund. Her watch list has fifty symbols. She wrote a loop around lesson 05, started it, and
# went for a coffee. When she came back it had only just finished. Her computer had been idle all the time, and so had the network.
#
# **Fifty symbols took my whole coffee break. Must they?**

# %%
import queue
import tempfile
import threading
import time

import ibnb
import matplotlib.pyplot as plt
import pandas as pd
from ibnb.course import check

app = ibnb.connect()
watch_list = """AAPL MSFT NVDA TSLA NFLX V MA META AMZN GOOG AMD INTC IBM JPM KO WMT IBKR SPY QQQ ORCL CRM ADBE CSCO QCOM TXN
MU AMAT LRCX KLAC DELL HPQ NOW INTU UBER ABNB PYPL T VZ TMUS DIS BAC C WFC GS MS BLK AXP XOM CVX COP"""
fifty = watch_list.split()
month = app.dataSettings("1 M", "1 day")
if app.gateway is not None:
    app.gateway.faults.slow(0.5)


def since(mark):
    """When each request from message number `mark` of the tape on began and ended, and the seconds from first to last."""
    tape = app.tape.loc[mark:]
    asked = tape.loc[tape["direction"] == "→", "id"].dropna()
    spans = tape[tape["id"].isin(asked)].groupby("id")["time"].agg(start="min", end="max")
    return spans, (spans["end"].max() - spans["start"].min()).total_seconds()


# %% [markdown]
# The two lines with `gateway` belong to the simulated gateway only. It answers at once, which would spoil this lesson. From now on the simulated
# gateway takes **half a second** for each answer. The session's clock counts these half seconds; you don't
# have to wait for them.
#
# ## 1 · One after the other
#
# First the loop, with fifteen of the fifty. `app.tape` is the list of all messages of the session with their times; what has
# been added to it since a certain message tells how long something took; the function `since` above reads it.

# %%
mark = app.tape.index[-1] + 1
for symbol in fifty[:15]:
    app.getData(symbol, month)
one_by_one, seconds = since(mark)
print(f"15 requests, one after the other: {seconds:.1f} s")

# %%
ibnb.plotRequests(one_by_one.set_axis(fifty[:15]), title="One after the other")

# %% [markdown]
# A staircase. Each stripe is one request, from the question to the last row of its answer. Each waits until the one above it has
# ended. All the time your program does nothing but wait.
#
# ### Exercise 1 · Predict
#
# An answer takes half a second. Nora needs fifty. How long will it take (1) one after the other, and (2) when all fifty questions
# are sent at once and TWS can work on them side by side?
#
# * **a** 25 s and 25 s: the work is the same
# * **b** 25 s and about half a second
# * **c** 25 s and 12.5 s: there are two threads
# * **d** half a second and half a second

# %%
### BEGIN SOLUTION
answer = "b"
### END SOLUTION

# %%
check("06.1", answer)

# %% [markdown]
# ## 2 · All on their way
#
# `getDataMany` sends all questions first, and then waits for all answers. It returns one table. Its index has two levels, the
# symbol and the date; `df.loc["AAPL"]` is one symbol's part.

# %%
mark = app.tape.index[-1] + 1
bars = app.getDataMany(fifty[:15], month)
together, seconds = since(mark)
print(f"15 requests, all on their way: {seconds:.1f} s")

# %%
ibnb.plotRequests(together.set_axis(fifty[:15]), title="All on their way")

# %% [markdown]
# A wall in place of the staircase. Nobody works faster here. Only the *waiting* overlaps. That is what **asynchronous** means:
# to ask doesn't mean to wait. It costs no thread, no second connection, and no cleverness.
#
# Now all fifty, both ways:

# %%
rows = {}
for name, ask in {
    "one after the other": lambda: [app.getData(symbol, month) for symbol in fifty],
    "all on their way": lambda: app.getDataMany(fifty, month),
}.items():
    mark = app.tape.index[-1] + 1
    ask()
    rows[name] = since(mark)[1]
speed = pd.DataFrame({"seconds": rows})
speed["times as fast"] = speed["seconds"].max() / speed["seconds"]
speed

# %% [markdown]
# ### How answers are kept apart
#
# When fifteen answers arrive together, which row belongs to whom? Each message carries the **request id**, the number that was
# chosen for the question. It is the only thing that tells rows apart.
#
# Here is a trap that is worth a look. A notebook that many people start from keeps all rows in *one* list, always asks with
# the id 1, and never looks at the id that comes back. Rebuilt in a few lines, with two ids that nobody looks at:


# %%
class OneList(ibnb.IBApp):
    def __init__(self):
        super().__init__()
        self.data = []

    def historicalData(self, reqId, bar):
        self.data.append(bar.close)


mixed = ibnb.connect(app_class=OneList, clientId=2)
for number, symbol in ((1, "AAPL"), (2, "NVDA")):
    mixed.reqHistoricalData(number, mixed.createContract(symbol), "", "1 W", "1 day", "TRADES", 1, 1, False, [])
mixed.sleep("2 s")
print(mixed.data)

# %% [markdown]
# Ten numbers in one row, five of Apple's and five of NVIDIA's. A chart of them shows one share that falls, over night, from
# the price of one company to the price of another. With one question at a time nobody notices the fault. With two, everything is wrong, and no error is reported.
#
# ```mermaid
# flowchart LR
#     accTitle: Rows find their list by the request id
#     accDescr: Rows of two requests arrive over one connection in any order. The callback looks at the request id and appends each row to the list of that id.
#     A["row, id 1"] --> C{"callback:<br/>which id?"}
#     B["row, id 2"] --> C
#     D["row, id 1"] --> C
#     C -->|1| X["list of 1<br/>AAPL"]
#     C -->|2| Y["list of 2<br/>NVDA"]
# ```
#
# ### Exercise 2 · Repair: a list for each
#
# Write the class `Collector`, a subclass of `ibnb.IBApp`. It has an attribute `bars`, a dictionary from request id to the list of
# closing prices, and an attribute `ended`, a set of the ids whose answer is complete. TWS calls `historicalData(reqId, bar)` for each
# row and `historicalDataEnd(reqId, start, end)` once at the end. The check connects with your class, asks two questions at
# once, and looks at what stands where.
#
# <details><summary>Hint</summary>
# <code>self.bars.setdefault(reqId, []).append(bar.close)</code> makes a new list when the id is new. Don't forget
# <code>super().__init__()</code>.
# </details>


# %%
### BEGIN SOLUTION
class Collector(ibnb.IBApp):
    def __init__(self):
        super().__init__()
        self.bars = {}
        self.ended = set()

    def historicalData(self, reqId, bar):
        self.bars.setdefault(reqId, []).append(bar.close)

    def historicalDataEnd(self, reqId, start, end):
        self.ended.add(reqId)


### END SOLUTION

# %%
check("06.2", Collector, app)

# %% [markdown]
# ### Exercise 3 · Fifty, please
#
# Write `load(session, symbols)`, which returns **one month of daily bars** of all the symbols in one table with the index levels
# `symbol` and `Date`. The check hands it fifty symbols and a gateway that takes half a second for each answer. It allows three
# seconds of the session's clock, and counts in the gateway's journal how often each id was used.


# %%
### BEGIN SOLUTION
def load(session, symbols):
    return session.getDataMany(symbols, session.dataSettings("1 M", "1 day"))


### END SOLUTION

# %%
check("06.3", load, app)

# %% [markdown]
# ## 3 · What to do with many tables
#
# Prices of different shares can't be compared, since one costs 70 and the other 1,200. Their *changes* can. `plotData` draws several
# symbols as percent since the first bar:

# %%
few = app.getDataMany(["AAPL", "NVDA", "KO", "JPM", "XOM", "SPY"], app.dataSettings("3 M", "1 day"))
ibnb.plotData(few, title="Six symbols, three months")

# %%
ibnb.plotCorrelation(few, title="Do they move together?")

# %% [markdown]
# The **correlation** of two series is 1 when they always move the same way, 0 when one says nothing about the other, and −1 when
# they move in opposite ways. It is computed from the daily *returns* (the changes in percent), not from the prices. Two prices
# that both climb for a year would look related, whatever they are.
#
# ### Exercise 4 · Start everybody at 100
#
# Write `start_at_100(df)`. It gets such a table and returns a wide one: a row for each date, a column for each symbol, and the
# closing prices scaled so that each column begins with 100.
#
# <details><summary>Hint</summary>
# <code>df["Close"].unstack("symbol")</code> turns one level of the index into columns.
# </details>


# %%
### BEGIN SOLUTION
def start_at_100(df):
    wide = df["Close"].unstack("symbol")
    return wide / wide.iloc[0] * 100


### END SOLUTION

# %%
check("06.4", start_at_100)

# %% [markdown]
# ## 4 · The speed limit
#
# If all questions may leave at once, why not five thousand? Because TWS counts. **Pacing** is the name for its rules:
#
# | rule | limit | what happens beyond it |
# |:---|:---|:---|
# | messages of any kind | 50 in a second | they wait; in another setting each brings error 100, and the third such error ends the connection |
# | open requests for history | 50 at a time | error 322 |
# | small bars (30 seconds and less): the same request | once in 15 s | error 162, "pacing violation" |
# | small bars: one instrument | fewer than 6 in 2 s | the same |
# | small bars: all together | 60 in 10 minutes | the same |
#
# For longer bars TWS only slows down. Let us break the third rule. The first of the two requests below is fine; *what will
# the second one say?*

# %%
half_hour = app.dataSettings("1800 S", "30 secs")

# %% tags=["raises-exception"]
print(len(app.getData("IBM", half_hour)), "bars")
app.getData("IBM", half_hour)

# %% [markdown]
# The code 162 means "no history" in general, so read the text behind it: *pacing violation*. Here `ibnb` makes a `PacingError` of it,
# so that a program can tell "wait a moment" from "there is nothing".
#
# Better than to be told off is to keep the rules. On a real TWS `ibnb` does so by itself: a request waits its turn before it
# leaves, so there the cell above takes a quarter of a minute and doesn't fail.
# On the simulated gateway's standing clock this is off until you switch it on, as no time passes there between two calls.
# (On a real TWS the next cell waits as well.)

# %%
app.pacing.on = True
app.getData("KO", half_hour)
app.getData("KO", half_hour)
app.pacing.on = False
asked = app.tape.loc[app.tape["name"] == "reqHistoricalData", "time"]
print(f"{asked.diff().iloc[-1].total_seconds():.2f} s lay between the two requests")

# %% [markdown]
# ### Exercise 5 · Build the brake yourself
#
# You want to send `n` requests as early as possible, and **at most `limit` of them may leave in any `window` seconds**. Write
# `paced(n, limit, window)`: the list of the times at which they leave, beginning at 0.0. For instance, `paced(7, 5, 2.0)` is
# `[0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 2.0]`.
#
# <details><summary>Hint</summary>
# Request number <em>i</em> may leave one window after request number <em>i − limit</em>.
# </details>


# %%
### BEGIN SOLUTION
def paced(n, limit, window):
    times = []
    for i in range(n):
        times.append(0.0 if i < limit else times[i - limit] + window)
    return times


### END SOLUTION

# %%
check("06.5", paced)

# %% [markdown]
# ### Exercise 6 · The same question twice
#
# Write `twice(session, symbol)`: ask for the last half hour of 30-second bars **two times** (the same request both times) and return
# both tables as a tuple. TWS mustn't have a reason to complain. The check reads in the journal when your requests came.
#
# <details><summary>Hint</summary>
# Two ways: wait with <code>session.sleep("16 s")</code>, or switch the session's pacing on meanwhile.
# </details>


# %%
### BEGIN SOLUTION
def twice(session, symbol):
    settings = session.dataSettings("1800 S", "30 secs")
    first = session.getData(symbol, settings)
    session.sleep("16 s")
    return first, session.getData(symbol, settings)


### END SOLUTION

# %%
check("06.6", twice, app)

# %% [markdown]
# ## 5 · Don't block the messenger
#
# All answers come over one connection, and **one thread** reads it and calls the callbacks, one after the other. That is
# good news: callbacks never run at the same time. It is bad news when one of them takes long. Then *every* message behind it
# is late, of whatever request it is.
#
# Let us starve it on purpose. This class computes an "indicator" for half a second (here it only sleeps) whenever a last price
# arrives. Meanwhile the main thread asks for the time, the cheapest question there is:


# %%
class Slow(ibnb.IBApp):
    def tickPrice(self, reqId, tickType, price, attrib):
        if tickType == 4:
            time.sleep(0.5)


if app.gateway is not None:
    app.gateway.faults.slow(0)
slow = ibnb.connect(app_class=Slow, clientId=3)
slow.reqMktData(1, slow.createContract("AAPL"), "", False, False, [])
begun = time.perf_counter()
slow.getCurrentTime()
took = time.perf_counter() - begun
slow.cancelMktData(1)
slow.disconnect()
print("the time came", "late, behind the indicator" if took > 0.4 else "at once")

# %% [markdown]
# The time had been on its way for a millisecond and then stood in the queue.
#
# What does it do to a stream? A message that arrives while the thread is busy waits until it is free. If a price comes every
# second and takes less than a second to handle, the queue empties. If it takes longer, the delay grows without end.
#
# ### Exercise 7 · How late?
#
# Write `lateness(arrivals, work)`. `arrivals` are the times at which messages arrive, in order; `work[i]` is how many seconds the
# callback needs for message `i`. Return a list: how long each message **waits before its callback starts**. Example: arrivals
# 0, 1, 2 and work 1.5 each give waits 0, 0.5 and 1.0.


# %%
### BEGIN SOLUTION
def lateness(arrivals, work):
    waits, free = [], float("-inf")
    for arrival, seconds in zip(arrivals, work, strict=True):
        start = max(arrival, free)
        waits.append(start - arrival)
        free = start + seconds
    return waits


### END SOLUTION

# %%
check("06.7", lateness)

# %% [markdown]
# The picture shows three programs that get a price each second for a minute. One needs a tenth of a second for each. The second
# is like it, but computes something for twenty seconds once. The third needs just a little more than a second, each time.

# %% alt="Line chart of how late each of sixty messages is handled. A program that needs a tenth of a second is never late. One that computes for twenty seconds once handles the next price nineteen seconds late, and each later one a little less late, until the delay is gone for the price of second thirty-two. One that needs 1.2 seconds for each falls back steadily, to twelve seconds at the end of the minute."
cases = {
    "0.1 s each": [0.1] * 60,
    "0.1 s each, once 20 s": [0.1] * 10 + [20.0] + [0.1] * 49,
    "1.2 s each": [1.2] * 60,
}
figure, axes = plt.subplots(figsize=(8, 3.2), layout="constrained")
for (label, work), style in zip(cases.items(), ("-", "--", "-."), strict=True):
    free, waits = 0.0, []
    for second, needed in enumerate(work):
        waits.append(max(0.0, free - second))
        free = max(second, free) + needed
    axes.plot(waits, style, label=label)
axes.set_xlabel("second at which the price came")
axes.set_ylabel("seconds late")
axes.legend()
plt.show()

# %% [markdown]
# The second program is blind for twenty seconds. Then it works through twenty old prices as if they were news. They look as
# good as fresh ones, because nothing in a price says that it is old. The third program never catches up.
#
# So the rule of lesson 02 has a reason: **a callback records, and somebody else computes.** Three ways to wait, and what they
# stop:
#
# | you write | in a callback | in a cell of your own |
# |:---|:---|:---|
# | `time.sleep(5)` | stops all messages for 5 s | stops only your cell; messages are still read |
# | `app.sleep("5 s")` | doesn't belong there | the same; on the simulated clock it also lets the time pass |
# | waiting for an answer (`getData`) | would wait for a message that can't be read | this is what it is for |
#
# In libraries with an *event loop*, such as ib_insync and its successor ib_async, there is only one thread for everything. There
# `time.sleep` stops the messages wherever it stands, and one has to write `ib.sleep`. A well-known guide says so, and uses
# `time.sleep` in its own example of a waiting loop. Such libraries have a friendly style, and some costs: they weren't made
# by IB, their event loop can get in the way of another one, and IB's own package may be faster. It's a choice, and not a
# creed.
#
# A thread of your own is welcome beside the connection. Here one brings data from elsewhere (imagine a news page), and hands
# them over through a **queue**, the safest way between threads:

# %%
headlines = queue.Queue()


def newsroom():
    for text in ("rates unchanged", "chip maker jumps", "oil falls"):
        headlines.put(text)


thread = threading.Thread(target=newsroom, daemon=True)
thread.start()
bars = app.getData("NVDA", app.dataSettings("1 W", "1 day"))
thread.join(timeout=5)
print(len(bars), "bars and", [headlines.get() for _ in range(headlines.qsize())])

# %% [markdown]
# ### Exercise 8 · The wrong place
#
# A price stream runs in `ibnb` (IB's own package below it). In which case do prices arrive late?
#
# * **a** a cell of the notebook runs `time.sleep(60)`
# * **b** a second thread computes something and writes into a queue
# * **c** `tickPrice` fetches a web page before it returns
# * **d** a cell waits for `getData` of another symbol

# %%
### BEGIN SOLUTION
answer = "c"
### END SOLUTION

# %%
check("06.8", answer)

# %% [markdown]
# ## 6 · Keep what you have
#
# The fastest request is the one that you don't send. A table goes into a text file with `to_csv`, and comes back with
# `pandas.read_csv`. But a text file doesn't know what was an index or a date:

# %%
kept = app.getDataMany(["AAPL", "KO"], app.dataSettings("1 W", "1 day"))
path = f"{tempfile.mkdtemp()}/kept.csv"
kept.to_csv(path)
naive = pd.read_csv(path)
print(naive.columns[:3].tolist(), naive["Date"].dtype)

# %% [markdown]
# Two columns in place of an index, and dates that are text. Bars within the day lose their zone as well; only the distance to
# universal time is left.
#
# For years of many symbols there is `app.getHistory(symbols, start, end, barSize, cache="folder")`. It splits the download into
# pieces, keeps each of them, paces itself, and goes on where it was interrupted.
#
# ### Exercise 9 · There and back
#
# Write `keep(df, path)` and `fetch(path)` for tables of `getDataMany` with daily bars, so that `fetch` returns what `keep` was
# given: the same index levels with dates, the same columns, the same numbers. Use a CSV file.
#
# <details><summary>Hint</summary>
# <code>read_csv</code> has the arguments <code>index_col=["symbol", "Date"]</code> and <code>parse_dates=["Date"]</code>.
# </details>


# %%
### BEGIN SOLUTION
def keep(df, path):
    df.to_csv(path)


### END SOLUTION


# %%
### BEGIN SOLUTION
def fetch(path):
    return pd.read_csv(path, index_col=["symbol", "Date"], parse_dates=["Date"])


### END SOLUTION

# %%
check("06.9", keep, fetch)

# %% [markdown]
# ## In short
#
# * Waiting overlaps: ask first, then wait for all answers together. `getDataMany` does it.
# * The request id tells whose row it is. One list for all is a silent mix-up.
# * TWS limits messages, open requests and small bars. Let requests wait their turn, and read the text of a 162.
# * One thread reads everything. A slow callback makes all messages late, and nothing tells you.
# * Compare changes, not prices; correlate returns, not prices.
# * Keep what you have, and check that it comes back as it was.
#
# Nora's answer: no. The fifty take about as long as one, as long as she asks for all of them before she waits. With so many days on
# disk she asks the next question: is today's price unusual?
#
# ### Questions to ask yourself
#
# 1. Would a faster computer have shortened Nora's coffee break? A faster line to TWS?
# 2. Sixty requests for daily bars leave at once. Which rule stops them, and which doesn't?
# 3. A program handles each price in 0.9 seconds, and prices come each second. Is everything well?
# 4. Why are threads not needed for fifty downloads, and when would you want one?

# %% [markdown] tags=["solution"]
# <details><summary>Answers</summary>
#
# 1. The computer no: it was idle. The line hardly: what took long was the waiting for TWS and its servers.
# 2. At most fifty requests for history may be open (322), so ten must wait. The rules for small bars don't apply to daily ones.
# 3. On average yes. But after a burst of prices, as at the opening, it catches up by a tenth of a second each second only.
# 4. One connection and one reading thread carry all requests. A thread is good for work that takes long or waits for something
#    else: a web page, a computation, a database.
#
# </details>

# %% [markdown]
# **Further reading**: IBKR Campus, *TWS API*, the pages "Historical Data Limitations" and "Pacing Limitations". When you have
# finished, close the notebook, or end the session with `app.disconnect()`.
