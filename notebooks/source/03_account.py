# %% [raw]
# title = "Account summary and positions"
# teach = 25
# practise = 25
# needs = "lesson 01"
# uses = ["getAccountSummary", "getPositions", "getAccountUpdates", "getPnL", "plotMargin", "plotPortfolio", "cancelAccountSummary"]
# objectives = [
#   "read what an account is worth, its cash and its margin from a table",
#   "list positions and compute what they have cost",
#   "say which requests go on until you cancel them, and prove that yours ended",
#   "keep two accounts, or two currencies, from overwriting each other",
# ]
# covers = [
#   "S0-13", "S0-14", "S0-15", "S0-17", "S1-12", "S1-15", "S1-30", "S2-10", "S2-11", "S2-12", "S2-13", "S2-14",
#   "S3-19", "S3-24", "S3-27", "S3-28", "S3-31", "S3-32",
# ]
# defects = ["B0-06", "B1-03", "B1-06", "B1-08", "B2-21", "B2-22", "B3-07", "B3-08"]

# %% [markdown]
# *Somebody is there, and Nora knows how the conversation works. So now the question that everybody asks first. Her friend
# said that there is "cash in several currencies, and ten positions". **What is the account worth, and how much of it is
# borrowed?***

# %%
import ibnb
from ibnb.course import check

app = ibnb.connect()

# %% [markdown]
# ## The account in numbers
#
# An account has dozens of numbers, each with a name that IB calls a **tag**. You ask for those that you want, separated by
# commas, and get a table with a row for each:

# %%
summary = app.getAccountSummary("NetLiquidation,TotalCashValue,AvailableFunds,BuyingPower")
summary[["value", "currency", "account"]]

# %% [markdown]
# | tag | says |
# |:---|:---|
# | `NetLiquidation` | what would be left if everything were sold now: the account's *net liquidation value* |
# | `TotalCashValue` | the cash alone, all currencies together; negative when more is borrowed than there is |
# | `GrossPositionValue` | the value of everything held, short positions counted as if they were long |
# | `MaintMarginReq` | the security that the broker wants for what is held: *maintenance margin*, explained below |
# | `AvailableFunds` | what is free for new positions |
# | `BuyingPower` | the same, times what the broker would lend on it: what you *could* buy, not what you should |
#
# So the first half of Nora's question is one number out of this table:

# %%
value = summary.loc["NetLiquidation", "value"]
print(f"{value:,.2f} {summary.loc['NetLiquidation', 'currency']}")

# %% [markdown]
# Each row also carries its **currency** and its **account**. They look like decoration here. They aren't, as you will see.
#
# A table of all tags has some thirty rows. `app.getAccountSummary()` without an argument gives them; IB's documentation of
# the request `reqAccountSummary` lists what each one means. It is worth getting used to that: every request has a page
# that names the callbacks which answer it, here `accountSummary` for each row and `accountSummaryEnd` after the last.
#
# ### Exercise 1 · Four tags
#
# Get `NetLiquidation`, `TotalCashValue`, `GrossPositionValue` and `MaintMarginReq` as one table with one request, and
# nothing else. Keep the whole table.

# %%
### BEGIN SOLUTION
four = app.getAccountSummary("NetLiquidation,TotalCashValue,GrossPositionValue,MaintMarginReq")
### END SOLUTION

# %%
check("03.1", four, app)

# %% [markdown]
# ### Exercise 2 · Leverage
#
# **Leverage** is the value of all positions divided by what the account is worth. At 1 every cent is invested; above 1 some
# of what is invested has been borrowed. Compute it from two of the four tags, as a plain ratio.

# %%
### BEGIN SOLUTION
tags = app.getAccountSummary("GrossPositionValue,NetLiquidation")["value"]
leverage = tags["GrossPositionValue"] / tags["NetLiquidation"]
### END SOLUTION

# %%
check("03.2", leverage, app)

# %% [markdown]
# ## Positions
#
# What are the ten positions?

# %%
positions = app.getPositions()
positions[["secType", "currency", "position", "avgCost", "account"]]

# %% [markdown]
# `position` is how many shares are held; it is negative if they have been **sold short**, that is, sold without having
# them. `avgCost` is what one share has cost on average, commission included, in the currency of its row. (For futures and
# options it contains the multiplier already.)
#
# Summary and positions are two separate conversations. Which of two answers comes first is *not* defined: on one author's
# machine the positions were complete before the first line of the summary had arrived. Code that counts on an order works
# until the day it doesn't. The verbs of `ibnb` each wait for their own answer, so you needn't count on anything.
#
# **Before you go on:** the last row is in another currency than the rest. What would be wrong with adding up
# `position * avgCost` over all rows?
#
# ### Exercise 3 · What did it cost?
#
# Write a function `cost_in_dollars(positions)`. It takes a table such as `app.getPositions()` returns, and gives back how
# much money went into the positions that are held in US dollars. A short position counts as negative: selling brought
# money in.
#
# <details><summary>Hint</summary>
# Keep the rows whose currency is USD, multiply two columns, and sum.
# </details>


# %%
def cost_in_dollars(positions):
    ### BEGIN SOLUTION
    dollars = positions[positions["currency"] == "USD"]
    return (dollars["position"] * dollars["avgCost"]).sum()
    ### END SOLUTION


# %%
check("03.3", cost_in_dollars, app)

# %% [markdown]
# ## How much of it is tied up?
#
# A broker lends against what you hold, and wants a security for it. That part of the account is called the **margin**: it
# still belongs to you, and you can't use it for anything else while the positions are open. There are two kinds.
# *Initial* margin is needed to open the positions, *maintenance* margin to keep them. When the account's value falls to the
# maintenance margin, nobody rings you up: the broker begins to sell.
#
# An example with round numbers. You have 10,000 in cash and buy shares for 15,000. Your cash is now −5,000: the broker has
# lent you that, and your leverage is 1.5. Say that he asks for a quarter of the shares' value as maintenance margin. Today
# that is 3,750, far below the 10,000 which the account is worth. Now the shares fall by a half, to 7,500. The debt doesn't
# fall with them, so the account is worth 2,500, and a quarter of 7,500 is 1,875. That was close. Had you bought for 20,000,
# the account would be worth nothing, and the broker would have begun to sell long before.

# %%
everything = app.getAccountSummary()
ibnb.plotMargin(everything, title="Margin usage")

# %% [markdown]
# `ExcessLiquidity` is what is left above the maintenance margin, as `AvailableFunds` is what is left above the initial one. (For
# this account the simulated gateway wants equally much of both kinds, so these bars are equal in pairs.)
#
# The same in two sentences, for those who don't see the picture:

# %%
tied_up = everything.loc["InitMarginReq", "value"] / everything.loc["NetLiquidation", "value"]
cushion = everything.loc["Cushion", "value"]
print(f"{tied_up:.1%} of the account is tied up as initial margin.")
print(f"The account could lose {cushion:.1%} of its value before the broker begins to sell.")

# %% [markdown]
# The second number is the tag `Cushion`. (It is a little simplified: when prices fall, the margin changes as well.)
#
# ### Exercise 4 · Four times as much
#
# In this account `BuyingPower` is four times `AvailableFunds`. What does that mean?
#
# * **a** · Four times the free money may be held in shares today; most of it would be the broker's.
# * **b** · The account earns four times as much as it would without margin.
# * **c** · Three quarters of the account are tied up already.
# * **d** · The free money is counted once in each of four currencies.

# %%
### BEGIN SOLUTION
answer = "a"
### END SOLUTION

# %%
check("03.4", answer)

# %% [markdown]
# ## What has really been sent
#
# Behind the one line `app.getAccountSummary(…)` stood more than a question. Let us ask once more and look at the tape:

# %%
app.getAccountSummary("NetLiquidation,TotalCashValue")
conversation = app.tape
conversation[conversation["name"].str.contains("ccountSummary")][["direction", "name", "summary"]].tail(5)

# %% [markdown]
# A request, a message for each tag, the end marker, and at last `cancelAccountSummary`. That last line is the one that most
# scripts forget. `reqAccountSummary` isn't a question but a **subscription**: TWS sends the numbers again whenever they
# have changed, every three minutes at most, until you cancel it. And you may have only two of them at a time; a program
# that never cancels fails at its third question.
#
# ```mermaid
# sequenceDiagram
#     accTitle: A subscription that is cancelled
#     accDescr: The program sends reqAccountSummary. TWS sends a row for each tag and accountSummaryEnd. It would send changed rows every three minutes until the program sends cancelAccountSummary.
#     participant P as your program
#     participant T as TWS
#     P->>T: reqAccountSummary
#     T-->>P: accountSummary (a row for each tag)
#     T-->>P: accountSummaryEnd
#     Note over T,P: every three minutes: rows that have changed
#     P->>T: cancelAccountSummary
# ```
#
# Some requests end by themselves, such as history and contract details. Some never do: quotes, the account summary,
# positions. A verb that starts with `get` always cancels what it has started.
#
# ### Exercise 5 · Close the tap
#
# The next cell asks by hand, the way IB's own examples do. The subscription has the number 9001, and it is running now.
# `"All"` stands for all accounts of the log-in. (The numbers of requests are yours to choose. Small ones such as 0 or 1
# invite confusion with order ids and with the −1 that stands for "no request" in errors.)

# %%
app.reqAccountSummary(9001, "All", "NetLiquidation")

# %% [markdown]
# Cancel it with the method of the same family, and put the number that you have cancelled into `closed`. The check doesn't
# believe you: it asks the gateway what has arrived there.

# %%
### BEGIN SOLUTION
app.cancelAccountSummary(9001)
closed = 9001
### END SOLUTION

# %%
check("03.5", closed, app)

# %% [markdown]
# ## Cash in several currencies
#
# IB has a second request for the same account, `reqAccountUpdates`. It is the one that keeps running behind a dashboard:
# cash per currency, the portfolio with its gains, and the time of the last refresh.

# %%
updates = app.getAccountUpdates()
cash = updates.values.loc["CashBalance", ["value", "currency"]]
cash

# %% [markdown]
# Look at the currencies. There is one row of cash for each, and one called **BASE**. That is no currency but the sum of all
# of them, converted into the account's own. A program that keeps `values["CashBalance"] = …` as the rows come in ends up
# with whichever was last. It doesn't crash. It is just wrong, and wrong differently on another day. And a program that
# asks for `"EUR"` and `"USD"` by name, as one does, is wrong for everybody who has a third currency.
#
# Now to the second half of Nora's question. Nothing in the account is called "borrowed". You borrow a currency by spending
# more of it than you have: the broker lends you the rest at once, without asking, and your balance in that currency goes
# **below zero**. The total may be positive all the same. So look at each currency by itself.
#
# ### Exercise 6 · What is borrowed?
#
# Write a function `borrowed(cash)`. It takes a table like the one above, with the columns `value` and `currency`, and
# returns a dictionary: for each currency with a negative balance, how much is owed, as a positive number. An account
# without debts gives `{}`. BASE is no currency.


# %%
def borrowed(cash):
    ### BEGIN SOLUTION
    owed = {}
    for value, currency in zip(cash["value"], cash["currency"], strict=True):
        if currency != "BASE" and value < 0:
            owed[currency] = -value
    return owed
    ### END SOLUTION


# %%
check("03.6", borrowed)

# %% [markdown]
# Try it on the account: `borrowed(cash)`. Nora's friend has been careful.
#
# ## Two accounts, one program
#
# A log-in may have several accounts: a family's, or an adviser's clients. Then the answers of all of them come through the
# same pipe. These rows came in, in this order:

# %%
rows = [
    ("DU1234567", "NetLiquidation", "1000000.00", "USD"),
    ("DU1234567", "TotalCashValue", "640000.00", "USD"),
    ("DU7654321", "NetLiquidation", "250000.00", "EUR"),
    ("DU7654321", "TotalCashValue", "-12000.00", "EUR"),
]

# %% [markdown]
# The usual code keeps `values[tag] = value`, and reports in the end that the account is worth 250,000. (Notice also that
# every value is a text: that is how TWS sends them.)
#
# ### Exercise 7 · Nothing is lost
#
# Write a function `collect(rows)` that turns such rows into a dictionary in which nothing is lost, every value is a number,
# and each can be found again by what it is.
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
check("03.7", collect)

# %% [markdown]
# ## Gains and losses
#
# The portfolio of the account updates says what each position is worth now, and what has been gained on it on paper:

# %%
updates = app.getAccountUpdates()
updates.portfolio[["position", "averageCost", "marketPrice", "marketValue", "unrealizedPNL"]]

# %%
dollars = updates.portfolio[updates.portfolio["currency"] == "USD"]
ibnb.plotPortfolio(dollars, title="What is held in US dollars")

# %% [markdown]
# *Unrealized* means: would be a gain if the position were sold now. It becomes *realized* when it is sold. Every row is
# still in its own currency. For the account as a whole, TWS adds up for you, and converts:

# %%
app.getPnL()

# %% [markdown]
# `dailyPnL` counts from last night's close, so it can be negative while the whole has gained. This feed comes once a second;
# the account updates come every three minutes at most. A program that is to notice a loss quickly should know which of the
# two it is looking at. Lesson 15 builds on that.
#
# ## Before you share a notebook
#
# The tables of this lesson hold an account number, and a notebook keeps its outputs. One of the notebooks that taught the
# world this API was published with its author's live account in it.
#
# ### Exercise 8 · Hide it
#
# Write a function `hidden(table)` that returns a *copy* of a table in which each account in the column `account` shows only
# its first two letters and three stars, such as `DU***`. The original must stay as it is, and so must all other columns.
#
# <details><summary>Hint</summary>
# <code>table.assign(account=…)</code> makes a copy with another column. A column of texts has <code>.str[:2]</code>.
# </details>


# %%
def hidden(table):
    ### BEGIN SOLUTION
    return table.assign(account=table["account"].str[:2] + "***")
    ### END SOLUTION


# %%
check("03.8", hidden, app)

# %% [markdown]
# ## In short
#
# * `getAccountSummary` gives the tags that you name, `getPositions` what is held, `getAccountUpdates` both with gains.
# * Summary, positions and quotes are subscriptions: somebody has to cancel them. A verb with `get` does.
# * A value belongs to an account, a tag *and* a currency. Leave one out and values overwrite each other.
# * What is borrowed is a negative balance in one currency, whatever the total says.
# * Between two requests, no order of the answers is promised.
#
# Nora knows what the account is worth, and that nothing of it is borrowed. Looking down the list of positions she stumbles
# over a name she doesn't know, CSH2, and over its price. What exactly is that thing? Lesson 04 asks.
#
# To leave, `app.disconnect()` or closing the notebook is enough.
#
# ### Questions to ask yourself
#
# 1. Why is `BuyingPower` no advice?
# 2. Which of the requests in this lesson would still be running if you had used `req…` instead of `get…`?
# 3. `TotalCashValue` is positive. Can you owe money all the same?
# 4. When would you watch `AvailableFunds`, and when `NetLiquidation`?
#
# Read on: IB's documentation of the TWS API, *Account and portfolio data*; the list of account summary tags there.

# %% [markdown] tags=["solution"]
# <details><summary>Answers</summary>
#
# 1. It is what the broker would let you hold today. With all of it used, a small fall of prices is enough to bring the
#    account to its maintenance margin, and the broker begins to sell, at prices that you wouldn't have chosen.
# 2. The summary, the positions, the account updates and the P&L: all four are subscriptions.
# 3. Yes: a negative balance in one currency, covered by a positive one in another. You pay interest on the negative one.
# 4. `AvailableFunds` before a new order, since it says whether there is room. `NetLiquidation` for how things are going.
#
# </details>
