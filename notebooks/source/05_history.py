# %% [raw]
# title = "History into a DataFrame"
# teach = 30
# practise = 25
# needs = "lesson 01; lesson 04 and a first look at pandas help"
# uses = ["createContract", "dataSettings", "getData", "displayData", "plotData", "plotBars", "getHeadTimestamp"]
# objectives = [
#   "get bars of any size as a DataFrame, and draw them",
#   "choose duration, bar size, kind of price and trading hours",
#   "say in which zone, and in which unit, a number stands",
#   "handle a request that fails, instead of waiting for ever",
# ]
# covers = [
#   "S2-15", "S2-17", "S2-18", "S2-19", "S2-20", "S2-21", "S2-22", "S2-23", "S4-16", "S4-17", "S4-18", "S4-19",
# ]
# defects = ["B2-05", "B2-06", "B2-07", "B2-08", "B2-09", "B2-10", "B2-12", "B3-03"]

# %% [markdown]
# *Nora has found out what CSH2 is: a money market fund in London, quoted in pence. Her friend bought a hundred shares of
# it, and a hundred of Apple's. She would like to see how the two have been doing, as a table to compute with and as a
# picture to look at. **How has it done lately?***

# %%
import ibnb
from ibnb.course import check

app = ibnb.connect()

# %% [markdown]
# ## Three lines to a price chart
#
# A request for history answers three questions. *Of what?* A **contract** says it: symbol, type of security, exchange,
# currency. *How much?* That is what `dataSettings` is for: here three months, cut into days. Then `getData` asks, waits, and
# returns a table.

# %%
fund = app.createContract("CSH2", "STK", "LSE", "GBP")
settings = app.dataSettings("3 M", "1 day")
df = app.getData(fund, settings)
app.displayData(df)

# %% [markdown]
# Each row is a **bar**: what happened to the price within a span of time, here a trading day. `Open` is the first price of
# the day, `Close` the last one, `High` and `Low` are the extremes in between. `Volume` says how many shares changed hands, in
# how many trades (`BarCount`), and at which price on average (`Average`). (In the simulated market each trade of this fund is
# of a single share, so the two counts agree. For most shares there are far fewer trades.) Scripts that keep only the first
# four columns throw away what every study of volume needs. `displayData` shows the last five rows, or as many as `rows=` says.

# %%
app.plotData(df, title="CSH2")

# %% [markdown]
# A money market fund lends money for a day at a time and collects the interest. That explains the calm. Look at the scale,
# too: London quotes in **pence**, though the contract says GBP, so the price of one share in pounds is a hundredth
# of what the axis says. Whoever forgets that believes that a share costs a hundred times as much as it does. (Lesson 04 shows how to ask the
# exchange for the factor.) The chart itself is made of closing prices only, one for each day; what happened within a day
# isn't in it.
#
# ### Exercise 1 · Three months of CSH2
#
# From memory: get three months of daily bars of CSH2 (a share, London's exchange LSE, pounds) into the variable
# `cash_fund`. The check compares your table with one that it fetches itself.

# %%
### BEGIN SOLUTION
cash_fund = app.getData(app.createContract("CSH2", "STK", "LSE", "GBP"), app.dataSettings("3 M", "1 day"))
### END SOLUTION

# %%
check("05.1", cash_fund, app)

# %% [markdown]
# ## How much is that in percent?
#
# A price tells little; a change tells more. The **return** of a period is the last price divided by the first one, less 1.
# In a table of bars, `df["Close"].iloc[0]` is the first closing price and `df["Close"].iloc[-1]` the last. (`iloc` counts
# places. `df["Close"][-1]` looks for a row *named* −1, and fails. More than one published strategy stumbles there.)

# %%
bars = app.getData(app.createContract("CSH2", "STK", "LSE", "GBP"), app.dataSettings("3 M", "1 day"))
growth = bars["Close"].iloc[-1] / bars["Close"].iloc[0] - 1
print(f"CSH2 has gained {growth:.2%} in three months.")

# %% [markdown]
# ### Exercise 2 · A return
#
# Write a function `change(bars)` that takes a table of bars and returns its return from the first close to the last, as a
# fraction: 0.05 for five percent up, −0.05 for five percent down.


# %%
def change(bars):
    ### BEGIN SOLUTION
    return bars["Close"].iloc[-1] / bars["Close"].iloc[0] - 1
    ### END SOLUTION


# %%
check("05.2", change)

# %% [markdown]
# ## What the settings mean
#
# `dataSettings` returns a plain dictionary, with the names that IB's own request `reqHistoricalData` uses:

# %%
settings = app.dataSettings("3 M", "1 day")
settings

# %% [markdown]
# | setting | question | examples |
# |:---|:---|:---|
# | `durationStr` | how far back? | `"1 D"`, `"2 W"`, `"3 M"`, `"1 Y"` |
# | `barSizeSetting` | how wide is a bar? | `"5 secs"`, `"1 min"`, `"15 mins"`, `"1 hour"`, `"1 day"` |
# | `endDateTime` | up to when? | `""` is now |
# | `whatToShow` | bars of what? | `"TRADES"`, `"MIDPOINT"`, `"BID"`, `"ASK"`, `"ADJUSTED_LAST"` |
# | `useRTH` | regular trading hours only? | `1` yes, `0` no |
#
# `TRADES` are the prices that were paid. `BID` is what buyers offered, `ASK` what sellers demanded, and `MIDPOINT` lies
# halfway between those two. `ADJUSTED_LAST` corrects old prices for dividends, so that a payout doesn't look like a loss.
# (The other entries of the dictionary you may leave as they are. One of them, `keepUpToDate`, makes a stream of bars out of
# the request: that is lesson 09, and `getData` refuses it.)
#
# Not every pair of duration and bar size goes together. A year of five-second bars would be more than a million rows, and
# TWS refuses it: the smaller the bars, the less far back one request may reach. The numbers are in IB's documentation. As a
# rule of thumb, ask for a day of seconds, a week of minutes, a month of quarter hours, and for years only in days. Who needs
# more asks several times, each time with an earlier `endDateTime`. (`getHistory` does that for you: lesson 06.)
#
# How many rows does a request give? A week has five trading days, a month about twenty-one, a year about two hundred and
# fifty. It pays to have that number in your head before you look at the table. A table that is much shorter than you
# thought is the first sign of a wrong symbol, a wrong exchange, or a share that began to trade last week.
#
# Two traps. **Currencies** have no exchange in the middle where trades are counted, so there are no `TRADES`: ask for
# `"MIDPOINT"`. And the **spelling** of bar sizes is IB's own: `1 min`, but `15 mins`. **Before you run the next cell:** what
# would you like to be told about `"15 min"`?

# %% tags=["raises-exception"]
app.dataSettings("1 D", "15 min")

# %% [markdown]
# The mistake was found before anything was sent. Sent by hand, TWS answers it with error 321, and a script that only waits
# for the last bar waits for ever.
#
# ### Exercise 3 · What did you mean?
#
# Catch that exception, and keep its *text* in the variable `message`. (`str(error)` is the text of an exception.)

# %%
### BEGIN SOLUTION
try:
    app.dataSettings("1 D", "15 min")
except ValueError as error:
    text = str(error)
message = text
### END SOLUTION

# %%
check("05.3", message)

# %% [markdown]
# ### Exercise 4 · Euros
#
# Which of these gets a day of hourly bars of the euro in dollars? The contract is
# `euro = app.createContract("EUR", "CASH", "IDEALPRO", "USD")` in each.
#
# * **a** · `app.getData(euro, app.dataSettings("1 D", "1 hour"))`
# * **b** · `app.getData(euro, app.dataSettings("1 hour", "1 D"))`
# * **c** · `app.getData(euro, app.dataSettings("1 D", "1 hour", whatToShow="MIDPOINT"))`
# * **d** · `app.getData(euro, app.dataSettings("24 h", "1 hour", whatToShow="MIDPOINT"))`

# %%
### BEGIN SOLUTION
answer = "c"
### END SOLUTION

# %%
check("05.4", answer)

# %% [markdown]
# ## Bars within the day, and whose clock they show

# %%
apple = app.createContract("AAPL")
hourly = app.getData(apple, app.dataSettings("2 D", "1 hour"))
app.displayData(hourly[["Open", "High", "Low", "Close", "Volume"]], rows=4)

# %%
hourly.index.tz

# %% [markdown]
# Bars within the day carry a **time zone**: that of the exchange. Daily bars carry none, because a trading day is a date
# and not a moment. TWS writes the zone's name behind the time, in a form that `pandas.to_datetime` can't read; scripts that
# hand it over as it comes work with daily bars and fail with hourly ones.
#
# A bar's label is its **beginning**. New York's shares trade from 09:30 to 16:00, and hourly bars are cut at full hours. So
# the one marked 09:30 covers the half hour up to ten, and there are seven bars in a day.
#
# In a chart of such bars nights and weekends take no room:

# %%
minutes = app.getData(apple, app.dataSettings("2 D", "5 mins"))
ibnb.plotBars(minutes, title="AAPL, 5-minute bars")

# %% [markdown]
# This kind of chart has a **candle** for each bar. Its thick part goes from open to close, its thin line from low to high,
# and the key says which colour rose and which fell. Below are the volumes: a trading day begins and ends busily.
#
# Outside regular hours there are trades as well, few and far between. With `useRTH=0` you get them. **Before you run the
# next cell:** it is ten o'clock on a Wednesday. At what time does the first bar of the day begin?

# %%
extended = app.getData(apple, app.dataSettings("1 D", "1 hour", useRTH=0))
extended[["Close", "Volume", "BarCount"]]

# %% [markdown]
# At four in the morning, five and a half hours before regular trading begins. Look at the last column: how few trades there
# are until then. The bar of nine o'clock has many, since half of it lies within regular hours.
#
# And how far back does a series go? That is a question of its own, and TWS answers with the moment of the first bar that it
# has:

# %%
app.getHeadTimestamp(apple)

# %% [markdown]
# ### Exercise 5 · The first hour
#
# Take hourly bars of AAPL over **one week**, regular hours only. Give two answers: the table (`week`), and the time at which
# the first bar of a day begins, as a text of the form `"HH:MM"` (`opening`).

# %%
### BEGIN SOLUTION
week = app.getData(app.createContract("AAPL"), app.dataSettings("1 W", "1 hour", useRTH=1))
### END SOLUTION

# %%
### BEGIN SOLUTION
opening = f"{week.index[0]:%H:%M}"
### END SOLUTION

# %%
check("05.5", week, opening, app)

# %% [markdown]
# ## When there is nothing to have
#
# Some requests can't be answered: a symbol that doesn't exist, a period without a trade, data that the account isn't
# allowed to see. **Before you run the next cell:** an empty table, an exception, or silence?

# %% tags=["raises-exception"]
app.getData(app.createContract("NOSUCHTHING"), app.dataSettings("1 M", "1 day"))

# %% [markdown]
# An exception, at once, with the broker's words and a next step. This error has a history. In many scripts the function
# that fetches bars waits for an Event that only the *end of the bars* sets. When TWS answers with an error there is no end,
# and the cell runs until somebody interrupts it. The author of one of them published his notebook that way: request sent,
# error 162 received, cell interrupted. You have mended just that in lesson 02.
#
# The rule that helps: **every request ends, by its end marker, by an error, by a lost connection, or by a time limit.** The
# opposite mistake exists too. Code 2176 carries your request's number and *is no failure*: the bars still come. Only a
# table of codes can tell the two apart.
#
# ### Exercise 6 · A list with a rotten apple
#
# You get a list of symbols, and some of them may not exist. This attempt loses everything at the first bad one:
#
# ```python
# def load(symbols):
#     found = {}
#     for symbol in symbols:
#         found[symbol] = app.getData(app.createContract(symbol), app.dataSettings("1 M", "1 day"))
#     return found
# ```
#
# Repair it. `load(symbols)` returns *two* things: a dictionary with the tables of those that exist, and a list of those
# that don't. One bad symbol must not cost you the good ones.
#
# <details><summary>Hint</summary>
# Put the <code>try</code> inside the loop, around one request. The exception to catch is
# <code>ibnb.ContractNotFoundError</code>, not every exception: a lost connection should still stop you.
# </details>


# %%
def load(symbols):
    ### BEGIN SOLUTION
    found, unknown = {}, []
    for symbol in symbols:
        try:
            found[symbol] = app.getData(app.createContract(symbol), app.dataSettings("1 M", "1 day"))
        except ibnb.ContractNotFoundError:
            unknown.append(symbol)
    return found, unknown
    ### END SOLUTION


# %%
check("05.6", load, app)

# %% [markdown]
# ## Two symbols without a mix-up
#
# The same scripts keep all bars in *one* list, whoever they belong to, and use one number for every request. Two questions
# on their way at the same time, and Apple's bars land between NVIDIA's. Here every request has a number and rows of its own:

# %%
settings = app.dataSettings("3 M", "1 day")
frames = {symbol: app.getData(app.createContract(symbol), settings) for symbol in ("AAPL", "NVDA")}
for symbol, bars in frames.items():
    print(f"{symbol}: {len(bars)} days, {bars['Close'].iloc[-1] / bars['Close'].iloc[0] - 1:+.1%}")

# %% [markdown]
# To compare several in one picture, ask for all of them at once. `getDataMany` gives one table with a symbol beside each
# date, and `plotData` draws it as changes since the first day, so that a cheap share and a dear one fit on one scale:

# %%
both = app.getDataMany([app.createContract("AAPL"), app.createContract("NVDA")], settings)
app.plotData(both, title="AAPL and NVDA in three months")

# %% [markdown]
# ### Exercise 7 · A loop
#
# Get **one month** of daily bars of MSFT, NFLX and TSLA into a dictionary `month`, from symbol to table.

# %%
### BEGIN SOLUTION
monthly = app.dataSettings("1 M", "1 day")
month = {symbol: app.getData(app.createContract(symbol), monthly) for symbol in ("MSFT", "NFLX", "TSLA")}
### END SOLUTION

# %%
check("05.7", month, app)

# %% [markdown]
# ### Exercise 8 · The best of them
#
# Write a function `best(frames)`. It takes such a dictionary and returns the symbol whose return from the first close to
# the last is the highest.
#
# <details><summary>Hint</summary>
# <code>max(frames, key=…)</code> takes a function which gives a number for each key.
# </details>


# %%
def best(frames):
    ### BEGIN SOLUTION
    return max(frames, key=lambda symbol: frames[symbol]["Close"].iloc[-1] / frames[symbol]["Close"].iloc[0])
    ### END SOLUTION


# %%
check("05.8", best)

# %% [markdown]
# ## In short
#
# * `createContract` says what, `dataSettings` how much, `getData` gets it as a DataFrame.
# * Daily bars have dates, bars within the day have the exchange's zone, and a bar's label is its beginning.
# * A currency isn't yet a unit: London quotes pence. A price isn't yet a change: divide.
# * A request that fails raises an exception, at once, with the broker's words and a next step.
# * Every request has rows of its own. Don't let two share a list.
#
# Nora has her two charts. She tries the loop on a list of fifty symbols, for a study, and goes to fetch a coffee. When she
# comes back it has just finished. Must that be? Lesson 06 asks.
#
# To leave, `app.disconnect()` or closing the notebook is enough.
#
# ### Questions to ask yourself
#
# 1. Why has EUR.USD no `TRADES` bars?
# 2. What is wrong with `df["Close"] * quantity` for a London share?
# 3. A day has seven hourly bars in New York. Which of them is shorter than an hour?
# 4. Which two mistakes can a program make with an error that carries its request's number?
#
# Read on: IB's documentation of the TWS API, *Historical bars*, with the tables of durations and bar sizes and the
# limits for small bars.

# %% [markdown] tags=["solution"]
# <details><summary>Answers</summary>
#
# 1. Banks trade currencies with each other, without an exchange that would report each trade. There are only quotes.
# 2. The price is in pence. Divide by the price magnifier (100) first, or the position looks a hundred times too large.
# 3. The first: it begins at 09:30 and ends at 10:00, since the bars are cut at full hours.
# 4. It can take no notice of a failure and wait for ever; or it can take a warning such as 2176 for a failure, and give up
#    although the rows are coming.
#
# </details>
