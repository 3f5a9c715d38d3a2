# %% [raw]
# title = "First orders, safely"
# teach = 40
# practise = 30
# needs = "lessons 01 and 03"
# uses = ["createOrder", "previewOrder", "placeOrderNow", "waitOrder", "getExecutions", "plotOrderTimeline", "OrderBlotter"]
# objectives = [
#   "build an order, and preview what it would cost before it exists",
#   "place it on paper and follow it until it is filled",
#   "say why 'placed' isn't 'accepted' and 'accepted' isn't 'filled'",
#   "read executions and commissions, and keep away from real money",
# ]

# %%
import ibnb
from ibnb.course import check

app = ibnb.connect()

# %% [markdown]
# ## Three locks before the first order
#
# 1. **The account's code decides.** Orders go to codes that start with D. For a live one you must spell the account's code
#    out when you connect, and nobody types that by accident.
# 2. **Limits.** A session can carry limits, such as 10 shares for one order. They hold for *every* order, whichever way it is
#    sent.
# 3. **Preview.** Ask what an order would do before it does it.
#
# Here is the second lock at work:

# %%
from ibnb import OrderLimits

app.limitOrders(OrderLimits(max_quantity=10))

# %% tags=["raises-exception"]
app.placeOrderNow(app.createContract("AAPL"), app.createOrder("BUY", 1000, "MKT"))

# %% [markdown]
# Nothing was sent. Leave the lock on in your own programs; here we take it off again, because a later exercise is about an
# order that *TWS* refuses.

# %%
app.limitOrders(None)

# %% [markdown]
# ## An order is a form
#
# `createOrder` fills in a form and sends nothing. Four fields suffice: side, quantity, type, and a price where the type
# needs one.

# %%
order = app.createOrder("BUY", 1, "MKT")
order.action, order.totalQuantity, order.orderType, order.tif

# %% [markdown]
# | type | says | you don't know |
# |:---|:---|:---|
# | `MKT` | now, at whatever price | the price |
# | `LMT` | at this price or better | whether it happens |
#
# In an earlier version of this function, a limit order with the price forgotten was sent with *no* price. What is to be
# done with a limit order without a limit? Nothing:

# %% tags=["raises-exception"]
app.createOrder("BUY", 1, "LMT")

# %% [markdown]
# ## Look before you leap
#
# A **what-if** order travels to the broker, is weighed, and comes back with the margin it would bind and the commission it
# would cost. It never becomes an order.

# %%
apple = app.createContract("AAPL")
app.previewOrder(apple, order)[["initMarginChange", "commission", "commissionCurrency"]]

# %% [markdown]
# ## Place it

# %%
order_id = app.placeOrderNow(apple, order)

# %% [markdown]
# Its number isn't 1: the order that was refused and the one that was only weighed have used up numbers, too. Ids are never
# given out twice.
#
# The line says *New Order*, and that is all it can say. The request has left the house. Nobody has accepted it, and
# nobody has sold you a share. Programs that print "order placed" at this point print it for rejected orders as well.
#
# So wait for what you really want to know:

# %%
report = app.waitOrder(order_id, "Filled")
report.status, report.filled, report.remaining

# %% [markdown]
# ## The life of an order

# %%
ibnb.plotOrderTimeline(app.getOrderLog(order_id), title=f"order {order_id}")

# %%
app.getOrderLog(order_id)[["message", "status", "filled", "remaining"]]

# %% [markdown]
# | status | who has it |
# |:---|:---|
# | `PendingSubmit` | on its way, not yet acknowledged |
# | `PreSubmitted` | held, until its time or its trigger comes |
# | `Submitted` | working at the exchange |
# | `Filled` | done |
# | `Cancelled`, `Inactive` | ended without (the rest of) a fill |
#
# TWS repeats itself, and it may skip a step: a quick market order can be filled before you have seen it submitted. Never
# write code that counts the messages.

# %% [markdown]
# ## What did it cost?

# %%
app.getExecutions()[["orderId", "symbol", "side", "shares", "price", "commission"]]

# %% [markdown]
# An **execution** is one fill; a large order may have many. The commission arrives as a message of its own, shortly after.
# In IB's language `BOT` is bought and `SLD` is sold.

# %% [markdown]
# ## An order that waits
#
# A limit far below the market stays where it is. That is what you want from it, and it is why every program needs a way to
# see what is open:

# %%
price = app.getQuote(apple)["last"]
patient = app.createOrder("BUY", 1, "LMT", limit_price=round(price * 0.9, 2))
patient_id = app.placeOrderNow(apple, patient, wait="Submitted")

# %%
_ = app.listOrders()

# %%
blotter = ibnb.OrderBlotter(app)
blotter

# %% [markdown]
# Each row of the blotter has a button that cancels the order. The same by hand:

# %%
app.cancelOrderById(patient_id)
app.waitOrder(patient_id, "Cancelled").status

# %% [markdown]
# The confirmation came as *error* 202. By now you know that coat.

# %%
print(ibnb.explain(202))

# %% [markdown]
# ## No means no
#
# A rejected order raises, as soon as you wait for it. This one asks for more than the account can pay:

# %% tags=["raises-exception"]
app.placeOrderNow(apple, app.createOrder("BUY", 100_000, "MKT"), wait="Filled")

# %% [markdown]
# ## Exercises
#
# ### Exercise 1 · A form that isn't complete
#
# Try to create a limit order for 5 shares *without* a price, catch the exception, and keep its text in `reason`.

# %%
### BEGIN SOLUTION
try:
    app.createOrder("BUY", 5, "LMT")
except ValueError as error:
    text = str(error)
reason = text
### END SOLUTION

# %%
check("10.1", reason)

# %% [markdown]
# ### Exercise 2 · One share
#
# Buy **one** share of MSFT at the market, wait until it is filled, and keep the order's number in `bought`.

# %%
### BEGIN SOLUTION
bought = app.placeOrderNow(app.createContract("MSFT"), app.createOrder("BUY", 1, "MKT"), wait="Filled")
### END SOLUTION

# %%
check("10.2", bought, app)

# %% [markdown]
# ### Exercise 3 · Patience
#
# Place a limit order to **sell** one share of MSFT at a price at least 10 % above the market, so that it stays `Submitted`.
# Keep its number in `waiting`.
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
check("10.3", waiting, app)

# %% [markdown]
# ### Exercise 4 · Only looking
#
# What would 200 shares of NVDA cost in commission? Preview the order, and keep the answer in `preview`. The check looks
# whether the gateway has *no* order from it.

# %%
### BEGIN SOLUTION
preview = app.previewOrder(app.createContract("NVDA"), app.createOrder("BUY", 200, "MKT"))
### END SOLUTION

# %%
check("10.4", preview, app)

# %% [markdown]
# ### Exercise 5 · Which is paper?
#
# Write a function that takes an account's code and says whether orders may go there without further questions. Think of
# small letters, too.


# %%
def is_paper(account):
    ### BEGIN SOLUTION
    return account.upper().startswith("D")
    ### END SOLUTION


# %%
check("10.5", is_paper)

# %% [markdown]
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
# ## Tidy up
#
# Disconnecting does **not** cancel your orders: they live at the broker, not in your notebook.

# %%
app.cancelAllOrders()
app.disconnect()

# %% [markdown]
# ## In short
#
# * `createOrder` fills in a form, `previewOrder` weighs it, `placeOrderNow` sends it, `waitOrder` says what became of it.
# * Placed isn't accepted, accepted isn't filled. Believe the status, not the call's return.
# * One order may have many executions; the commission comes with its own message.
# * Your working orders survive your program. Cancel them before you leave.
#
# ### Questions to ask yourself
#
# 1. You disconnect right after placing an order. What can happen, and how would you find out?
# 2. Why might `Submitted` never be seen?
# 3. When is a market order the wrong tool?
# 4. Which of the three locks would have stopped an order of 1,000 shares instead of 10?
