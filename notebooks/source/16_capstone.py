# %% [raw]
# title = "Capstone: a concurrent paper trader"
# teach = 60
# practise = 50
# needs = "lessons 07, 09, 12, 13, 14 and 15"
# uses = ["reqAccountUpdates", "reqPositions", "getScan", "streamQuotes", "placeBracket", "getOpenOrders", "getExecutions", "plotFills", "plotIndicators", "worlds.run", "worlds.results", "AccountGuard", "OrderBlotter", "AccountPanel", "writeJournal"]
# objectives = [
#   "explain, by counting, why a well-known trading example sends wrong orders, and repair it",
#   "run an account feed, a position feed and five quote streams over one connection",
#   "separate what callbacks record from what your program decides",
#   "turn three published signals into orders that have their exits with them",
#   "compare signals over several worlds, and say what such a comparison can't tell",
#   "end a day: a guard, a journal, and nothing left behind",
# ]
# covers = [
#   "S0-01", "S0-02", "S0-03", "S0-04", "S0-05", "S0-06", "S0-07", "S0-16", "S0-18", "S0-19", "S0-20", "S0-21", "S0-22",
#   "S0-23", "S0-24", "S0-25", "S0-26", "S0-28", "S0-29", "S0-30", "S0-31", "S0-32", "S0-34", "S0-37", "S0-38", "S0-39",
#   "S0-40", "S0-42", "S0-43", "S0-44", "S0-45", "S0-46", "S0-47", "S0-48", "S0-49", "S1-01", "S1-02", "S1-03", "S1-20",
#   "S1-21", "S1-22", "S1-23", "S1-24", "S1-25", "S3-23", "S4-01", "S4-07", "S4-35", "S4-37", "S4-42", "S4-43", "S4-44",
#   "S4-45", "S4-46", "S4-51", "S4-52",
# ]
# defects = [
#   "B0-02", "B0-08", "B0-09", "B0-10", "B0-11", "B0-12", "B0-13", "B0-15", "B0-16", "B0-17", "B0-20", "B0-21", "B1-09",
#   "B1-13", "B1-15", "B1-19", "B3-09", "B3-10", "B4-13", "B4-14", "B4-15", "B4-16", "B4-17", "B4-18", "B4-22",
# ]

# %% [markdown]
# Nora has everything in her hands now: an account that talks, quotes, bars, scans, orders with their exits, a guard. In each lesson
# one of them had her whole attention. A program that trades has to do all of it in the same minute. The account, the positions,
# five streams of prices and a few orders are under way at the same time, and none may wait for another. This is what people call
# **concurrency**: several things make progress together, although your program has only two hands.
#
# Her question is the last one: **all of it at once?**
#
# The plan comes from a published video lesson, the last of a course of eleven, which lasts less than eleven minutes. *Scan the market for the
# five most active shares, subscribe to all five, buy what jumps, sell what falls, never sell what you don't have, and stop when the
# account has lost too much.* It explains finished code piece by piece, and relies on all the lessons before it. So does this one. In
# its own words it is a rudimentary system with plenty of room for improvement. You will use that room.
#
# Nothing here is advice, and nothing here should run on an account with real money. The rules are exercises in building. Nobody
# should expect to earn money with them.

# %%
import io
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

import ibnb
from ibnb import worlds
from ibnb.course import check

CLIENT, SIZE = 16, 5
app = ibnb.connect(clientId=CLIENT)

# %% [markdown]
# ## Part A · The rule that everybody copies
#
# The heart of the published program is one method, `tickPrice`. TWS calls it with each price that arrives. In one sentence:
# *compare each price with the one that came before it*. The first price has nothing before it, so it only becomes the reference.
# Here is the rule as a class that can't send anything. It writes down which orders it would send.


# %%
class NaiveRule:
    """Every price is compared with the last one that came, whatever kind of price it was."""

    def __init__(self, held=0):
        self.held = held
        self.previous = None
        self.orders = []

    def tick(self, tick_type, price):
        if self.previous is None:
            self.previous = price
        if self.previous * 1.05 < price:
            self.orders.append(("BUY", tick_type, self.previous, price))
        elif self.previous * 0.94 > price and self.held >= 5:
            self.orders.append(("SELL", tick_type, self.previous, price))
        self.previous = price


# %% [markdown]
# The next cell holds what TWS sends for one quiet share when the market is **closed**. It is put together after a stored output of somebody
# who had copied the program. Each price has a *tick type*: the last trade, a bid, an ask, the day's open, yesterday's close. Where there is
# no price, TWS sends −1, or 0.
#
# **Before you run it:** the last price is 205.04 at the beginning and 205.04 at the end. How many orders should there be? How many
# will there be?

# %%
CLOSED_MARKET = [
    ("LAST", 205.04),
    ("BID", -1.0),
    ("ASK", -1.0),
    ("OPEN", 0.0),
    ("CLOSE", 203.92),
    ("BID", -1.0),
    ("ASK", -1.0),
    ("LAST", 205.04),
]

flat, holding = NaiveRule(held=0), NaiveRule(held=10)
for tick_type, price in CLOSED_MARKET:
    flat.tick(tick_type, price)
    holding.tick(tick_type, price)

print(f"orders with nothing held: {len(flat.orders)}; with 10 shares held: {len(holding.orders)}")
pd.DataFrame(holding.orders, columns=["order", "tick type", "price before", "price now"])

# %% [markdown]
# Look for the row in which −1 follows −1. That is "a rise by more than five percent", because −1.05 is less than −1. Arithmetic has no
# opinion about nonsense. And look at the last row: the share went from "no bid" to its last price, and the program bought.
#
# These are real orders for a share whose price has not moved at all. In the video nobody sees it, because there the market is
# open, and for minutes nothing happens. It runs, so it looks right.
#
# Count what is missing in the class:
#
# | what the rule never asks | what follows |
# |:---|:---|
# | which kind of price is this? | a bid is compared with a close |
# | is it a price at all? | −1 and 0 take part |
# | have I bought already? | it buys at each signal, without end |
# | have I sold already? | `held` changes only when TWS reports a fill; two ticks in between sell twice |
# | how long ago was the other price? | a rise of 5 % over a minute, in small steps, is never seen |
#
# The last row is the strange one. The rule is jumpy and deaf at once. It jumps at each change from a bid to a close, and it can't
# hear what it was made for.
#
# ### Exercise 1 · Repair the rule
#
# Write `repaired(ticks, held)`. `ticks` is a list of pairs as above, `held` the number of shares at the beginning. It returns a list of
# the orders, `"BUY"` or `"SELL"`, in their order. The repaired rule
#
# * believes only trades: the types `"LAST"` and `"DELAYED_LAST"`, with a price above 0 (a NaN is not above 0);
# * compares each trade with the trade before it: **more** than 5 % up is a signal to buy, **more** than 6 % down one to sell;
# * buys 5 only if nothing is held, and sells 5 only if at least 5 are held;
# * counts an order at once: after a `"BUY"` there are 5 more, after a `"SELL"` 5 fewer.


# %%
def repaired(ticks, held):
    ### BEGIN SOLUTION
    orders, previous = [], None
    for tick_type, price in ticks:
        if tick_type not in ("LAST", "DELAYED_LAST") or not price > 0:
            continue
        if previous is not None and price > previous * 1.05 and held == 0:
            orders.append("BUY")
            held += 5
        elif previous is not None and price < previous * 0.94 and held >= 5:
            orders.append("SELL")
            held -= 5
        previous = price
    return orders
    ### END SOLUTION


# %%
check("16.1", repaired)

# %% [markdown]
# ### Exercise 2 · Say it as a formula
#
# The published text says: act on "last price differences greater than 5 % or less than 6 %". Each reader understands something else.
# The code has one meaning only. With $r$ for the price before, and $p$ for the price now, which one is it?
#
# * **a** · buy if $p > r + 5$, sell if $p < r - 6$
# * **b** · buy if $p / r > 1.05$, sell if $p / r < 1.06$
# * **c** · buy if $p / r > 1.05$, sell if $p / r < 0.94$
# * **d** · buy if $p / r > 1.05$, sell if $p / r < 0.95$

# %%
### BEGIN SOLUTION
formula = "c"
### END SOLUTION

# %%
check("16.2", formula)

# %% [markdown]
# Write a rule as a formula before you write it as code. Words such as "less than 6 %" can be read in four ways, and at least one of
# them trades all day.

# %% [markdown]
# ## Part B · One connection, many feeds
#
# Before the rule gets a better body, look at what it lives on. The published program has two dictionaries, `bank` and
# `position_ref`, and its callbacks print, decide and trade. It is all in one place, and nothing can be tested alone. Here it is
# taken apart:
#
# ```mermaid
# flowchart LR
#     accTitle: The feeds of the capstone
#     accDescr: TWS sends account values, positions, the ranking of a scan, five streams of quotes, order states and executions over one connection. One thread reads them and the callbacks only write them into records. The main program looks at the records, asks the rule, and sends orders through the guard's gate back to TWS. Every evening the journal is written from the records.
#     T[("TWS")] -- account values --> R
#     T -- positions --> R
#     T -- scan: five rows --> R
#     T -- five quote streams --> R
#     T -- order states, fills --> R
#     R["reader thread<br/>callbacks record"] --> B[["records"]]
#     B --> L["main program<br/>looks every few seconds"]
#     L <--> S["rule<br/>prices in, a word out"]
#     L -- orders --> G{"guard's gate"}
#     G --> T
#     B --> J["journal"]
# ```
#
# All of it travels over **one** connection. The `run()` loop of one thread takes the messages out one after the other and calls your
# callbacks. Without that second thread your first request would be your last one: your program would sit in the loop and could never
# ask for anything else. (That was lesson 02.) And while a callback works, nothing else is read. So a callback should do what takes no
# time: write down, and return.


# %%
class Desk(ibnb.IBApp):
    """Callbacks only write down what TWS says. Nobody decides here, and nobody prints."""

    def __init__(self):
        super().__init__()
        self.money = {}  # (key, currency) -> text
        self.held = {}  # (account, conId) -> (symbol, how many)

    def updateAccountValue(self, key, val, currency, accountName):
        self.money[key, currency] = val

    def position(self, account, contract, position, avgCost):
        self.held[account, contract.conId] = (contract.symbol, float(position))


desk = ibnb.connect(app_class=Desk, clientId=17)
desk.reqAccountUpdates(True, "")
desk.reqPositions()
desk.sleep(1)
print(f"{len(desk.money)} account values, {len(desk.held)} positions")

# %% [markdown]
# Two feeds have started and go on by themselves. Neither call has waited. Four details are not as in the original:
#
# * There are **two** records for two kinds of things. In the original, `bank` holds both: an amount of money under a text, and the
#   scan's contracts under numbers. A student's variant keeps its quotes in there as well, beside the cash.
# * The key of a position is the account and the `conId`. With the symbol alone, one call on MSFT would overwrite 400 shares of MSFT.
# * Callbacks say `self`, and not the name of a global variable. So two desks can live beside each other.
# * Nobody writes `held[symbol] = 0` for each row of the scan. The original does, "to prevent short positions". If the position had
#   been reported before the scan, a real holding is forgotten, and its exit can never fire. Asking for what isn't there takes a default
#   instead: `held.get(key, 0)`.
#
# The scan is another matter. It is one question with one answer: which are the five most active shares above ten dollars, of those
# that trade a million a day?
# (A list of your own would be just as good. What follows doesn't care where the names come from.)

# %%
scan = desk.getScan("MOST_ACTIVE", "STK", "STK.US.MAJOR", priceAbove=10, avgVolumeAbove=1_000_000, numberOfRows=SIZE)
scan[["symbol", "exchange"]]

# %% [markdown]
# When `getScan` has its answer, it cancels the scan, and TWS confirms that by "error" 162. In the comments below the original somebody
# asks why *his* scan fails with 162 every time. It didn't fail. (The line that cancels is missing on that page, like the other bodies
# of methods that were lost when it was copied to the web.)
#
# In the original the request for quotes number *n* gets the id of the scan plus *n*. For the first row that is the **scan's own id**. An
# error about the one is then taken for an error about the other. `streamQuotes` takes a fresh id for each line:

# %%
contracts = {symbol: desk.createContract(symbol) for symbol in scan["symbol"]}
with desk.streamQuotes(contracts.values()) as quotes:
    desk.sleep("10 s")
    board = quotes.df
board[["bid", "ask", "last"]]

# %% [markdown]
# Five streams, and one table that is always up to date. The `with` block ends all five. Now the desk has delivered everything that the
# rule wants to know, and the other feeds are ended as well:

# %%
known = dict(desk.held.values())
print({symbol: known.get(symbol, 0.0) for symbol in contracts})
print("net liquidation is known:", float(desk.money["NetLiquidation", "USD"]) > 0)
desk.reqAccountUpdates(False, "")
desk.cancelPositions()
desk.disconnect()

# %% [markdown]
# ### Exercise 3 · Don't sell the same shares twice
#
# Ten shares are held. An order to sell five is on its way. How many may still be sold? Not ten. Whoever looks only at positions, which
# change *after* the fill, ends up short one day.
#
# Write `sellable(held, working)`. `working` is a list of pairs `(action, remaining)`, the orders for this share that are still working.
# Return how many shares may be sold now: what is held, less all that working sell orders will take. An order to buy adds
# nothing until it is filled. The answer is never below 0, also if `held` is (a short position).


# %%
def sellable(held, working):
    ### BEGIN SOLUTION
    leaving = sum(remaining for action, remaining in working if action == "SELL")
    return max(held - leaving, 0)
    ### END SOLUTION


# %%
check("16.3", sellable)

# %% [markdown]
# ### Exercise 4 · Five at once
#
# In the comments of the original a reader asks how to stream five or ten shares at the same time. Answer him. Write
# `watch(session, symbols)`: it streams **all** symbols at once, lets **one minute** pass, and returns a dictionary `symbol → last price`.
# Nothing may stay subscribed. The check runs it in a world of its own and looks at what the gateway received there.
#
# <details><summary>Hint</summary>
# Inside the <code>with</code> block: sleep, then <code>quotes.df["last"].to_dict()</code>. All calls go to <code>session</code>.
# </details>


# %%
def watch(session, symbols):
    ### BEGIN SOLUTION
    with session.streamQuotes(symbols) as quotes:
        session.sleep("1 min")
        board = quotes.df
    return board["last"].to_dict()
    ### END SOLUTION


# %%
check("16.4", watch, app)

# %% [markdown]
# ## From a price to an order
#
# What decides must be testable without a market. So the rule knows no connection: prices go in, a word comes out. It keeps the trades
# of the last minute and compares with the **oldest** of them. That is the cure for deafness: a rise in small steps is a rise.


# %%
class Momentum:
    """Buy what has risen by `up` within `seconds`, if flat; sell what has fallen by `down`, if enough is held."""

    def __init__(self, up=0.05, down=0.06, seconds=60, size=SIZE):
        self.up, self.down, self.seconds, self.size = up, down, seconds, size
        self.prices = []  # (time, price), oldest first

    def decide(self, now, price, held, working):
        if not price > 0:  # also false for NaN, which is "no price"
            return ""
        self.prices = [(when, old) for when, old in self.prices if (now - when).total_seconds() <= self.seconds]
        reference = self.prices[0][1] if self.prices else price
        self.prices.append((now, price))
        change = price / reference - 1
        if working or -self.down <= change <= self.up:
            return ""
        action = "BUY" if change > 0 else "SELL"
        if (action == "BUY" and held) or (action == "SELL" and held < self.size):
            return ""
        self.prices = [(now, price)]  # a move is used up by the order that it causes
        return action


rule, start = Momentum(), app.now()
for second, price in enumerate((100.0, 101.5, 103.0, 104.5, 106.0)):
    print(second, price, repr(rule.decide(start + pd.Timedelta(seconds=second), price, held=0, working=False)))

# %% [markdown]
# No step of these five is larger than 1.5 %. The naive rule would have slept through them.
#
# The original sends plain market orders, and says at its end that brackets would be the better choice. So here each purchase leaves
# **with both its exits**: a limit that takes the profit and a stop that ends the loss (lesson 12). Then a crash of the notebook leaves no
# position unprotected, because the exits are at the broker. The entry is a limit a little above the last price. It is filled at once as
# a rule, and it can't be filled at a price that nobody expected.
#
# And before anything leaves, two questions: is something of it held, and is something of it *working*? An order counts as working from
# the moment at which it is sent. The published lean hog strategy, to which we come later, asks only the first one.


# %%
def with_exits(session, contract, price, action="BUY", size=SIZE, profit=0.08, loss=0.04):
    """A bracket around `price`, on the contract's grid of prices."""
    way = 1 if action == "BUY" else -1
    step = session.getContractDetails(contract).iloc[0]
    levels = [ibnb.roundToTick(price * (1 + way * part), step) for part in (0.002, profit, -loss)]
    return session.createBracket(action, size, *levels)


example = with_exits(app, app.createContract("KO"), 70.0)
print(
    [
        (order.action, order.orderType, order.lmtPrice if order.orderType == "LMT" else order.auxPrice)
        for order in example
    ]
)

# %% [markdown]
# One share's life looks like this. It has one place at a time, and only the arrows lead on. That is what makes "buy twice" impossible:
#
# ```mermaid
# flowchart LR
#     accTitle: The states of one share in the program
#     accDescr: A share is flat. A signal to buy sends a bracket, and the share is entering. When the entry is filled, it is protected by two exits. When one exit is filled, the other is cancelled and the share is flat again. If the entry is refused or cancelled, it is flat at once.
#     F(["flat"]) -->|"a signal:<br/>bracket sent"| E(["entering"])
#     E -->|"entry filled"| P(["protected"])
#     E -->|"refused or cancelled"| F
#     P -->|"profit or stop filled"| F
# ```
#
# Now the loop. Every twenty seconds it looks at the board, asks each share's rule, and sends what the rule says. Here half an hour takes a few
# seconds. On a paper TWS the same cell trades for two minutes, and most likely nothing will jump meanwhile.
#
# **Before you run it:** the simulated morning moves TSLA at 10:02 (+5.8 %), NVDA at 10:05 (+5.4 %) and 10:10 (−6.9 %), AMD at 10:15
# (+5.6 %), INTC at 10:20 (−7 %) and TSLA at 10:30 (−6.6 %). Nora holds NVDA, and none of the others. Which orders will be sent by
# the *rule*? Which one will be sent by nobody, and still be filled?

# %%
names = app.getScan("MOST_ACTIVE", "STK", "STK.US.MAJOR", priceAbove=10, avgVolumeAbove=1_000_000, numberOfRows=5)
contracts = {symbol: app.createContract(symbol) for symbol in names["symbol"]}
rules = {symbol: Momentum() for symbol in contracts}
decisions = []  # what the program did, and why
finish = app.now() + pd.Timedelta(minutes=32 if app.gateway else 2)

with app.streamQuotes(contracts.values()) as quotes:
    while app.now() < finish:
        app.sleep("20 s")
        blotter, positions, now = app.getBlotter(), app.getPositions(), app.now()
        shares = positions[positions["secType"] == "STK"]["position"]
        busy = set(blotter[~blotter["status"].isin(["Filled", "Cancelled", "ApiCancelled", "Inactive"])]["symbol"])
        for symbol, price in quotes.df["last"].items():
            action = rules[symbol].decide(now, price, shares.get(symbol, 0.0), symbol in busy)
            if action == "BUY":
                app.placeBracket(contracts[symbol], with_exits(app, contracts[symbol], price))
            elif action == "SELL":
                app.placeOrderNow(contracts[symbol], app.createOrder("SELL", SIZE, "MKT"))
            if action:
                decisions.append((f"{now:%H:%M:%S}", action, symbol, round(price, 2)))

pd.DataFrame(decisions, columns=["time", "decision", "symbol", "last price"])

# %% [markdown]
# Each row has its reason, and so has each row that is **missing**. NVDA rose at 10:05, but it is held already. INTC fell at 10:20, but
# nothing of it is held, and the program doesn't sell short. TSLA fell at 10:30, and the rule said nothing, because TSLA's exits were
# still working. What became of it, only the exchange can tell:

# %%
fills = app.getExecutions()
fills[["orderId", "symbol", "side", "shares", "price", "commission"]]

# %% [markdown]
# The stop of TSLA was filled without any help of the program. Here is the whole story in one picture. Each triangle stands where the
# exchange filled an order, and the dashed lines are the two exits.

# %%
traded = fills["symbol"].iloc[0] if len(fills) else names["symbol"].iloc[0]
bars = app.getData(contracts[traded], app.dataSettings("2400 S", "30 secs"))
mine = app.getBlotter().query("symbol == @traded and action == 'SELL'")
lines = {"take profit": mine["lmtPrice"].max(), "stop": mine["auxPrice"].max()}
ibnb.plotFills(
    bars,
    fills[fills["symbol"] == traded],
    levels={name: price for name, price in lines.items() if price == price},
    title=f"{traded}: price and orders",
)

# %% [markdown]
# The fall jumped over the stop price, and the fill lies below it. A stop promises the exit and not the price (lesson 12).
#
# The blotter shows the morning's orders. Two of them are still working, the exits of AMD; the buttons beside them cancel. They
# stay for the evening. (The blotter is live: later in the lesson it shows what became of them.)

# %%
ibnb.OrderBlotter(app)

# %% [markdown]
# ### Exercise 5 · Scale in
#
# A student's variant of the program buys **5** when nothing is held, and **3 more** when something is. On a fall it sells 5, if there are at
# least 5; otherwise it does nothing. Write it as a function without any memory, `scale_in(change, held, is_working)`. `change` is the move
# within the last minute: 0.05 is five percent up. Return how many shares to buy (a positive number) or to sell (a negative one), and 0 for
# nothing. The borders are those of the rule above, more than 5 % and more than 6 %. With an order working it does nothing. The check
# plays a thousand random situations.


# %%
def scale_in(change, held, is_working):
    ### BEGIN SOLUTION
    if is_working:
        return 0
    if change > 0.05:
        return 5 if held == 0 else 3
    if change < -0.06 and held >= 5:
        return -5
    return 0
    ### END SOLUTION


# %%
check("16.5", scale_in)

# %% [markdown]
# ### Exercise 6 · Once, and not twice
#
# Write `enter_once(session, contract, bracket)`. It sends the bracket only if the account holds **nothing** of this contract *and* this
# session has **no order working** for it. It returns the list of order ids, or an empty list if it has sent nothing. What is about
# other contracts doesn't count. The check calls it several times in a world of its own and counts what arrives.
#
# <details><summary>Hint</summary>
# <code>session.getPositions()</code> has the symbol as its index, <code>session.getOpenOrders()</code> has a column
# <code>symbol</code>. Comparing shares with shares, that is enough here.
# </details>


# %%
def enter_once(session, contract, bracket):
    ### BEGIN SOLUTION
    held = set(session.getPositions().index)
    working = set(session.getOpenOrders()["symbol"])
    if contract.symbol in held | working:
        return []
    return session.placeBracket(contract, bracket)
    ### END SOLUTION


# %%
check("16.6", enter_once, app)

# %% [markdown]
# ## Part C · Another signal: lean hogs at three sigma
#
# The frame is there: feeds, records, a loop, orders with exits. A signal is the part that can be exchanged. The second one comes from a
# guide to `ib_insync` and believes in the opposite of the first. Momentum says: what has risen will rise. **Mean reversion** says: what has
# gone too far will come back.
#
# It trades lean hogs, a future in Chicago, on bars of 15 minutes. $m$ is the mean of the last 50 closes and $s$ their standard
# deviation.
#
# | | if the close is | entry | take profit | stop |
# |:---|:---|:---|:---|:---|
# | SELL | above $m + 3s$ | the close | $m$ | $m + 6s$ |
# | BUY | below $m - 3s$ | the close | $m$ | $m - 6s$ |
#
# Profit and loss are about equally far away, if the close is near $m + 3s$. Six things in the printed code don't work, or not for long:
#
# * It asks for two days of bars and takes the last 50. Are there 50 in two days? pandas doesn't complain: the mean of 30 values is a
#   mean, too.
# * It sends orders for a **continuous** future, a chain of contracts that is made for looking at history. Nobody can own it. What can be
#   traded is one contract with one expiry.
# * It keeps 3 *s* in a variable called `std_dev`. So `std_dev * 2` is six deviations, and every reader stumbles. A name should say what
#   is in it.
# * It sends means with twelve decimals. TWS refuses prices that aren't on the grid (110).
# * It asks whether a *position* is there. A bracket that waits for its fill is none. If the next bar comes before that, it sends
#   another bracket.
# * It never looks whether the close has jumped even further. Beyond six deviations the price is already past its own stop, and the trade
#   would end as it begins. Such a bracket makes no sense, and `createBracket` refuses it.
#
# Look at the first two:

# %%
listed = app.getContractDetails(app.createContract("HE", "FUT", "CME"))
front = listed.sort_values("lastTradeDateOrContractMonth").iloc[0]
hogs = app.resolve(app.createContract("HE", "FUT", "CME", conId=int(front["conId"])))
lengths = {span: len(app.getData(hogs, app.dataSettings(span, "15 mins"))) for span in ("2 D", "5 D")}
print(hogs.localSymbol, lengths)

# %% [markdown]
# Two days are too few. **Before you run the next cell:** it draws the closes with the band of three deviations. How often will
# the price have left the band in these days?

# %%
closes = app.getData(hogs, app.dataSettings("5 D", "15 mins"))["Close"]
mean, sigma = closes.rolling(50).mean(), closes.rolling(50).std()
band = pd.DataFrame({"Close": closes, "lower": mean - 3 * sigma, "upper": mean + 3 * sigma}).dropna()
print("closes outside of the band:", (~band["Close"].between(band["lower"], band["upper"])).sum())
ibnb.plotIndicators(band, band=("lower", "upper"), title=f"{hogs.localSymbol} and three deviations")

# %% [markdown]
# Three deviations are a lot. On most days the strategy does nothing. That isn't a fault. But it makes a strategy hard to test: it
# has few trades, and each of its mistakes stays hidden for weeks.
#
# The simulated morning raises lean hogs by 6 % at 10:40. (A real market doesn't keep such dates. On a paper TWS the next cell looks once,
# and most likely finds nothing.) The cell looks every five minutes, and stops at the first signal.


# %%
def far_out(closes, length=50, deviations=3):
    """How many deviations the last close lies from the mean, the mean, and the deviation."""
    if len(closes) < length:
        raise ValueError(f"{length} closes are needed, and {len(closes)} are there")
    recent = closes.tail(length)
    return (recent.iloc[-1] - recent.mean()) / recent.std(), recent.mean(), recent.std()


for _ in range(12 if app.gateway else 1):
    score, mean, sigma = far_out(app.getData(hogs, app.dataSettings("5 D", "15 mins"))["Close"])
    print(f"{app.now():%H:%M} {'signal' if abs(score) > 3 else 'nothing'}")
    if abs(score) > 3:
        break
    app.sleep("5 min" if app.gateway else "1 s")

# %% [markdown]
# ### Exercise 7 · The plan, for both sides
#
# Write `plan(closes, length=50, deviations=3)`. `closes` is a Series. It returns a tuple `(action, entry, take_profit, stop)` as in the table,
# not rounded, and the empty tuple `()` if there is no signal. `length` stands for the table's 50 and `deviations` for its 3. The stop
# is always **twice** as many deviations away, 6 only if `deviations` is 3. If the close lies **at or beyond the stop** there is no trade either, and the
# answer is `()`. With fewer than `length` closes it **raises a ValueError**. Only the last
# `length` closes count, and the last one is among them.


# %%
def plan(closes, length=50, deviations=3):
    ### BEGIN SOLUTION
    if len(closes) < length:
        raise ValueError(f"{length} closes are needed, and {len(closes)} are there")
    recent = closes.tail(length)
    mean, far, last = recent.mean(), deviations * recent.std(), recent.iloc[-1]
    if mean + far < last < mean + 2 * far:
        return "SELL", last, mean, mean + 2 * far
    if mean - 2 * far < last < mean - far:
        return "BUY", last, mean, mean - 2 * far
    return ()
    ### END SOLUTION


# %%
check("16.7", plan)

# %% [markdown]
# ### Exercise 8 · The whole strategy, once
#
# Write `trade_hogs(session)`. It finds the **front month** of lean hogs (the future `"HE"` at `"CME"` with the nearest expiry), takes
# `getData(contract, dataSettings("5 D", "15 mins"))`, and, if there is a signal, sends a bracket for **1** contract whose three prices are **on
# the grid**. It returns the list of order ids, and an empty list without a signal. The check calls it twice in worlds of its own: at
# ten, when nothing is to be done, and at 10:46.
#
# <details><summary>Hint</summary>
# Use your <code>plan</code>. <code>ibnb.roundToTick(price, front)</code> takes a row of <code>getContractDetails</code>.
# </details>


# %%
def trade_hogs(session):
    ### BEGIN SOLUTION
    listed = session.getContractDetails(session.createContract("HE", "FUT", "CME"))
    front = listed.sort_values("lastTradeDateOrContractMonth").iloc[0]
    contract = session.resolve(session.createContract("HE", "FUT", "CME", conId=int(front["conId"])))
    planned = plan(session.getData(contract, session.dataSettings("5 D", "15 mins"))["Close"])
    if not planned:
        return []
    action, *prices = planned
    on_grid = [ibnb.roundToTick(price, front) for price in prices]
    return session.placeBracket(contract, session.createBracket(action, 1, *on_grid))
    ### END SOLUTION


# %%
check("16.8", trade_hogs, app)

# %% [markdown]
# ## Three signals, several mornings
#
# The third signal comes from the same guide, and you know it from lesson 13: when V has moved by five percent within five minutes, buy
# MA (or sell it). Which of the three is the best? People answer that by letting each run once and comparing what was earned. Let us do it
# a little better, and see how far "a little" reaches.
#
# `worlds.run` calls a function in many simulated worlds and makes a table of what it returns. Worlds of different `seed` have different
# courses of prices. What is *scripted* to happen is the same in each, and you can write such a script yourself. In this one V climbs in
# three steps, TSLA jumps and stays up, and lean hogs jump and come halfway back. (None of this needs your account. But it needs simulated
# worlds, so there is no such cell for a real TWS. Your script for reality is the past; lesson 05 fetched it.)

# %%
SCRIPT = """
move = [
  {time = "10:05", symbol = "TSLA", factor = 1.058},
  {time = "10:10", symbol = "V", factor = 1.019},
  {time = "10:11", symbol = "V", factor = 1.019},
  {time = "10:12", symbol = "V", factor = 1.019},
  {time = "10:20", symbol = "HE", factor = 1.06},
  {time = "10:40", symbol = "HE", factor = 0.97},
]
"""
folder = tempfile.TemporaryDirectory()
script = Path(folder.name) / "morning.toml"
_ = script.write_text(SCRIPT)

# %% [markdown]
# One function trades all three signals at once, over one connection, for fifty minutes. Each signal has its own instrument, so their results can
# be told apart afterwards. `worlds.results` takes the fills of this program alone, values what is still held at its last price, and takes
# the commissions off. `ThreadPoolExecutor(1)` runs the five mornings one after the other in this notebook's own process; without it each
# processor would take some.


# %%
def bracket(session, contract, action, size, price, profit, loss):
    way, step = 1 if action == "BUY" else -1, session.getContractDetails(contract).iloc[0]
    levels = [ibnb.roundToTick(price * (1 + way * part), step) for part in (0.002, profit, -loss)]
    session.placeBracket(contract, session.createBracket(action, size, *levels))


def morning(session):
    """Fifty minutes of three signals, each at most once; what each has earned."""
    listed = session.getContractDetails(session.createContract("HE", "FUT", "CME"))
    front = listed.sort_values("lastTradeDateOrContractMonth").iloc[0]
    hogs = session.resolve(session.createContract("HE", "FUT", "CME", conId=int(front["conId"])))
    tesla, mastercard = session.createContract("TSLA"), session.createContract("MA")
    prices, done = [], set()
    for minute in range(1, 51):
        session.sleep("1 min")
        prices = [*prices[-5:], session.getQuotes(["TSLA", "V"])["last"]]
        now = prices[-1]
        if "momentum" not in done and len(prices) > 1 and now["TSLA"] > prices[-2]["TSLA"] * 1.05:
            bracket(session, tesla, "BUY", 100, now["TSLA"], 0.08, 0.04)
            done.add("momentum")
        low, high = min(each["V"] for each in prices), max(each["V"] for each in prices)
        up, down = now["V"] > low * 1.05, now["V"] < high * 0.95
        if "five minutes" not in done and len(prices) > 5 and (up or down):
            bracket(session, mastercard, "BUY" if up else "SELL", 60, session.getQuote("MA")["last"], 0.02, 0.02)
            done.add("five minutes")
        if "three sigma" not in done and minute % 15 == 0:
            recent = session.getData(hogs, session.dataSettings("5 D", "15 mins"))["Close"].tail(50)
            score = (recent.iloc[-1] - recent.mean()) / recent.std()
            if len(recent) == 50 and 3 < abs(score) < 6:
                far = 6 * recent.std() * (1 if score > 0 else -1)
                levels = [ibnb.roundToTick(x, front) for x in (recent.iloc[-1], recent.mean(), recent.mean() + far)]
                session.placeBracket(hogs, session.createBracket("SELL" if score > 0 else "BUY", 1, *levels))
                done.add("three sigma")
    symbols = {"momentum": "TSLA", "five minutes": "MA", "three sigma": "HE"}
    return {name: round(worlds.results(session, symbols=[symbol]).pnl, 2) for name, symbol in symbols.items()}


with redirect_stdout(io.StringIO()):  # the sentences "New Order ID …" of five mornings
    table = worlds.run(
        morning, worlds.grid(seed=range(1, 6), script=script), ThreadPoolExecutor(1), progress=False
    ).drop(columns="script")
print("mornings with an error:", (table.pop("error") != "").sum())
table

# %% alt="Dots in three columns, one for each signal: what it earned in each of five simulated mornings. The dots of one signal lie far apart."
signals = ["momentum", "five minutes", "three sigma"]
figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
for place, signal in enumerate(signals):
    axes.plot([place] * len(table), table[signal], "o", alpha=0.7)
    axes.plot([place - 0.15, place + 0.15], [table[signal].median()] * 2, color="black")
axes.axhline(0, color="grey", linewidth=0.8)
axes.set_xticks(range(3), signals)
axes.set_ylabel("USD after commissions")
axes.set_title("Five mornings, three signals (the line is the median)")
plt.show()

# %% [markdown]
# A 0 is a morning without a trade. Read the table by columns first. The seeds differ in nothing but chance, and the same signal earns different amounts. Whoever has run
# only one seed has seen *one* of these dots and taken it for the property of a strategy. Then read across. The columns aren't comparable
# as they stand: a hundred TSLA, sixty MA and one future are different amounts of money at risk.
#
# And the greatest flaw isn't in the table at all. **We wrote the script.** Lean hogs came back because a line said so. In simulated worlds
# you can find out whether a program does what it should. Whether a signal earns money you can't find out there.
#
# ### Exercise 9 · What may Nora conclude?
#
# In Nora's table one signal has the highest median of the five seeds. What may she conclude?
#
# * **a** · This signal is the best one and should trade.
# * **b** · It will earn about its median on a usual day.
# * **c** · The program does what the rule says, in five scripted mornings; about real markets the table says nothing.
# * **d** · With fifty seeds instead of five she would know which signal earns most in reality.

# %%
### BEGIN SOLUTION
conclusion = "c"
### END SOLUTION

# %%
check("16.9", conclusion)

# %% [markdown]
# ## Part D · Guard, journal, evening
#
# A trading program needs somebody above it, and it needs an end of the day. In lesson 15 you built up to `AccountGuard`. Around a loop it
# takes two lines: the `with` block, and the question `guard.tripped` in the condition of the loop. (The companion notebook of the guide has the
# same idea: at 80 % of the account's value it closes everything and ends.)
#
# The bad morning comes again in a world of its own. On a real TWS leave the cells with `evening` out. There a dry run of a guard around the
# loop of part B is the right thing. The program buys with a bracket whose exits are so far away that they stay working. Until eleven nothing
# happens.
#
# **Before you run the next cell:** when the loop has ended, what will still be working, and what will still be held?

# %%
evening = ibnb.connect(seed=16, clientId=18)
coke = evening.createContract("KO")
price = evening.getQuote(coke)["last"]
levels = [round(price * part, 2) for part in (1.01, 1.3, 0.6)]
ids = evening.placeBracket(coke, evening.createBracket("BUY", SIZE, *levels))
evening.waitOrder(ids[0], "Filled")

value = {}
with ibnb.AccountGuard(evening, max_loss=0.05) as guard:
    finish = evening.now() + pd.Timedelta("80 min")
    while evening.now() < finish and not guard.tripped:
        evening.sleep("50 s")  # here the rule would be asked
        value[evening.now()] = guard.value
for action in guard.actions:
    print(action)

# %%
ibnb.plotEquity(
    pd.Series(value, name="NetLiquidation"), floor=guard.floor, title="The account, and where the guard stopped it"
)

# %% [markdown]
# The loop ended by itself a few minutes after eleven, and the exits are cancelled. This guard was not told to close positions (`flatten=True`), so the five shares
# are still there, now without a stop. Think about which of the two you want *before* that morning. Closing at market in a falling market
# sells low; not closing leaves you in it.
#
# Nora decides: out. She is a person, so she may lift the block.

# %%
guard.release()
out = evening.placeOrderNow(coke, evening.createOrder("SELL", SIZE), wait="Filled")
ibnb.AccountPanel(evening)

# %% [markdown]
# ### The journal
#
# IB Gateway forgets fills at midnight, and TWS after a few days at most. `writeJournal` adds the fills of the day to a CSV file, none of them twice, however often you call it.
# Such a file is what the published lesson recommends in a half-sentence: log prices and order details for the review at the end of the day.

# %%
shelf = tempfile.TemporaryDirectory()  # your own journal belongs into a folder that stays
path = Path(shelf.name) / "journal.csv"
evening.writeJournal(path)
journal = evening.writeJournal(path)  # a second time adds nothing
journal[["orderId", "symbol", "side", "shares", "price", "commission", "realizedPNL"]]

# %% [markdown]
# The report of a day says what was sent, what was filled, what it earned, and how long TWS took.

# %%
earned = worlds.results(evening)
log = evening.getOrderLog(out)
delay = (log.index[-1] - log.index[0]).total_seconds()
print(f"orders sent: {len(evening.getBlotter())}, fills: {len(journal)}, guard fired: {guard.tripped}")
print(f"commissions: {earned.costs:.2f} {earned.currency}; did it gain? {earned.pnl > 0}")
print(f"the last order was filled within a second: {delay < 1}")

# %% [markdown]
# ### Leave nothing behind
#
# The published program has no end at all. It never cancels a stream, a position feed or an account feed, and it leaves orders working
# when it disconnects. What your own session still has working are AMD's exits. Decide: leave them at the broker for the night, or cancel
# them. For this lesson:

# %%
evening.disconnect()
app.cancelAllOrders(wait=True)
print("still working:", len(app.getOpenOrders()))

# %% [markdown]
# ### Exercise 10 · Count what arrived
#
# How many orders did **this session** (`app`) really send? Don't count in your own tables. The gateway's journal is the evidence. Each
# entry has `time`, `clientId`, `direction` (`"in"` is what it received) and `message`. Keep the number in `number_of_orders`.
#
# <details><summary>Hint</summary>
# <code>app.gateway.journal</code> is a list. The name of a message's class is <code>type(entry.message).__name__</code>, and an order is a
# <code>PlaceOrder</code>. Count those of this session's client id only.
# </details>

# %%
### BEGIN SOLUTION
arrived = [
    entry.message
    for entry in (app.gateway.journal if app.gateway else [])
    if entry.direction == "in" and entry.clientId == app.clientId and type(entry.message).__name__ == "PlaceOrder"
]
number_of_orders = len(arrived)
### END SOLUTION

# %%
check("16.10", number_of_orders, app)

# %% [markdown]
# ### Exercise 11 · Is the room tidy?
#
# The journal can prove more. Write `left_open(journal, client)`. It returns the list of request ids of the market data lines that this
# client opened (`ReqMktData`, direction `"in"`) and has not cancelled (`CancelMktData`); both messages have a `reqId`. Other clients may use
# the same ids. A line that is opened again after its cancel is open. A cancel may also come for a line that isn't open: it changes nothing.
# An empty list is a tidy room.


# %%
def left_open(journal, client):
    ### BEGIN SOLUTION
    lines = []
    for entry in journal:
        kind = type(entry.message).__name__
        if entry.direction != "in" or entry.clientId != client:
            continue
        if kind == "ReqMktData":
            lines.append(entry.message.reqId)
        elif kind == "CancelMktData" and entry.message.reqId in lines:
            lines.remove(entry.message.reqId)
    return lines
    ### END SOLUTION


# %%
check("16.11", left_open, app)

# %% [markdown]
# ## From the notebook to a program
#
# A notebook is a place to find out. What shall run every day should be a script, a plain `.py` file: it starts at the top, runs to the
# bottom, and has no cells that were executed in another order. The source of each lesson *is* such a script, in the folder
# `notebooks/source/` of the project's repository. The other way round, a cell with `%load program.py` brings a script into a notebook, where you can take it apart.
#
# ### What changes on the way
#
# * **Names are imported one by one.** `from ibapi.client import *` brings in dozens of names, and one of them may be yours. `from ibapi.order
#   import Order` says what you use, and where it comes from.
# * **No line for notebooks only.** A program with `ib_insync` needs `util.startLoop()` in a notebook, and the same line stops it when it is run
#   as a script. `ibnb` has a thread of its own and needs no such line in either place.
# * **Logging instead of printing.** While the program runs alone nobody reads what it prints. Write rows with a full time: decisions,
#   refusals, fills.
# * **Small things count.** A variable called `ord` hides a function of Python. Tabs and spaces mixed don't start. A tool such as `ruff` finds both
#   before the market does.
# * **Copy code, and not pages.** Several of the programs in this course came from web pages, together with menus, cookies and prices of
#   courses, and with lines lost on the way. A stored output may stop in the middle of a line as well. Trust what you have run yourself:
#   every output of this lesson was made by its code.
# * **Keep the parts together.** The guide's strategies are in a public repository, and its text differs from the files there in several lines
#   that matter. When the two disagree, believe neither; test.
#
# ### When an order is refused
#
# The original and the student's version both print an order if its status is `"Rejected"`. They wait for a word that TWS doesn't use. A
# refusal comes as error 201, and the order's status is `Inactive`. The next cell is meant to fail:

# %% tags=["raises-exception"]
app.placeOrderNow("IBM", app.createOrder("BUY", 10_000_000), wait="Submitted")

# %%
refused = app.getBlotter()
refused = refused[refused["status"] == "Inactive"]
for order_id in refused.index:
    log = app.getOrderLog(order_id)
    row = refused.loc[order_id]
    print(f"{log.index[-1]:%Y-%m-%d %H:%M} order {order_id}: {row['action']} {row['symbol']} was refused")

# %% [markdown]
# ### How do I …?
#
# | question | lesson |
# |:---|:---|
# | How do I connect, and why does it hang? | 01, 02 |
# | How do I see my account and positions? | 03, 15 |
# | How do I find the right contract? | 04 |
# | How do I get history, of many symbols, into a table? | 05, 06 |
# | How do I compute an average or a band? | 07 |
# | How do I follow prices, or five-minute windows? | 08, 09 |
# | How do I place, change and cancel orders? | 10, 11 |
# | How do I attach a profit and a stop? | 12 |
# | How do I buy one share when another moves? How do I buy an option? | 13 |
# | How do I find what moves? | 14 |
# | How do I stop a program that loses? | 15 |
#
# And when none of them helps: `print(ibnb.explain(code))` about a code, the documentation of the TWS API about a request, the FAQ and the
# client service of the broker about your account, and the issue list of this project about a lesson. Say what you sent, what
# came, and what you expected.
#
# Below the published lesson a reader wished for a course of thirty or forty hours instead of eleven minutes. You have about sixteen guided hours
# behind you. The rest is a project of your own. Two good ones: let the program look at the **trend** of each scanned share (a month of
# daily bars) before it may buy; and let it run on a paper account for a week, with the journal as the only witness.
#
# ### Exercise 12 · Defend it
#
# No check can do this one. In ten sentences: which decision in parts A to D matters most, and why? What would you change before you let this
# program run on a paper account for a week? Think of a restart at midnight, of a share that stops trading, of two programs on one
# account, of a day without internet.

# %% [markdown]
# The session stays connected for the exercises. Closing the notebook ends it, or `app.disconnect()`.

# %% [markdown]
# ## In short
#
# * One connection carries account, positions, five streams and orders at once, because callbacks only record, and the main program decides.
# * There are many kinds of prices. Believe trades, and distrust −1, 0 and NaN. Say rules as formulas.
# * An order counts from the moment at which it is sent: for what may be sold, and for what may be bought.
# * Each entry leaves with its exits. They work at the broker, also while your computer sleeps.
# * A signal is a part that can be exchanged. Compare signals over many worlds, and don't believe a world that you wrote yourself.
# * A guard above the loop, a journal below it, and nothing left behind. What your program did is what the other side received.
#
# Nora's answer: yes, all of it at once, if each part does one thing. She switches the paper account on, and goes to work.
#
# ### Questions to ask yourself
#
# 1. Which two faults hide each other in the naive rule?
# 2. The account feed is up to three minutes old. What would make the guard faster?
# 3. Why does the momentum rule forget its prices after it has caused an order?
# 4. The entry of a bracket is filled, and in the same second the connection breaks. What happens to the exits, and what must your program do
#    when it is back?
# 5. A friend shows you a strategy that gained in 48 of 50 seeds. What do you ask?

# %% [markdown] tags=["solution"]
# <details><summary>Answers</summary>
#
# 1. It takes every kind of price, and it compares neighbours. The first sends orders without a move; the second sends none at a real
#    move that takes a minute. Because *something* is sent, nobody looks for what is missing.
# 2. Its own estimate: positions times the streamed prices. It is quicker, and it can be wrong in new ways; so let it only *ask* TWS earlier.
# 3. Otherwise the same move would still be in the window twenty seconds later and cause another order, as soon as the first is done.
# 4. They are at the broker and go on working. When it is back, the program must ask for positions, open orders and fills before
#    it decides anything.
# 5. Who wrote the worlds, how many strategies were tried before this one, what the two others lost, and whether costs and gaps are in it.
#
# </details>

# %% [markdown]
# Further reading: IBKR Campus, *TWS Python API*, the lesson "Concurrency Example"; *TWS API Documentation*, the chapters on market data, scanners
# and bracket orders; the documentation of `ibnb.worlds`.
