# %% [raw]
# title = "Guard rails: watching an account"
# teach = 35
# practise = 30
# needs = "lessons 02, 03, 10 and 11"
# uses = ["reqAccountUpdates", "updateAccountValue", "updatePortfolio", "updateAccountTime", "accountDownloadEnd", "getAccountUpdates", "AccountGuard", "AccountPanel", "plotEquity", "plotPortfolio", "cancelAllOrders"]
# objectives = [
#   "follow an account as TWS tells of it, by tag *and* currency",
#   "choose a baseline that means something, and a loss limit whose unit can't be mistaken",
#   "say why a program must not judge a half-told account",
#   "stop in the right order: block, cancel, close, and only then leave",
#   "rehearse a guard with a dry run, and see it act once",
# ]
# covers = ["S0-13", "S0-14", "S0-15", "S0-16", "S0-17", "S0-18", "S1-05", "S1-06", "S1-07", "S1-08", "S1-09", "S1-11", "S1-12", "S1-13", "S1-14", "S1-15", "S1-16", "S1-17", "S1-26", "S1-30", "S1-31", "S1-32", "S3-21", "S4-52"]
# defects = ["B0-01", "B0-17", "B0-18", "B0-21", "B1-01", "B1-06", "B1-07", "B1-08", "B1-10", "B1-11", "B1-12", "B1-13", "B1-16", "B4-23"]

# %% [markdown]
# Nora's programs can find shares, watch prices, and send orders with an exit at each side. She could let them run all day and go to
# work. But a program that trades by itself makes its mistakes by itself, too, and a bracket protects one position and not the whole
# account. What if ten positions fall together? What if her own code goes wrong, and buys and buys?
#
# Her question: **who stops my program while I sleep?**

# %%
import math

import pandas as pd

import ibnb
from ibnb.course import check

CLIENT, MAX_LOSS = 15, 0.05
app = ibnb.connect()

# %% [markdown]
# ## The account talks by itself
#
# In lesson 03 you asked for the account and got a table. For a watch that isn't enough. `reqAccountUpdates(True, "")` is a
# subscription: TWS sends the whole account once, then about **every three minutes** whatever has changed, and at once when you
# trade. Four callbacks belong to it:
#
# | callback | says |
# |:---|:---|
# | `updateAccountValue(key, val, currency, accountName)` | one value, for example `NetLiquidation`, as a text |
# | `updatePortfolio(contract, position, marketPrice, marketValue, …)` | one position and what it is worth |
# | `updateAccountTime(timeStamp)` | the time of this cycle, as `"HH:MM"` |
# | `accountDownloadEnd(accountName)` | the first, whole report is complete |
#
# The run's settings stand in the first cell, so that nobody has to look for them in the code: who connects, and how much may be lost.
# And this monitor only *writes down*. It can't trade. That is how a complicated program should be started: first the part that
# watches, the dangerous parts later.


# %%
class Monitor(ibnb.IBApp):
    """Writes down what TWS says of the account."""

    def __init__(self):
        super().__init__()
        self.rows, self.holdings = [], {}

    def updateAccountValue(self, key, val, currency, accountName):
        self.rows.append((self.now(), key, currency, val))

    def updatePortfolio(
        self, contract, position, marketPrice, marketValue, averageCost, unrealizedPNL, realizedPNL, accountName
    ):
        self.holdings[contract.conId] = (contract.symbol, contract.currency, float(position), marketValue)

    def updateAccountTime(self, timeStamp):
        self.rows.append((self.now(), "account time", "", timeStamp))

    def accountDownloadEnd(self, accountName):
        self.data_ready.set()


monitor = ibnb.connect(clientId=CLIENT, app_class=Monitor)
monitor.data_ready.clear()
monitor.reqAccountUpdates(True, "")
complete = monitor.data_ready.wait(10)
print(f"complete: {complete}; {len(monitor.rows)} values, {len(monitor.holdings)} positions")

# %% [markdown]
# Now let ten minutes pass. (On a paper TWS this takes ten real minutes. There you may write `"4 min"`, and see one cycle.)
#
# **Before you run the next cell:** how many times will `NetLiquidation` have come?

# %%
monitor.sleep("10 min")
told = pd.DataFrame(monitor.rows, columns=["time", "tag", "currency", "value"])
told[told["tag"].isin(["NetLiquidation", "account time"])].reset_index(drop=True)

# %% [markdown]
# Once with the first report, and then every three minutes. Between two cycles you are blind. A guard that lives on this feed can't
# be quicker than three minutes, however quick your computer is.
#
# Now the important look. `NetLiquidation` comes once per cycle. Other tags come once **for each currency**:

# %%
told[told["tag"] == "StockMarketValue"].head(4).reset_index(drop=True)

# %% [markdown]
# `BASE` is the sum in the account's base currency. The others are parts, each in its own money. A student's program has this line
# in the callback: `if key == "StockMarketValue": self.StockMarketValue = float(val)`. Four rows come, and each overwrites the one
# before. What is left depends on which came last. The program's other lines ask for `"EUR"` and `"USD"` by name, so that for
# everybody with other currencies they ask for nothing.
#
# A subscription that nobody needs any more is ended, by the same call with `False`:

# %%
monitor.reqAccountUpdates(False, "")
monitor.disconnect()

# %% [markdown]
# ### Exercise 1 · Repair: a drawer for each row
#
# Write `keep(book, tag, value, currency)`. It puts the number (the value comes as a **text**) into the dictionary `book`, so that no row
# overwrites another tag's or another currency's, and returns `book`. The key is the pair `(tag, currency)`. A later row for the
# same pair replaces the earlier one.


# %%
def keep(book, tag, value, currency):
    ### BEGIN SOLUTION
    book[tag, currency] = float(value)
    return book
    ### END SOLUTION


# %%
check("15.1", keep)

# %% [markdown]
# ### Exercise 2 · A history by "HH:MM"
#
# The same program wants to draw a curve of what the account is worth. It stores each cycle under the account time:
# `total_owned["10:03"] = …`. It runs for a week. What is wrong with that?
#
# * **a** · Nothing: TWS sends the time for this purpose.
# * **b** · Two cycles in one minute overwrite each other, and every day overwrites the day before.
# * **c** · The time is in the wrong zone.
# * **d** · A dictionary forgets the order of its keys.

# %%
### BEGIN SOLUTION
history = "b"
### END SOLUTION

# %%
check("15.2", history)

# %% [markdown]
# ## A baseline that means something
#
# "Stop when I have lost five percent." Five percent of what? Of the **baseline**: what the account was worth when the watch began.
# From it comes the **floor**, the value at which everything stops:
#
# $$\text{floor} = \text{baseline} \times (1 - \text{max loss})$$
#
# It is one formula, and the student's program gets it wrong in three ways.
#
# **The wrong unit.** It is told `max_perc_loss = 5`, and uses the number as a *fraction*: `baseline * (1 - 5)`. With its baseline of
# 294.67 the floor is −1178.68. **The wrong row.** Its baseline is the last row of `StockMarketValue` that happened to come. In
# our account that is a small part in pounds. When the American shares fall, the row in pounds stands still, and the program
# looks at it all night. **The zero.** An account without shares has a `StockMarketValue` of 0. The floor is 0 then, and nothing can
# fall below it.
#
# None of the three raises an error. A guard that can't fire looks exactly like a guard that needn't.

# %%
account = app.getAccountUpdates().values
rows = account.loc["StockMarketValue", ["value", "currency"]].set_index("currency")["value"]
last_row = rows.iloc[-1]
print(f"the row that came last: {last_row:,.2f} {rows.index[-1]}, its floor {last_row * (1 - MAX_LOSS):,.2f}")
worth = float(account.loc["NetLiquidation", "value"])
print(f"what the account is worth: {worth:,.2f}, its floor {worth * (1 - MAX_LOSS):,.2f}")

# %% [markdown]
# The right baseline is `NetLiquidation`: one number for the whole account, cash and all positions, in the base currency. It
# comes from TWS as it is. The student's program adds up the market values of its positions instead and compares the sum with another
# number of TWS. It adds dollars to pence.
#
# ### Exercise 3 · The floor
#
# Write `floor(baseline, max_loss)`. It returns the floor as a number. It **raises a ValueError** for a baseline that isn't a number
# above 0, and for a `max_loss` that isn't a fraction between 0 and 1 (both excluded): 0.05 is five percent, 5 is a mistake.


# %%
def floor(baseline, max_loss):
    ### BEGIN SOLUTION
    if not baseline > 0 or math.isinf(baseline):
        raise ValueError(f"the baseline must be an amount above 0, not {baseline!r}")
    if not 0 < max_loss < 1:
        raise ValueError(f"max_loss is a fraction, 0.05 for five percent, not {max_loss!r}")
    return baseline * (1 - max_loss)
    ### END SOLUTION


# %%
check("15.3", floor)

# %% [markdown]
# A floor can be set for the cash, too. This is what there is, by currency:

# %%
account = app.getAccountUpdates().values
account.loc["TotalCashBalance", ["currency", "value"]].set_index("currency")

# %% [markdown]
# ### Exercise 4 · A floor in cash
#
# A published example stops when the cash falls below 1,000,000: `if key == "TotalCashBalance" and currency == "BASE" and
# float(val) < 1000000: self.disconnect()`. (On its page the last part is missing, so that the file doesn't even start.)
# A reader runs it on an account whose base currency is the **euro**. Which sentence is true?
#
# * **a** · The limit is one million dollars, since IB reckons in dollars.
# * **b** · The limit is one million euros; `BASE` is always in the account's own currency.
# * **c** · It also stops when the shares fall.
# * **d** · It stops only when the cash of each single currency is below the limit.

# %%
### BEGIN SOLUTION
cash_floor = "b"
### END SOLUTION

# %%
check("15.4", cash_floor)

# %% [markdown]
# ## Never judge half a report
#
# The report comes in pieces. After a reconnection it begins anew. Whoever looks at every single message sees accounts that never
# existed: cash of now with positions of an hour ago, or a total of 0, because the first row has only just come. The published
# example judges inside `updateAccountValue`. Such a guard may fire at breakfast, when the connection comes back.
#
# The rule is to collect, and to look only when something is **complete**: at `accountDownloadEnd` after the subscription, later at
# `updateAccountTime`, which closes each cycle. And a single bad value may be a mistake of transmission. A careful guard asks once
# more, and believes the second answer.
#
# The student's program makes the opposite mistake as well. It looks only when the *list of positions* has changed. A fall in which you
# trade nothing changes no list, so nobody looks.
#
# ### Exercise 5 · Only what is complete
#
# `events` is a list in the order in which messages came. Each is a pair: `("value", x)` says that NetLiquidation is now `x`, `("end",
# None)` that a report is complete, `("start", None)` that a new report begins (what was heard before doesn't count any more). Write
# `complete_values(events)`. It returns a list with the last value before each end. A report that is broken off by a new start gives
# nothing. Each value counts for one end only, so an end without a new value since the last one gives nothing either.


# %%
def complete_values(events):
    ### BEGIN SOLUTION
    found, last = [], None
    for what, value in events:
        if what == "value":
            last = value
        else:
            if what == "end" and last is not None:
                found.append(last)
            last = None
    return found
    ### END SOLUTION


# %%
check("15.5", complete_values)

# %% [markdown]
# ## Stop in the right order
#
# Both programs stop by the same word: `disconnect()`. It ends the *conversation*. It doesn't end an order. What works at the
# exchange goes on working, can be filled in an hour, and nobody hears of it. To leave first is the most dangerous order of all.
#
# ```mermaid
# flowchart LR
#     accTitle: What a guard does, in this order
#     accDescr: When the account's value falls below the floor, the guard first blocks every new order, then cancels every working order and waits for the answers, then closes positions if that was wished, waits for the fills, and only then disconnects.
#     F["value below the floor"] --> B["1 · block<br/>no new order leaves"]
#     B --> C["2 · cancel<br/>every working order,<br/>and wait for the answer"]
#     C --> X["3 · close<br/>positions at market,<br/>if that was wished"]
#     X --> D["4 · leave"]
# ```
#
# * **Block** first. Otherwise your strategy answers the falling prices with new orders while you cancel the old ones.
# * **Cancel**, and wait: a cancel is a request (lesson 11).
# * **Close** with `SELL` for what is long and `BUY` for what is short. A companion of a published guide takes `abs(position)` of a
#   whole *Position object*. That is a `TypeError`, in the one function that must not fail. Nobody had ever run it.
# * **Leave** last, and tidily: `reqAccountUpdates(False, "")` ends the subscription.
#
# ### Exercise 6 · Leave tidily
#
# Write `leave(session)`. It cancels every order that **this session** has working, waits until TWS has confirmed that, ends its account
# updates, and disconnects. Other sessions' orders stay. The check makes a session of its own with two orders, calls your function, and
# reads in the gateway's journal what came, and in which order.
#
# <details><summary>Hint</summary>
# <code>cancelAllOrders(wait=True)</code> is about this session's orders only.
# </details>


# %%
def leave(session):
    ### BEGIN SOLUTION
    session.cancelAllOrders(wait=True)
    session.reqAccountUpdates(False, "")
    session.disconnect()
    return "left"
    ### END SOLUTION


# %%
check("15.6", leave, app)

# %% [markdown]
# ## Rehearse it
#
# A fire alarm that has never been tested is a box on the wall. `AccountGuard` does what the picture shows, and it has a switch
# for rehearsals: with `dry_run=True` it watches as always, and only writes down what it *would* do.
#
# To rehearse a bad day one needs a bad day. The simulated morning has a bad hour: at eleven the whole market falls. So that your session
# isn't taken along, the rehearsal gets a world of its own. Another `seed` is another course of prices on the same script. (A real TWS
# has one world only. Leave these cells out there, or let a dry run watch your paper account for a day.)

# %%
rehearsal = ibnb.connect(seed=2)
course = {}
with ibnb.AccountGuard(rehearsal, max_loss=0.05, dry_run=True) as rehearsed:
    for _ in range(16):
        course[rehearsal.now()] = rehearsed.value
        rehearsal.sleep("5 min")
for action in rehearsed.actions:
    print(action)

# %%
ibnb.plotEquity(
    pd.Series(course, name="NetLiquidation"), floor=rehearsed.floor, title="A rehearsal: the account and its floor"
)

# %% [markdown]
# Three things are to be seen. The baseline is `NetLiquidation` after the first complete report. The guard would have acted **once**,
# although the value stays below the floor for the rest of the rehearsal. And between the moment at which the curve crosses the line and
# the report there may be three minutes, in which the market goes on falling. A loss limit isn't a promise. Plan with more than
# five percent.
#
# A switch that was forgotten is the opposite danger. The word `dry_run` belongs in the settings at the top of your program, and
# in its first line of output.
#
# And now in earnest, in the world of seed 3, which holds the same positions. What a guard tells of itself is worth reading line by line:
# what it *sent*, and what TWS has *done*.

# %%
worst = ibnb.connect(seed=3)
with ibnb.AccountGuard(worst, max_loss=0.05, flatten=True) as acted:
    worst.sleep("80 min")
for action in acted.actions[:6]:
    print(action)
print("…")
print(acted.actions[-1])

# %% [markdown]
# Each position was closed on the exchange where it trades. From now on **every** new order is refused, in the whole process: on this
# session and on all others, also after a reconnection. The next cell is meant to fail:

# %% tags=["raises-exception"]
worst.placeOrderNow("IBM", worst.createOrder("BUY", 1))

# %% [markdown]
# Only a person lifts the block, by `release()`. That is on purpose: a program that could lift it by itself would do so at the worst
# moment.

# %%
acted.release()
worst.placeOrderNow("IBM", worst.createOrder("BUY", 1), wait="Filled")

# %% [markdown]
# ### Exercise 7 · A drill
#
# Write `drill(session)`, the rehearsal of a bad morning that begins at ten o'clock. It sells **50 KO** short at the market and waits for
# the fill. It leaves one limit order working: buy **10 IBM** about 10 % below the market. Then it starts an `AccountGuard`, no dry run,
# that lets you lose **5 %** and **closes all positions** when it fires, and lets **80 minutes** pass in its `with` block. It returns the guard.
# The check runs it in a world of its own, looks at what is left there, and lifts the block afterwards.
#
# <details><summary>Hint</summary>
# <code>guard = ibnb.AccountGuard(session, max_loss=0.05, flatten=True)</code>, then <code>with guard: session.sleep("80 min")</code>.
# Every call goes to <code>session</code> and not to <code>app</code>.
# </details>


# %%
def drill(session):
    ### BEGIN SOLUTION
    session.placeOrderNow("KO", session.createOrder("SELL", 50), wait="Filled")
    limit = round(session.getQuote("IBM")["last"] * 0.9, 2)
    session.placeOrderNow("IBM", session.createOrder("BUY", 10, "LMT", limit), wait="Submitted")
    guard = ibnb.AccountGuard(session, max_loss=0.05, flatten=True)
    with guard:
        session.sleep("80 min")
    return guard
    ### END SOLUTION


# %%
check("15.7", drill, app)

# %% [markdown]
# ## A panel with a red button
#
# For a person there is a panel: the account, its course above the floor, and a **kill switch** that fires the guard by hand. It asks
# once more before it does. The line *Floor* says how far away the floor is. This panel's guard only rehearses, and the panel says so.

# %%
watch = ibnb.AccountGuard(app, max_loss=0.05, dry_run=True)
ibnb.AccountPanel(app, watch)

# %%
portfolio = app.getAccountUpdates().portfolio
ibnb.plotPortfolio(portfolio[portfolio["currency"] == "USD"])

# %% [markdown]
# The bars show where a loss would come from (in dollars; the shares in London are left out). Half of an account in one share is a
# risk that no guard takes away: it only sells the share late. To spread the money is the better protection, and the guard is for the day on which that wasn't enough.
#
# ### Exercise 8 · How far may it fall?
#
# Nora asks a question that can be answered beforehand. If **one** position fell to zero and everything else stood still, by which
# fraction would the account's value fall? Write `worst_single(portfolio, worth)`. `portfolio` has a column `marketValue` (all in the base
# currency here), `worth` is what the account is worth, its NetLiquidation. Return the largest such fraction, as a positive number. A short position gains when its
# share falls to zero; leave those out. Without any long position the answer is 0.


# %%
def worst_single(portfolio, worth):
    ### BEGIN SOLUTION
    longs = portfolio["marketValue"][portfolio["marketValue"] > 0]
    return float(longs.max()) / worth if len(longs) else 0.0
    ### END SOLUTION


# %%
check("15.8", worst_single)

# %% [markdown]
# The session stays connected for the exercises. Closing the notebook ends it, or `app.disconnect()`; the guard of the panel ends with
# it.

# %% [markdown]
# ## In short
#
# * Account values come about every three minutes, and one tag may have a row for each currency. Keep them by tag *and* currency.
# * The baseline is `NetLiquidation` of a complete report. A guard on a wrong row, or with percent for a fraction, never fires and never
#   complains.
# * Judge only what is complete, and ask twice.
# * Block, cancel, close, leave: in this order. `disconnect()` cancels nothing.
# * Rehearse with a dry run on a bad day. Only a person lifts the block.
#
# Nora's account has a floor now, and she has seen it hold. Everything is there that a program needs which trades by itself, and
# stops by itself. One lesson is left: all of it at once.
#
# ### Questions to ask yourself
#
# 1. Why is a guard inside the trading program weaker than one that runs as a second program? What can neither of them see?
# 2. At three in the morning the guard fires and closes at market. What becomes of its orders for American shares?
# 3. Your floor is 5 %, and the account has lost 6.2 % when everything is closed. Name three reasons.
# 4. Why does the guard refuse orders in the whole process, and not only on its own connection?

# %% [markdown] tags=["solution"]
# <details><summary>Answers</summary>
#
# 1. If the program hangs, its guard hangs with it. A second program goes on. Neither sees what happens while TWS has no connection to
#    IB, or while your computer sleeps.
# 2. They wait at TWS until the exchange opens, and meet the prices of the morning. The guard says so: "waits at TWS".
# 3. Values come every three minutes; prices go on falling until the orders are filled; market orders pay the spread and what the book
#    holds; each closing order costs a commission.
# 4. A strategy that has lost its connection makes another one. The block would be gone with the first reconnection.
#
# </details>

# %% [markdown]
# Further reading: IBKR Campus, *TWS API Documentation*, the chapters on account updates and on cancelling orders.
