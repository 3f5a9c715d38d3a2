# %% [raw]
# title = "Hello, TWS: what talks to what"
# teach = 20
# practise = 25
# needs = "Python and this package; no account, no TWS"
# uses = ["connect", "notices", "explain", "tape", "ConnectionPanel", "getCurrentTime", "disconnect"]
# objectives = [
#   "say which program is the client and which is the server",
#   "choose the right one of the four usual ports",
#   "connect, read the first messages without alarm, and ask a first question",
#   "recognise a connection that can't work, and what to do about it",
# ]
# covers = [
#   "S0-04", "S0-51", "S2-01", "S2-02", "S2-03", "S2-04", "S2-05", "S2-08", "S2-09", "S2-35", "S2-36",
#   "S3-01", "S3-02", "S3-03", "S3-04", "S3-05", "S3-06", "S3-07", "S3-08", "S3-09", "S3-10", "S3-11", "S3-12", "S3-13",
#   "S3-33", "S3-34", "S3-35", "S4-02", "S4-04", "S4-05", "S4-06", "S4-08",
# ]
# defects = ["B1-02", "B1-04", "B2-01", "B3-02", "B3-06", "B4-20", "B4-21"]

# %% [markdown]
# *Nora has a paper account. A friend set it up for her: cash in several currencies, ten positions, no real money in it.
# She would like to look into it from Python, and later to trade with it. But before she asks for anything she has a
# simpler question: **is anybody there?***

# %%
import ibnb
from ibnb.course import check

app = ibnb.connect()

# %% [markdown]
# If this cell has run without an error, the answer is yes. The rest of the lesson says who it is.
#
# ## Three programs, two conversations
#
# Your notebook never talks to Interactive Brokers. It talks to a program on your own computer, **Trader Workstation**
# (TWS), and that program talks to the broker. TWS is the program with windows and charts that people trade with.
# **IB Gateway** does the same work without windows. For a program it makes no difference which of the two is running, so
# this course says TWS and means either.
#
# ```mermaid
# flowchart LR
#     accTitle: Who talks to whom
#     accDescr: The notebook talks over a local socket to TWS or IB Gateway, which talks over the internet to Interactive Brokers.
#     N["your notebook<br/>(the client)"] <-->|"a socket on this computer"| T["TWS or IB Gateway<br/>(the server)"]
#     T <-->|"the internet"| B["Interactive Brokers"]
# ```
#
# The program that asks is the **client**; the one that answers is the **server**. They speak through a **socket**, which
# is a kind of telephone line between two programs. What goes over it is IB's own language of short messages, not web
# pages: there is no address that you could open in a browser. The package that speaks the language is called the *API*.
# With it you can look at the account, get prices, and send orders: nearly everything that a person can do by hand in TWS.
#
# Three things follow from the picture:
#
# * TWS must be running, and you must be logged in there. Your Python code never sees your password.
# * If TWS stops, your program is cut off, even when your internet is fine.
# * What you send is a **request**. What comes back arrives later, as a **message**. Lesson 02 is about nothing else.
#
# In this course a **simulated gateway** takes the place of the middle box and of the right one. It speaks the same language
# over the same kind of socket and needs no account. It gives everybody the same market on the same morning: Wednesday,
# 11 June 2025, ten o'clock in New York. With a paper account of your own you can run the same lessons against a real TWS;
# the numbers will then be those of the day.
#
# ### Exercise 1 · The cable stays in
#
# Nora's laptop is online and her notebook is running. Somebody closes TWS. What can her program do now?
#
# * **a** · Everything but orders: prices come from the broker over the internet.
# * **b** · Nothing: whatever it wants goes through TWS.
# * **c** · Everything, since it has logged in already.
#
# Put the letter into `answer`, run the cell, and then the check below it.

# %%
### BEGIN SOLUTION
answer = "b"
### END SOLUTION

# %%
check("01.1", answer)

# %% [markdown]
# ## Which door?
#
# A server listens at a **port**, which is a number. There are four usual ones. Choosing among them is choosing between play
# money and your own:
#
# | program | paper | live |
# |:---|---:|---:|
# | Trader Workstation | 7497 | 7496 |
# | IB Gateway | 4002 | 4001 |
#
# *Paper* is an account with play money at real prices; *live* is real money. Read a tutorial with this table beside you.
# The official-looking example that many people start from says "paper" in its text and 7496 in its code. Another one calls
# 7496 "IB Gateway" in a comment. Whoever copies them connects to a live account.
#
# Without a port, `ibnb.connect()` takes the simulated gateway. For a real TWS you name what you want:
# `ibnb.connect("tws-paper")`, or `"gateway-paper"`. And there is a second lock behind the first: whatever the port, `ibnb`
# looks at the **account's code** before it lets an order through.

# %%
app.accounts

# %% [markdown]
# A code that starts with **D** is a paper account (D as in demo). Live ones start with U or F. A port is only a number that
# somebody typed into a settings window; the code comes from the broker.
#
# ### Exercise 2 · The safe door
#
# Which port belongs to **IB Gateway** with a **paper** account?

# %%
### BEGIN SOLUTION
port = 4002
### END SOLUTION

# %%
check("01.2", port)

# %% [markdown]
# ### When it is a real TWS
#
# You don't need this section for the course. When you do need it, you will be glad of it.
#
# | in TWS: *Global Configuration → API → Settings* | set it to | or else |
# |:---|:---|:---|
# | Enable ActiveX and Socket Clients | on | nobody listens |
# | Socket port | 7497 for a paper log-in | you knock at the wrong door |
# | Read-Only API | on while you only look; off for orders | every order is refused with code 321 |
# | Allow connections from localhost only | on | other computers may connect |
# | Create API message log | on when you search for a mistake | nothing is recorded |
#
# * **Two at once.** Two copies of TWS on one computer need two ports.
# * **From another computer.** Untick *localhost only* and enter its address under *Trusted IPs*. Otherwise a window pops up
#   over there for every connection and waits for a click.
# * **Every day TWS restarts**, at a time that you set under *Lock and Exit*. With *Auto restart* it comes back by itself and
#   needs your password once a week only. The time is in TWS's own time zone, which you choose at the log-in. A program that
#   runs for days must live through this.
# * **The message log** is encrypted. You get to read it under *Help → Troubleshooting → Diagnostics → API Log Files*.
# * **IB's package** is called `ibapi`. `pip install ibapi` brings a release of 2020, which works and lacks the newer
#   features; the current one comes with IB's installer, and `pip install` of its folder `pythonclient` installs it. Guides
#   that say `setup.py install` are old, and on a current release that leaves out a part. `ibnb doctor` tells you what you
#   have. Some people prefer a wrapper with a style of its own, such as `ib_async`; `ibnb` stays close to IB's names, so
#   that you can read IB's own documentation with what you learn here.
# * **Delayed prices.** A paper account shares the data subscriptions of the live account it belongs to. Without any, prices
#   come some fifteen minutes late.
#
# ## The first messages
#
# Back to our own connection. One line, `ibnb.connect()`, and quite a lot has happened. The client opened a socket. Both
# sides agreed on a version of their language. The server said which accounts it serves, and gave away the first number
# that an order of ours may carry. Only when all of this had arrived did `connect` return. (Many scripts connect, sleep for a
# second, and hope. Lesson 02 shows what comes of that.)
#
# Then came a few lines more. Whoever connects for the first time with IB's own package sees lines that begin with `ERROR`,
# and thinks that something is broken. **Before you run the next cell:** how many of these five are bad news?

# %%
app.notices[["code", "severity", "text"]]

# %% [markdown]
# None. TWS sends *everything* that it wants to say about itself through one channel, and the channel is called `error`. A
# **data farm** is one of the broker's computers that hold prices; 2104, 2106 and 2158 say that a farm is connected.
# One published program drowns them all in an `error` method that does nothing. It is quiet, and it will be just as quiet
# when something is really wrong.
#
# So read the *code*, never the word "error". `ibnb` has a table of them:

# %%
print(ibnb.explain(2104))

# %%
print(ibnb.explain(502))

# %% [markdown]
# The word in brackets is the **severity**. It says what has failed, if anything:
#
# | severity | means |
# |:---|:---|
# | notice | nothing has failed, and there is nothing to do |
# | warning | worth reading; the work goes on |
# | request | the one request that it belongs to gets no answer |
# | connection | the connection has failed, or is in trouble |
# | order | something about an order: lesson 10 |
#
# Notices and warnings go to the table above. Only a real failure becomes a Python exception.
#
# ### Exercise 3 · Good news, bad news
#
# Give each of these ten codes its severity, in the words of the table: `"notice"`, `"warning"`, `"request"` or
# `"connection"`. The answer is a dictionary that begins `{2104: "notice", …`. `print(ibnb.explain(code))` tells you about
# each.
#
# Codes: 2104, 2106, 2158, 1102, 10167, 399, 200, 162, 326, 502.

# %%
### BEGIN SOLUTION
severity = {
    2104: "notice",
    2106: "notice",
    2158: "notice",
    1102: "notice",
    10167: "warning",
    399: "warning",
    200: "request",
    162: "request",
    326: "connection",
    502: "connection",
}
### END SOLUTION

# %%
check("01.3", severity)

# %% [markdown]
# ### Exercise 4 · The farms
#
# Which farms are connected? Make a list of their names, in the order in which they were reported: the first is
# `"usfarm"`. Use the table `app.notices`, whose column `text` ends with a colon and the name.
#
# <details><summary>Hint</summary>
# A column of texts has <code>.str.split(":")</code>, and <code>.str[-1]</code> takes the last piece of each. A column has
# a method <code>.tolist()</code>.
# </details>

# %%
### BEGIN SOLUTION
farms = app.notices["text"].str.split(":").str[-1].tolist()
### END SOLUTION

# %%
check("01.4", farms, app)

# %% [markdown]
# ## The whole conversation
#
# Nothing is hidden: `app.tape` holds every request and every message, in order. An arrow to the right is a request of ours,
# an arrow to the left a message from the server. `startApi` says which client we are, and `connectAck` that both sides have
# agreed on a version. `managedAccounts` and `nextValidId` are the greeting; `openOrderEnd` ends the list of the orders that
# this program has left working, and today there is none.

# %%
app.tape[["direction", "name", "summary"]].head(8)

# %% [markdown]
# And here is how things stand, at a glance. In your own notebook this panel is alive: it shows the lamp, the server's time
# and the farms as they are now.

# %%
panel = ibnb.ConnectionPanel(app)
panel

# %% [markdown]
# ## Ask something
#
# The smallest question there is: what time is it over there? The method waits until the answer has come, and returns it.
# A method that asks, waits and returns is called a **verb** in this course. TWS answers in universal time (UTC), so that
# nobody has to guess; New York is one conversion away.

# %%
app.getCurrentTime()

# %%
app.getCurrentTime().tz_convert("America/New_York")

# %% [markdown]
# Ask again, and you get the same answer. In the lessons time stands still until you let it go, which is why your tables
# look exactly like those stored here. `app.sleep` lets it go: five seconds pass over there, and none here. (On a real TWS
# they are five real seconds.)

# %%
app.sleep("5 s")
app.getCurrentTime().tz_convert("America/New_York")

# %% [markdown]
# ### Exercise 5 · How long until the bell?
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
check("01.5", until_close, app)

# %% [markdown]
# ## When nobody answers
#
# What if TWS isn't running, or the port is wrong? Some published programs then wait for ever. **Before you run the next
# cell:** what would you like to be told?

# %% tags=["raises-exception"]
ibnb.connect(port=7999)

# %% [markdown]
# Such a text says what was tried and what to do next. Read it to its end. In a terminal, `ibnb doctor` knocks at all four
# usual ports and tells you what it finds.
#
# ### Exercise 6 · Catch it
#
# Try to connect to port 7999 again, but *catch* the exception, and keep the exception itself in the variable `caught`.
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
check("01.6", caught)

# %% [markdown]
# ### Exercise 7 · Is anybody there?
#
# Write the question of this lesson as a function. `answers(port)` returns `True` when a session can be made at that port and
# `False` when it can't, and leaves nothing behind: the session that it made is ended again. `connect` returns a session, and
# the method `disconnect()` of a session ends it.
#
# One thing to know: a TWS tells its clients apart by their **client id**, a number that each program chooses. Our session
# `app` has number 1. Use another one, `ibnb.connect(port=port, clientId=99)`. With number 1 you would be given `app` itself,
# and end that. (Number 0 is special: it also gets the orders that people type into TWS by hand. Leave it alone.)


# %%
def answers(port):
    ### BEGIN SOLUTION
    try:
        session = ibnb.connect(port=port, clientId=99)
    except ibnb.NotConnectedError:
        return False
    session.disconnect()
    return True
    ### END SOLUTION


# %%
check("01.7", answers, app)

# %% [markdown]
# ## Leave politely
#
# TWS has 32 seats for clients. A program that vanishes without a word keeps its seat until TWS notices, and the next one
# with the same client id is refused meanwhile (code 326). `app.disconnect()` gives the seat back, and so does closing the notebook.
# Calling `ibnb.connect()` a second time does no harm: you are given the session that you have. In a script, write
# `with ibnb.connect() as app:`, and the session ends with the block, whatever happens inside.
#
# Leave the session open now, if you want to try the exercises again. After `app.disconnect()` they would need the first
# cell once more.
#
# ### A word on money
#
# Everything in this course is meant for the simulated gateway or for a paper account. A live account is refused unless you
# write its code into the call yourself. Start small, test a lot, and look at what was really sent.

# %% [markdown]
# ## In short
#
# * Your program is a client of TWS or IB Gateway; only they talk to the broker.
# * 7497 and 4002 are paper, 7496 and 4001 are live; the account's code tells the truth.
# * `ibnb.connect()` returns when the session is ready, or raises and says why not.
# * A message on the channel called *error* is a failure only if its code says so.
#
# So yes, somebody is there. Nora now knows what answers her, and wonders how: she has seen programs for TWS that print
# nothing at all, and others that never end. That is lesson 02.
#
# ### Questions to ask yourself
#
# 1. Where does your password go when you connect from Python?
# 2. Why is `sleep(1)` after connecting no way to know that you are connected?
# 3. What would you look at first if `2103` appeared in `app.notices`?
# 4. Two notebooks on two computers use client id 1 at the same TWS. What happens to the second?
#
# Read on: IB's documentation of the TWS API, *Initial setup* and *Connection*; its list of message codes; the course
# *Python TWS API* on IBKR Campus.

# %% [markdown] tags=["solution"]
# <details><summary>Answers</summary>
#
# 1. Nowhere. You log in to TWS, and TWS talks to the broker. The socket between your program and TWS needs no password,
#    which is why *localhost only* should be on.
# 2. The sleep ends after a second, whatever has happened by then. `connect` ends when the greeting has come.
# 3. The farm's name in the text. Requests for prices from that farm wait or fail until 2104 says that it is back; other
#    farms go on.
# 4. It is refused with code 326, and its connection is closed. `ibnb` tells you so and suggests another number.
#
# </details>
