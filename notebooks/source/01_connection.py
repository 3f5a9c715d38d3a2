# %% [raw]
# title = "Hello, TWS: what talks to what"
# teach = 25
# practise = 15
# needs = "Python and this package; no account, no TWS"
# uses = ["connect", "notices", "explain", "getCurrentTime", "ConnectionPanel", "disconnect"]
# objectives = [
#   "say which program is the client and which is the server",
#   "choose the right one of the four usual ports",
#   "connect, read the first messages without alarm, and disconnect",
#   "recognise a connection that can't work, and what to do about it",
# ]

# %% [markdown]
# ## Three programs, two conversations
#
# Your notebook never talks to Interactive Brokers. It talks to a program on your own computer, **Trader Workstation**
# (TWS) or its plain sister **IB Gateway**, and that program talks to the broker.
#
# ```mermaid
# flowchart LR
#     accTitle: Who talks to whom
#     accDescr: The notebook talks over a local socket to TWS or IB Gateway, which talks over the internet to Interactive Brokers.
#     N["your notebook<br/>(the client)"] <-->|"a socket on this computer"| T["TWS or IB Gateway<br/>(the server)"]
#     T <-->|"the internet"| B["Interactive Brokers"]
# ```
#
# Three things follow from the picture:
#
# * TWS must be running, and you must be logged in there. Your Python code never sees your password.
# * If TWS stops, your program is cut off, even when your internet is fine.
# * What you send is a *request*; what comes back arrives later, as a *message*. Everything in this course rests on that.
#
# In this course a **simulated gateway** takes the place of the middle box. It speaks the same language over the same kind
# of socket, needs no account, and gives everybody the same market on the same morning: Wednesday, 11 June 2025, ten
# o'clock in New York.

# %% [markdown]
# ## Which door?
#
# A server listens at a *port*. There are four usual ones, and choosing among them is choosing between play money and yours:
#
# | program | paper | live |
# |:---|---:|---:|
# | Trader Workstation | 7497 | 7496 |
# | IB Gateway | 4002 | 4001 |
#
# Paper is the pair that ends in the *larger* last digit. A tutorial that shows 7496 in its first cell is a tutorial that
# trades with real money.
#
# <details><summary>When you use a real TWS: four settings</summary>
#
# In TWS: *File → Global Configuration → API → Settings*.
#
# 1. *Enable ActiveX and Socket Clients*: on. Without it nothing answers.
# 2. *Read-Only API*: on while you learn to read, off when you want to place orders on paper.
# 3. *Socket port*: 7497 for a paper log-in.
# 4. *Allow connections from localhost only*: on.
#
# </details>

# %% [markdown]
# ## Connect

# %%
import ibnb
from ibnb.course import check

app = ibnb.connect()

# %% [markdown]
# One line, and quite a lot has happened. The client opened a socket, both sides agreed on a version of their language, the
# server said which accounts it serves, and it gave away the first number that an order may carry. Only when all of this
# had arrived did `connect` return.
#
# That matters more than it seems. Many scripts connect, sleep for a second, and hope. A second is too long on a good day
# and too short on a bad one.

# %%
app.accounts, app.nextOrderId

# %% [markdown]
# An account whose code starts with **D** is a paper account (D as in demo). A live one starts with U. `ibnb` looks at the
# code, not at the port, before it lets an order through: a port is only a number that somebody typed.

# %% [markdown]
# ## The first messages
#
# Whoever connects for the first time with IB's own package sees lines that begin with `ERROR`, and thinks that something
# is broken. Here they are:

# %%
app.notices[["time", "code", "severity", "text"]]

# %% [markdown]
# Nothing is broken. TWS sends *everything* it wants to say about itself through one channel, and that channel is called
# `error`. A **data farm** is one of the broker's computers that hold prices; 2104, 2106 and 2158 say that a farm is
# connected. Good news in a bad coat.

# %%
print(ibnb.explain(2104))

# %%
print(ibnb.explain(502))

# %% [markdown]
# So read the *code* and its severity, never the word "error". `ibnb` sorts the codes for you: notices and warnings go to
# the table above, and only a real failure becomes a Python exception.
#
# Here is the whole conversation so far. An arrow to the right is a request of ours, to the left a message from the server.
# `openOrderEnd` ends the list of orders that this program has left working; today there is none.

# %%
app.tape[["direction", "name", "summary"]].head(8)

# %% [markdown]
# ## The same, at a glance

# %%
panel = ibnb.ConnectionPanel(app)
panel

# %% [markdown]
# ## Ask something
#
# The smallest question there is: what time is it over there? The method waits until the answer has come, and returns it.
# TWS answers in universal time (UTC), so that nobody has to guess; New York is one conversion away.

# %%
app.getCurrentTime()

# %%
app.getCurrentTime().tz_convert("America/New_York")

# %% [markdown]
# Ask again, and you get the same answer. In the lessons time stands still until you let it go, which is why your tables
# look exactly like those in the book. `app.sleep` lets it go: five minutes pass over there, and none here.

# %%
app.sleep("5 min")
app.getCurrentTime().tz_convert("America/New_York")

# %% [markdown]
# ## When nobody answers
#
# What if TWS isn't running, or the port is wrong? A program that waits for ever is the worst answer. This is a better one:

# %% tags=["raises-exception"]
ibnb.connect(port=7999)

# %% [markdown]
# Read such a text to its end: it says what was tried and what to do next. Code 502 means that there was nobody at the
# door. In a terminal, `ibnb doctor` knocks at all four usual ports and tells you what it finds.

# %% [markdown]
# ## Exercises
#
# Replace each `...` by your answer, run the cell, and run the check below it.
#
# ### Exercise 1 · The safe door
#
# Which port belongs to **IB Gateway** with a **paper** account?

# %%
### BEGIN SOLUTION
port = 4002
### END SOLUTION

# %%
check("01.1", port)

# %% [markdown]
# ### Exercise 2 · Good news, bad news
#
# Sort these codes into `"notice"` (nothing to do), `"warning"` (worth reading, the work goes on) and `"failure"` (what you
# asked for won't happen). `print(ibnb.explain(code))` tells you about each.
#
# Codes: 2104, 2106, 2158, 1102, 10167, 399, 200, 162, 326, 502.
#
# <details><summary>Hint</summary>
# Ask of each: does my request still get its answer? For 399 the order lives; for 10167 the quotes come, only later.
# </details>

# %%
### BEGIN SOLUTION
severity = {
    2104: "notice",
    2106: "notice",
    2158: "notice",
    1102: "notice",
    10167: "warning",
    399: "warning",
    200: "failure",
    162: "failure",
    326: "failure",
    502: "failure",
}
### END SOLUTION

# %%
check("01.2", severity)

# %% [markdown]
# ### Exercise 3 · Catch it
#
# Try to connect to port 7999 again, but *catch* the exception, and keep it in the variable `caught`.
#
# <details><summary>Hint</summary>
# <code>try: … except ibnb.NotConnectedError as error: …</code>. Python forgets the name after <code>as</code> when the
# block ends, so give the exception another name inside it.
# </details>

# %%
### BEGIN SOLUTION
try:
    ibnb.connect(port=7999)
except ibnb.NotConnectedError as error:
    problem = error
caught = problem
### END SOLUTION

# %%
check("01.3", caught)

# %% [markdown]
# ### Exercise 4 · How long until the bell?
#
# The New York exchanges close at 16:00 local time. Ask the server for its time and compute how long the session still
# lasts, as a `timedelta`.
#
# <details><summary>Hint</summary>
# First convert to New York's time. Such a time has a method <code>.replace(hour=…, minute=…, second=…)</code>, and two
# times subtract.
# </details>

# %%
### BEGIN SOLUTION
now = app.getCurrentTime().tz_convert("America/New_York")
until_close = now.replace(hour=16, minute=0, second=0, microsecond=0) - now
### END SOLUTION

# %%
check("01.4", until_close, app)

# %% [markdown]
# ## Leave politely
#
# TWS has 32 seats for clients. A program that vanishes without a word may keep its seat for a minute, and the next one
# with the same client id is refused (code 326).

# %%
app.disconnect()
app.isConnected()

# %% [markdown]
# ## In short
#
# * Your program is a client of TWS or IB Gateway; only they talk to the broker.
# * 7497 and 4002 are paper, 7496 and 4001 are live; the account's code tells the truth.
# * `ibnb.connect()` returns when the session is ready, or raises and says why not.
# * A message on the channel called *error* is a failure only if its code says so.
#
# ### Questions to ask yourself
#
# 1. Where does your password go when you connect from Python?
# 2. Why is `sleep(1)` after connecting no way to know that you are connected?
# 3. What would you look at first if `2103` appeared in `app.notices`?
# 4. Two notebooks use client id 1. What happens to the second?
