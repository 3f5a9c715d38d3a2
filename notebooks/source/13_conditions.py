# %% [raw]
# title = "Conditional orders and options"
# teach = 35
# practise = 25
# needs = "lessons 04, 09 and 11"
# uses = ["createCondition", "resolve", "placeOrderNow", "open_orders", "getOptionParameters", "getOptionChain", "OptionChain", "plotData", "plotPayoff"]
# objectives = [
#   "let an order wait at the broker for the price of another share, or for a time",
#   "say in which direction a condition points, and notice when it holds already",
#   "decide when a rule has to be coded by yourself, and let it act once",
#   "choose an option by expiry and strike, buy it, and say what it costs",
# ]
# covers = ["S4-33", "S4-34", "S4-37", "S4-40", "S4-41"]
# defects = ["B4-07", "B4-12", "B4-19"]

# %% [markdown]
# Nora has two shares of the same business: V (Visa) and MA (Mastercard). When one of them rises, the other one often
# follows. So she would like to leave an order behind: if V does this, buy MA. And a friend has told her about options, where a
# small amount of money moves a hundred shares. She wants to know what that means in money before she does anything.
#
# Her questions: **if V does this, buy MA; and what does an option cost?**

# %%
import pandas as pd

import ibnb
from ibnb.course import check

app = ibnb.connect()
mastercard = app.createContract("MA")

# %% [markdown]
# ## An order that waits for something else
#
# The first idea is a program. It streams the price of V, compares, and sends the order. Then the program must run all day, the
# connection must hold, and the computer must not fall asleep.
#
# IB offers something better. An order may carry a **condition**. It is sent at once and then sleeps at the broker until the
# condition holds. Your program isn't needed any more.
#
# ```mermaid
# flowchart LR
#     accTitle: A conditional order
#     accDescr: The program sends an order to buy MA together with a condition about V and may then end. IB watches the price of V. When the condition holds, the order for MA wakes and goes to the exchange.
#     P["your program"] -->|"buy MA, if V ≥ level"| B["IB: the order sleeps,<br/>PreSubmitted"]
#     V["price of V"] --> B
#     B -->|"the condition holds"| X["the order for MA<br/>goes to the exchange"]
# ```
#
# A condition is about a contract, and TWS knows it by its number, the `conId`. `resolve` asks TWS for the complete contract.

# %%
visa = app.resolve("V")
price = app.getQuote(visa)["last"]
level = round(price * 1.03, 2)
condition = app.createCondition("price", ">=", level, visa)
waiting = app.placeOrderNow(mastercard, app.createOrder("BUY", 10, conditions=[condition]), wait="PreSubmitted")

# %% [markdown]
# Two contracts are at work here, and it is easy to mix them up. The *order* is for MA: you give MA to `placeOrderNow`. The
# *condition* is about V: you give V to `createCondition`, after the kind, the direction and the level.
#
# **Before you run the next cell:** it is a market order, and the market is open. How many of the ten shares will be filled?

# %%
app.getBlotter().loc[[waiting], ["action", "totalQuantity", "symbol", "orderType", "status", "filled"]]

# %% [markdown]
# None. The status is `PreSubmitted`, as with a stop order: IB has it and keeps it. Read the condition back from what TWS has *confirmed*, and not from
# your own variable. Here it is, with the fields as IB names them:

# %%
contract, order = app.open_orders[waiting]
for each in order.conditions:
    print(
        f"order for {contract.symbol}; wakes when the price is",
        "at or above" if each.isMore else "at or below",
        each.price,
    )

# %%
today = app.getData(visa, app.dataSettings("1 D", "1 min"))
ibnb.plotData(today, title="V, and the level that wakes the order for MA", levels={"wakes MA": level})

# %% [markdown]
# There are six kinds of condition. They can be combined with *and* and *or*.
#
# | kind | holds when |
# |:---|:---|
# | `"price"` | a contract's price has reached a level |
# | `"percent change"` | a contract has changed by so many percent since the last close |
# | `"time"` | a point in time has passed |
# | `"volume"` | so many shares were traded today |
# | `"margin"` | the account's cushion (its excess liquidity, in percent of its value) has reached a level |
# | `"execution"` | you have traded in a symbol |
#
# One thing surprises people: conditions are looked at in *regular trading hours* only, unless you set `conditionsIgnoreRth=True` in
# the order.

# %%
app.cancelOrderById(waiting, wait=True)

# %% [markdown]
# ### Exercise 1 · V wakes MA
#
# Place an order to **buy 5 MA** at the market that wakes when **V** has risen to a level about **2 %** above its price now. Round the
# level to cents. Wait until the order is held (`PreSubmitted`), and keep its number in `asleep`. The check reads the condition that
# the gateway received, and makes sure that nothing was bought.

# %%
### BEGIN SOLUTION
v = app.resolve("V")
goal = round(app.getQuote(v)["last"] * 1.02, 2)
wake = app.createCondition("price", ">=", goal, v)
asleep = app.placeOrderNow("MA", app.createOrder("BUY", 5, conditions=[wake]), wait="PreSubmitted")
### END SOLUTION

# %%
check("13.1", asleep, app)

# %% [markdown]
# ## Which way does it point?
#
# A well-known guide builds such a condition like this:
#
# ```python
# price_condition = PriceCondition(price=200, conId=visa_contract.conId, exch=visa_contract.exchange)
# ```
#
# It says "when Visa *hits* 200". From above, or from below? The class has a field for it, `isMore`. The guide leaves it out, and
# then it is True: *at or above*. On the day when the guide was written V stood a little below 200, and everything was fine.
#
# Today V stands far above 200. The condition holds already. An order with it doesn't sleep for one second. This is what happens
# when somebody copies it:

# %%
old = app.createCondition("price", ">=", 200, app.resolve("V"))
surprised = app.placeOrderNow(mastercard, app.createOrder("BUY", 1, conditions=[old]))
app.waitOrder(surprised, "Filled").status

# %% [markdown]
# There was no warning, because nothing was wrong. A condition isn't an *event* ("it crosses 200"). It is a *state* ("it is at or above
# 200"). So `createCondition` has no default for the direction, and you should look before you send:


# %%
def holds_now(level, direction, contract):
    last = app.getQuote(contract)["last"]
    return bool(last >= level if direction == ">=" else last <= level)


visa = app.resolve("V")
holds_now(200, ">=", visa), holds_now(200, "<=", visa)

# %% [markdown]
# ### Exercise 2 · Already true
#
# A share stands at 105. You want to buy it *after it has fallen to 100*, and write the condition `price >= 100` for a market
# order. What happens when you send it?
#
# * **a** It sleeps until the price falls to 100.
# * **b** It is refused, because the condition holds already.
# * **c** It is filled at once at about 105.
# * **d** It is filled at once at 100.

# %%
### BEGIN SOLUTION
answer = "c"
### END SOLUTION

# %%
check("13.2", answer)

# %% [markdown]
# ## It wakes without you
#
# Does it really go on without your program? Let us try. In the simulated morning AMD jumps at a quarter past ten. We let AMD
# wake an order for MA, disconnect, and come back later. The second program only lets the time pass, and keeps the simulated
# TWS alive.
#
# The cell lets **16 minutes** pass. On a paper TWS leave it out: these would be real minutes, and AMD probably stays where it
# is. (If your simulated clock is past 10:15 already, restart the kernel and come back to this section.)

# %%
amd = app.resolve("AMD")
level = round(app.getQuote(amd)["last"] * 1.03, 2)
sleeper = app.placeOrderNow(
    mastercard,
    app.createOrder("BUY", 10, conditions=[app.createCondition("price", ">=", level, amd)]),
    wait="PreSubmitted",
)

# %%
other = ibnb.connect(clientId=2)
app.disconnect()
other.sleep("16 min")
app = ibnb.connect()
fills = app.getExecutions()
fills[fills["orderId"] == sleeper][["symbol", "side", "shares", "price"]]

# %%
bars = app.getData(amd, app.dataSettings("1200 S", "10 secs"))
ibnb.plotData(bars, title="AMD wakes an order for MA", levels={"wakes MA": level})

# %% [markdown]
# The fill has a time. Compare it with the picture: the order for MA was filled in the moment in which AMD crossed the line, and
# nobody of ours was there. This cuts both ways. An order that you have forgotten acts as well. List your orders in the evening.
#
# Two more habits. A conditional order has a time for which it is good, like any other: without `tif="GTC"` it dies in the evening,
# asleep. And what wakes may be a market order: it then takes any price, minutes or hours after you thought about it. A limit
# in the order protects you from the price that nobody expected.
#
# ### Exercise 3 · At a certain time
#
# Conditions can be about time, too: the kind is `"time"`, the direction `"after"`, then comes the time. Place an order to **buy 1 KO**
# at the market that wakes **two minutes** from now, wait until it is filled, and keep its number in `timed`. A `wait` gives up
# after one minute unless you say more, such as `timeout=300` (seconds). (On a paper TWS you really wait for two minutes.)
#
# <details><summary>Hint</summary>
# <code>app.now() + pd.Timedelta("2 min")</code> is a time with a zone. Such a condition needs no contract.
# </details>

# %%
### BEGIN SOLUTION
soon = app.createCondition("time", "after", app.now() + pd.Timedelta("2 min"))
timed = app.placeOrderNow("KO", app.createOrder("BUY", 1, conditions=[soon]), wait="Filled", timeout=300)
### END SOLUTION

# %%
check("13.3", timed, app)

# %% [markdown]
# ## When you have to write it yourself
#
# The kind `"percent change"` looks like the rule of lesson 09: five percent. But it counts from **yesterday's close**, all day.
# "Five percent within five minutes" isn't among IB's conditions. For such a rule you need a program that streams, keeps a window,
# decides, and sends the order.
#
# | the rule | who watches |
# |:---|:---|
# | a level, a time, a volume | IB, by a condition |
# | the change since yesterday's close | IB, by a condition |
# | the change within minutes, an average, several prices in a formula | your program |
#
# The guide has such a program. It sends an order for 100 shares when V has moved by five percent in five minutes. Then it waits
# three seconds, and if the order is filled, the program ends. Do you see the hole? Prices keep coming during these three
# seconds. The signal is still there with each of them. So an order is sent with each of them, and in a fast market that is
# dozens of orders before the first fill is reported. Nothing in the code asks: *have I sent one already?*
#
# The cure is a **latch**. It lets the first signal through and then stays shut. Close it when you *send*, and not when you hear of
# the fill. What is on its way counts as well.


# %%
class Latch:
    """Lets the first signal through, and none after it."""

    def __init__(self):
        self.used = False

    def __call__(self, signal):
        first = bool(signal) and not self.used
        self.used = self.used or first
        return first


latch, sent = Latch(), []
for signal in ("", "up", "up", "up", "", "up"):
    if latch(signal):
        sent.append(signal)

len(sent)

# %% [markdown]
# ### Exercise 4 · One shot
#
# Sometimes a rule may act again, but only after its order is done *and* the signal has gone away. Write `shots(signals, done_after)`.
# `signals` is a list of texts, `""` or `"up"`, one for each price. An order that is sent at place i is done at place
# i + `done_after`. Return the list of places at which an order is sent. An order may be sent if there is a signal, no order
# is working, and there was at least one `""` since the last order was sent. So `shots(["up", "up", "", "up"], 2)` is `[0, 3]`.


# %%
def shots(signals, done_after):
    ### BEGIN SOLUTION
    sent, armed, busy_until = [], True, -1
    for place, signal in enumerate(signals):
        if not signal:
            armed = True
        elif armed and place >= busy_until:
            sent.append(place)
            armed, busy_until = False, place + done_after
    return sent
    ### END SOLUTION


# %%
check("13.4", shots)

# %% [markdown]
# ## What an option is
#
# A **call** is the right to *buy* a share at a fixed price, the **strike**, until a fixed day, the **expiry**. A **put** is the right
# to *sell*. Whoever holds the right needn't use it. Whoever sold it has to deliver. A right costs money at once, its *premium*,
# and is worth nothing any more if it doesn't pay on the last day.
#
# Four things name an option on a share: expiry, strike, right (`"C"` or `"P"`), and the **multiplier**. One contract is for 100
# shares as a rule, and its price is quoted *per share*.
#
# Old examples name all four by heart, for instance `Option('MSFT', '20201218', 215, 'C', 'SMART')`. That expiry is long past, and
# TWS answers 200: there is no such contract. Another one says that the strike is an integer. There are strikes like 42.5; it is a
# decimal number. So don't write options down. Ask which ones there are:

# %%
parameters = app.getOptionParameters("MSFT")
smart = parameters[parameters["exchange"] == "SMART"].iloc[0]
print("multiplier", smart["multiplier"], "· expiries", len(smart["expirations"]), "· strikes", len(smart["strikes"]))
smart["expirations"][:6]

# %% [markdown]
# Not every strike exists for every expiry. The **chain** shows what is really there, with quotes, and with the numbers of IB's model.
# `delta` says by how much the option moves when the share moves by one. We ask for the next expiry, and for the five strikes
# nearest to the share's price.

# %%
chain = app.getOptionChain("MSFT", expiries=1, strikes=5)
chain[["expiry", "strike", "right", "bid", "ask", "delta", "multiplier"]]

# %% [markdown]
# The same chain as a widget: calls on the left, puts on the right, and the expiry can be chosen. It is live and takes market
# data lines, until it is closed.

# %%
board = ibnb.OptionChain(app, "MSFT", strikes=5)
board

# %%
board.close()

# %% [markdown]
# **Before you look at the quotes again:** which call is dearer, the one with the lower strike or the one with the higher strike? And which
# put?
#
# The right to buy at a *low* price is worth more. With puts it is the other way round.
#
# ### Exercise 5 · Choose by a rule
#
# Write `choose(expirations, strikes, price, today)`. It returns a pair: the next **monthly** expiry *after* `today`, and the strike
# **nearest** to `price`. Expiries and `today` are texts like `"20250620"`. A monthly option expires on the third Friday of a month.
# Of two strikes at the same distance take the lower one. Mind that the lists needn't be in order.
#
# <details><summary>Hint</summary>
# A date is a third Friday if <code>pd.Timestamp(text).weekday() == 4</code> and its day lies between 15 and 21. Texts of this form
# sort as dates do.
# </details>


# %%
def choose(expirations, strikes, price, today):
    ### BEGIN SOLUTION
    days = [(each, pd.Timestamp(each)) for each in sorted(expirations) if each > today]
    monthly = [text for text, day in days if day.weekday() == 4 and 15 <= day.day <= 21]
    return monthly[0], min(sorted(strikes), key=lambda strike: abs(strike - price))
    ### END SOLUTION


# %%
check("13.5", choose)

# %% [markdown]
# ## What it costs, and what it can bring
#
# Take the call whose strike is nearest to the price, from the chain. Its row holds a `conId`, and that is enough for a contract.

# %%
chain = app.getOptionChain("MSFT", expiries=1, strikes=1, right="C")
row = chain.iloc[0]
call = app.resolve(app.createContract("MSFT", "OPT", conId=int(row["conId"])))
ask, multiplier = float(row["ask"]), float(call.multiplier)
print(f"one call, strike {call.strike:g}: {ask} a share, times {multiplier:g}, makes {ask * multiplier:.2f} USD")

# %% [markdown]
# The figure shows what is won or lost at expiry, for every price that the share may have then.

# %%
share = float(app.getQuote("MSFT")["last"])
ibnb.plotPayoff([(call, 1, ask)], title="One MSFT call at expiry", price=share)

# %% [markdown]
# Read three things from it. To the left the loss is flat: more than the premium can't be lost by the *buyer*. The line crosses zero
# at strike plus premium. To the right there is no end. It looks like a gift, and it isn't: to the left of the crossing lies
# most of what usually happens.
#
# Before expiry the option is worth more than the line shows, because something may still happen. This *time value* melts from
# day to day, and most quickly at the end. Whoever buys a call needs the share to rise *and* needs it soon. Being right too late
# is, with options, the same as being wrong.
#
# Whoever *sells* the same call has the mirror image: a small gain, and a loss without an end. That is a matter for later,
# and not for this account.
#
# Ask TWS before you buy. The preview says what the order would cost in commission, and what it does to the account:

# %%
order = app.createOrder("BUY", 1, "LMT", ask)
app.previewOrder(call, order)[["equityWithLoanChange", "initMarginChange", "commission", "commissionCurrency"]]

# %% [markdown]
# The first number is the premium and the commission together: this money is gone at once. No margin is added, because a buyer
# can't lose more than he has paid.
#
# Bid and ask of an option often lie far apart. A market order accepts whatever there is. Use a limit.
#
# ### Exercise 6 · Price times multiplier
#
# Write `cost(price, quantity, multiplier)`. It returns the money for `quantity` contracts at `price` per share. `multiplier` comes as IB
# sends it: as a *text* such as `"100"`. An empty text stands for a share, with a multiplier of 1.


# %%
def cost(price, quantity, multiplier):
    ### BEGIN SOLUTION
    return price * quantity * float(multiplier or 1)
    ### END SOLUTION


# %%
check("13.6", cost)

# %% [markdown]
# ### Exercise 7 · One call
#
# Buy **one call on MSFT** of the next expiry, with the strike that is nearest to the share's price, by a **limit order at the ask**. Wait
# until it is filled. Keep the order's number in `my_call`.
#
# <details><summary>Hint</summary>
# A chain with one expiry, one strike and the right <code>"C"</code> has a single row. Its <code>conId</code> makes the contract.
# </details>

# %%
### BEGIN SOLUTION
single = app.getOptionChain("MSFT", expiries=1, strikes=1, right="C").iloc[0]
option = app.resolve(app.createContract("MSFT", "OPT", conId=int(single["conId"])))
my_call = app.placeOrderNow(option, app.createOrder("BUY", 1, "LMT", float(single["ask"])), wait="Filled")
### END SOLUTION

# %%
check("13.7", my_call, app)

# %% [markdown]
# ## Tidy up
#
# Conditional orders are easily forgotten. Cancel what this program has left:

# %%
app.cancelAllOrders(wait=True)

# %% [markdown]
# The sessions stay connected for the exercises. Closing the notebook ends them, or `app.disconnect()`.

# %% [markdown]
# ## In short
#
# * An order with a condition sleeps at the broker and wakes without your program.
# * The order is for one contract, the condition about another one. Read it back from what TWS confirmed.
# * A condition is a state and not a crossing. Give the direction, and look whether it holds already.
# * What happens within minutes has to be coded. A latch closes when an order is *sent*.
# * Choose options from what there is: expiry, strike (a decimal number), right, multiplier.
# * The cost is price × multiplier × quantity. A buyer can lose all of it.
#
# Nora's answer: yes, an order can wait for another share; and an option costs a hundred times what the quote says. She wonders
# what else moves today that she has never heard of.
#
# ### Questions to ask yourself
#
# 1. Your conditional order is good for the day. V reaches the level tomorrow. What happens?
# 2. Why close the latch when the order is sent, and not when the fill is reported?
# 3. The share stands exactly at your strike on the last day. What is the call worth, and what have you lost?
# 4. Which rule of yours could be a condition at the broker, and which couldn't?

# %% [markdown] tags=["solution"]
# <details><summary>Answers</summary>
#
# 1. Nothing. The order died this evening, asleep. For longer waiting it needs `tif="GTC"`.
# 2. Between the two there is time, and further signals fall into it. Each would send another order.
# 3. Nothing; the right to buy at today's price is worth nothing. The whole premium and the commission are lost.
# 4. Levels, times, volumes and the change since the close can. Windows of minutes, averages and formulas can't.
#
# </details>

# %% [markdown]
# Further reading: IBKR Campus, *TWS API Documentation*, the chapters "Order Conditioning" and "Option Chains".
