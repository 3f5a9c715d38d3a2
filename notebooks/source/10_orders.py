# %% [raw]
# title = "First orders, safely"
# teach = 20
# practise = 30
# needs = "lessons 01 and 03"
# uses = ["createOrder", "previewOrder", "placeOrderNow", "waitOrder", "getExecutions", "plotOrderStates", "plotOrderTimeline", "OrderTicket"]
# objectives = [
#   "build an order, and preview what it would cost before it exists",
#   "place it on paper and follow it until it is filled",
#   "say why 'placed' isn't 'accepted' and 'accepted' isn't 'filled'",
#   "read executions and commissions, and keep away from real money",
# ]
# covers = [
#   "S0-35", "S0-36", "S0-40", "S0-41", "S0-42", "S1-25", "S2-24", "S2-25", "S2-26", "S2-27", "S2-31", "S2-32", "S2-33",
#   "S3-21", "S4-22", "S4-23", "S4-24", "S4-25", "S4-26", "S4-27", "S4-28", "S4-29", "S4-30", "S4-31",
# ]
# defects = [
#   "B0-19", "B1-02", "B2-13", "B2-14", "B2-15", "B2-16", "B2-18", "B2-23", "B2-25", "B4-08", "B4-09", "B4-10", "B4-11",
# ]

# %% [markdown]
# *For nine lessons Nora has looked: at the account, at contracts, at prices that were and prices that are. Nothing that she
# did could change anything. Today that ends. It is play money, but she wants to do it as if it weren't. **I'd like to own
# one share.***

# %%
import ibnb
from ibnb.course import check

app = ibnb.connect()

# %% [markdown]
# ## Three locks before the first order
#
# 1. **The account's code decides.** Orders go through when the account's code starts with D, which is paper. For a live
#    account you must write out its code when you connect, and nobody types that by accident.
# 2. **Limits.** A session can carry limits, such as ten shares for one order. They hold for *every* order, whichever way it
#    is sent.
# 3. **Preview.** Ask what an order would do before it does it.
#
# Here is the second lock at work. **Before you run the next two cells:** who stops this order, TWS or we ourselves?

# %%
app.limitOrders(ibnb.OrderLimits(max_quantity=10))

# %% tags=["raises-exception"]
app.placeOrderNow(app.createContract("AAPL"), app.createOrder("BUY", 1000, "MKT"))

# %% [markdown]
# Nothing was sent. In your own programs leave such a lock on; here we take it off again, because a later section is about an
# order that *TWS* refuses.

# %%
app.limitOrders(None)

# %% [markdown]
# ### Exercise 1 · Which is paper?
#
# Write the first lock yourself. `is_paper(account)` takes an account's code and says, as `True` or `False`, whether it is a
# paper account: they begin with D, live ones with U or F. Think of small letters, too.


# %%
def is_paper(account):
    ### BEGIN SOLUTION
    return account.upper().startswith("D")
    ### END SOLUTION


# %%
check("10.1", is_paper)

# %% [markdown]
# ## An order is a form
#
# `createOrder` fills in a form and sends nothing. Four fields suffice: the side (`BUY` or `SELL`), the quantity, the type,
# and a price where the type needs one.

# %%
order = app.createOrder("BUY", 1, "MKT")
order.action, order.totalQuantity, order.orderType, order.tif

# %% [markdown]
# `tif` means *time in force*: `DAY` orders end with the trading day. And the two types that everybody starts with are these:
#
# | type | name | says | what you don't know |
# |:---|:---|:---|:---|
# | `MKT` | market order | now, at whatever price there is | the price |
# | `LMT` | limit order | at this price or a better one | whether it happens |
#
# One of the two is always unknown: an order guarantees you the trade or the price, never both.
#
# Older scripts have three habits here that cost money. They let 100 shares be the quantity when you forget to give one. They
# write the type as `MARKET`, which isn't IB's word. And when the price of a limit order is forgotten, they send it *without*
# a price. What is to be done with a limit order without a limit? Nothing:

# %% tags=["raises-exception"]
app.createOrder("BUY", 1, "LMT")

# %% [markdown]
# ### Exercise 2 · A form that isn't complete
#
# Try to create a limit order for 5 shares *without* a price, catch the exception, and keep its **text** in `reason`.

# %%
### BEGIN SOLUTION
try:
    app.createOrder("BUY", 5, "LMT")
except ValueError as error:
    text = str(error)
reason = text
### END SOLUTION

# %%
check("10.2", reason)

# %% [markdown]
# ### Exercise 3 · Which one?
#
# Nora wants to sell a share before she goes on holiday in ten minutes. The price doesn't matter much to her; being rid of it
# does. What should she use?
#
# * **a** · A limit order well above the market, so that she gets a good price.
# * **b** · A market order.
# * **c** · A limit order at the last price, since that is the price of the share.
# * **d** · A preview, because it costs nothing.

# %%
### BEGIN SOLUTION
answer = "b"
### END SOLUTION

# %%
check("10.3", answer)

# %% [markdown]
# ## Look before you leap
#
# The third lock. A **what-if** order travels to the broker, is looked at there, and comes back with the margin that it would
# tie up and the commission that it would cost. It never becomes an order.

# %%
apple = app.createContract("AAPL")
app.previewOrder(apple, app.createOrder("BUY", 1, "MKT"))[["initMarginChange", "commission", "commissionCurrency"]]

# %% [markdown]
# The same with the mouse: `OrderTicket` is the form as you know it from TWS, with a badge that says which kind of account it
# is, and with two clicks to send: *Place*, then *Confirm*. Try it in your own copy; the line at the bottom shows the Python
# that does the same.

# %%
ticket = ibnb.OrderTicket(app, "AAPL", "BUY", 1)
ticket

# %% [markdown]
# ### Exercise 4 · Only looking
#
# What would it cost in **commission** to buy 200 shares of NVDA at the market? Preview the order, and keep the commission
# as a number in `commission`. The check also looks whether the gateway has *no* order from it.

# %%
### BEGIN SOLUTION
preview = app.previewOrder(app.createContract("NVDA"), app.createOrder("BUY", 200, "MKT"))
commission = preview["commission"]
### END SOLUTION

# %%
check("10.4", commission, app)

# %% [markdown]
# ## Place it

# %%
apple = app.createContract("AAPL")
order_id = app.placeOrderNow(apple, app.createOrder("BUY", 1, "MKT"))

# %% [markdown]
# `placeOrderNow` gives the order a number, sends it, and returns the number. It isn't 1, because the order that our limit
# refused and those that were only previewed have used up numbers, too. Numbers are never given out twice.
#
# The line says *New Order*, and that is all it can say. The request is on its way. Nobody has accepted it, and nobody has
# sold Nora a share. Programs that print "order placed" in this place print it for rejected orders as well. One published
# example goes further: it disconnects right after placing, and the order's fate arrives at a program that has gone.
#
# So wait for what you really want to know:

# %%
report = app.waitOrder(order_id, "Filled")
report.status, report.filled, report.remaining

# %% [markdown]
# **Filled**: Nora owns a share. (Another guide waits in a loop that looks a hundred times, with half a second of sleep in
# between, and says that this makes five hundred seconds. It makes fifty. And while its `time.sleep` sleeps, nothing is
# read, so nothing can change. `waitOrder` wakes when the message comes, and gives up after a time that you choose.)
#
# Both steps in one: `app.placeOrderNow(apple, order, wait="Filled")`.
#
# ### Exercise 5 · One share
#
# Buy **one** share of MSFT at the market, wait until it is filled, and keep the order's number in `bought`.

# %%
### BEGIN SOLUTION
bought = app.placeOrderNow(app.createContract("MSFT"), app.createOrder("BUY", 1, "MKT"), wait="Filled")
### END SOLUTION

# %%
check("10.5", bought, app)

# %% [markdown]
# ## The life of an order
#
# On its way an order changes its **status**. Here is the one that we have just placed, message by message:

# %%
number = app.placeOrderNow(app.createContract("AAPL"), app.createOrder("BUY", 1, "MKT"), wait="Filled")
log = app.getOrderLog(number)
log[["message", "status", "filled", "remaining"]]

# %%
ibnb.plotOrderTimeline(log, title=f"order {number}")

# %% [markdown]
# And these are all the states, with the usual ways between them. The way of this order is marked:

# %%
ibnb.plotOrderStates(log)

# %% [markdown]
# | status | what it means |
# |:---|:---|
# | `PendingSubmit` | on its way, not yet acknowledged |
# | `PreSubmitted` | accepted by the broker and held, until its time or its trigger comes |
# | `Submitted` | working at the exchange |
# | `Filled` | done, the whole of it |
# | `PendingCancel` | you have asked for its end; a fill may still come first |
# | `Cancelled` | ended, without the rest of a fill |
# | `ApiCancelled` | cancelled before anybody had accepted it |
# | `Inactive` | not accepted; mostly that is the end, but it may become active again |
#
# TWS repeats itself, and it may skip a step: a quick market order can be filled before you have seen it submitted. So a
# program must never count the messages. And an order can be filled in parts: `filled` grows and `remaining` shrinks while the
# status stays `Submitted`. Whoever sees ten shares bought and the status still unchanged hasn't found a fault; the order
# is simply half done.
#
# ### Exercise 6 · In order
#
# Put these four statuses in the order in which a limit order that is filled at last may go through them:
# `"Filled"`, `"Submitted"`, `"PendingSubmit"`, `"PreSubmitted"`.

# %%
### BEGIN SOLUTION
life = ["PendingSubmit", "PreSubmitted", "Submitted", "Filled"]
### END SOLUTION

# %%
check("10.6", life)

# %% [markdown]
# ## What did it cost?

# %%
app.getExecutions()[["orderId", "symbol", "side", "shares", "price", "commission"]]

# %% [markdown]
# An **execution** is one fill; a large order may have many, at different prices. The commission arrives as a message of its
# own, shortly after. In IB's language `BOT` is bought and `SLD` is sold. Keep this table at the end of a day: it says what
# has really happened, whatever your program believes.
#
# ## An order that waits
#
# A limit far below the market stays where it is. That is what you want from it, and it is why every program needs a way to
# see what is open:

# %%
apple = app.createContract("AAPL")
price = app.getQuote(apple)["last"]
patient = app.createOrder("BUY", 1, "LMT", limit_price=round(price * 0.9, 2))
patient_id = app.placeOrderNow(apple, patient, wait="Submitted")

# %%
_ = app.listOrders()

# %% [markdown]
# What if we had waited for `"Filled"`? A time-out is no disaster and no verdict about the order. **Before you run the next
# cell:** is the order still there afterwards?

# %% tags=["raises-exception"]
app.waitOrder(patient_id, "Filled", timeout=5)

# %% [markdown]
# It goes on working at TWS, as the text says. Cancel it:

# %%
app.cancelOrderById(patient_id)
app.waitOrder(patient_id, "Cancelled").status

# %% [markdown]
# The confirmation came as *error* 202. By now you know that a message on this channel needn't be one:

# %%
print(ibnb.explain(202))

# %% [markdown]
# ### Exercise 7 · Patience
#
# Place a limit order to **sell** one share of MSFT at a price at least 10 % above the market, so that it waits. Keep its
# number in `waiting`.
#
# <details><summary>Hint</summary>
# Round the price to cents: TWS answers a price with more decimals than the exchange knows with error 110.
# </details>

# %%
### BEGIN SOLUTION
microsoft = app.createContract("MSFT")
ceiling = round(app.getQuote(microsoft)["last"] * 1.15, 2)
waiting = app.placeOrderNow(microsoft, app.createOrder("SELL", 1, "LMT", ceiling), wait="Submitted")
### END SOLUTION

# %%
check("10.7", waiting, app)

# %% [markdown]
# ## No means no
#
# A rejected order raises as soon as you wait for it. This one asks for more than the account can pay:

# %% tags=["raises-exception"]
app.placeOrderNow(app.createContract("AAPL"), app.createOrder("BUY", 100_000, "MKT"), wait="Filled")

# %% [markdown]
# ### Exercise 8 · What became of it
#
# This piece of code from a script believes whatever it wants to:
#
# ```python
# order_id = app.placeOrderNow(contract, order)
# print("Order executed!")
# ```
#
# Write `outcome(contract, order)` instead. It places the order, waits for it to be filled for five seconds at most, and
# returns one of three words: `"filled"`, `"rejected"`, or `"working"` if it is neither after that time.
#
# <details><summary>Hint</summary>
# <code>placeOrderNow(…, wait="Filled", timeout=5)</code> raises <code>ibnb.OrderRejectedError</code> or
# <code>ibnb.RequestTimeoutError</code>.
# </details>


# %%
def outcome(contract, order):
    ### BEGIN SOLUTION
    try:
        app.placeOrderNow(contract, order, wait="Filled", timeout=5)
    except ibnb.OrderRejectedError:
        return "rejected"
    except ibnb.RequestTimeoutError:
        return "working"
    return "filled"
    ### END SOLUTION


# %%
check("10.8", outcome, app)

# %% [markdown]
# ## In short
#
# * `createOrder` fills in a form, `previewOrder` asks what it would cost, `placeOrderNow` sends it, `waitOrder` says what
#   became of it.
# * Placed isn't accepted, accepted isn't filled. Believe the status, not the call's return.
# * One order may have many executions; the commission comes with its own message.
# * Your working orders survive your program: disconnecting cancels **nothing**. They live at the broker.
#
# Nora owns her share, and a few more. She also has an order at TWS that waits, and by tomorrow she will have forgotten which.
# What have I got working over there, and how do I change my mind? That is lesson 11.
#
# If you leave now, cancel what is still working first: `app.cancelAllOrders()`, and then `app.disconnect()`.
#
# ### Questions to ask yourself
#
# 1. You disconnect right after placing an order. What can happen, and how would you find out?
# 2. Why might `Submitted` never be seen?
# 3. When is a market order the wrong tool?
# 4. Which of the three locks would have stopped an order of 1,000 shares instead of 10?
#
# Read on: IB's documentation of the TWS API, *Placing orders* and *Order status*; its page of order types.

# %% [markdown] tags=["solution"]
# <details><summary>Answers</summary>
#
# 1. Anything: it may be filled, rejected, or waiting, and nobody tells your program. Connect again with the same client id
#    and look at the open orders and at the executions of the day.
# 2. A market order may be filled before TWS reports it as submitted; and when you look once in a while, you miss what lies
#    between two looks.
# 3. When nobody is there to trade with: before the opening, in a share that is seldom traded, in a panic. Then "whatever
#    price there is" may be a very bad one.
# 4. The second, if a limit is set. The first lets every order on a paper account pass, and the third only tells you, if you
#    ask and if you read the answer.
#
# </details>
