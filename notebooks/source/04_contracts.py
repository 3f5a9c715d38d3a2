# %% [raw]
# title = "Contracts: saying exactly what you mean"
# teach = 30
# practise = 35
# needs = "lesson 01; lesson 03 for the account that the story starts from"
# uses = ["createContract", "getContractDetails", "resolve", "ContractBuilder", "plotHours", "getOptionParameters"]
# objectives = [
#   "describe a stock, a currency pair, a future, an option and five more kinds of instrument",
#   "find out whether a description fits nothing, one thing or several, and narrow it down to one",
#   "read an instrument's unit, price step, multiplier and trading hours, and turn a price into money",
#   "choose a future or an option from what TWS lists, without a date written into the program",
# ]
# covers = ["S2-20", "S4-09", "S4-10", "S4-12", "S4-13", "S4-14", "S4-15", "S4-40"]
# defects = ["B2-11", "B2-12", "B4-12", "B4-13", "B4-14"]

# %% [markdown]
# ## Nora's question
#
# Nora has read her paper account: cash in several currencies, ten positions, and each of them under a short name. She takes
# such a name, AMD, and asks her program for a price. A price comes back. A colleague in Frankfurt types the same three
# letters and gets another price, and both are right.
#
# **I typed a symbol; which thing did I get?**

# %%
import ibnb
import matplotlib.pyplot as plt
import pandas as pd
from ibnb.course import check

app = ibnb.connect()

# %% [markdown]
# ## 1 · A symbol isn't a name
#
# In the API a **contract** is the description of one thing that can be traded, or at least watched. It isn't an agreement
# that anybody has signed. It is a form with about twenty fields, and you fill in as many as are needed until only one
# instrument in the world fits. Four fields are nearly always there:
#
# | field | question | examples |
# |:---|:---|:---|
# | `symbol` | what is it called? | `AMD`, `CSH2`, `EUR` |
# | `secType` | what kind of thing is it? | `STK` a stock or fund, `CASH` a currency pair, `FUT` a future |
# | `exchange` | where should TWS look, or send an order? | `SMART`, `LSE`, `IDEALPRO` |
# | `currency` | in which currency is it quoted? | `USD`, `GBP` |
#
# `SMART` isn't a place. It is IB's own router, which picks the best of the exchanges at that moment.
#
# `createContract("AMD")` fills in the other three fields for you: a stock, on SMART, in US dollars. To see what the three
# letters mean alone, leave the exchange and the currency empty.
#
# *Before you run the next cell: how many rows do you expect?*

# %%
amd = app.createContract("AMD", "STK", exchange="", currency="")
app.getContractDetails(amd)[["symbol", "primaryExchange", "currency", "minTick", "longName", "conId"]]

# %% [markdown]
# One company, three listings: in New York in dollars, in Frankfurt in euros, in Mexico in pesos. They have different prices,
# different hours and different price steps. The **primary exchange** is the home of a listing.
#
# A real TWS that is asked without an exchange answers with a row for each exchange as well. A published notebook shows
# 35 rows for this very symbol. Our simulated gateway gives one row for each listing.
#
# The last column matters most. A **conId** is IB's own number for an instrument. Symbols change hands, and a conId doesn't.
# What holds the conId needs no other description.
#
# The verb that wants exactly one instrument is called `resolve`. It fills in every field, or it refuses to guess:

# %% tags=["raises-exception"]
app.resolve(amd)

# %% [markdown]
# Read the text to its end. It names the fields that tell the candidates apart, so it says how to mend the description. Some
# scripts take the first row instead, `details[0]`, and trade whatever happens to stand there.
#
# (In the diagram, a **quote** is what an instrument costs now, and a **bar** is what its price did within a minute or a day.)
#
# ```mermaid
# flowchart LR
#     accTitle: From a description to one instrument
#     accDescr: A description goes to TWS as a request for contract details. No row means error 200. Several rows mean that a field must be added, and one asks again. One row gives the conId, with which quotes, bars and orders are asked for.
#     D["a description<br/>(some fields)"] -->|reqContractDetails| T{"how many<br/>fit?"}
#     T -->|"none: error 200"| Z["check the spelling,<br/>search by name"]
#     T -->|several| M["add a field"]
#     M --> D
#     T -->|one| C["conId:<br/>quotes, bars, orders"]
# ```

# %%
in_dollars = app.resolve("AMD")
in_dollars.conId, in_dollars.currency, in_dollars.primaryExchange

# %% [markdown]
# A plain text such as `"AMD"` is what most verbs of `ibnb` take for a US stock. It stands for the same four fields: `AMD`,
# `STK`, `SMART`, `USD`. That answers half of Nora's question. She got New York, since dollars were assumed.
#
# ### Exercise 1 · The colleague's share
#
# The colleague wants AMD as it is quoted **in euros**. Which description fits exactly that one?
#
# * **a** `app.createContract("AMD")`
# * **b** `app.createContract("AMD", currency="EUR")`
# * **c** `app.createContract("AMD", exchange="")`
# * **d** `app.createContract("AMD", currency="")`

# %%
### BEGIN SOLUTION
answer = "b"
### END SOLUTION

# %%
check("04.1", answer)

# %% [markdown]
# ### Exercise 2 · One of three
#
# Now let TWS confirm it: **resolve** the listing in euros and keep the complete contract in `frankfurt`.

# %%
### BEGIN SOLUTION
frankfurt = app.resolve(app.createContract("AMD", currency="EUR"))
### END SOLUTION

# %%
check("04.2", frankfurt, app)

# %% [markdown]
# ## 2 · What the price is a price of
#
# One of the ten positions puzzles Nora more than AMD. She holds CSH2, a money market fund in London, and she knows the code
# for it from a slide deck: `createContract("CSH2", "STK", "LSE", "GBP")`.

# %%
csh2 = app.createContract("CSH2", "STK", "LSE", "GBP")
position = app.getPositions().loc["CSH2"]
quote = app.getQuote(csh2)
print(f"bought at {position['avgCost']:,.2f} a share, in {position['currency']}")
print(f"last price {quote['last']:,.0f}")

# %% [markdown]
# Two numbers a hundred times apart, and both say GBP. Has she become rich overnight?
#
# No. London quotes most shares in **pence**, and the contract's currency says pounds all the same. The average cost of a
# position is in pounds; the price on the screen is in pence. The instrument's details tell the factor, if you ask:

# %%
details = app.getContractDetails(csh2).iloc[0]
details[["longName", "currency", "priceMagnifier", "minTick", "multiplier", "timeZoneId"]]

# %% [markdown]
# * `priceMagnifier` 100: divide a price by 100 to get the currency.
# * `minTick`: prices come in steps of so much, in the quoted unit.
# * `multiplier`: empty here. For a future or an option it says how many units one contract stands for.
#
# So one share costs `price / priceMagnifier`, and a position is that, times the quantity, times the multiplier:

# %%
pounds = quote["last"] / details["priceMagnifier"]
print(f"{position['position']:.0f} shares at {pounds:,.2f} GBP: {pounds * position['position']:,.0f} GBP")

# %% [markdown]
# Lean hogs are the same trap with other numbers. The future on them is quoted in cents for a pound of meat, and one contract
# stands for 40,000 pounds of weight. The row is one of several dates; their unit is the same, so the first one will do here.

# %%
hogs = app.getContractDetails(app.createContract("HE", "FUT", "CME")).iloc[0]
hogs[["longName", "localSymbol", "priceMagnifier", "multiplier", "minTick"]]

# %% [markdown]
# ### Exercise 3 · Describe, and state the unit
#
# Vodafone (VOD) is listed in London, too. Fill in the contract (`vodafone`), and say in which unit its prices are quoted:
# `"pounds"` or `"pence"` (`unit`). Look at its details before you answer.

# %%
### BEGIN SOLUTION
vodafone = app.createContract("VOD", "STK", "LSE", "GBP")
### END SOLUTION

# %%
### BEGIN SOLUTION
unit = "pence"
### END SOLUTION

# %%
check("04.3", vodafone, unit)

# %% [markdown]
# ### Exercise 4 · Repair: a hundred times too rich
#
# Nora's first program summed up her account with this line:
#
#     def money(price, quantity, details):
#         return price * quantity
#
# Repair it. `details` is one row of `getContractDetails`. The result is in the instrument's currency. An empty multiplier
# counts as 1, and a short position (a negative quantity) has a negative value.
#
# <details><summary>Hint</summary>
# The multiplier is text. <code>float(details["multiplier"] or 1)</code> makes a number of it, and takes 1 for an empty one.
# </details>


# %%
### BEGIN SOLUTION
def money(price, quantity, details):
    return price / details["priceMagnifier"] * quantity * float(details["multiplier"] or 1)


### END SOLUTION

# %%
check("04.4", money)

# %% [markdown]
# ## 3 · Nine kinds of thing
#
# What must be filled in depends on the kind. This is the whole list that you need in this course, with a code example for
# each. The last column says what makes it unique.

# %%
kinds = {
    "stock": (app.createContract("AAPL"), "currency, at times primaryExchange"),
    "stock in London": (app.createContract("CSH2", "STK", "LSE", "GBP"), "exchange and currency"),
    "currency pair": (app.createContract("EUR", "CASH", "IDEALPRO", "USD"), "both currencies"),
    "index": (app.createContract("SPX", "IND", "CBOE"), "exchange; it can't be traded"),
    "commodity": (app.createContract("XAUUSD", "CMDTY"), "symbol"),
    "CFD": (app.createContract("XAUUSD", "CFD"), "symbol"),
    "future": (app.createContract("BRR", "FUT", "CME"), "lastTradeDateOrContractMonth"),
    "continuous future": (app.createContract("BRR", "CONTFUT", "CME"), "nothing: it is the front month"),
    "option, this month": (
        app.createContract("AAPL", "OPT", lastTradeDateOrContractMonth=f"{app.getCurrentTime():%Y%m}"),
        "expiry, strike, right",
    ),
}
rows = []
for kind, (contract, unique) in kinds.items():
    fitting = app.getContractDetails(contract)
    rows.append((kind, contract.symbol, contract.secType, contract.exchange, contract.currency, len(fitting), unique))
pd.DataFrame(rows, columns=["kind", "symbol", "secType", "exchange", "currency", "fit", "made unique by"]).set_index(
    "kind"
)

# %% [markdown]
# Some words in that table are new:
#
# * A **currency pair** has two currencies: `symbol` is what you buy, `currency` is what you pay with. EUR.USD is the price of
#   one euro in dollars. IDEALPRO is IB's market for currencies.
# * An **index** is a computed number, such as the S&P 500. You can watch it, and you can't buy it.
# * A **CFD** (contract for difference) pays the change of a price without owning the thing. Gold stands in the table twice:
#   once as metal (`CMDTY`), once as a bet on its price (`CFD`). Same symbol, different things.
# * A **future** is a promise to buy or sell something on a later date at a price that is fixed today. Each date is an
#   instrument of its own, hence several rows.
# * An **option** is the right, and not the duty, to buy or sell at a fixed price. There is one for each date, each price and
#   each side, hence the many rows.
#
# The form below shows which fields belong to which kind. Choose another type, press *Look up*, and read the line of Python.

# %%
builder = ibnb.ContractBuilder(app, "FUT", symbol="HE")
builder.look_up()
builder

# %%
builder.code

# %% [markdown]
# A slide deck that many people start from has a `createContract` with the first four fields only. With four fields you can
# say "stock" and "currency pair". You can't say which future and which option, and you can't say Frankfurt.
#
# Every field of IB's own contract can be given by its name. A wrong name is refused here, before anything is sent:

# %% tags=["raises-exception"]
app.createContract("AAPL", "OPT", expiry="20250620")

# %% [markdown]
# ### Exercise 5 · A pair in one word
#
# People write `EUR.USD`, `EURUSD` or `eur/usd`. Write `pair(text)`, which returns the contract of a currency pair for each of
# these spellings. For anything that isn't two currencies of three letters, raise `ValueError`.
#
# <details><summary>Hint</summary>
# <code>letters = "".join(c for c in text.upper() if c.isalpha())</code> keeps the letters only. Count them before you cut.
# </details>


# %%
### BEGIN SOLUTION
def pair(text):
    letters = "".join(c for c in text.upper() if c.isalpha())
    if len(letters) != 6:
        raise ValueError(f"{text!r} isn't a currency pair such as EUR.USD")
    return app.createContract(letters[:3], "CASH", "IDEALPRO", letters[3:])


### END SOLUTION

# %%
check("04.5", pair)

# %% [markdown]
# ## 4 · When is it open?
#
# The details know the hours as well. `tradingHours` is every hour in which the instrument trades, `liquidHours` the regular
# ones. Both are text, for about a week, in the zone `timeZoneId`:

# %%
apple = app.getContractDetails("AAPL").iloc[0]
print(apple["timeZoneId"])
print(*apple["tradingHours"].split(";")[:4], sep="\n")

# %% [markdown]
# A semicolon separates days. `20250614:CLOSED` is a Saturday. To compare exchanges, bring them to one clock. `plotHours` reads
# these texts and draws them on New York's time:

# %%
watched = [
    app.createContract("CSH2", "STK", "LSE", "GBP"),
    app.createContract("AAPL"),
    app.createContract("ES", "CONTFUT", "CME"),
    app.createContract("EUR", "CASH", "IDEALPRO", "USD"),
    app.createContract("XAUUSD", "CFD"),
]
ibnb.plotHours(pd.concat([app.getContractDetails(contract) for contract in watched]), days=3)

# %% [markdown]
# London closes when New York has traded for two hours. After that, the last price of CSH2 stays what it was at the close, however
# often you ask for it. The future, the pair and the gold have a break in the late afternoon, and another one at the weekend.
#
# ## 5 · A date that isn't written down
#
# Every published example of a future has a date in it: `'20201224'`, for instance. On the day of writing that worked. What
# happens today?

# %% tags=["raises-exception"]
app.getContractDetails(app.createContract("BRR", "FUT", "CME", lastTradeDateOrContractMonth="20201224"))

# %% [markdown]
# **Error 200**: no such thing. The future has expired. A program with such a line works for some months, and stops on a day that
# nobody has marked. Names of exchanges age, too: older examples write GLOBEX or CMECRYPTO for what is CME today.
#
# The way out: **ask which dates there are**, and choose. The **front month** is the future that expires next.

# %%
bitcoin = app.getContractDetails(app.createContract("BRR", "FUT", "CME"))
bitcoin[["localSymbol", "lastTradeDateOrContractMonth", "multiplier", "minTick"]]

# %% [markdown]
# The dates are text, `yyyymmdd`, so sorting them as text sorts them in time. `localSymbol` is the exchange's own name: the
# last letter and digit are month and year (F January, G February, H March, and so on to Z December).
#
# Is there no shortcut? There is: the kind `CONTFUT`, a **continuous future**. It always means the front month, and it needs
# no date. But it is a series that IB has glued together, and not a thing that somebody could hold:

# %%
continuous = app.createContract("BRR", "CONTFUT", "CME")
app.displayData(app.getData(continuous, app.dataSettings("1 W", "1 day")), rows=2)

# %% tags=["raises-exception"]
app.getQuote(continuous)

# %% [markdown]
# Bars yes, live quotes no. One published strategy streams and trades lean hogs with such a contract. The remedy is to find
# the front month first, and to use that. Also, don't take the nearest date blindly. In the last days before expiry most
# people have moved on to the next month. And whoever holds some futures to the end has to take the goods.
#
# ### Exercise 6 · The front month, with a margin
#
# Write `front_month(symbol, exchange, days)`: the **resolved** future with the earliest last trading day that is at least
# `days` days away from today. Today is TWS's day (`app.getCurrentTime()`), not your computer's. The check calls it for several futures and looks at
# what the gateway was asked.
#
# <details><summary>Hint</summary>
# <code>today = app.getCurrentTime().tz_convert("America/New_York").tz_localize(None).normalize()</code>, and
# <code>pd.to_datetime(column)</code> turns the dates into moments.
# <code>app.createContract(symbol, "FUT", exchange, conId=…)</code> describes the one that you have chosen.
# </details>


# %%
### BEGIN SOLUTION
def front_month(symbol, exchange, days):
    today = app.getCurrentTime().tz_convert("America/New_York").tz_localize(None).normalize()
    listed = app.getContractDetails(app.createContract(symbol, "FUT", exchange))
    last_days = pd.to_datetime(listed["lastTradeDateOrContractMonth"])
    late_enough = listed[last_days >= today + pd.Timedelta(days=days)]
    chosen = late_enough.sort_values("lastTradeDateOrContractMonth").iloc[0]
    return app.resolve(app.createContract(symbol, "FUT", exchange, conId=int(chosen["conId"])))


### END SOLUTION

# %%
check("04.6", front_month, app)

# %% [markdown]
# ### Exercise 7 · What a continuous future is for
#
# Nora wants (1) ten years of daily bars of lean hogs, (2) a stream of quotes, (3) to buy one. For which of these is
# `CONTFUT` the right contract?
#
# * **a** for all three: it is the front month, after all
# * **b** for 1 only
# * **c** for 1 and 2, since only an order needs a real contract
# * **d** for none: a continuous future is for the screen

# %%
### BEGIN SOLUTION
answer = "b"
### END SOLUTION

# %%
check("04.7", answer)

# %% [markdown]
# ## 6 · Options: from two thousand to one
#
# An option is fixed by four things: the **underlying** (the share it is about), the **expiry**, the **strike** (the price at
# which one may buy or sell) and the **right** (`C` call: to buy, `P` put: to sell).
#
# A real TWS throttles requests for whole option chains on purpose; they may take minutes. There is a request that isn't
# throttled, and `getOptionParameters` is its verb: all expiries and all strikes, without their combinations.

# %%
parameters = app.getOptionParameters("AAPL")
smart = parameters[parameters["exchange"] == "SMART"].iloc[0]
print("expiries:", *smart["expirations"][:5], "…")
middle = len(smart["strikes"]) // 2
print("strikes: ", *smart["strikes"][middle - 3 : middle + 4], "…")

# %% [markdown]
# Look at the strikes. A well-known guide says that a strike is "an integer". Every second one on your screen isn't. Strikes are
# decimal numbers, and a program that cuts them to whole ones asks for options that don't exist.
#
# How much does each field narrow the list? *Guess how many options on Apple there could be, before you run the cell.*

# %% alt="Bar chart on a logarithmic scale: how many Apple options are left. About two thousand combinations of expiry, strike and right are possible, fewer fit with each field that is added, and one when expiry, right and strike are all given."
expiry = smart["expirations"][1]
option = app.createContract("AAPL", "OPT")
fields = {
    "+ month": ("lastTradeDateOrContractMonth", expiry[:6]),
    "+ day": ("lastTradeDateOrContractMonth", expiry),
    "+ right": ("right", "C"),
    "+ strike": ("strike", smart["strikes"][middle]),
}
left = {"AAPL: every combination": len(smart["expirations"]) * len(smart["strikes"]) * 2}
for label, (name, value) in fields.items():
    setattr(option, name, value)
    left[label] = len(app.getContractDetails(option))
figure, axes = plt.subplots(figsize=(8, 3), layout="constrained")
axes.bar_label(axes.barh(list(left), list(left.values()), color="#0072b2"), padding=3)
axes.set_xscale("log")
axes.set_xlim(right=max(left.values()) * 3)
axes.invert_yaxis()
axes.set_xlabel("options that are left")
plt.show()

# %% [markdown]
# Not every expiry has every strike. So the last step is the same as always: let TWS confirm.

# %%
call = app.resolve(option)
call.localSymbol, call.multiplier, call.conId

# %% [markdown]
# The multiplier is 100: a price of 2 on the screen costs 200 dollars. What an option is worth, and how to buy one, is the
# matter of lesson 13.
#
# ### Exercise 8 · Nearest the money
#
# An option is *at the money* when its strike is the price of the underlying. Write `nearest_call(symbol, days)` for US stocks:
# the **resolved** call with the strike nearest to the last price, and the earliest expiry that is at least `days` days away.
# Ask TWS for the price, the expiries and the strikes; write none of them into the program. (Where a strike doesn't exist for an
# expiry, `resolve` says so. `getContractDetails` with the expiry and the right lists those that do.)
#
# <details><summary>Hint</summary>
# <code>app.getQuote(symbol)["last"]</code> is the price. <code>min(strikes, key=lambda strike: abs(strike - price))</code>
# is the nearest of a list. Use the row whose exchange is SMART.
# </details>


# %%
### BEGIN SOLUTION
def nearest_call(symbol, days):
    today = app.getCurrentTime().tz_convert("America/New_York").tz_localize(None).normalize()
    listed = app.getOptionParameters(symbol)
    row = listed[listed["exchange"] == "SMART"].iloc[0]
    expiry = min(day for day in row["expirations"] if pd.Timestamp(day) >= today + pd.Timedelta(days=days))
    price = app.getQuote(symbol)["last"]
    strike = min(row["strikes"], key=lambda strike: abs(strike - price))
    return app.resolve(
        app.createContract(
            symbol, "OPT", lastTradeDateOrContractMonth=expiry, strike=strike, right="C", multiplier="100"
        )
    )


### END SOLUTION

# %%
check("04.8", nearest_call, app)

# %% [markdown]
# ## 7 · When nothing fits
#
# Error 200 has two faces, and `ibnb` gives each its own exception: `ContractNotFoundError` when nothing fits, and
# `AmbiguousContractError` when several do and one is wanted. Both are answers, not accidents. A program that reads a list of
# symbols meets them every day.

# %%
print(ibnb.explain(200))

# %%
for pattern in ("AMD", "Vodafone"):
    print(app.searchSymbols(pattern)[["symbol", "primaryExchange", "currency", "conId"]].to_string(index=False))

# %% [markdown]
# `searchSymbols` looks at the beginning of symbols and company names, and finds stocks. It is for people, not for programs:
# TWS wants a second between two searches.
#
# ### Exercise 9 · A list from a friend
#
# Write `identify(contracts)` for a dictionary {label: contract}. It returns a dictionary with the same labels; the value is
# the conId when exactly one instrument fits, else the text `"unknown"` or `"ambiguous"`. One bad line mustn't stop the
# others, and other errors (a lost connection, say) should still stop you.

# %%
friends_list = {
    "Apple": app.createContract("AAPL"),
    "somewhere AMD": app.createContract("AMD", exchange="", currency=""),
    "a typo": app.createContract("APPL"),
    "the fund": app.createContract("CSH2", "STK", "LSE", "GBP"),
}


# %%
### BEGIN SOLUTION
def identify(contracts):
    found = {}
    for label, contract in contracts.items():
        try:
            found[label] = app.resolve(contract).conId
        except ibnb.ContractNotFoundError:
            found[label] = "unknown"
        except ibnb.AmbiguousContractError:
            found[label] = "ambiguous"
    return found


### END SOLUTION

# %%
check("04.9", identify, app)

# %% [markdown]
# ## In short
#
# * A contract is a description. Add fields until exactly one instrument fits, and let `resolve` confirm it.
# * The conId is the instrument's real name. A text such as `"AMD"` means the stock in US dollars.
# * A price needs its details: `price / priceMagnifier × multiplier` is money. London quotes pence.
# * A future or an option is chosen from what TWS lists today. A date in a program expires.
# * A continuous future is for bars only, and a strike is a decimal number.
# * Error 200 is an answer: nothing fits, or too much does.
#
# Nora's answer: she got the listing in New York, because her program assumed dollars. From now on she looks at the conId. In
# the next lesson she asks how her fund, and Apple, have done lately.
#
# ### Questions to ask yourself
#
# 1. Two programs hold the same symbol, currency and exchange, and disagree about the price. What do you compare first?
# 2. Why is `details[0]` a bad way out of an ambiguity?
# 3. What would `money` give for an option that is quoted at 2.50, and why?
# 4. A program ran well for three months and says error 200 on a Monday. What do you suspect?

# %% [markdown] tags=["solution"]
# <details><summary>Answers</summary>
#
# 1. The conId. If it is the same, compare the times and the kinds of price; if not, they hold different instruments.
# 2. Its order isn't promised. Tomorrow another listing may stand first, and the program goes on as if nothing had happened.
# 3. 250 dollars for one contract: the magnifier is 1 and the multiplier 100.
# 4. A date that is written into it: a future or an option expired on the Friday before.
#
# </details>

# %% [markdown]
# **Further reading**: IBKR Campus, *TWS API*, the pages "Contracts" and "Contract details"; IBKR's *Contract Information
# Center* finds a conId by hand. When you have finished, close the notebook, or end the session with `app.disconnect()`.
