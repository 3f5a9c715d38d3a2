# %% [raw]
# title = "Brackets, stops and other structures"
# teach = 30
# practise = 30
# needs = "lessons 10 and 11"
# uses = ["createBracket", "placeBracket", "createOrder", "roundToTick", "createOCA", "placeOrders", "getExecutions", "plotBracket", "plotFills"]
# objectives = [
#   "decide on entry, profit and stop before the first order leaves",
#   "say what parentId and transmit are for, and send three orders that start together",
#   "choose between a stop and a stop-limit order, and say what each can't promise",
#   "put prices on the contract's grid, and tie orders together with OCA",
# ]
# covers = ["S4-32", "S4-43", "S0-45"]
# defects = ["B4-01", "B4-16"]

# %% [markdown]
# Nora can buy a share now, and she can change her mind about an order. But a share that she owns has no limit below it. If it
# falls while she is asleep, nobody sells. She could watch it all day. Or she could decide *before* she buys at which price
# she wants out again, in both directions, and leave both orders at the broker.
#
# Her question: **how do I get out, before I get in?**

# %%
import pandas as pd

import ibnb
from ibnb.course import check

app = ibnb.connect()
nvda = app.createContract("NVDA")

# %% [markdown]
# ## Three prices before one order
#
# Whoever buys should be able to name three prices:
#
# * the **entry**: where you buy,
# * the **profit**: where you sell because it went well,
# * the **stop**: where you sell because it went wrong.
#
# The distance from entry to stop is what one share may lose. The distance from entry to profit is what it may win. The second
# divided by the first is the trade's *reward to risk*. It says how often you must be right. With 1 to 1 it is every second
# time; with 3 to 1 every fourth time will do, before costs.
#
# `createBracket` takes the three prices and makes three orders of them. It sends nothing yet.

# %%
price = app.getQuote(nvda)["last"]
bracket = app.createBracket(
    "BUY", 10, round(price * 0.99, 2), take_profit=round(price * 1.05, 2), stop_loss=round(price * 0.97, 2)
)
pd.DataFrame(
    {
        name: [order.action, order.totalQuantity, order.orderType, order.transmit]
        for name, order in zip(bracket._fields, bracket, strict=True)
    },
    index=["action", "quantity", "type", "transmit"],
).T

# %%
recent = app.getData(nvda, app.dataSettings("2 D", "5 mins"))
ibnb.plotBracket(recent, bracket, title="NVDA: a bracket before it is sent")

# %% [markdown]
# The upper area is what can be won, the lower one what can be lost. If the picture looks wrong to you, don't send it. This is
# the cheapest moment to notice.
#
# **Both sides count.** If you sell first (a *short* sale: you sell shares that you borrow, and hope to buy them back lower),
# everything is turned over. The profit lies below the entry, and the stop above it. Code that was tested with a purchase only
# often has a fault on the other side. A well-known guide to a futures strategy contains these two lines, one for each side:
#
# ```python
# place_order('SELL', 1, df, sma, sma + std_dev * 2)
# place_order('BUY', 1, df, sma, sma=std_dev * 2)
# ```
#
# In the second one a minus sign has turned into an equals sign. Python takes `sma=…` for the name of an argument that the
# function doesn't have, and raises a `TypeError`. The strategy was able to sell and never able to buy. Nobody noticed,
# because on the day of the test it didn't want to buy.

# %% [markdown]
# ### Exercise 1 · One function for both sides
#
# Write `exits(action, entry, reward, risk)`. It returns two prices as a pair, `(take_profit, stop_loss)`. `reward` and `risk` are
# *fractions* of the entry: 0.05 means five percent. For `"BUY"` the profit lies above, for `"SELL"` below. Don't round here.
#
# <details><summary>Hint</summary>
# A sign that is +1 for a purchase and −1 for a sale saves you from writing everything twice, and from the fault above.
# </details>


# %%
def exits(action, entry, reward, risk):
    ### BEGIN SOLUTION
    sign = 1 if action == "BUY" else -1
    return entry * (1 + sign * reward), entry * (1 - sign * risk)
    ### END SOLUTION


# %%
check("12.1", exits)

# %% [markdown]
# ## A stop order sleeps
#
# A **stop order** has a price at which it wakes up, the *stop price* (the field is called `auxPrice`). Until then that
# of a US share isn't at the exchange at all. When the market touches the stop price, it becomes a market order. A stop to sell lies below the market,
# a stop to buy above it.
#
# | type | sleeps until | and then is | it may |
# |:---|:---|:---|:---|
# | `STP` | the stop price is touched | a market order | be filled far below the stop price |
# | `STP LMT` | the stop price is touched | a limit order | not be filled at all |
#
# Nora holds 100 shares of AAPL. Here is a stop for one of them:

# %%
apple = app.createContract("AAPL")
price = app.getQuote(apple)["last"]
stop_id = app.placeOrderNow(
    apple, app.createOrder("SELL", 1, "STP", stop_price=round(price * 0.95, 2)), wait="PreSubmitted"
)
app.getBlotter().loc[[stop_id], ["action", "orderType", "auxPrice", "status", "whyHeld"]]

# %% [markdown]
# `PreSubmitted` means that IB has the order and keeps it for now. The column `whyHeld` says why: it waits for its *trigger*.
# This is the normal state of a stop. It isn't an error, and a program that waits for `Submitted` here would wait until the
# accident.

# %%
app.cancelOrderById(stop_id, wait=True)

# %% [markdown]
# ### Exercise 2 · Overnight
#
# You hold shares that closed at 97. You have a stop order to sell at 95 in the market, good till cancelled. In the night there
# is bad news. The first trade of the morning is at 90, and the price stays there. What becomes of your order?
#
# * **a** It is filled at 95, because that is its price.
# * **b** It wakes at the first trade and is filled at about 90.
# * **c** It isn't filled, because the price never was 95.
# * **d** It would be filled at 95 if it were a stop-limit order (`STP LMT` 95, limit 95).

# %%
### BEGIN SOLUTION
answer = "b"
### END SOLUTION

# %%
check("12.2", answer)

# %% [markdown]
# ## Three orders that start together
#
# Profit and stop may only live when the entry is filled. Otherwise the stop could sell what you don't have. So the two exits
# are **children** of the entry: their field `parentId` holds the entry's order id.
#
# There is still a gap in time. Three orders are three messages. If the entry is filled before the stop has arrived, you are
# in the market without protection. The field `transmit` closes the gap. An order with `transmit=False` stays at TWS and waits.
# Only the last of the three has `transmit=True`, and it sends the whole family off.
#
# ```mermaid
# flowchart LR
#     accTitle: A bracket of three orders
#     accDescr: The entry is the parent and is sent first with transmit False. Take profit, a limit order, and stop loss, a stop order, are its children. Take profit has transmit False, stop loss is sent last with transmit True and releases all three. When one child is filled, the other is cancelled.
#     P["entry (parent)<br/>transmit = False"] -->|"when filled"| T["take profit, LMT<br/>parentId = entry<br/>transmit = False"]
#     P -->|"when filled"| S["stop loss, STP<br/>parentId = entry<br/>transmit = True"]
#     T <-->|"one is filled:<br/>the other is cancelled"| S
# ```
#
# `placeBracket` takes care of ids, parents and order. The entry below is far from the market, so the family waits.

# %%
price = app.getQuote(nvda)["last"]
bracket = app.createBracket("BUY", 10, round(price * 0.9, 2), round(price * 1.05, 2), round(price * 0.87, 2))
family = app.placeBracket(nvda, bracket)
_ = app.waitOrder(family[0], "Submitted")

# %%
app.getBlotter().loc[family, ["action", "orderType", "lmtPrice", "auxPrice", "status", "whyHeld", "parentId"]]

# %% [markdown]
# The entry works. Its children are held: `child` because their parent isn't filled yet, and the stop also because of its
# trigger. They can't do anything by themselves.
#
# **Before you run the next cell:** we cancel the *parent*. What becomes of the children?

# %%
app.cancelOrderById(family[0], wait=True)
for child in family[1:]:
    _ = app.waitOrder(child, "done")
app.getBlotter().loc[family, ["orderType", "status"]]

# %% [markdown]
# They went with it. Without a parent there is nothing that they could close.
#
# ### Exercise 3 · A bracket in a currency
#
# Place a bracket to **buy 100,000 EUR.USD**: entry about 1 % below the market, profit about 1 % above it, stop about 2 % below
# it. `EUR.USD` moves in steps of 0.00005, so round the prices to **four** decimals. Keep the three order ids in `euro_ids`,
# and leave the orders working. The check looks at ids, parents and the `transmit` flags as the gateway received them.
#
# <details><summary>Hint</summary>
# <code>app.createContract("EUR", "CASH", "IDEALPRO", "USD")</code>. A currency pair has no last trade; take the middle of bid
# and ask.
# </details>

# %%
### BEGIN SOLUTION
euro = app.createContract("EUR", "CASH", "IDEALPRO", "USD")
quote = app.getQuote(euro)
middle = (quote["bid"] + quote["ask"]) / 2
prices = [round(middle * share, 4) for share in (0.99, 1.01, 0.98)]
euro_ids = app.placeBracket(euro, app.createBracket("BUY", 100_000, *prices))
### END SOLUTION

# %%
check("12.3", euro_ids, app)

# %% [markdown]
# ### Exercise 4 · Prices from an old article
#
# A guide shows this example for EUR.USD: buy with a limit of **1.19**, profit **1.20**, stop **1.18**. Suppose the market is at
# **1.15** today. You type it as it stands, and send it. What happens?
#
# * **a** Nothing, until the market has risen to 1.19.
# * **b** TWS refuses the bracket, because its prices are too far away.
# * **c** The entry is filled at once near 1.15, the stop wakes at once, and you are out again with a loss.
# * **d** The entry is filled at 1.19.

# %%
### BEGIN SOLUTION
old_prices = "c"
### END SOLUTION

# %%
check("12.4", old_prices)

# %% [markdown]
# ## When it goes well
#
# Now a bracket that really trades. `limit_price=None` enters at the market. The profit lies 4 % above, the stop 3 % below.

# %%
price = app.getQuote(nvda)["last"]
winner = app.createBracket("BUY", 10, None, round(price * 1.04, 2), round(price * 0.97, 2))
winner_ids = app.placeBracket(nvda, winner)
_ = app.waitOrder(winner_ids[0], "Filled")

# %% [markdown]
# The next cell lets **six minutes** pass. In the simulated market that takes no time, and NVDA jumps at five past ten. (If
# `app.now()` is later than that already, restart the kernel and come back here.) On a paper TWS it takes six real minutes, and
# probably neither exit is reached. Leave the cell out there.

# %%
app.sleep("6 min")
app.getBlotter().loc[winner_ids, ["action", "orderType", "lmtPrice", "auxPrice", "status", "avgFillPrice"]]

# %%
app.getOrderLog(winner_ids[2])[["message", "status", "text"]].tail(3).reset_index(drop=True)

# %% [markdown]
# The profit was filled. The stop, its brother, was cancelled, with the message 202 that you know. Your program did nothing for
# it. It could have been switched off. TWS puts the two children into a group of its own, and a fill of one cancels the other.

# %%
minutes = app.getData(nvda, app.dataSettings("600 S", "5 secs"))
trades = app.getExecutions()
trades = trades[trades["orderId"].isin(winner_ids)]
ibnb.plotBracket(minutes, winner, trades, title="NVDA: the profit was reached")

# %% [markdown]
# ### Exercise 5 · Which way out?
#
# Buy **1** share of KO at the market, with both exits very near: profit 0.2 % above the last price, stop 0.2 % below it, rounded
# to cents. One of them will be reached within minutes. Wait until the bracket is finished, and keep the id of the exit that
# was **filled** in `way_out`. (On a paper TWS the waiting is real.)
#
# <details><summary>Hint</summary>
# <code>app.waitOrder(profit_id, "done", timeout=3600)</code> ends in both cases: a profit that was cancelled is done, too.
# </details>

# %%
### BEGIN SOLUTION
coke = app.createContract("KO")
price = app.getQuote(coke)["last"]
entry_id, profit_id, loss_id = app.placeBracket(
    coke, app.createBracket("BUY", 1, None, round(price * 1.002, 2), round(price * 0.998, 2))
)
reached = app.waitOrder(profit_id, "done", timeout=3600)
way_out = profit_id if reached.status == "Filled" else loss_id
### END SOLUTION

# %%
check("12.5", way_out, app)

# %% [markdown]
# ## When it goes badly
#
# A stop promises that you get out. It doesn't promise the price. To see that, buy INTC and protect it twice: ten shares with a
# stop, ten more with a stop-limit order whose limit lies half a percent below the stop price.

# %%
intel = app.createContract("INTC")
price = app.getQuote(intel)["last"]
stop_price, limit_price = round(price * 0.97, 2), round(price * 0.965, 2)
_ = app.placeOrderNow(intel, app.createOrder("BUY", 20), wait="Filled")
plain = app.placeOrderNow(intel, app.createOrder("SELL", 10, "STP", stop_price=stop_price), wait="PreSubmitted")
limited = app.placeOrderNow(
    intel, app.createOrder("SELL", 10, "STP LMT", limit_price, stop_price=stop_price), wait="PreSubmitted"
)

# %% [markdown]
# **Before you run the next cell:** at twenty past ten INTC drops by 7 % from one second to the next. Which of the two orders
# will be filled, and at which price?
#
# Again time passes, **21 minutes**. On a paper TWS leave the cell out. (If `app.now()` is past 10:20 already, restart the
# kernel and come back to this section.)

# %%
app.sleep("21 min")
app.getBlotter().loc[[plain, limited], ["orderType", "auxPrice", "lmtPrice", "status", "filled", "avgFillPrice"]]

# %%
seconds = app.getData(intel, app.dataSettings("1800 S", "10 secs"))
trades = app.getExecutions()
ibnb.plotFills(
    seconds,
    trades[trades["symbol"] == "INTC"],
    levels={"stop": stop_price, "limit": limit_price},
    title="INTC jumps over a stop",
)

# %% [markdown]
# The price never traded between the two lines. It *jumped* over them: a **gap**. The plain stop woke up and sold at the next
# price there was, a good deal below its stop price. The stop-limit order woke up as well, but it refuses to sell below its
# limit. It is `Submitted` now, waits for the price to come back, and you still own ten falling shares.
#
# Neither is better. With the plain stop you know that you will be out, and not at which price. With the stop-limit order you
# know the price, and not whether you will be out. You can't have both. Write down which of the two you have chosen, and plan
# with a loss that may be larger than the picture says.

# %%
app.cancelOrderById(limited, wait=True)
_ = app.placeOrderNow(intel, app.createOrder("SELL", 10), wait="Filled")

# %% [markdown]
# ### Exercise 6 · What did the stop really cost?
#
# Write `slip(planned, executions)`: by how much **per share** was a sale worse than the stop price? `planned` is the stop price,
# `executions` a frame with the columns `side`, `shares` and `price`, as `getExecutions` returns it. Only the sales count
# (side `"SLD"`), and a large fill weighs more than a small one. A sale above the stop price gives a negative number.


# %%
def slip(planned, executions):
    ### BEGIN SOLUTION
    sold = executions[executions["side"] == "SLD"]
    return planned - (sold["price"] * sold["shares"]).sum() / sold["shares"].sum()
    ### END SOLUTION


# %%
check("12.6", slip)

# %% [markdown]
# ## On the grid
#
# Prices that a program computes are rarely prices that an exchange knows. An average of fifty closes has twelve decimals. Each
# contract has a smallest step, its **tick** (`minTick`), and TWS refuses everything between two steps:

# %%
euro = app.createContract("EUR", "CASH", "IDEALPRO", "USD")
computed = app.getQuote(euro)["bid"] * 0.98765
print(computed)

# %% tags=["raises-exception"]
app.placeOrderNow(euro, app.createOrder("BUY", 100_000, "LMT", computed), wait="Submitted")

# %% [markdown]
# The same futures strategy as above takes its profit at an average and its stop at a multiple of a standard deviation, and
# sends both as they come out. On paper with round numbers it worked. In a bracket a refused exit is worse than a refused
# entry: in the worst case you are in, and have no way out. `placeBracket` withdraws all three if TWS refuses one of them at
# once. Better is to send nothing that can be refused.

# %%
details = app.getContractDetails(euro).iloc[0]
print(f"step {details['minTick']:.5f}; 1.1234567 becomes {app.roundToTick(1.1234567, details)}")

# %% [markdown]
# `round(price, 2)` is right for most shares in New York, and wrong for currencies, for many futures, and for shares in London.
# Ask the contract.
#
# ### Exercise 7 · A bracket that fits
#
# Write `fitting(details, action, quantity, entry, take_profit, stop_loss)`. It returns a bracket of `createBracket` whose three
# prices lie on the grid of the contract. `details` has a field `minTick`, as a row of `getContractDetails` has. Round each
# price to the nearest step.


# %%
def fitting(details, action, quantity, entry, take_profit, stop_loss):
    ### BEGIN SOLUTION
    prices = [ibnb.roundToTick(price, details) for price in (entry, take_profit, stop_loss)]
    return ibnb.createBracket(action, quantity, *prices)
    ### END SOLUTION


# %%
check("12.7", fitting)

# %% [markdown]
# ## Out of something you already have
#
# A bracket begins with an entry. Nora's older shares have none. For them there is **OCA**, *one cancels all*: orders that carry
# the same group name. When one of them is filled, TWS cancels the others. Cancel one by hand, and the others go as well.
#
# The field `ocaType` says what a fill does to the rest. Type 1 cancels the others, and lets only one order work at a time so
# that two can't be filled at once. Types 2 and 3 make the others *smaller* when only a part was filled. `createOCA` takes
# type 1 unless you say otherwise.

# %%
apple = app.createContract("AAPL")
price = app.getQuote(apple)["last"]
way_up = app.createOrder("SELL", 100, "LMT", round(price * 1.1, 2))
way_down = app.createOrder("SELL", 100, "STP", stop_price=round(price * 0.9, 2))
group = app.createOCA([way_up, way_down], name="Nora AAPL exit")
both = app.placeOrders([(apple, order) for order in group])
app.getBlotter().loc[both, ["action", "totalQuantity", "orderType", "lmtPrice", "auxPrice", "status"]]

# %%
app.cancelOrderById(both[0], wait=True)
app.waitOrder(both[1], "done").status

# %% [markdown]
# The name belongs to the whole account. Working orders of the same name are *one* group, whoever sent them. So choose a name
# that nobody else has, and a new one for each pair.
#
# ### Exercise 8 · Both exits for MSFT
#
# Nora holds 400 shares of MSFT. Give them two exits that cancel each other: a limit about 10 % above the market and a stop about
# 10 % below it, for all 400. Send them as one group, and leave them working. Keep the two order ids in `exit_ids`.

# %%
### BEGIN SOLUTION
microsoft = app.createContract("MSFT")
price = app.getQuote(microsoft)["last"]
pair = app.createOCA(
    [
        app.createOrder("SELL", 400, "LMT", round(price * 1.1, 2)),
        app.createOrder("SELL", 400, "STP", stop_price=round(price * 0.9, 2)),
    ],
    name="Nora MSFT exit",
)
exit_ids = app.placeOrders([(microsoft, order) for order in pair])
### END SOLUTION

# %%
check("12.8", exit_ids, app)

# %% [markdown]
# ## To read: several contracts in one order
#
# One more structure, for later. A **combination** is one order for several contracts at once, its *legs*. The contract has the
# type `BAG` and a list of `ComboLeg` objects: which contract (`conId`), how many of it (`ratio`), and on which side. You buy or
# sell the whole bag for *one* price.
#
# The signs follow from one rule: the price of a bag is what its legs cost together, bought ones plus, sold ones minus.
#
# | bag | order | price 3 means | price −3 means |
# |:---|:---|:---|:---|
# | buy A, sell B | `BUY` | you pay 3 | you receive 3 |
# | buy A, sell B | `SELL` | you receive 3 | you pay 3 |
#
# With `SELL` each leg's side is turned over as well. Most people therefore always *buy* the bag, describe the legs as they
# want to have them, and let the price be negative. That is legal: a bag is one of the few things with prices below zero.

# %% [markdown]
# ## Tidy up
#
# This cancels what this program has working.

# %%
app.cancelAllOrders(wait=True)

# %% [markdown]
# The session stays connected for the exercises. Closing the notebook ends it, or `app.disconnect()`.

# %% [markdown]
# ## In short
#
# * Entry, profit and stop are decided before the first order leaves. Test your code for both sides.
# * Children wait for their parent (`parentId`). Only the last order has `transmit=True`, and starts them all.
# * One exit is filled, the other is cancelled, at the broker. Your program needn't be running.
# * A stop promises the exit and not the price. A stop-limit order promises the price and not the exit.
# * Put computed prices on the contract's grid (`minTick`), or TWS answers 110.
# * OCA ties orders together that have no common entry.
#
# Nora can leave her desk now. What she can't do yet is wait for something *else*: to buy one share when another one moves. That
# is lesson 13.
#
# ### Questions to ask yourself
#
# 1. Why does the last of the three orders, and not the first, carry `transmit=True`?
# 2. Your stop lies half a percent below the entry. Why may that lose more often than it protects?
# 3. The entry of a bracket is filled by 4 of 10 shares. What should the exits be able to sell?
# 4. A strategy's test trades sold and never bought. What do you check first?

# %% [markdown] tags=["solution"]
# <details><summary>Answers</summary>
#
# 1. As long as it is missing, TWS holds the others. If the first one were transmitted, it could be filled before its stop had
#    arrived.
# 2. Prices move by that much all day without meaning anything. The stop sells on noise, and each time you pay the spread and
#    the commission.
# 3. Four. TWS activates the children in proportion to what was filled. A child that sold ten would leave you short by six.
# 4. The other branch of the code. Run it once by hand with invented prices. In the story above that takes one second and shows
#    the `TypeError`.
#
# </details>

# %% [markdown]
# Further reading: IBKR Campus, *TWS API Documentation*, the chapters on bracket orders and OCA groups, and *Order Types* (Stop,
# Stop Limit).
