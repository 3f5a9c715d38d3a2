# %% [raw]
# title = "Live bars and rolling windows"
# teach = 30
# practise = 30
# needs = "lessons 05 and 08"
# uses = ["streamBars", "streamRealTimeBars", "streamTicks", "getData", "plotData", "plotIndicators"]
# objectives = [
#   "choose between growing bars, bars of five seconds, and single trades",
#   "keep a window over the last minutes that is full before it decides, and never grows without end",
#   "keep apart what records, what decides and what shows",
#   "stop a stream so that nothing stays open at TWS",
# ]
# covers = ["S4-35", "S4-36", "S4-38", "S4-39", "S4-47", "S4-49"]
# defects = ["B4-02", "B4-03", "B4-04", "B4-05", "B4-06", "B2-10"]

# %% [markdown]
# Nora can see a price the second it changes. But she doesn't want to sit there and look. She has an idea of what is usual for
# a share: for the last five minutes it has moved between two prices. If it is suddenly more than five percent above the lower one,
# or more than five percent below the higher one, something has happened, and she wants to know.
#
# Her question: **tell me the moment it leaves its range.**

# %%
import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import clear_output

import ibnb
from ibnb.course import check

app = ibnb.connect()
apple = app.createContract("AAPL")

# %% [markdown]
# ## Three ways to hear prices
#
# In the last lesson you subscribed to *quotes*: TWS sends the newest bid, ask and trade a few times a second, and leaves out
# what happened in between. For a window over the last minutes we want to be more exact. There are three more streams.
#
# | verb | request | you get | good for |
# |:---|:---|:---|:---|
# | `streamBars` | `reqHistoricalData(…, keepUpToDate=True)` | the past as bars, and then the last bar again and again while it grows | charts of any bar size |
# | `streamRealTimeBars` | `reqRealTimeBars` | one finished bar every five seconds | rules that watch the clock |
# | `streamTicks` | `reqTickByTickData` | every single trade, or every change of the quote | the finest questions, few symbols |
#
# For single trades the kind is `"AllLast"`, for quotes `"BidAsk"`.
#
# All three are used in a `with` block. The block opens the stream, and leaving it cancels the request. Let us open all three
# for the same share and wait for one minute. (On a paper TWS this really takes a minute.)

# %%
with (
    app.streamBars(apple, app.dataSettings("1800 S", "1 min")) as minutes,
    app.streamRealTimeBars(apple) as fives,
    app.streamTicks(apple, "AllLast") as trades,
):
    app.sleep("1 min")
    grown, finished, single = minutes.waiting(), fives.waiting(), trades.waiting()

# %% [markdown]
# `waiting()` gives you what has come since you last asked. **Before you run the next cell:** how many items do you expect from
# each of the three?

# %%
pd.Series(
    {"streamBars": len(grown), "streamRealTimeBars": len(finished), "streamTicks": len(single)}, name="in a minute"
)

# %% alt="One minute of AAPL three times: hundreds of single trades as dots, twelve bars of five seconds as vertical lines from low to high, and the close of the growing minute bar as a step line."
middle = [each.Date + pd.Timedelta("2.5 s") for each in finished]
ends = [each.Date + pd.Timedelta("5 s") for each in finished]
figure, axes = plt.subplots(figsize=(8, 4))
axes.vlines(
    middle,
    [each.Low for each in finished],
    [each.High for each in finished],
    linewidth=16,
    color="lightsteelblue",
    label="bars of five seconds, low to high",
)
axes.plot([each.time for each in single], [each.price for each in single], ".", color="dimgrey", label="single trades")
axes.step(ends, [each.Close for each in grown][:12], where="post", color="tab:orange", label="the growing bar's close")
axes.set(title="AAPL: one minute, heard in three ways", ylabel="price, USD", xticks=[])
axes.legend(loc="best")
plt.show()

# %% [markdown]
# Bars of both kinds come every five seconds, twelve in a minute. The trades are the truth, and there are hundreds of them. (They
# are timed to the second, so many dots lie on one another.) The bars of five seconds sum them up without losing a high or a
# low. The growing bar tells the same story with one number.
#
# Why not always take the finest? Because it costs. TWS allows only a handful of tick-by-tick streams at a time (five, with the
# usual hundred lines of market data), and options have none. Your program has to look at every item. Take the coarsest
# stream that can still answer your question.

# %% [markdown]
# ### Exercise 1 · Which stream?
#
# Nora wants a chart of hourly candles for the last two weeks that is always up to date. Which stream answers that with the least
# effort?
#
# * **a** `streamTicks(…, "AllLast")`
# * **b** `streamRealTimeBars`
# * **c** `streamBars` with bars of one hour
# * **d** `getData` in a loop, once a second

# %%
### BEGIN SOLUTION
answer = "c"
### END SOLUTION

# %%
check("09.1", answer)

# %% [markdown]
# ### Exercise 2 · Count for yourself
#
# Do the same for **KO**. Open the three streams (minute bars, bars of five seconds, and trades of the kind `"AllLast"`), let one
# minute pass, and count what came. Keep the three numbers in a dictionary `counts` with the verbs' names as keys. The check
# also looks whether the gateway got each request, and a cancel for each.

# %%
### BEGIN SOLUTION
coke = app.createContract("KO")
with (
    app.streamBars(coke, app.dataSettings("1800 S", "1 min")) as minutes,
    app.streamRealTimeBars(coke) as fives,
    app.streamTicks(coke, "AllLast") as trades,
):
    app.sleep("1 min")
    heard = {
        "streamBars": len(minutes.waiting()),
        "streamRealTimeBars": len(fives.waiting()),
        "streamTicks": len(trades.waiting()),
    }
counts = heard
### END SOLUTION

# %%
check("09.2", counts, app)

# %% [markdown]
# ## A bar that goes on growing
#
# `streamBars` begins like `getData`: first the past. Then TWS sends the newest bar every few seconds, each time complete and
# each time a little different. When the minute is over, the next bar begins.

# %%
with app.streamBars(apple, app.dataSettings("1800 S", "1 min")) as bars:
    seen = []
    for bar in bars:
        seen.append((bar.Date.strftime("%H:%M"), bar.Close, bar.Volume, bar.new))
        if len(seen) == 15:
            break

pd.DataFrame(seen, columns=["bar", "Close so far", "Volume so far", "new"])

# %% [markdown]
# Look at the volume. It grows from row to row, and starts again where `new` says True. That is the trap of this stream:
# **the last bar isn't finished.** A rule that compares its volume or its range with those of finished bars compares a part with
# a whole. Wait for `bar.new`, and then judge the bar *before* it:

# %%
with app.streamBars(apple, app.dataSettings("1800 S", "1 min")) as bars:
    for bar in bars:
        if bar.new:
            break
    finished = bars.df.iloc[:-1]

finished.tail(2)[["Open", "High", "Low", "Close", "Volume"]]

# %% [markdown]
# `getData` waits for the end of an answer, and a growing bar has none. Many scripts have the switch `keepUpToDate=True` in their
# settings and never find out what it does, because they only listen to the *end* of the history and not to the updates. Then the request goes on at TWS, and
# nobody hears it. Here it is refused, with the name of the verb that you want:

# %% tags=["raises-exception"]
app.getData(apple, app.dataSettings("1 D", "1 min", keepUpToDate=True))

# %% [markdown]
# ## Finished bars of five seconds
#
# `streamRealTimeBars` sends only finished bars. Its size is always five seconds. The time of a bar is when it *began*, so
# the newest bar is never younger than five seconds. `next()` waits for the next bar and gives it to you.

# %%
with app.streamRealTimeBars(apple) as bars:
    first, second = bars.next(), bars.next()
    age = (app.now() - second.Date).total_seconds()

print(f"{first.Date:%H:%M:%S} and {second.Date:%H:%M:%S}; the second one began {age:.0f} seconds ago")

# %% [markdown]
# Longer bars are made of short ones, and not by averaging: the **open** is the first open, the **high** the highest high, the
# **low** the lowest low, the **close** the last close. Volumes are added.
#
# ### Exercise 3 · Twelve make a minute
#
# Stream **twelve** bars of five seconds of **MSFT**. Keep the stream's frame in `twelve`. Then make one bar of it: a dictionary
# `one` with the keys `Open`, `High`, `Low`, `Close` and `Volume`.

# %%
### BEGIN SOLUTION
with app.streamRealTimeBars("MSFT") as bars:
    for count, _ in enumerate(bars, start=1):
        if count == 12:
            break
    frame = bars.df
bar_of_all = {
    "Open": frame["Open"].iloc[0],
    "High": frame["High"].max(),
    "Low": frame["Low"].min(),
    "Close": frame["Close"].iloc[-1],
    "Volume": frame["Volume"].sum(),
}
twelve, one = frame, bar_of_all
### END SOLUTION

# %%
check("09.3", twelve, one, app)

# %% [markdown]
# ## A window over the last minutes
#
# Now the range. At each moment we want the lowest and the highest price of the last five minutes. The window moves along with
# the time: new prices come in at the front, old ones fall out at the back.
#
# ```mermaid
# flowchart LR
#     accTitle: A window over time
#     accDescr: A new price enters the window of the last five minutes. Prices older than five minutes leave it. Only when the window covers five whole minutes do its lowest and highest price decide. Before that nothing is decided.
#     N["a new price"] --> W["window:<br/>the last five minutes"]
#     W -->|"older than five minutes"| O["dropped"]
#     W --> Q{"does it cover<br/>five minutes?"}
#     Q -->|"no"| S["say nothing"]
#     Q -->|"yes"| D["lowest and highest<br/>price decide"]
# ```
#
# A guide that has been copied many times writes it like this. Each time a price comes, this function is called:
#
# ```python
# df = pd.DataFrame(columns=['date', 'last'])
# df.set_index('date', inplace=True)
#
# def new_data(tickers):
#     for ticker in tickers:
#         df.loc[ticker.time] = ticker.last
#     five_mins_ago = df.last[-1] - pd.Timedelta(minutes=5)
#     if df.index[0] < five_mins_ago:
#         df = df[five_mins_ago:]
#         price_min = df.last.min()
#         price_max = df.last.max()
#         if df.last[-1] > price_min * 1.05:
#             place_order('BUY')
#         elif df[-1] < price_max * 0.95:
#             place_order('SELL')
# ```
#
# Take two minutes and look for what is wrong, before you read on. There are at least five things.
#
# | line | what happens | instead |
# |:---|:---|:---|
# | `df = df[…]` inside the function | Python now takes `df` for a local name: `UnboundLocalError` in the first line that reads it | keep state in an object, `self.rows` |
# | `df.last[-1] - Timedelta` | a price minus a time: `TypeError` | the *time* of the newest row, `df.index[-1]` |
# | `df.last[-1]` | `last` was a method of DataFrames for many years; and `[-1]` asks for the row *named* −1: `KeyError` | `df["last"].iloc[-1]`, and no column named like a method |
# | `df[-1]` | asks for a *column* named −1: `KeyError` | as above |
# | the rule stands inside the `if` that trims | it is only asked when an old row has just fallen out | first trim, then ask "is it full?", then decide |
#
# The first four stop the program with an error. They are the harmless ones. The last one is quiet. See for yourself. Here are
# the corrected lines, fed with five prices at irregular times. It writes down when the rule is asked.

# %%
rows, asked = [], []
for second in (0, 290, 301, 302, 303):
    rows.append(second)
    five_minutes_ago = rows[-1] - 300
    if rows[0] < five_minutes_ago:
        rows = [each for each in rows if each >= five_minutes_ago]
        asked.append(second)

print("the rule was asked at second", asked)

# %% [markdown]
# At second 301 the oldest price falls out, and the rule is asked. At 302 and 303 nothing is old enough to fall out, so the rule
# isn't asked. It sleeps until second 591, whatever the price does. And it can't tell "the window is full" from "I have just
# dropped something".
#
# With a frame the right way takes two lines: cut by *time*, and look whether the first row that you ever had is old enough.

# %%
history = app.getData(apple, app.dataSettings("1800 S", "5 secs"))["Close"]
length = pd.Timedelta("5 min")
newest = history.index[-1]
window = history[history.index >= newest - length]
is_full = newest - history.index[0] >= length
len(history), len(window), bool(is_full)

# %% [markdown]
# Drawn over time, the lowest and highest prices of the window make a band that the price lives in:

# %%
band = pd.DataFrame(
    {"Close": history, "lowest": history.rolling("5min").min(), "highest": history.rolling("5min").max()}
)
ibnb.plotIndicators(band, band=("lowest", "highest"), title="AAPL and the range of its last five minutes")

# %% [markdown]
# Two more rules for windows that run all day. **They must be bounded:** whoever keeps every price of the day in memory, and
# searches all of it each time, gets slower by the hour. And **they must refuse what isn't a price:** a NaN in a minimum makes
# every comparison false, without a word.
#
# ### Exercise 4 · Trim
#
# Write `trim(rows, now, seconds)`. `rows` is a list of pairs `(time, price)` in order, times are numbers of seconds. It returns
# the list of those pairs that are at most `seconds` old at the time `now`, and drops pairs whose price is NaN. It must not change
# the list that it was given.
#
# <details><summary>Hint</summary>
# A NaN is the only number that isn't equal to itself: <code>price == price</code> is False for it.
# </details>


# %%
def trim(rows, now, seconds):
    ### BEGIN SOLUTION
    return [(time, price) for time, price in rows if time >= now - seconds and price == price]
    ### END SOLUTION


# %%
check("09.4", trim)

# %% [markdown]
# ### Exercise 5 · A window that can be trusted
#
# Write a class `Window`. It is made with a length, `Window(pd.Timedelta("5 min"))`, and has
#
# * `add(time, price)`: take a price (`time` is a `pd.Timestamp`; times never go backwards), forget what is older than the length,
#   ignore NaN, as if it had never come;
# * `low` and `high`: the lowest and highest price in the window, as attributes or properties;
# * `full`: True as soon as the *first price ever added* is at least one length older than the newest;
# * `len(window)`: how many prices it holds. That number must stay bounded.
#
# The check feeds it random prices at irregular times, and compares with a slow and simple answer after each of them.
#
# <details><summary>Hint</summary>
# <code>collections.deque</code> has <code>append</code> at one end and <code>popleft</code> at the other. <code>len(window)</code>
# calls <code>__len__</code>. A method above which you write <code>@property</code> is used like an attribute.
# </details>


# %%
### BEGIN SOLUTION
from collections import deque


class Window:
    def __init__(self, length):
        self.length, self.rows, self.first = length, deque(), None

    def add(self, time, price):
        if price != price:
            return
        self.first = time if self.first is None else self.first
        self.rows.append((time, price))
        while self.rows[0][0] < time - self.length:
            self.rows.popleft()

    def __len__(self):
        return len(self.rows)

    @property
    def full(self):
        return bool(self.rows) and self.rows[-1][0] - self.first >= self.length

    @property
    def low(self):
        return min(price for _, price in self.rows)

    @property
    def high(self):
        return max(price for _, price in self.rows)


### END SOLUTION

# %%
check("09.5", Window)

# %% [markdown]
# ## Record, decide, show
#
# A program that watches has three jobs: it **records** what TWS says, it **decides**, and it **shows** what it knows. The
# guide above does everything in the one function that is called for each price. It works as long as everything is quick.
#
# What if deciding takes long? Say your indicator needs a minute. Here the slow part is in the *main* thread, and recording goes
# on in its own thread. Nothing is lost. But look at the age of what was waiting:

# %%
with app.streamRealTimeBars(apple) as bars:
    _ = bars.next()
    app.sleep("1 min")  # a very slow indicator
    late = bars.waiting()
    ages = [(app.now() - bar.Date).total_seconds() for bar in late]

print(f"{len(late)} bars were waiting; the oldest began {max(ages):.0f} s ago, the newest {min(ages):.0f} s ago")

# %% [markdown]
# A decision about the oldest of them would be a decision about the past. So a slow program takes *all* that is waiting, puts it
# into the window, and decides on the newest only.
#
# Put the same slow work into a *callback*, and it becomes much worse. The callback runs in the thread that reads the
# connection. While it works, **nothing** is read: no price, no order status, no fill. The program falls further behind with
# every price. Libraries with one event loop have the same weakness in another form: while you calculate for twenty seconds, no
# stream is read, and a `time.sleep` does the same. The cure is always the same. Callbacks record. Somebody else decides.
#
# **Showing** belongs to the main thread as well. The next cell draws the bars again with each new one, and says how old the
# newest is. On a paper TWS it runs for one minute; Jupyter's stop button (■) ends it earlier. In both cases the `with` block
# cancels the stream.

# %% tags=["nbval-ignore-output"]
with app.streamRealTimeBars(apple) as bars:
    for count, bar in enumerate(bars, start=1):
        age = (app.now() - bar.Date).total_seconds()
        clear_output(wait=True)
        ibnb.plotData(bars.df, title=f"AAPL, live: {count} bars, the newest began {age:.0f} s ago")
        if count == 12:
            break

# %% [markdown]
# ### Exercise 6 · Who is starving?
#
# A program computes an indicator inside the callback for new bars. It takes 20 seconds each time, and a bar comes every five. The
# same program also has an order working. What happens?
#
# * **a** Nothing special: TWS waits with the next bar until the callback has returned.
# * **b** Bars are dropped, but fills are reported in time, because orders have a channel of their own.
# * **c** All messages queue up behind the callback, those about the order too, and the program falls further and further behind.
# * **d** Python runs the callbacks at the same time, each in a thread of its own.

# %%
### BEGIN SOLUTION
starving = "c"
### END SOLUTION

# %%
check("09.6", starving)

# %% [markdown]
# ### Exercise 7 · Leave nothing open
#
# Write `watch(app, symbol, count, report)`. It streams bars of five seconds of `symbol`, calls `report(close)` for each of the
# first `count` bars, and returns the list of these closes. When it is finished **or fails**, no stream may stay open at TWS. The
# check calls it twice. The second time `report` raises an exception in the middle. The exception may come out of your
# function; the stream must be cancelled all the same.


# %%
def watch(app, symbol, count, report):
    ### BEGIN SOLUTION
    closes = []
    with app.streamRealTimeBars(symbol) as bars:
        while len(closes) < count:
            bar = bars.next()
            report(bar.Close)
            closes.append(bar.Close)
    return closes
    ### END SOLUTION


# %%
check("09.7", watch, app)

# %% [markdown]
# ## The moment it leaves its range
#
# Everything is there now. One thing is left: at the start the window is empty, and Nora would have to wait for five minutes
# before the rule may speak. There is no need to wait, since the past can be asked for. So we fill the window with history first,
# and go on with the stream.
#
# The rule, as a formula: *up* if the newest price is above 1.05 × the lowest of the window; *down* if it is below 0.95 × the
# highest. It speaks **once**, and then stops. A rule that goes on after its first alarm sends an alarm with every bar.
#
# The cell watches AMD for at most 200 bars, which are a little more than sixteen minutes. In the simulated market AMD jumps at a
# quarter past ten. (If `app.now()` is later than that already, restart the kernel and come back here. On a paper TWS they are
# real minutes, and most likely nothing happens. Interrupt it when you like.) It keeps all prices, because we want to draw them
# afterwards; for a program that runs all day, take the class of exercise 5.

# %%
amd = app.createContract("AMD")
length = pd.Timedelta("5 min")
prices = app.getData(amd, app.dataSettings("600 S", "5 secs"))["Close"].to_dict()
alarm = None

with app.streamRealTimeBars(amd) as bars:
    for count, bar in enumerate(bars, start=1):
        prices[bar.Date] = bar.Close
        window = [price for time, price in prices.items() if time >= bar.Date - length]
        if bar.Close > 1.05 * min(window):
            alarm = "up"
        elif bar.Close < 0.95 * max(window):
            alarm = "down"
        if alarm or count == 200:
            break

print(f"after {count} bars, at {bar.Date:%H:%M:%S}: {alarm}")

# %%
watched = pd.DataFrame({"Close": pd.Series(prices)})
watched["alarm above"] = 1.05 * watched["Close"].rolling("5min").min()
watched["alarm below"] = 0.95 * watched["Close"].rolling("5min").max()
ibnb.plotIndicators(watched, lines=["alarm above", "alarm below"], title="AMD between its two alarm lines")

# %% [markdown]
# The two lines move with the price: they are tied to the range of the last five minutes. The alarm comes with the first bar that
# crosses one of them. It can't come earlier than the end of that bar, so "the moment" is five seconds long. If that is too
# late for you, take single trades. If five minutes of history isn't what you mean by "usual", go back to lesson 07.
#
# ### Exercise 8 · Decide
#
# Write `decide(window, price, share)`. `window` is an object with `full`, `low` and `high`, as in exercise 5. `share` is a fraction,
# 0.05 for five percent. It returns `"up"` or `"down"` by the rule above, with `share` in the place of five percent. Where both
# hold it says `"up"`. It returns `""` (an empty text) if nothing is to be said: when neither holds, while the window isn't full, or
# if `price` isn't a price (NaN, zero, or below).


# %%
def decide(window, price, share):
    ### BEGIN SOLUTION
    if not window.full or not price > 0:
        return ""
    if price > window.low * (1 + share):
        return "up"
    return "down" if price < window.high * (1 - share) else ""
    ### END SOLUTION


# %%
check("09.8", decide)

# %% [markdown]
# The session stays connected for the exercises. No stream is open any more; you can see it here:

# %%
app.streams

# %% [markdown]
# ## In short
#
# * `streamBars` grows, `streamRealTimeBars` finishes every five seconds, `streamTicks` leaves nothing out. Take the coarsest that
#   answers your question.
# * The last bar of a growing stream isn't finished. Judge the one before it.
# * A window: cut by time, full before it decides, bounded, without NaN. Fill it from history to begin at once.
# * Callbacks record. The main program decides and shows, and knows how old its news is.
# * A `with` block cancels its stream, also when something fails inside it.
#
# Nora's program can now say "now!". What it can't do yet is act. In the next lesson she buys one share.
#
# ### Questions to ask yourself
#
# 1. Why must a window be *full* before it decides, and what would go wrong in the first minute of the day?
# 2. Your window holds the last 60 rows instead of the last five minutes. When is that the same, and when isn't it?
# 3. The rule has spoken and the price stays outside for an hour. What should the program do in that hour?
# 4. You watch 20 shares for single trades. What will TWS say, and what would you do instead?

# %% [markdown] tags=["solution"]
# <details><summary>Answers</summary>
#
# 1. With two prices in it the range is tiny. The rule then compares with what happened seconds ago, and not with what is usual.
# 2. It is the same as long as a row comes every five seconds without a gap. After a break in the connection, or outside trading
#    hours, 60 rows reach further back than five minutes.
# 3. Keep quiet. One alarm is news; hundreds are noise, and as orders they would be a disaster. Speak again only after the price
#    has been back inside.
# 4. It answers 10190 for the sixth: too many tick-by-tick requests. Bars of five seconds are enough for most rules.
#
# </details>

# %% [markdown]
# Further reading: IBKR Campus, *TWS API Documentation*, the chapters on live data: five second bars, tick-by-tick data, and
# historical bars that are kept up to date.
