# %% [raw]
# title = "Account summary and positions"
# teach = 30
# practise = 25
# needs = "lesson 01"
# uses = ["getAccountSummary", "getPositions", "getAccountUpdates", "plotMargin", "reqAccountSummary", "cancelAccountSummary"]
# objectives = [
#   "read an account's cash, worth and margin as a table",
#   "list positions and compute what they cost",
#   "say which requests go on until you cancel them, and prove that yours ended",
#   "keep two accounts, or two currencies, from overwriting each other",
# ]

# %%
import ibnb
from ibnb.course import check

app = ibnb.connect()

# %% [markdown]
# ## What is the account worth?
#
# An account has dozens of numbers, each with a name that IB calls a **tag**. You ask for those you want:

# %%
summary = app.getAccountSummary("NetLiquidation,TotalCashValue,AvailableFunds,BuyingPower")
summary[["value", "currency", "account"]]

# %% [markdown]
# | tag | says |
# |:---|:---|
# | `NetLiquidation` | what would be left if everything were sold now |
# | `TotalCashValue` | the cash alone; negative when you have borrowed |
# | `AvailableFunds` | what is free for new positions |
# | `BuyingPower` | the same, times the margin factor: what you *could* buy, not what you should |
#
# Each row carries its **currency** and its **account**. They look like decoration here. They aren't, as you will see.
#
# One number out of the table:

# %%
worth = summary.loc["NetLiquidation", "value"]
print(f"{worth:,.2f} {summary.loc['NetLiquidation', 'currency']}")

# %% [markdown]
# ## What has really been sent
#
# Behind that single line stood a request, a message for each tag, an end marker and a cancel:

# %%
conversation = app.tape
conversation[conversation["name"].str.contains("ccountSummary")][["direction", "name", "summary"]]

# %% [markdown]
# The last line is the one that most scripts forget. `reqAccountSummary` is not a question but a **subscription**: TWS
# sends the numbers again whenever they change, every three minutes at most, until you cancel it. And you may have only
# two of them at a time; a program that never cancels fails at its third question.
#
# Some requests end by themselves (history, contract details), some never do (quotes, account summary, positions). A verb
# that starts with `get` always cancels what it started.

# %% [markdown]
# ## Positions

# %%
positions = app.getPositions()
positions[["secType", "currency", "position", "avgCost", "account"]]

# %% [markdown]
# `avgCost` is what one share has cost, commission included, in the currency of its row. For futures and options it already
# contains the multiplier.
#
# Positions and summary are two conversations. Which of two answers comes first is *not* defined; on one author's machine
# the positions were complete before the first line of the summary had arrived. Code that counts on an order works until
# the day it doesn't.

# %% [markdown]
# ## How much of it is bound?
#
# Without an argument, the summary has every tag, margin included. *Initial* margin is needed to open the positions,
# *maintenance* margin to keep them; when the account's worth falls below the second, the broker starts to sell.

# %%
everything = app.getAccountSummary()
ibnb.plotMargin(everything, title="Margin usage")

# %% [markdown]
# The same as a sentence, for those who don't see the picture:

# %%
bound = everything.loc["InitMarginReq", "value"] / everything.loc["NetLiquidation", "value"]
print(f"{bound:.1%} of the account is bound as initial margin.")

# %% [markdown]
# ## The other way: account updates
#
# IB has a second request for the same account, `reqAccountUpdates`. It is the one that keeps running in a dashboard: cash
# per currency, the portfolio with its gains, and the time of the last refresh.

# %%
updates = app.getAccountUpdates()
updates.portfolio[["position", "marketPrice", "marketValue", "unrealizedPNL"]]

# %%
values = updates.values
values.loc["TotalCashBalance", ["value", "currency"]]

# %% [markdown]
# Look at the currencies. There is one row of cash for each, and one called **BASE** which is all of them together, in the
# account's own currency. A program that keeps `values["TotalCashBalance"] = …` as the rows come in ends up with whichever
# was last. It doesn't crash. It is just wrong, and differently each time.

# %% [markdown]
# ## Exercises
#
# ### Exercise 1 · Four tags
#
# Get `NetLiquidation`, `TotalCashValue`, `GrossPositionValue` and `MaintMarginReq` as one table, and nothing else.

# %%
### BEGIN SOLUTION
four = app.getAccountSummary("NetLiquidation,TotalCashValue,GrossPositionValue,MaintMarginReq")
### END SOLUTION

# %%
check("03.1", four)

# %% [markdown]
# ### Exercise 2 · Leverage
#
# Leverage is the value of all positions over what the account is worth. Compute it from two of the four tags.

# %%
### BEGIN SOLUTION
tags = app.getAccountSummary("GrossPositionValue,NetLiquidation")["value"]
leverage = tags["GrossPositionValue"] / tags["NetLiquidation"]
### END SOLUTION

# %%
check("03.2", leverage, app)

# %% [markdown]
# ### Exercise 3 · What did it cost?
#
# How much money went into the positions that are held in US dollars? A short position counts as negative.
#
# <details><summary>Hint</summary>
# Keep the rows whose currency is USD, multiply two columns, and sum.
# </details>

# %%
### BEGIN SOLUTION
held = app.getPositions()
dollars = held[held["currency"] == "USD"]
cost = (dollars["position"] * dollars["avgCost"]).sum()
### END SOLUTION

# %%
check("03.3", cost, app)

# %% [markdown]
# ### Exercise 4 · Close the tap
#
# The next cell asks by hand, the way IB's own examples do. The subscription has the id 9001 and is running now.

# %%
app.reqAccountSummary(9001, "All", "NetLiquidation")

# %% [markdown]
# Cancel it with the method of the same family, and put the id that you have cancelled into `closed`. The check doesn't
# believe you: it asks the gateway what has arrived.

# %%
### BEGIN SOLUTION
app.cancelAccountSummary(9001)
closed = 9001
### END SOLUTION

# %%
check("03.4", closed, app)

# %% [markdown]
# ### Exercise 5 · Two accounts
#
# An adviser's session answers for two accounts. These rows came in, in this order:

# %%
rows = [
    ("DU1234567", "NetLiquidation", "1000000.00", "USD"),
    ("DU1234567", "TotalCashValue", "640000.00", "USD"),
    ("DU7654321", "NetLiquidation", "250000.00", "EUR"),
    ("DU7654321", "TotalCashValue", "-12000.00", "EUR"),
]

# %% [markdown]
# The usual code keeps `values[tag] = value`, and reports that the first account is worth 250,000. Write a function that
# turns the rows into a dictionary in which nothing is lost and every value is a number.
#
# <details><summary>Hint</summary>
# What makes a row unique? A tuple can be the key of a dictionary.
# </details>


# %%
def collect(rows):
    ### BEGIN SOLUTION
    return {(account, tag, currency): float(value) for account, tag, value, currency in rows}
    ### END SOLUTION


# %%
check("03.5", collect)

# %% [markdown]
# ## Before you share a notebook
#
# The tables above hold an account number, and a notebook keeps its outputs. With a live account, clear the outputs or drop
# the column before you send the file to anyone: `positions.drop(columns="account")`.

# %%
app.disconnect()

# %% [markdown]
# ## In short
#
# * `getAccountSummary` gives the tags you name, `getPositions` what is held, `getAccountUpdates` both with gains.
# * Summary, positions and quotes are subscriptions: somebody has to cancel them.
# * A value belongs to an account, a tag *and* a currency. Leave one out and values overwrite each other.
# * Between two requests, no order of the answers is promised.
#
# ### Questions to ask yourself
#
# 1. Why is `BuyingPower` a multiple of `AvailableFunds`, and why is that no advice?
# 2. Which of the requests in this lesson would still be running if you had used `req…` instead of `get…`?
# 3. What does a negative `TotalCashValue` tell you?
# 4. When would you watch `AvailableFunds`, and when `NetLiquidation`?
