# %% [raw]
# title = "Capstone: a concurrent paper trader"
# teach = 60
# practise = 60
# needs = "lessons 01, 03, 05 and 10"
# uses = ["reqAccountUpdates", "reqPositions", "getScan", "streamQuotes", "placeOrderNow", "cancelOrderById", "getExecutions"]
# objectives = [
#   "run an account feed, a position feed and five quote streams over one connection",
#   "explain, by counting, why a well-known trading example sends wrong orders",
#   "separate what callbacks record from what your program decides",
#   "build a guard that cancels, closes and disconnects, and prove that it did",
# ]
# covers = [
#   "S0-01", "S0-02", "S0-03", "S0-07", "S0-16", "S0-18", "S0-23", "S0-24", "S0-25", "S0-26", "S0-30", "S0-34", "S0-37",
#   "S0-38", "S0-39", "S0-43", "S0-44", "S1-01", "S1-02", "S1-21", "S1-22", "S1-23",
# ]
# defects = [
#   "B0-02", "B0-08", "B0-09", "B0-10", "B0-11", "B0-12", "B0-15", "B0-16", "B0-17", "B1-01", "B1-09", "B1-13", "B1-16",
# ]

# %% [markdown]
# ## What this is about
#
# Scan the market for the five most active stocks, watch all five at once, buy what jumps by more than 5 %, sell what drops
# by more than 6 %, never sell what you don't have, and stop when the account loses too much. In a few dozen lines one can
# write that as a program, and a well-known lesson does. It is a wonderful example: everything in this course appears in it.
#
# It also has a fault that nobody sees on the video. First you will *count* what it does wrong. Then we build it again.
#
# The rule is an exercise in plumbing. Nobody should expect to earn money with it.

# %%
import pandas as pd

import ibnb
from ibnb.course import check

# %% [markdown]
# ## Part A · The naive rule, replayed
#
# The rule of the example, in one sentence: *compare each price that comes in with the one before it*. Here it is as a class
# that can't send anything. It only writes down which orders it would send.


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
# Now feed it what TWS sends for one quiet stock when the market is **closed**. Each price comes with a *tick type*: the last
# trade, a bid, an ask, the day's open, yesterday's close. And where there is no price, TWS sends −1, or 0.

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

# %%
flat, holding = NaiveRule(held=0), NaiveRule(held=10)
for tick_type, price in CLOSED_MARKET:
    flat.tick(tick_type, price)
    holding.tick(tick_type, price)

pd.DataFrame(holding.orders, columns=["order", "tick type", "price before", "price now"])

# %%
print(
    f"The last price never moved. Orders with nothing held: {len(flat.orders)}; with 10 shares held: {len(holding.orders)}."
)

# %% [markdown]
# Look at the second row. From −1 to −1 is "a rise by more than five percent", because −1.05 is less than −1. Arithmetic has
# no opinion about nonsense.
#
# There are really *two* faults. The rule doesn't ask what kind of price it got. And it compares with the tick before: a stock
# that climbs by 5 % over a minute never triggers it, while a switch from bid to close does, every time. It is deaf and
# jumpy at once.

# %% [markdown]
# ### Exercise 1 · Only real prices
#
# Write a function that says whether a tick is a trade that the rule may believe. Real data has one more trap: delayed data
# carry the type `"DELAYED_LAST"`.


# %%
def is_trade(tick_type, price):
    ### BEGIN SOLUTION
    return tick_type in ("LAST", "DELAYED_LAST") and price > 0
    ### END SOLUTION


# %%
check("16.1", is_trade)

# %% [markdown]
# ## Part B · Build it again
#
# Four decisions, each of which mends something:
#
# | in the example | here |
# |:---|:---|
# | callbacks decide, print and trade | callbacks **record**; the main program decides |
# | every kind of price counts | the **last trade** counts, nothing else |
# | compared with the tick before | compared with the price **one minute ago** |
# | buys again on each signal | one position and one working order **per symbol** |
#
# ### The desk: one connection, several feeds
#
# A callback runs in the thread that reads the connection. While it works, nothing else is read. So it should do what takes
# no time: write down, and return. `ibnb` accepts your own class, with your own callbacks, beside its own.


# %%
class Desk(ibnb.IBApp):
    """Callbacks only write down what TWS says. Nobody decides here."""

    def __init__(self):
        super().__init__()
        self.money = {}  # (key, currency) -> text
        self.held = {}  # (symbol, type of security) -> how many: an option has its share's symbol
        self.order_status = {}  # order id -> status

    def updateAccountValue(self, key, val, currency, accountName):
        self.money[key, currency] = val

    def position(self, account, contract, position, avgCost):
        self.held[contract.symbol, contract.secType] = float(position)

    def orderStatus(self, orderId, status, *rest):
        self.order_status[orderId] = status


desk = ibnb.connect(app_class=Desk, clientId=16)

# %% [markdown]
# Two feeds start, and go on by themselves: account values, and positions. Note that neither call waits.

# %%
desk.reqAccountUpdates(True, "")
desk.reqPositions()
started = desk.now()

# %% [markdown]
# The third question has one answer: which are the five most active stocks above 10 dollars?

# %%
scan = desk.getScan(scanCode="MOST_ACTIVE", priceAbove=10, avgVolumeAbove=1_000_000, numberOfRows=5)
scan[["symbol", "exchange"]]

# %% [markdown]
# When `getScan` has its answer it cancels the scan, and TWS confirms that with "error" 162. In the comments below the
# original lesson somebody asks why *his* scan fails with 162 every time. It didn't fail.
#
# By now the feeds have delivered as well:

# %%
contracts = {symbol: desk.createContract(symbol) for symbol in scan["symbol"]}
print({symbol: desk.held.get((symbol, "STK"), 0.0) for symbol in contracts})
print("net liquidation:", desk.money["NetLiquidation", "USD"])

# %% [markdown]
# The key is the symbol *and* the type of security. With the symbol alone, one MSFT call would overwrite 400 shares of MSFT,
# and the rule would act on the wrong number.
#
# And it is `held.get(…, 0.0)`, not `held[…] = 0`: the original sets every scanned symbol to zero, and forgets a real holding
# that had been reported before.
#
# ### The rule, without any plumbing
#
# What decides must be testable without a market. So the rule knows no connection: prices go in, a word comes out.


# %%
class Rule:
    """Buy what has risen by `up` within `seconds`, if flat; sell what has fallen by `down`, if enough is held."""

    def __init__(self, up=0.05, down=0.06, seconds=60, size=5):
        self.up, self.down, self.seconds, self.size = up, down, seconds, size
        self.prices = []  # (time, price), oldest first

    def decide(self, now, price, held, working):
        if not price > 0:  # also false for NaN, which is "no price"
            return None
        self.prices = [(when, old) for when, old in self.prices if (now - when).total_seconds() <= self.seconds]
        reference = self.prices[0][1] if self.prices else price
        self.prices.append((now, price))
        if working:
            return None
        if price > reference * (1 + self.up) and held == 0:
            action = "BUY"
        elif price < reference * (1 - self.down) and held >= self.size:
            action = "SELL"
        else:
            return None
        self.prices = [(now, price)]  # a move is used up by the order that it causes
        return action


# %% [markdown]
# ### The loop
#
# Five streams fill one board. The loop looks at the board every five seconds, asks each stock's rule, and sends what it says.
# An order counts as working from the moment that it *leaves*, not from the moment that somebody reports it; otherwise two
# signals in a row would sell the same shares twice.

# %%
DONE = {"Filled", "Cancelled", "ApiCancelled"}  # not "Inactive": such an order may become active again
rules = {symbol: Rule() for symbol in contracts}
sent = {}  # order id -> symbol
journal = []  # what we did, and when


def working(symbol):
    return [
        order_id for order_id, name in sent.items() if name == symbol and desk.order_status.get(order_id) not in DONE
    ]


def look(board):
    now = desk.now()
    for symbol, price in board["last"].items():
        action = rules[symbol].decide(now, price, desk.held.get((symbol, "STK"), 0.0), working(symbol))
        if action:
            order_id = desk.placeOrderNow(contracts[symbol], desk.createOrder(action, 5, "MKT"))
            sent[order_id] = symbol
            journal.append((f"{now:%H:%M:%S}", action, symbol, round(price, 2)))


# %% [markdown]
# Half an hour of trading. On the simulated gateway this takes seconds; on a paper TWS the lesson trades for two minutes.

# %%
session = pd.Timedelta(minutes=32 if desk.gateway else 2)

with desk.streamQuotes(contracts.values()) as quotes:
    while desk.now() < started + session:
        desk.sleep("5 s")
        look(quotes.df)

# %%
pd.DataFrame(journal, columns=["time", "order", "symbol", "last price"])

# %% [markdown]
# Compare that with the script of the morning: TSLA jumps at 10:02, NVDA (which the account holds) at 10:05 and falls at
# 10:10, AMD jumps at 10:15, INTC falls at 10:20 though nothing of it is held, TSLA falls at 10:30. Each row has its reason,
# and so has each row that is *missing*.
#
# ### What the exchange made of it

# %%
fills = desk.getExecutions()
fills[["orderId", "symbol", "side", "shares", "price", "commission"]]

# %% [markdown]
# Here is one of the five stocks, minute by minute, with the orders on it. Each triangle stands where the exchange filled an
# order, and you can see the jump or the fall that caused it.

# %%
traded = fills["symbol"].iloc[0] if len(fills) else scan["symbol"].iloc[0]
bars = desk.getData(contracts[traded], desk.dataSettings("1 D", "1 min"))
ibnb.plotFills(bars, fills[fills["symbol"] == traded], title=f"{traded}: price and orders")

# %%
cash_flow = (fills["price"] * fills["shares"] * fills["side"].map({"BOT": -1, "SLD": 1})).groupby(fills["symbol"]).sum()
print(cash_flow.round(2).to_string())
print(f"commissions: {fills['commission'].sum():.2f} USD")

# %% [markdown]
# ## Part C · The guard
#
# The original stops when cash falls below a million: it disconnects. A reader's version watches for a loss of "5 %", writes
# `max_loss = 5`, and computes the floor as `value * (1 - 5)`. With 294.67 in stocks the guard waits for −1,178.68. It
# never fires. Whoever writes a loss as a fraction (0.05 for 5 %) refuses what isn't one.
#
# And disconnecting alone is no safety at all: **orders that are working go on working**. A guard must do four things, in
# this order: send nothing new, cancel what is open, close what this program has bought, disconnect.


# %%
class Guard:
    """Fires once, when net liquidation has lost the fraction `max_loss` of what it was at the start."""

    def __init__(self, baseline, max_loss):
        if not 0 < max_loss < 1:
            raise ValueError(f"max_loss is a fraction between 0 and 1: write 0.05 for 5 %, not {max_loss}")
        if not baseline > 0:
            raise ValueError(f"a guard needs a positive start value, not {baseline}")
        self.floor = baseline * (1 - max_loss)
        self.fired = False

    def trips(self, value):
        if self.fired or not value <= self.floor:
            return False
        self.fired = True
        return True


guard = Guard(baseline=float(desk.money["NetLiquidation", "USD"]), max_loss=0.05)
print(f"floor: {guard.floor:,.2f}")

# %% [markdown]
# So that the guard has something to cancel, one patient order far below the market:

# %%
symbol = scan["symbol"].iloc[0]
low = round(desk.getQuote(contracts[symbol])["last"] * 0.8, 2)
resting = desk.placeOrderNow(contracts[symbol], desk.createOrder("BUY", 5, "LMT", low), wait="Submitted")
sent[resting] = symbol


# %%
def close_down(reason):
    """Cancel, close, disconnect: each step is finished before the next one starts."""
    print(f"{desk.now():%H:%M:%S} {reason}")
    for order_id in [order_id for order_id in sent if desk.order_status.get(order_id) not in DONE]:
        desk.cancelOrderById(order_id)
        if desk.order_status.get(order_id) != "Inactive":  # what was refused has nothing to confirm
            desk.waitOrder(order_id, "Cancelled")
    fills = desk.getExecutions()
    bought = (fills["shares"] * fills["side"].map({"BOT": 1, "SLD": -1})).groupby(fills["symbol"]).sum()
    for symbol, shares in bought[bought > 0].items():
        desk.placeOrderNow(contracts[symbol], desk.createOrder("SELL", int(shares), "MKT"), wait="Filled")
    desk.reqAccountUpdates(False, "")
    desk.cancelPositions()
    desk.disconnect()


# %% [markdown]
# Now wait. The account feed brings new values every three minutes at most, whatever the market does meanwhile; a guard can't
# be quicker than its feed.

# %%
watched = []
deadline = desk.now() + pd.Timedelta(minutes=60 if desk.gateway else 1)

while desk.isConnected() and desk.now() < deadline:
    desk.sleep("30 s")
    value = float(desk.money["NetLiquidation", "USD"])
    watched.append((desk.now(), value))
    if guard.trips(value):
        close_down(f"guard: {value:,.2f} is below {guard.floor:,.2f}")

if desk.isConnected():
    close_down("end of the session")

# %% alt="Line chart of the account's net liquidation value, which falls in steps after eleven o'clock until it crosses the dashed line of the guard's floor."
import matplotlib.pyplot as plt

equity = pd.DataFrame(watched, columns=["time", "value"])
figure, axes = plt.subplots(figsize=(8, 3.5), layout="constrained")
axes.step(equity["time"].dt.strftime("%H:%M:%S"), equity["value"], where="post", label="net liquidation")
axes.axhline(guard.floor, linestyle="--", color="#d55e00", label="floor")
axes.set_xticks(axes.get_xticks()[:: max(1, len(equity) // 8)])
axes.ticklabel_format(axis="y", style="plain")
axes.set_ylabel("USD")
axes.legend()
plt.show()

# %%
print(f"fired: {guard.fired}, connected: {desk.isConnected()}, lowest value seen: {equity['value'].min():,.2f}")

# %% [markdown]
# ## Exercises
#
# ### Exercise 2 · Scale in
#
# A reader's variant buys **5** when nothing is held, and **3 more** when something is. On a fall it sells 5, if there are 5.
# With an order working it does nothing. Write it as a function without any state, which returns how many shares to buy
# (positive) or to sell (negative), and 0 for nothing. The check plays a thousand random situations.


# %%
def scale_in(change, held, is_working):
    """`change` is the move within the last minute: 0.05 is five percent up."""
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
check("16.2", scale_in)

# %% [markdown]
# ### Exercise 3 · Where is the floor?
#
# Write the guard's arithmetic yourself: value at the start and the loss as a **fraction** go in, the floor comes out, as in
# `ibnb.AccountGuard`. A fraction that can't be meant (0, −0.05, 1, and the famous 5) and a start value that isn't positive
# raise `ValueError`.


# %%
def floor(start, max_loss):
    ### BEGIN SOLUTION
    if not 0 < max_loss < 1 or not start > 0:
        raise ValueError(f"no floor for {start} and a loss of {max_loss}")
    return start * (1 - max_loss)
    ### END SOLUTION


# %%
check("16.3", floor)

# %% [markdown]
# ### Exercise 4 · Count what arrived
#
# How many orders did this session *really* send, those of the guard included? Don't count in the table above: the gateway's
# journal is the evidence. Each entry has `time`, `clientId`, `direction` (`"in"` is what it received) and `message`.
#
# <details><summary>Hint</summary>
# <code>desk.gateway.journal</code> is a list; the name of a message's class is <code>type(entry.message).__name__</code>.
# Count those of this session's client id.
# </details>

# %%
### BEGIN SOLUTION
arrived = [
    entry.message
    for entry in (desk.gateway.journal if desk.gateway else [])
    if entry.direction == "in" and entry.clientId == 16 and type(entry.message).__name__ == "PlaceOrder"
]
number_of_orders = len(arrived)
### END SOLUTION

# %%
check("16.4", number_of_orders, desk)

# %% [markdown]
# ### Exercise 5 · Did we leave the room tidy?
#
# The journal can prove more. Write a function that takes the journal and returns the ids of the market data lines that were
# opened (`ReqMktData`) and never cancelled (`CancelMktData`); both messages have a `reqId`. An empty list is a tidy room.


# %%
def left_open(journal):
    ### BEGIN SOLUTION
    opened, closed = [], []
    for entry in journal:
        kind = type(entry.message).__name__
        if entry.direction == "in" and kind == "ReqMktData":
            opened.append(entry.message.reqId)
        if entry.direction == "in" and kind == "CancelMktData":
            closed.append(entry.message.reqId)
    return [line for line in opened if line not in closed]
    ### END SOLUTION


# %%
check("16.5", left_open, desk)

# %% [markdown]
# ### Exercise 6 · Defend it
#
# No check can do this one. In a few sentences: which of the four decisions in part B matters most, and what would you change
# before you let this program run on a paper account for a week? Think of a restart at midnight, of a stock that stops
# trading, of two programs on one account.

# %% [markdown]
# ## In short
#
# * One connection carries account, positions, five streams and orders at once, because callbacks only record.
# * There are many kinds of prices. Believe trades, and distrust −1, 0 and NaN.
# * Count an order as working from the moment it leaves.
# * A guard cancels, closes, and only then disconnects; percent is not a fraction; test it before you need it.
# * What your program did is what the other side received.
#
# ### Questions to ask yourself
#
# 1. Which two faults hide each other in the naive rule?
# 2. The account feed is three minutes old. What would make the guard faster?
# 3. Why does the loop re-use nothing of a price that has already caused an order?
# 4. Where would a bracket order replace a part of this program, and what would it do better while your computer is asleep?
