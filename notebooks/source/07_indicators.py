# %% [raw]
# title = "Indicators you can trust"
# teach = 30
# practise = 30
# needs = "lessons 05 and 06; a first look at pandas"
# uses = ["getData", "getDataMany", "plotIndicators", "roundToTick", "getContractDetails"]
# objectives = [
#   "compute a moving average in three ways, and prove that they agree",
#   "say how far a price is from its average, in a measure that fits every share",
#   "recognise a rule that looks into the future, and one that has too few data",
#   "take the last value of a table, and put a price on the exchange's grid",
# ]
# covers = ["S4-20", "S4-21", "S4-38", "S4-44"]
# defects = ["B4-03", "B4-04", "B4-15", "B4-16", "B4-18"]

# %% [markdown]
# ## Nora's question
#
# Nora's fifty histories lie on her disk. This morning Apple's price has moved. A friend says that this is nothing, and a
# headline says "plunge". Both look at the same number.
#
# **Is today's price unusual?**
#
# An **indicator** is a number that is computed from prices. Whoever trusts one should be able to compute it by hand, once. The
# prices here are invented, so nothing in this lesson says how to earn money. It says how not to fool yourself.

# %%
import math

import ibnb
import ipywidgets as widgets
import pandas as pd
from ibnb.course import check

app = ibnb.connect()
half_year = app.dataSettings("6 M", "1 day")

# %% [markdown]
# ## 1 · An average that moves along
#
# The **simple moving average** (SMA) of twenty days is the mean of the last twenty closing prices. Tomorrow the oldest of them
# drops out and a new one comes in. There are three ways to compute it: by hand, in a loop, and with pandas.
#
# *Before you run the next cell: for how many of the first days is there no average of twenty?*

# %%
apple = app.getData("AAPL", half_year)
close = apple["Close"]

by_hand = sum(close.iloc[:20]) / 20
in_a_loop = [sum(close.iloc[place - 20 : place]) / 20 for place in range(20, len(close) + 1)]
with_pandas = close.rolling(20).mean()

print(f"day 20: {by_hand:.6f}  {in_a_loop[0]:.6f}  {with_pandas.iloc[19]:.6f}")
print(f"values: {len(close)} prices, {len(in_a_loop)} by the loop, {with_pandas.notna().sum()} by pandas")
largest = max(abs(one - other) for one, other in zip(in_a_loop, with_pandas.iloc[19:], strict=True))
print("all differences are below a billionth:", largest < 1e-9)

# %% [markdown]
# For the first nineteen days there are too few prices. The loop has no value there, and pandas writes NaN. That is the honest
# answer, and you should keep it. The three agree to many decimals, though not to the last one, since computers round
# in the order in which they add. So compare with a tolerance: `math.isclose`, and not `==`.
#
# ### Exercise 1 · By hand
#
# Write `sma(values, n)` without pandas. `values` is a list of numbers. Return a list of the same length: `math.nan` where fewer
# than `n` values are there, and the mean of the last `n` from then on. The check compares it with pandas, to nine decimals.


# %%
### BEGIN SOLUTION
def sma(values, n):
    found = []
    for place in range(1, len(values) + 1):
        found.append(math.nan if place < n else sum(values[place - n : place]) / n)
    return found


### END SOLUTION

# %%
check("07.1", sma)

# %% [markdown]
# ## 2 · How far is far?
#
# A price is nearly always off its average. How far off is usual? The **standard deviation** says how
# widely values scatter around their mean. It is called σ, the Greek letter sigma, and it has the same unit as the price.
#
# **Bollinger bands** are the moving average plus and minus some σ, usually two, with σ from the same window:

# %%
apple = app.getData("AAPL", half_year)
window = apple["Close"].rolling(20)
apple["SMA"] = window.mean()
apple["sigma"] = window.std(ddof=0)
apple["Upper"] = apple["SMA"] + 2 * apple["sigma"]
apple["Lower"] = apple["SMA"] - 2 * apple["sigma"]
app.displayData(apple[["Close", "SMA", "sigma", "Lower", "Upper"]], rows=2)

# %%
ibnb.plotIndicators(apple, lines=["SMA"], band=("Lower", "Upper"), title="AAPL with Bollinger bands")

# %% [markdown]
# The band breathes. It is narrow in calm weeks and wide in wild ones. So "two σ" means *unusual for these weeks*, and the same
# move may be inside the band in another month.
#
# `ddof=0` is a small word with an effect. pandas divides by `n − 1` unless you say otherwise, and Bollinger divided by `n`. For
# twenty days the bands differ by some two and a half percent of their width. Neither is wrong. Mixing them is.
#
# ### Exercise 2 · The bands
#
# Write `bands(close, n, k)`. `close` is a column of prices. Return a table with the columns `Middle`, `Upper` and `Lower` and the
# same index: the SMA of `n`, and `k` σ above and below, with σ as Bollinger has it (`ddof=0`).


# %%
### BEGIN SOLUTION
def bands(close, n, k):
    middle, sigma = close.rolling(n).mean(), close.rolling(n).std(ddof=0)
    return pd.DataFrame({"Middle": middle, "Upper": middle + k * sigma, "Lower": middle - k * sigma})


### END SOLUTION

# %%
check("07.2", bands)

# %% [markdown]
# ### Exercise 3 · A name that lies
#
# In a published strategy one reads, in this order:
#
#     std_dev = df.close.rolling(50).std() * 3
#     ...
#     stop = sma + std_dev * 2
#
# How far is the stop from the average?
#
# * **a** two standard deviations, as the line says
# * **b** three standard deviations, as the first line says
# * **c** five standard deviations
# * **d** six standard deviations

# %%
### BEGIN SOLUTION
answer = "d"
### END SOLUTION

# %%
check("07.3", answer)

# %% [markdown]
# The text beside that code speaks of six σ, so the author knew. The next reader doesn't. Give a quantity the name of what it
# *is* (`sigma`), and write the factor where it is used (`3 * sigma`).
#
# ## 3 · One number for all shares
#
# A **z-score** is the distance from the average in units of σ: `z = (price − mean) / σ`. It has no unit. A z of −2 means the same
# for a share at 20 dollars and for a fund at 1,200 pounds.
#
# ```mermaid
# flowchart LR
#     accTitle: From prices to a z-score
#     accDescr: The window of the last twenty closes gives a mean and a sigma. The new price minus the mean, divided by sigma, is the z-score. Beyond three it is called unusual.
#     W["window: 20 closes<br/>before today"] --> M["mean"]
#     W --> S["σ"]
#     P["today's price"] --> Z["z = (price − mean) / σ"]
#     M --> Z
#     S --> Z
#     Z --> Q{"beyond ±3?"}
# ```
#
# Look at the first box: the window holds the days *before* today. Today's price is what we judge, so it mustn't sit among the
# judges. With today inside the window, an unusual price pulls the mean towards itself and widens σ, and so hides itself. For a
# window of `n` prices with the newest among them, z can never exceed the root of `n − 1`, whatever happens.

# %%
apple = app.getData("AAPL", half_year)
before = apple["Close"].shift(1).rolling(20)
apple["SMA"] = before.mean()
apple["z"] = (apple["Close"] - apple["SMA"]) / before.std(ddof=0)
ibnb.plotIndicators(apple, lines=["SMA"], score="z", title="AAPL and its z-score")

# %% [markdown]
# `shift(1)` moves every price one row down, so that the row of today sees the window up to yesterday. The lower panel has lines at
# ±3. Does the twenty matter? The next cell tries four windows, and the slider below it any other. *Before you run it: will a
# short window call more days unusual, or fewer?*


# %%
def unusual(days):
    """How many days lie beyond two and beyond three sigma, with a window of so many days."""
    window = apple["Close"].shift(1).rolling(days)
    z = ((apple["Close"] - window.mean()) / window.std(ddof=0)).dropna()
    counts = f"beyond ±2: {(z.abs() > 2).mean():.0%}, beyond ±3: {(z.abs() > 3).mean():.0%}"
    return f"window of {days} days, {len(z)} days judged: {counts}; today {z.iloc[-1]:+.2f}"


for days in (5, 10, 20, 60):
    print(unusual(days))

# %%
slider = widgets.IntSlider(20, min=3, max=60, description="days")
said = widgets.HTML(unusual(20))
slider.observe(lambda change: said.set_trait("value", unusual(change["new"])), "value")
widgets.VBox([slider, said])

# %% [markdown]
# A short window makes many days "unusual", because a σ from five prices is a guess. In the textbook three σ is one day in
# about four hundred. Prices aren't from the textbook: they have quiet and wild times, so large z-scores come more often and in
# clusters.
#
# Now the question, for all ten positions at once:

# %%
fund = app.createContract("CSH2", "STK", "LSE", "GBP")
held = app.getDataMany(["AAPL", "NVDA", "NFLX", "MSFT", "META", "SPY", "V", "MA", "WMT", fund], half_year)
today = {}
for symbol, close in held["Close"].groupby(level="symbol", sort=False):
    window = close.iloc[-21:-1]
    today[symbol] = (close.iloc[-1] - window.mean()) / window.std(ddof=0)
pd.Series(today, name="z today").round(2).sort_values().to_frame()

# %% [markdown]
# Pence and dollars, a calm fund and a wild share: one column is enough to compare them.
#
# ### Exercise 4 · Repair: the judge among the judged
#
# This is what many scripts do:
#
#     z = (close - close.mean()) / close.std()
#
# The mean and σ of the *whole* column know all prices up to the last row. For a day in spring they know the summer. Write
# `zscore(close, n)`: for each row the distance from the mean of the `n` prices **before** it, in σ of the same `n` prices
# (`ddof=0`), and NaN where there aren't so many. The check changes later prices, and no earlier value may move.


# %%
### BEGIN SOLUTION
def zscore(close, n):
    before = close.shift(1).rolling(n)
    return (close - before.mean()) / before.std(ddof=0)


### END SOLUTION

# %%
check("07.4", zscore)

# %% [markdown]
# To use what one couldn't have known is called **look-ahead**. It is the most expensive fault in research, since it makes every
# rule look good. There is a simple test, and the check above is it: cut the table off after a day. If any value before the cut
# changes, it had looked ahead. The running bar is the other place where it hides. Today's daily bar isn't finished at ten in the
# morning, and its "close" is only the latest price.
#
# ## 4 · Enough data, or none
#
# A published strategy trades lean hogs on bars of fifteen minutes, with a mean of fifty bars. For this it asks for two days of
# bars. *How many bars are in two days?* Lean hogs trade about four and a half hours a day.

# %%
listed = app.getContractDetails(app.createContract("HE", "FUT", "CME")).sort_values("lastTradeDateOrContractMonth")
hogs = app.resolve(app.createContract("HE", "FUT", "CME", conId=int(listed["conId"].iloc[1])))
two_days = app.getData(hogs, app.dataSettings("2 D", "15 mins"))
print(len(two_days), "bars;", two_days["Close"].rolling(50).mean().notna().sum(), "means of fifty")
print(f"and yet: tail(50) gives a mean of {two_days['Close'].tail(50).mean():.3f}, from {len(two_days.tail(50))} bars")

# %% [markdown]
# Two full days would be thirty-six bars. There are even fewer here, since the second day is today and has only begun.
#
# `rolling(50)` refuses: there isn't one mean of fifty. `tail(50)` says nothing and takes what there is. A program that writes
# `close.tail(50).std()` has a σ of a quiet morning, and takes the first usual move for a sensation.
#
# ### Exercise 5 · Ask for enough
#
# Get fifteen-minute bars of lean hogs, regular hours, into `hog_bars`, so that there are **at least fifty** of them and not more than
# two hundred. Use the *second* future in time (the variable `hogs` above), not a continuous one. The check looks at what the
# gateway was asked.

# %%
### BEGIN SOLUTION
hog_bars = app.getData(hogs, app.dataSettings("1 W", "15 mins"))
### END SOLUTION

# %%
check("07.5", hog_bars, app)

# %% [markdown]
# ### Exercise 6 · Rather no number than a wrong one
#
# Write `sigma(close, n)`: the standard deviation (`ddof=0`) of the **last** `n` prices as one number. Raise `ValueError` when there
# are fewer than `n` prices, when one of the last `n` is NaN, or when `n` is less than 2.


# %%
### BEGIN SOLUTION
def sigma(close, n):
    last = close.tail(n)
    if n < 2 or len(last) < n or last.isna().any():
        raise ValueError(f"{n} prices are needed, and {last.notna().sum()} are there")
    return float(last.std(ddof=0))


### END SOLUTION

# %%
check("07.6", sigma)

# %% [markdown]
# ## 5 · The last value
#
# Rules need the newest row, and it is surprisingly easy to miss. A well-known guide collects prices in a table that begins empty
# and then asks for its last value:

# %%
empty = pd.DataFrame(columns=["date", "last"])
typed = pd.DataFrame({"last": pd.Series(dtype="float64")}, index=pd.DatetimeIndex([], name="date"))
print("untyped:", empty["last"].dtype, "| typed:", typed["last"].dtype)

# %% [markdown]
# An empty table without types holds *objects*, and arithmetic on them is slow and surprising. Say the types at the beginning.

# %%
prices = pd.DataFrame({"last": [10.0, 10.5]}, index=pd.to_datetime(["2025-06-11 10:00", "2025-06-11 10:01"]))
try:
    prices["last"][-1]
except KeyError as error:
    print("KeyError:", error)

# %% [markdown]
# `[-1]` looks for the **label** −1, and the labels are times. On a table, `prices[-1]` looks for a *column* called −1. What you mean is
# a place, and places are asked for with `.iloc`: `prices["last"].iloc[-1]` is the newest price, `prices.index[-1]` its time.
#
# The column's name is a trap as well. In older versions of pandas `df.last` was a method of the table, so `df.last[-1]` failed in
# yet another way. Write `df["last"]`, and avoid names that a table has already (`last`, `size`, `count`, `min`).
#
# ### Exercise 7 · Repair: four lines
#
# All four lines come from published code, and none of them works today:
#
#     newest = df[-1]
#     price = df.last[-1]
#     start = df.last[-1] - pd.Timedelta(minutes=5)
#     change = price / df.last[0] - 1
#
# Write `newest_change(df)`. `df` has the column `last` and times as index, in order. Return three things: the newest price, its time,
# and the change as a fraction since the **first row within the last five minutes** (a row exactly five minutes old counts).


# %%
### BEGIN SOLUTION
def newest_change(df):
    price, moment = df["last"].iloc[-1], df.index[-1]
    window = df[df.index >= moment - pd.Timedelta(minutes=5)]
    return price, moment, price / window["last"].iloc[0] - 1


### END SOLUTION

# %%
check("07.7", newest_change)

# %% [markdown]
# ## 6 · From a number to a price
#
# A computed price has many decimals, and an exchange has a grid: lean hogs move in steps of `minTick`. A price between two
# steps is refused with code **110**.

# %%
listed = app.getContractDetails(app.createContract("HE", "FUT", "CME")).sort_values("lastTradeDateOrContractMonth")
row = listed.iloc[1]
hogs = app.resolve(app.createContract("HE", "FUT", "CME", conId=int(row["conId"])))
mean = app.getData(hogs, app.dataSettings("1 W", "15 mins"))["Close"].rolling(50).mean().iloc[-1]
print(f"mean {mean:.6f}, step {row['minTick']}: on the grid {ibnb.roundToTick(mean, row['minTick'])}")
print(ibnb.explain(110))

# %% [markdown]
# ### Exercise 8 · On the grid
#
# Write `round_to_tick(price, tick)` with Python's own means: the multiple of `tick` that is nearest to `price`, as a float that
# prints cleanly. `round_to_tick(1.23456, 0.05)` is `1.25`, and not `1.2500000000000002`.
#
# <details><summary>Hint</summary>
# Decimals count as people do. After <code>from decimal import ROUND_HALF_UP, Decimal</code> the step is
# <code>step = Decimal(str(tick))</code>, and the number of steps is
# <code>(Decimal(str(price)) / step).to_integral_value(ROUND_HALF_UP)</code>.
# </details>


# %%
### BEGIN SOLUTION
def round_to_tick(price, tick):
    from decimal import ROUND_HALF_UP, Decimal

    step = Decimal(str(tick))
    steps = (Decimal(str(price)) / step).to_integral_value(ROUND_HALF_UP)
    return float(steps * step)


### END SOLUTION

# %%
check("07.8", round_to_tick)

# %% [markdown]
# Everything together is the arithmetic of the hog strategy. It reads: *when the newest price is more than three σ from the mean of
# the fifty bars before it, expect it to come back*. Then the target is the mean, and the stop lies as far on the other side as
# the target is away. The orders for it come in lesson 12.
#
# ### Exercise 9 · The plan
#
# Write `plan(close, tick, n=50, k=3)`. With the `n` prices before the newest one compute mean and σ (`ddof=0`). When there are fewer
# than `n + 1` prices, or σ is 0, or the newest price is at most `k` σ away, return the text `"wait"`. Otherwise return a dictionary with
# `action` (`"SELL"` above, `"BUY"` below), `target` (the mean) and `stop` (as far from the newest price as the target, on the other
# side), both prices on the grid.


# %%
### BEGIN SOLUTION
def plan(close, tick, n=50, k=3):
    if len(close) < n + 1:
        return "wait"
    price, before = close.iloc[-1], close.iloc[-n - 1 : -1]
    mean, sigma = before.mean(), before.std(ddof=0)
    if sigma == 0 or abs(price - mean) <= k * sigma:
        return "wait"
    return {
        "action": "SELL" if price > mean else "BUY",
        "target": ibnb.roundToTick(mean, tick),
        "stop": ibnb.roundToTick(2 * price - mean, tick),
    }


### END SOLUTION

# %%
check("07.9", plan)

# %% [markdown]
# ## In short
#
# * Compute an indicator by hand once, and compare with a tolerance.
# * σ has the unit of the price; a z-score has none. Bollinger's σ has `ddof=0`.
# * What is judged isn't among the judges: the window ends *before* the newest price. Cut the table to test it.
# * Too few data give no number. `rolling` knows that, `tail` doesn't.
# * The last value is `.iloc[-1]`, its time `.index[-1]`.
# * A price that goes into an order lies on the grid.
#
# Nora's answer: the column of z-scores tells, and she knows what it is made of. "Plunge" is a word, and a
# z-score is a measure. But it is a measure of prices that have come to rest. What is a share worth *this second*? That is
# the next lesson.
#
# ### Questions to ask yourself
#
# 1. Why can z never be larger than the root of n − 1 when the newest price is in its own window?
# 2. A backtest shows a rule that never loses. What do you test first?
# 3. Two programs show different Bollinger bands for the same prices. Name two harmless reasons.
# 4. A z-score of a share is 8 on one day. Name two explanations that have nothing to do with the market.

# %% [markdown] tags=["solution"]
# <details><summary>Answers</summary>
#
# 1. One price far away pulls the mean towards itself and makes σ large. In the extreme all others are equal, and then
#    its distance is exactly σ times the root of n − 1.
# 2. Look-ahead: cut the table off at some day, and see whether earlier signals change.
# 3. `ddof` 0 or 1; a window that ends today or yesterday; also the running bar of today.
# 4. Another unit (pence), a split that isn't adjusted, a wrong tick, a mix-up of two symbols.
#
# </details>

# %% [markdown]
# **Further reading**: the pandas guide, "Windowing operations". Libraries such as TA-Lib have hundreds of indicators ready; check one of
# them against your own before you trust the rest. When you have finished, close the notebook, or end the session with
# `app.disconnect()`.
