# %% [raw]
# title = "History into a DataFrame"
# teach = 35
# practise = 30
# needs = "lesson 01; a first look at pandas helps"
# uses = ["createContract", "dataSettings", "getData", "displayData", "plotData", "plotBars", "getHeadTimestamp"]
# objectives = [
#   "get bars of any size as a DataFrame, and draw them",
#   "choose duration, bar size, kind of price and trading hours",
#   "say in which zone, and in which unit, a number stands",
#   "handle a request that fails, instead of waiting for ever",
# ]

# %%
import ibnb
from ibnb.course import check

app = ibnb.connect()

# %% [markdown]
# ## Three lines to a price chart
#
# *What* do you want? A contract says it: symbol, type of security, exchange, currency. *How much* of it? That is what
# `dataSettings` is for. Then `getData` asks, waits, and returns a table.

# %%
contract = app.createContract("CSH2", "STK", "LSE", "GBP")
settings = app.dataSettings("3 M", "1 day")
df = app.getData(contract, settings)
app.displayData(df)

# %%
app.plotData(df, title="CSH2")

# %% [markdown]
# CSH2 is a money market fund on the London Stock Exchange, which explains the calm. But look at the price: is one share
# worth more than a hundred thousand pounds?
#
# It isn't. London quotes most shares in **pence**, though the contract's currency says GBP. Ask the exchange for the
# factor before you multiply by a quantity:

# %%
details = app.getContractDetails(contract)
details[["longName", "currency", "priceMagnifier", "minTick"]]

# %%
pounds = df["Close"].iloc[-1] / details["priceMagnifier"].iloc[0]
print(f"one share costs {pounds:,.2f} GBP")

# %% [markdown]
# ## What the settings mean
#
# `dataSettings` returns a plain dictionary, with the names that IB's own `reqHistoricalData` uses:

# %%
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
# Two traps. Currencies have no central exchange and so no `TRADES`: ask for `"MIDPOINT"`. And the spelling of bar sizes
# is IB's own: `1 min`, but `15 mins`.

# %% tags=["raises-exception"]
app.dataSettings("1 D", "15 min")

# %% [markdown]
# The mistake was found before anything was sent. IB's own package would have sent it, and you would have waited.

# %% [markdown]
# ## Bars within the day, and whose clock they show

# %%
apple = app.createContract("AAPL")
hourly = app.getData(apple, app.dataSettings("2 D", "1 hour"))
app.displayData(hourly, rows=4)

# %%
hourly.index.tz

# %% [markdown]
# Bars within the day carry a **time zone**: that of the exchange. Daily bars carry none, because a trading day is a date
# and not a moment. The printed notebooks of earlier courses fail here: IB writes the zone's name behind the time, and
# `pandas.to_datetime` can't read it.
#
# A bar's label is its **beginning**. The one marked 09:30 in New York covers the half hour up to ten, since hourly bars
# are cut at full hours.

# %%
minutes = app.getData(apple, app.dataSettings("2 D", "5 mins"))
ibnb.plotBars(minutes, title="AAPL, 5-minute bars")

# %% [markdown]
# The session's first half hour stands beside the whole of the day before: bars are drawn side by side, so the night between
# them takes no room. A filled candle fell, an open one rose.
#
# Outside regular hours there are trades as well, few and far between. With `useRTH=0` you get them:

# %%
extended = app.getData(apple, app.dataSettings("1 D", "1 hour", useRTH=0))
len(extended), extended.index[0]

# %% [markdown]
# How far back does a series go?

# %%
app.getHeadTimestamp(apple)

# %% [markdown]
# ## When there is nothing to have

# %% tags=["raises-exception"]
app.getData(app.createContract("NOSUCHTHING"), app.dataSettings("1 M", "1 day"))

# %% [markdown]
# This error has a history. In the notebook that many people start from, `getData` waits for an event that only the *last
# bar* sets. When TWS answers with an error there is no last bar, and the cell runs until somebody interrupts it. The
# author's own published copy ends that way: request sent, error 162 received, cell interrupted.
#
# The rule that helps: **every request ends, by its end marker, by an error, by a lost connection, or by a time limit.** And
# the opposite mistake exists too. Code 2176 carries your request's number and *is no failure*: the bars still come. Only a
# table of codes can tell the two apart, which is why `ibnb` has one.

# %% [markdown]
# ## Two symbols without a mix-up
#
# The same notebook kept all bars in *one* list, whoever they belonged to. Two questions on their way at the same time, and
# Apple's bars land between NVIDIA's. Here every request has rows of its own:

# %%
frames = {
    symbol: app.getData(app.createContract(symbol), app.dataSettings("3 M", "1 day")) for symbol in ("AAPL", "NVDA")
}
for symbol, bars in frames.items():
    change = bars["Close"].iloc[-1] / bars["Close"].iloc[0] - 1
    print(f"{symbol}: {len(bars)} days, {change:+.1%}")

# %% [markdown]
# ## Exercises
#
# ### Exercise 1 · Three months of CSH2
#
# From memory: get three months of daily bars of CSH2 (London, pounds) into the variable `cash_fund`.

# %%
### BEGIN SOLUTION
cash_fund = app.getData(app.createContract("CSH2", "STK", "LSE", "GBP"), app.dataSettings("3 M", "1 day"))
### END SOLUTION

# %%
check("05.1", cash_fund)

# %% [markdown]
# ### Exercise 2 · A loop
#
# Get **one month** of daily bars of MSFT, NFLX and TSLA into a dictionary `month`, symbol → table.

# %%
### BEGIN SOLUTION
monthly = app.dataSettings("1 M", "1 day")
month = {symbol: app.getData(app.createContract(symbol), monthly) for symbol in ("MSFT", "NFLX", "TSLA")}
### END SOLUTION

# %%
check("05.2", month)

# %% [markdown]
# ### Exercise 3 · The first hour
#
# Take hourly bars of AAPL over **one week**, regular hours only. In which zone does the first bar of each day start, and
# when? Give the table (`week`), and the time of the first bar of a day as text, such as `"08:00"` (`opening`).

# %%
### BEGIN SOLUTION
week = app.getData(apple, app.dataSettings("1 W", "1 hour", useRTH=1))
### END SOLUTION

# %%
### BEGIN SOLUTION
opening = f"{week.index[0]:%H:%M}"
### END SOLUTION

# %%
check("05.3", week, opening)

# %% [markdown]
# ### Exercise 4 · What did you mean?
#
# `dataSettings("1 D", "15 min")` raises an exception. Catch it and keep its text in `message`.

# %%
### BEGIN SOLUTION
try:
    app.dataSettings("1 D", "15 min")
except ValueError as error:
    text = str(error)
message = text
### END SOLUTION

# %%
check("05.4", message)

# %% [markdown]
# ### Exercise 5 · A list with a rotten apple
#
# You get a list of symbols, and some of them may not exist. Write a function that returns *two* things: a dictionary with
# the tables of those that exist, and a list of those that don't. One bad symbol must not cost you the good ones.
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
check("05.5", load, app)

# %%
app.disconnect()

# %% [markdown]
# ## In short
#
# * `createContract` says what, `dataSettings` how much, `getData` gets it as a DataFrame.
# * Daily bars have dates, bars within the day have the exchange's zone, and a bar's label is its beginning.
# * A currency isn't yet a unit: London quotes pence.
# * A request that fails raises an exception, at once, with the broker's words and a next step.
#
# ### Questions to ask yourself
#
# 1. Why has EUR.USD no `TRADES` bars?
# 2. What is wrong with `df["Close"] * quantity` for a London share?
# 3. A day has seven hourly bars in New York. Which of them is shorter than an hour?
# 4. Which two mistakes can a program make with an error that carries its request's number?
