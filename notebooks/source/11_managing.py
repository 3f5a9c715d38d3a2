# %% [raw]
# title = "Managing orders: list, modify, cancel"
# teach = 30
# practise = 30
# needs = "lesson 10"
# uses = ["listOrders", "getOpenOrders", "getBlotter", "modifyOrder", "cancelOrderById", "cancelAllOrders", "getExecutions", "getCompletedOrders", "OrderBlotter", "plotOrderTimeline"]
# objectives = [
#   "list your own working orders, and those of every program on the account",
#   "change an order under its own number, without losing what you didn't want to change",
#   "cancel one order, all of yours, or everything, and know when an order is really gone",
#   "find out after a lost connection what became of your orders",
# ]
# covers = ["S2-28", "S2-29", "S2-30", "S2-37"]
# defects = ["B2-19", "B2-20"]

# %% [markdown]
# In the last lesson Nora bought her one share. On the way there she also left a limit order behind, far below the market,
# to see it wait. It is still there. Orders live at TWS and at the exchange, not in a notebook. They go on when the notebook
# is closed, and they may be filled tonight.
#
# So her question today is: **what have I got working at TWS, and how do I change my mind?**

# %%
import matplotlib.pyplot as plt
import pandas as pd

import ibnb
from ibnb.course import check

app = ibnb.connect()
apple = app.createContract("AAPL")

# %% [markdown]
# ## Three lists of the same orders
#
# An order is written down in three places. Your program keeps a list. TWS keeps a list. The exchange keeps one, too. Most
# of the time they agree. This lesson is about the moments when they don't.
#
# ```mermaid
# flowchart LR
#     accTitle: Three lists of the same orders
#     accDescr: Your program keeps a blotter. It sends placeOrder and cancelOrder to TWS, which keeps the open orders of all programs and answers with openOrder, orderStatus and error. TWS passes orders on to the exchange, which reports acceptance, fills and cancels. A second program and orders typed in by hand stand in the list of TWS as well.
#     P["your program<br/>its blotter"] -->|"placeOrder, cancelOrder"| T["TWS<br/>the open orders"]
#     T -->|"openOrder, orderStatus, error"| P
#     T <-->|"order, fill, cancel"| X["the exchange"]
#     Q["another program"] --> T
#     H["orders typed in by hand"] --> T
# ```
#
# The word **blotter** comes from paper days: it was the dealer's running list of orders and trades. Your program's blotter
# is made of the messages that it has received. TWS's list is the one that counts, because TWS talks to the exchange.
#
# Each notebook's simulated TWS is a new one, so the order of last time isn't in it. Let us put two orders there. Both are
# *limit* orders to buy, well below today's price, so that nothing happens to them. One of them is good for today only (`DAY`),
# the other one until it is cancelled (`GTC`, "good till cancelled").

# %%
price = app.getQuote(apple)["last"]
near = app.placeOrderNow(apple, app.createOrder("BUY", 1, "LMT", round(price * 0.95, 2)), wait="Submitted")
far = app.placeOrderNow(apple, app.createOrder("BUY", 2, "LMT", round(price * 0.90, 2), tif="GTC"), wait="Submitted")

# %% [markdown]
# Now ask TWS. `listOrders` sends the request `reqOpenOrders`. TWS answers with one `openOrder` and one `orderStatus` for
# each working order, and at last with `openOrderEnd`, which says: that was all.

# %%
mine = app.listOrders()

# %% [markdown]
# The same orders as a table, this time from the blotter. Nothing is asked of TWS for this; the program only tells what it
# has heard so far. That makes it free, and it makes it a belief.

# %%
app.getBlotter()[["action", "totalQuantity", "orderType", "lmtPrice", "tif", "status", "remaining"]]

# %% [markdown]
# A picture helps more than a table once there are more than two orders. Here each working order is a line at its limit,
# and the dashed line is the price now. A buy order waits below it. How long the line is doesn't mean anything.

# %% alt="Horizontal lines at the limits of the two working buy orders, 5 and 10 percent below a dashed line at the last price of AAPL."
orders = app.getOpenOrders()
figure, axes = plt.subplots(figsize=(7, 3))
axes.plot([0, 1], [price, price], color="grey", linestyle="--")
axes.text(1.02, price, "last price", va="center")
for _, order in orders.iterrows():
    axes.plot([0, 1], [order["lmtPrice"]] * 2, linewidth=3)
    axes.text(1.02, order["lmtPrice"], f"{order['action']} {order['totalQuantity']:g}, {order['tif']}", va="center")
axes.margins(y=0.15)
axes.set(xlim=(0, 1.5), xticks=[], ylabel="price, USD", title="AAPL: my working orders")
plt.show()

# %% [markdown]
# ### Exercise 1 · How much is still out there?
#
# Before you add to a position, you should know what your working orders may still add by themselves. Write a function
# `pending(orders, symbol)` that takes a frame like the one of `getOpenOrders` and returns how many shares of the symbol may
# still be traded: buys count positive, sells negative. Mind the column: an order for 10 of which 4 are filled can only add
# six more.


# %%
def pending(orders, symbol):
    ### BEGIN SOLUTION
    of_symbol = orders[orders["symbol"] == symbol]
    sign = of_symbol["action"].map({"BUY": 1, "SELL": -1})
    return float((of_symbol["remaining"] * sign).sum())
    ### END SOLUTION


# %%
check("11.1", pending)

# %% [markdown]
# ## Mine, and everybody's
#
# TWS can serve many programs at once. Each gives a number when it connects, its **client id**. Yours is 1 here. Let a second
# program join, with the client id 2. It could be a colleague's, or your own from last week. It places an order of its own.

# %%
other = ibnb.connect(clientId=2)
microsoft = other.createContract("MSFT")
low = round(other.getQuote(microsoft)["last"] * 0.9, 2)
theirs = other.placeOrderNow(microsoft, other.createOrder("BUY", 3, "LMT", low), wait="Submitted")

# %% [markdown]
# **Before you run the next cell:** how many orders will your own program list?

# %%
mine = app.listOrders()

# %% [markdown]
# The other program's order isn't there. `reqOpenOrders` tells a program about its own orders. To see the whole account, ask
# with `getOpenOrders("account")`, which sends `reqAllOpenOrders`.

# %%
app.getOpenOrders("account")[["action", "totalQuantity", "symbol", "lmtPrice", "status", "clientId", "permId"]]

# %% [markdown]
# Look at the two columns of numbers.
#
# * The **order id** (the index) belongs to one program. The other program counts for itself, so both may well have an
#   order 1. For this reason TWS shows you a foreign order with the id 0: you have no number for it.
# * The **permanent id** (`permId`) is TWS's own. It is unique in the account, and it stays the same for the order's life.
#
# If you write anything down, write down the permanent id. And never cancel by a number that you got from somebody else's
# program: in your program the same number means another order.
#
# All of this is a snapshot. TWS doesn't keep you informed of foreign orders afterwards. Orders typed in by hand appear in
# this list as well. A program with the client id 0 is a special case: TWS lets it take over orders that were typed in.

# %% [markdown]
# ### Exercise 2 · Which call?
#
# You have just connected. You want to see *every* working order on the account, whoever placed it. Which call asks for that?
#
# * **a** `app.getBlotter()`
# * **b** `app.listOrders()`
# * **c** `app.getOpenOrders("account")`
# * **d** `app.getCompletedOrders()`
#
# Put the letter into `answer`.

# %%
### BEGIN SOLUTION
answer = "c"
### END SOLUTION

# %%
check("11.2", answer)

# %% [markdown]
# ## Changing an order
#
# In IB's language there is no request to *modify* an order. You send the order **again, under the same order id**, with the
# new values. TWS sees that it knows the number and takes the second form as a change of the first. Quantity and price may
# change. So may the time it is good for. The instrument and the side may not: buying doesn't turn into selling.
#
# `modifyOrder` takes the order as TWS last confirmed it, changes only what you name, and sends that. The names are those of
# `createOrder`: `quantity`, `limit_price`, `stop_price`, `tif`. First an order to try it on:

# %%
price = app.getQuote(apple)["last"]
order_id = app.placeOrderNow(
    apple, app.createOrder("BUY", 1, "LMT", round(price * 0.94, 2), tif="GTC"), wait="Submitted"
)
columns = ["totalQuantity", "orderType", "lmtPrice", "tif", "filled", "remaining", "permId"]
before = app.getBlotter().loc[[order_id], columns]

# %% [markdown]
# **Before you run the next cell:** which of these columns will differ afterwards?

# %%
app.modifyOrder(order_id, quantity=5, wait=True)
after = app.getBlotter().loc[[order_id], columns]
pd.concat([before, after], keys=["before", "after"])

# %% [markdown]
# In TWS's own window you would see the row go from 0/1 to 0/5: nothing of one filled, then nothing of five. Number,
# permanent id, limit and `GTC` are the same. With `wait=True` the call returns when TWS has *shown* the change. Without it,
# "Modified" only means that the request has left.
#
# ### A change that changes too much
#
# Many scripts write a fresh order form for the change. A widely used set of slides does so, too. It asks for a new quantity
# and builds a new order from four words:

# %%
fresh = app.createOrder("BUY", 10, "LMT", round(price * 0.94, 2))
app.modifyOrder(order_id, apple, fresh, wait=True)
app.getBlotter().loc[[order_id], columns]

# %% [markdown]
# Look at `tif`. It was `GTC`; now it is `DAY`. Nobody asked for that, and there was no message. The new form had to say
# *something* in that field, so it said what `createOrder` says when you are silent. Tonight this order will disappear, and
# Nora will wonder on Thursday why she has no shares.
#
# A form that is sent again replaces **all** fields. So start from the order that exists. What may not change, TWS refuses;
# the order then goes on as it was:

# %% tags=["raises-exception"]
app.modifyOrder(order_id, apple, app.createOrder("BUY", 10, "MKT"), wait=True)

# %%
app.getBlotter().loc[[order_id], columns]

# %% [markdown]
# ### Exercise 3 · From one to five
#
# Place a limit order for **1** share of KO, about 5 % below the market, `GTC`. Wait until it is submitted. Then change the
# quantity to **5** and nothing else. Keep the order's number in `grown`. The check looks at both forms that the gateway
# received.
#
# <details><summary>Hint</summary>
# Round the limit to cents. Name only the quantity in <code>modifyOrder</code>, and wait for it.
# </details>

# %%
### BEGIN SOLUTION
coke = app.createContract("KO")
limit = round(app.getQuote(coke)["last"] * 0.95, 2)
coke_id = app.placeOrderNow(coke, app.createOrder("BUY", 1, "LMT", limit, tif="GTC"), wait="Submitted")
app.modifyOrder(coke_id, quantity=5, wait=True)
grown = coke_id
### END SOLUTION

# %%
check("11.3", grown, app)

# %% [markdown]
# ### Exercise 4 · Repair: the price that forgot the rest
#
# This function is meant to raise the limit of a working order. It loses everything else: the quantity, the `GTC`, whatever
# the order carried. Repair it. You may use a single line.
#
# ```python
# def raise_limit(app, order_id, contract, new_limit):
#     new_order = app.createOrder(action="BUY", quantity=100, order_type="LMT", limit_price=new_limit)
#     app.modifyOrder(order_id, contract, new_order)
# ```
#
# The check gives your function an order of its own, calls it, reads what the gateway received, and cancels the order again.


# %%
### BEGIN SOLUTION
def raise_limit(app, order_id, contract, new_limit):
    app.modifyOrder(order_id, contract, limit_price=new_limit, wait=True)


### END SOLUTION


# %%
check("11.4", raise_limit, app)

# %% [markdown]
# ## Too late to change
#
# Orders can be filled while you think about them. A filled order has become a trade, and a trade can't be modified. Let us
# try. A market order is filled at once:

# %%
bought = app.placeOrderNow(apple, app.createOrder("BUY", 1, "MKT"), wait="Filled")

# %% tags=["raises-exception"]
app.modifyOrder(bought, quantity=5)

# %% [markdown]
# This time your own program refused. It had already heard of the fill, so it didn't send anything. That is a kindness and
# not a guarantee: between TWS's fill and your program's knowledge of it there is always a little time. If the change leaves
# in that moment, TWS answers with code 104.

# %%
print(ibnb.explain(104))

# %% [markdown]
# Want four more? Then place a *new* order for four. And if you want to be rid of the share, sell it. There is no undo.

# %% [markdown]
# ### Exercise 5 · Once filled
#
# Buy **1** share of KO at the market and wait until it is filled. Keep its number in `done_id`. Then try to change its
# quantity to 2, catch the exception, and keep the exception's **text** in `reason`. The check makes sure that no change
# reached the gateway.

# %%
### BEGIN SOLUTION
number = app.placeOrderNow(app.createContract("KO"), app.createOrder("BUY", 1, "MKT"), wait="Filled")
try:
    app.modifyOrder(number, quantity=2)
except ValueError as error:
    text = str(error)
done_id, reason = number, text
### END SOLUTION

# %%
check("11.5", done_id, reason, app)

# %% [markdown]
# ## A cancel is a request
#
# You don't cancel an order. You ask for it to be cancelled. The request goes to TWS, from there to the exchange, and the
# confirmation comes all the way back. Until then the order lives, and **it may still be filled**.
#
# ```mermaid
# stateDiagram-v2
#     accTitle: The states of an order that is cancelled
#     accDescr: A submitted order becomes PendingCancel when the cancel was sent. From there it becomes Cancelled when it is confirmed, with message 202, or Filled when a fill came first. A submitted order may also be filled without any cancel.
#     Submitted --> PendingCancel : cancelOrder
#     PendingCancel --> Cancelled : confirmed, message 202
#     PendingCancel --> Filled : a fill came first
#     Submitted --> Filled
#     Cancelled --> [*]
#     Filled --> [*]
# ```
#
# Here is an order, its cancel, and everything that was said about it:

# %%
price = app.getQuote(apple)["last"]
unwanted = app.placeOrderNow(apple, app.createOrder("BUY", 1, "LMT", round(price * 0.93, 2)), wait="Submitted")
app.cancelOrderById(unwanted, wait=True)

# %%
app.getOrderLog(unwanted)[["message", "status", "remaining", "text"]]

# %%
ibnb.plotOrderTimeline(app.getOrderLog(unwanted), title="an order that was cancelled")

# %% [markdown]
# **202 is good news.** It arrives through the `error` callback like everything that TWS has to say in words. Programs that
# stop at every "error" stop at the confirmation of their own request. The text after `reason:` is empty when you asked for
# the cancel yourself. Where the exchange or IB cancels an order, the reason stands there.
#
# TWS may skip `PendingCancel`, or send it twice. Don't count messages; wait for the end. An order has ended when it is
# `Filled` or `Cancelled`. (`Inactive` mostly means the same, but such an order may be woken again in TWS.)
#
# ### The race
#
# What if the order is filled first? Place an order at the market and cancel it at once. With `"done"` you wait for the order's
# end, whichever end it is:

# %%
racing = app.placeOrderNow(apple, app.createOrder("BUY", 1, "MKT"))
app.cancelOrder(racing)
report = app.waitOrder(racing, "done")
report.status, report.filled

# %% [markdown]
# In this simulated market the fill was quicker. With real exchanges it may end either way. A program that says "cancelled"
# because it *asked* would now be wrong by one share. So after each cancel read two things: the status, and how much was
# filled before.
#
# **One word about versions.** IB has changed the function `cancelOrder` twice. There are three forms of it:
#
# | ibapi | how it is called |
# |:---|:---|
# | 9.81 (what `pip install ibapi` brings) | `cancelOrder(orderId)` |
# | 10.19 and later | `cancelOrder(orderId, manualCancelOrderTime)` |
# | 10.30 and later | `cancelOrder(orderId, OrderCancel())` |
#
# A script written for one of them stops with a `TypeError` on another. `app.cancelOrder(order_id)` works with all three,
# and `app.cancelOrderById(order_id)` is the same with a printed line and a `wait`.

# %% [markdown]
# ### Exercise 6 · When is it safe?
#
# Nora has sent a cancel for an order to buy 100 shares. She wants to place another order instead, and must not end up with
# 200. At which moment may she?
#
# * **a** when `cancelOrderById` has returned without an exception
# * **b** when the status is `PendingCancel`
# * **c** when the order has ended, and she has read how much of it was filled
# * **d** after a pause of one second

# %%
### BEGIN SOLUTION
moment = "c"
### END SOLUTION

# %%
check("11.6", moment)

# %% [markdown]
# ### Exercise 7 · Gone for certain
#
# Place a limit order to **sell** 1 share of AAPL, at least 5 % above the market. When it is submitted, cancel it, and wait
# for the confirmation. Keep TWS's last word on it (what `waitOrder` returns) in `ended`.

# %%
### BEGIN SOLUTION
price = app.getQuote(apple)["last"]
dear = app.placeOrderNow(apple, app.createOrder("SELL", 1, "LMT", round(price * 1.06, 2)), wait="Submitted")
app.cancelOrderById(dear, wait=True)
ended = app.waitOrder(dear, "done")
### END SOLUTION

# %%
check("11.7", ended, app)

# %% [markdown]
# ## All of them: mine, or everybody's?
#
# TWS has one request that cancels many orders at once, `reqGlobalCancel`. Read its name slowly. It cancels **every** working
# order of the account: those of all programs, and those typed in by hand. The slides that many people start from offer it
# under the harmless name `cancelAllOrders`.
#
# In this package the same name cancels *your program's* orders, and the whole account only if you say so:
#
# | call | cancels | how |
# |:---|:---|:---|
# | `app.cancelAllOrders()` | this program's orders | one `cancelOrder` for each |
# | `app.cancelAllOrders("account")` | everything | `reqGlobalCancel` |
#
# Both programs have an order now:

# %%
other = ibnb.connect(clientId=2)
for program, symbol in ((app, "AAPL"), (other, "MSFT")):
    low = round(program.getQuote(symbol)["last"] * 0.9, 2)
    _ = program.placeOrderNow(symbol, program.createOrder("BUY", 1, "LMT", low), wait="Submitted")

# %% [markdown]
# **Before you run the next cell:** whose orders will be left?

# %%
app.cancelAllOrders(wait=True)
app.getOpenOrders("account")[["action", "totalQuantity", "symbol", "status", "clientId"]]

# %% [markdown]
# The printed line says "all live orders", and it means this program's: both orders of the other one are still there.
#
# The order blotter below shows every order that this program has heard of, those that have ended included. Its own working
# orders would have a button that cancels them, as in TWS. Those of other programs have the id 0 and no button: there is no
# number to cancel them by. They stand there as `getOpenOrders("account")` found them, since TWS reports nothing of them
# afterwards.

# %%
ibnb.OrderBlotter(app)

# %% [markdown]
# ### Exercise 8 · Repair: the button that cleared the desk
#
# A colleague has written this:
#
# ```python
# def cancel_mine(app):
#     """Cancel my orders."""
#     app.reqGlobalCancel()
# ```
#
# It says "my", and it means everybody's. Write `cancel_mine(app)` so that it cancels the working orders of this program, and
# leaves other programs' alone. The check lets a second program join, gives each of the two an order, calls your function once, and asks the
# gateway what became of both.


# %%
### BEGIN SOLUTION
def cancel_mine(app):
    for order_id in app.getOpenOrders("mine").index:
        app.cancelOrderById(order_id, wait=True)


### END SOLUTION


# %%
check("11.8", cancel_mine, app)

# %% [markdown]
# ## After the line was cut
#
# Last question. Your program crashes, the laptop falls asleep, the network breaks. The orders don't mind: disconnecting
# cancels nothing. When you are back you have an empty blotter and no idea. What do you do?
#
# **Ask, don't guess.** There are three questions, and TWS answers all of them:
#
# | question | verb | request |
# |:---|:---|:---|
# | What is still working? | `getOpenOrders()` | `reqOpenOrders` |
# | What was filled? | `getExecutions()` | `reqExecutions` |
# | What has ended, and how? | `getCompletedOrders()` | `reqCompletedOrders` |
#
# The second and third don't reach far back: IB Gateway forgets at midnight, and TWS after a few days at most. Keep a journal
# of your own for anything older.
#
# Let us try it. We place two orders: one waits, one is filled at once. Then we leave without a word, and come back under the
# **same client id**. With another number we couldn't change our own orders. (The second program stays connected meanwhile:
# the simulated TWS ends when its last program has left.)

# %%
other = ibnb.connect(clientId=2)
price = app.getQuote(apple)["last"]
waiting = app.placeOrderNow(apple, app.createOrder("BUY", 4, "LMT", round(price * 0.92, 2)), wait="Submitted")
quick = app.placeOrderNow(apple, app.createOrder("BUY", 1, "MKT"), wait="Filled")

# %%
app.disconnect()
app = ibnb.connect()

# %%
app.getOpenOrders()[["action", "totalQuantity", "symbol", "lmtPrice", "tif", "status", "permId"]]

# %% [markdown]
# The waiting order is back, with its number and its permanent id. From here on it can be changed and cancelled as before.
# The filled one isn't among the open orders. It is found under the executions:

# %%
app.getExecutions()[["orderId", "symbol", "side", "shares", "price"]].tail(3)

# %%
app.getCompletedOrders()[["symbol", "action", "totalQuantity", "orderType", "status", "completedStatus"]].tail(3)

# %% [markdown]
# What if the connection breaks by itself, in the middle of things? `ibnb` asks these questions for you after it has
# reconnected, and corrects the blotter. It never sends an order a second time. If the line broke just after "buy", nobody
# can know from here whether the order has arrived. Sending it again may buy twice. An order that TWS knows nothing of is
# called `Uncertain`, and then a human being looks.

# %% [markdown]
# ### Exercise 9 · Back again
#
# Place one limit order to buy **2** shares of IBM about 8 % below the market, and wait until it is submitted. Then disconnect,
# connect again with the same client id, and keep the frame of your working orders, freshly asked, in `after_return`. The check
# compares it with what the gateway has.
#
# <details><summary>Hint</summary>
# <code>app = ibnb.connect()</code> gives you a new session, so the name <code>app</code> must be set again.
# </details>

# %%
### BEGIN SOLUTION
ibm = app.createContract("IBM")
low = round(app.getQuote(ibm)["last"] * 0.92, 2)
app.placeOrderNow(ibm, app.createOrder("BUY", 2, "LMT", low), wait="Submitted")
app.disconnect()
app = ibnb.connect()
after_return = app.getOpenOrders()
### END SOLUTION

# %%
check("11.9", after_return, app)

# %% [markdown]
# ## Tidy up
#
# Leave no orders behind that you don't want. This cancels what this lesson's two programs have working, and leaves orders
# alone that you have placed by hand.

# %%
other = ibnb.connect(clientId=2)
app.cancelAllOrders(wait=True)
other.cancelAllOrders(wait=True)
app.getOpenOrders("account")[["symbol", "status"]]

# %% [markdown]
# Both sessions stay connected, so that you can go on with the exercises. Closing the notebook ends them, or type
# `app.disconnect()`.

# %% [markdown]
# ## In short
#
# * TWS has the list that counts. `listOrders` and `getOpenOrders()` ask for yours, `getOpenOrders("account")` for everybody's.
# * An order id belongs to one program. The permanent id belongs to the order.
# * To change an order is to send it again under its number. All fields are replaced: start from the order that exists.
# * A cancel is a request. The order may be filled first. 202 is its confirmation.
# * The global cancel takes everybody's orders.
# * After a lost connection ask three times: what works, what was filled, what has ended. Send nothing again.
#
# Nora knows now what she has out there, and she can take it back. But a share that was bought has no limit below it. Her next
# question: *how do I get out, before I get in?*
#
# ### Questions to ask yourself
#
# 1. Two programs both have an order 1. What happens if one of them sends `cancelOrder(1)`?
# 2. You change the quantity of an order from 5 to 3, and 4 were filled a moment ago. What should TWS do?
# 3. Why does a program that comes back after a crash need the same client id?
# 4. Your program has sent an order, and the connection breaks before any answer. Why is "send it again" the wrong reflex?

# %% [markdown] tags=["solution"]
# <details><summary>Answers</summary>
#
# 1. Its own order 1 is cancelled. A number only means something together with the client id. The other program's order isn't
#    touched.
# 2. It can't do what was asked: four are bought. TWS refuses the change. Read what was filled and decide again.
# 3. TWS files orders under the client id. With another one, your own old orders are foreign: you see them with the id 0,
#    and you can neither change nor cancel them by their numbers.
# 4. The order may have arrived, and only the answer was lost. A second one would be a second order, and both may be filled.
#    Ask for the open orders and the executions first.
#
# </details>

# %% [markdown]
# Further reading: IBKR Campus, *TWS API Documentation*, the chapters "Placing Orders", "Modifying Orders", "Cancelling an
# Order" and "Open Orders".
