# %% [raw]
# title = "Two threads and an Event: how waiting works"
# teach = 35
# practise = 25
# needs = "lesson 01; functions and classes in Python"
# uses = ["EClient", "EWrapper", "threading.Thread", "threading.Event", "app.problems", "app.tape"]
# objectives = [
#   "say who sends a request, who reads the answer, and who executes a callback",
#   "write the smallest program that talks to TWS with IB's own package",
#   "wait with an Event and a time limit, instead of sleeping and hoping",
#   "write callbacks that neither sleep nor print nor raise",
# ]
# covers = [
#   "S0-05", "S0-06", "S0-08", "S0-09", "S0-10", "S0-11", "S0-12", "S0-31",
#   "S1-04", "S1-10", "S1-11", "S1-27", "S1-28", "S2-06", "S2-07", "S2-16",
#   "S3-14", "S3-15", "S3-16", "S3-17", "S3-18", "S3-20", "S3-22", "S3-25", "S3-26", "S3-29", "S3-30",
# ]
# defects = [
#   "B0-05", "B0-07", "B0-14", "B0-16", "B1-05", "B1-17", "B1-18", "B2-02", "B2-03", "B2-04", "B2-06", "B2-17",
#   "B3-01", "B3-03", "B3-04", "B3-05", "B4-09",
# ]

# %% [markdown]
# *Somebody does answer: in lesson 01 Nora connected, asked for the time and got it. Now she wants to know how. She copies
# a short program from the internet, which uses IB's own package `ibapi` and nothing else. It prints nothing. She adds one
# line, and it never ends. Both programs look right to her. **Why does my program print nothing, or hang?***

# %%
import queue
import threading
import time

import pandas as pd
from ibapi.client import EClient
from ibapi.wrapper import EWrapper

import ibnb
from ibnb.course import check

app = ibnb.connect()
HOST, PORT = app.host, app.port

# %% [markdown]
# `app` is the session that you know from lesson 01. It stays open beside us. The programs of this lesson are small and
# written by hand; each connects to the same TWS as `app`, at `HOST` and `PORT`, as a client with a number of its own.
#
# ## Ask, and nobody answers
#
# A program for TWS has two halves, and IB gives you a class for each:
#
# * **`EClient`** sends. Its methods are the *requests*: `reqCurrentTime()`, `reqPositions()`, `placeOrder(…)`. Such a method
#   writes a few bytes to the socket and returns at once. It has no result.
# * **`EWrapper`** receives. Its methods are the *callbacks*: `currentTime(…)`, `position(…)`, `error(…)`. You don't call
#   them. They are called for you, when a message has come. In `EWrapper` itself they do nothing useful (they write a line
#   to the log), and you *override* those that you want to hear: you write a method of the same name in your own class.
#
# Nearly every program joins both halves in one class. `EClient` is told who takes its messages: here, the object itself.


# %%
class Asker(EWrapper, EClient):
    """Asks for the time, and keeps the answer."""

    def __init__(self):
        EClient.__init__(self, self)
        self.answers = []

    def error(self, *args):
        pass

    def currentTime(self, time):
        self.answers.append(time)


# %% [markdown]
# **Before you run the next cell:** it connects, asks, and gives the answer half a second to come. What will
# `silent.answers` hold?

# %%
silent = Asker()
silent.connect(HOST, PORT, 21)
silent.reqCurrentTime()
time.sleep(0.5)
silent.answers

# %% [markdown]
# Nothing. The request went out, and TWS did answer. But nobody looked: the answer lies in a queue, and the one line that
# empties it is missing. This is Nora's first program.
#
# The line is `run()`. It is a loop that never ends by itself: take the next message out of the queue, find out which
# callback it belongs to, call it, begin again. Had we written `silent.run()`, this cell would still be running. That is
# Nora's second program. So the loop gets a **thread** of its own. A thread is a second line of execution in the same
# program: both work on the same objects, and neither waits for the other.

# %%
loop = threading.Thread(target=silent.run, daemon=True, name="the loop")
loop.start()
time.sleep(0.5)
len(silent.answers)

# %% [markdown]
# One answer: the one from before, which had been waiting in the queue all the time. (`daemon=True` says that this thread
# must not keep Python alive: when the main program ends, it ends as well. Without it a forgotten loop keeps a notebook's
# kernel from shutting down.)
#
# Before we leave, we tell TWS, and let the loop end:

# %%
silent.disconnect()
loop.join()
loop.is_alive()

# %% [markdown]
# ### Exercise 1 · Who is it?
#
# Whoever debugs a program with threads wants to know who is just executing a line. `threading.current_thread()` is that
# thread, and a thread has a `name`. Complete the function. The check calls it from three different threads.


# %%
def who():
    """The name of the thread that executes this function."""
    ### BEGIN SOLUTION
    return threading.current_thread().name
    ### END SOLUTION


# %%
check("02.1", who)

# %% [markdown]
# ## Three threads and a queue
#
# Many texts say that such a program has *two* threads. In Python it has three. `connect` starts a **reader** by itself,
# and that thread does one thing only: it takes bytes off the socket, cuts them into messages and puts them into the queue.
# Yours executes `run()`, and with it every callback. The third is the main thread: your notebook's cells.
#
# ```mermaid
# flowchart LR
#     accTitle: The three threads of a program that uses ibapi
#     accDescr: The main thread writes requests to the socket. TWS answers. The reader thread puts the messages into a queue. The run thread takes them out and calls the callbacks, which leave results and set events for the main thread.
#     M["<b>main thread</b><br/>your cells: req…()"] -->|"bytes"| T["TWS"]
#     T -->|"bytes"| R["<b>reader thread</b><br/>started by connect()"]
#     R -->|"messages"| Q[["queue"]]
#     Q --> L["<b>run thread</b><br/>run(): your callbacks"]
#     L -.->|"lists, dictionaries, Events"| M
# ```
#
# Let us watch them. The class below writes down which thread does what. For that it also replaces the client's queue with
# one that takes notes, so that the reader becomes visible.


# %%
class Notes(queue.Queue):
    """A queue that writes down when something is put into it."""

    def __init__(self, log):
        super().__init__()
        self.log = log

    def put(self, item, *args, **kwargs):
        self.log.append(("reader", "a message"))
        super().put(item, *args, **kwargs)


class Watched(EWrapper, EClient):
    """Writes down who does what."""

    def __init__(self):
        EClient.__init__(self, self)
        self.log = []
        self.msg_queue = Notes(self.log)
        self.told_the_time = threading.Event()

    def managedAccounts(self, accountsList):
        self.log.append(("run", "managedAccounts"))

    def nextValidId(self, orderId):
        self.log.append(("run", "nextValidId"))

    def error(self, *args):
        self.log.append(("run", "error"))

    def currentTime(self, time):
        self.log.append(("run", "currentTime"))
        self.told_the_time.set()


# %%
watched = Watched()
watched.log.append(("main", "connect"))
watched.connect(HOST, PORT, 22)
loop = threading.Thread(target=watched.run, daemon=True)
loop.start()
watched.log.append(("main", "reqCurrentTime"))
watched.reqCurrentTime()
watched.told_the_time.wait(5)
watched.log.append(("main", "goes on"))
watched.disconnect()
loop.join()

log = pd.DataFrame(watched.log, columns=["thread", "what"])
log["thread"].value_counts().reindex(["main", "reader", "run"])

# %%
ibnb.plotThreads(
    log.rename(columns={"what": "name"}),
    title="Who does what, in the order in which it happened",
    alt="Timeline with a row for each of three threads. The main thread connects and asks; the reader puts messages into "
    "the queue; the run thread executes the callbacks, the last of them currentTime; then the main thread goes on.",
)

# %% [markdown]
# The table counts nine messages and only eight callbacks. For the ninth, `openOrderEnd`, our class has no method of its own, so
# `EWrapper`'s was called, which writes nothing into our log.
#
# Read the picture from left to right. The reader is always a little ahead of the run thread, because a message must be in
# the queue before it can be taken out. Run the two cells again, and the dots of different threads may change places a
# little. Nobody promises which of two threads is quicker. **Within** one row the order is certain, since messages are
# delivered in the order in which TWS sent them; *between* the rows it isn't. Every mistake in this lesson comes from that.
#
# One consequence is used in the last step. The answer `currentTime` is the last message in its row, so when it has come,
# everything that TWS sent before it has come as well.
#
# ### Exercise 2 · Whose time is it?
#
# A callback contains the line `time.sleep(10)`. What happens in these ten seconds?
#
# * **a** · Nothing else: the whole program stands still, the cells of the notebook included.
# * **b** · Messages go on arriving in the queue, but no callback is executed until the ten seconds are over.
# * **c** · TWS waits with its next message until the callback has returned.
# * **d** · Other callbacks are executed, because each one has a thread of its own.

# %%
### BEGIN SOLUTION
answer = "b"
### END SOLUTION

# %%
check("02.2", answer)

# %% [markdown]
# A published example does exactly that: it sleeps for a second in `nextValidId`, to "make sure the connection is ready".
# For this second its program is deaf. **A callback writes down what it was told, and returns.** It doesn't sleep, it
# doesn't wait for an answer (that answer would have to come through the very loop which it holds up), and it doesn't print:
# in a notebook, what another thread prints appears under whichever cell happens to be running.
#
# ## An Event, instead of a sleep
#
# How does the main thread learn that something has come? The tool is as small as it could be. A `threading.Event` is a
# flag, which is down at first. One thread **sets** it, another **waits** for it:

# %%
bell = threading.Event()
bell.is_set(), bell.wait(0.1)

# %% [markdown]
# `wait(0.1)` waited a tenth of a second for somebody to set the flag, gave up, and returned False. Now set it:

# %%
bell.set()
bell.wait(60)

# %% [markdown]
# True, and at once: the sixty seconds are only the limit. `bell.clear()` would take the flag down again, for the next
# round. Those three words, *set*, *wait*, *clear*, are all there is to it.
#
# Here is a program that knows when it is ready. TWS greets each new client with the accounts that it may use and with
# `nextValidId`, the first number that an order of this client may carry. What is sent before that message may be lost, so
# it makes a good bell. The flag is called `connection_ready` here, as in many scripts.


# %%
class Ready(EWrapper, EClient):
    """Knows when TWS has greeted it."""

    def __init__(self):
        EClient.__init__(self, self)
        self.nextOrderId = None
        self.connection_ready = threading.Event()

    def error(self, *args):
        pass

    def nextValidId(self, orderId):
        self.nextOrderId = orderId
        self.connection_ready.set()


# %% [markdown]
# **Before you run the next cell:** `connect` has returned, and `isConnected()` is asked right after it. What will the
# number of the next order be?

# %%
early = Ready()
early.connect(HOST, PORT, 23)
early.isConnected(), early.nextOrderId

# %% [markdown]
# Connected, and without a number: the greeting hasn't been read, for want of a loop. A program that places its first order
# here sends `None` as its number. One famous example starts its requests in exactly this place, and another one sleeps for
# a second first. Do neither:

# %%
loop = threading.Thread(target=early.run, daemon=True)
loop.start()
early.connection_ready.wait(5), early.nextOrderId

# %%
early.disconnect()
loop.join()

# %% [markdown]
# The difference between the two kinds of waiting is that one of them *knows*. An Event is set by the message itself, so
# `wait` returns in a millisecond on a good day and after three seconds on a bad one. And when the message never comes,
# `wait(5)` returns False, and you can say so.
#
# ### Exercise 3 · What a second of sleep proves
#
# ```python
# app.connect("127.0.0.1", 7497, 1)
# thread.start()
# time.sleep(1)
# app.placeOrder(app.nextOrderId, contract, order)
# ```
#
# Which statement about the third line is true?
#
# * **a** · After one second the connection is always ready, because TWS answers within milliseconds.
# * **b** · It must be longer: with five seconds the program is correct.
# * **c** · It makes the greeting likely and proves nothing: the second may be too short, and mostly it is too long.
# * **d** · It is needed, since `wait` would block the thread that reads the messages.

# %%
### BEGIN SOLUTION
reason = "c"
### END SOLUTION

# %%
check("02.3", reason)

# %% [markdown]
# ### Exercise 4 · Wait, but not for ever
#
# Write `wait_connected(app, timeout)`. It returns `True` as soon as `app.connection_ready` is set, and `False` when it
# hasn't been set within `timeout` seconds. The check tries it with a flag that is up already, with one that goes up a
# moment later, and with one that never does.
#
# <details><summary>Hint</summary>
# The method <code>wait</code> of an Event takes the seconds, and it returns just what is wanted.
# </details>


# %%
def wait_connected(app, timeout):
    ### BEGIN SOLUTION
    return app.connection_ready.wait(timeout)
    ### END SOLUTION


# %%
check("02.4", wait_connected)

# %% [markdown]
# ## A callback that ends the conversation
#
# Now for the second way to hang. This program has a loop, an Event and a time limit. It also has a bug in a callback: it
# wants a number and gets a sentence.


# %%
class Broken(EWrapper, EClient):
    """One of its callbacks raises."""

    def __init__(self):
        EClient.__init__(self, self)
        self.connection_ready = threading.Event()
        self.problems = []

    def error(self, *args):
        pass

    def nextValidId(self, orderId):
        self.connection_ready.set()

    def currentTime(self, time):
        self.hour = int("ten o'clock")


ended_by = []


def run(program):
    """The loop, and what ended it."""
    try:
        program.run()
    except Exception as error:
        ended_by.append(type(error).__name__)


# %% [markdown]
# **Before you run the next cell:** what ends, only the callback, the loop, or also the connection?

# %%
broken = Broken()
broken.connect(HOST, PORT, 24)
loop = threading.Thread(target=run, args=(broken,), daemon=True)
loop.start()
broken.connection_ready.wait(5)
broken.reqCurrentTime()
loop.join(5)
print("the loop is alive:", loop.is_alive())
print("connected:", broken.isConnected())
print("ended by:", ended_by)

# %% [markdown]
# Everything has ended. An exception in a callback goes up through `run()`, whose last act is to disconnect. The main thread
# isn't told: it goes on, asks its next question, and waits for an answer that nobody will read. In a terminal you would at
# least see a traceback from "Thread-2"; in a notebook it appears somewhere among the outputs, or not at all.
#
# The remedy is a fence around each callback, which keeps what went wrong and lets the loop live:


# %%
def guarded(callback):
    """The same callback, which never raises: what went wrong is kept in `self.problems`."""

    def careful(self, *args):
        try:
            callback(self, *args)
        except Exception as error:
            self.problems.append(f"{callback.__name__}: {type(error).__name__}")

    return careful


class Guarded(Broken):
    """The same mistake, behind a fence."""

    currentTime = guarded(Broken.currentTime)


# %%
fenced = Guarded()
fenced.connect(HOST, PORT, 25)
loop = threading.Thread(target=run, args=(fenced,), daemon=True)
loop.start()
fenced.connection_ready.wait(5)
fenced.reqCurrentTime()
fenced.reqCurrentTime()
while len(fenced.problems) < 2:
    time.sleep(0.01)
print("the loop is alive:", loop.is_alive())
print("connected:", fenced.isConnected())
print(fenced.problems)

# %%
fenced.disconnect()
loop.join()

# %% [markdown]
# ### The callback that everybody gets wrong
#
# One callback is called in every program, within a second of connecting: `error`, with the friendly notices that you saw
# in lesson 01. And just this one has changed its arguments over the years:
#
# | release of `ibapi` | `error` is called with |
# |:---|:---|
# | 9.81, which `pip install ibapi` brings | `reqId, errorCode, errorString` |
# | earlier releases of 10 | `reqId, errorCode, errorString, advancedOrderRejectJson` |
# | recent releases of 10 | `reqId, errorTime, errorCode, errorString, advancedOrderRejectJson` |
#
# Write it with four arguments, as one course does, and with the package that pip brings the loop dies of a `TypeError` at
# the first piece of good news. Write it with three, and a current release does the same to you.
#
# ### Exercise 5 · An error that fits all
#
# Write a function `tidy(*args)` that takes whatever `error` was called with, three, four or five arguments, and returns a
# tuple of three: `(reqId, code, text)`.
#
# <details><summary>Hint</summary>
# The first argument is always the number. The text is the first argument that is a <code>str</code>; the code stands
# right before it.
# </details>


# %%
def tidy(*args):
    ### BEGIN SOLUTION
    place = next(place for place, value in enumerate(args) if isinstance(value, str))
    return args[0], args[place - 1], args[place]
    ### END SOLUTION


# %%
check("02.5", tidy)

# %% [markdown]
# ### Names that are taken
#
# One trap more, because it looks so innocent. A reader of the famous example wrote `self.position = 0` into `__init__`.
# But `position` is a *callback*. The attribute hides the method; when the first position comes, Python tries to call the
# number 0, and the loop is dead. Callbacks have everyday names: `position`, `error`, `currentTime`, `tickPrice`. Call your
# own things something else.
#
# ## A request that fails
#
# The third way to hang is the most frequent one. Many scripts wait for a second Event, `data_ready`, which is set when the
# *last* row of an answer has come. Here is the pattern with a question about a contract:


# %%
class Waiting(EWrapper, EClient):
    """Only the end marker rings the bell."""

    def __init__(self):
        EClient.__init__(self, self)
        self.connection_ready = threading.Event()
        self.data_ready = threading.Event()
        self.details = []
        self.problem = None

    def error(self, *args):
        pass

    def nextValidId(self, orderId):
        self.connection_ready.set()

    def contractDetails(self, reqId, contractDetails):
        self.details.append(contractDetails)

    def contractDetailsEnd(self, reqId):
        self.data_ready.set()


waiting = Waiting()
waiting.connect(HOST, PORT, 26)
loop = threading.Thread(target=waiting.run, daemon=True)
loop.start()
waiting.connection_ready.wait(5)

# %%
waiting.reqContractDetails(1, app.createContract("AAPL"))
waiting.data_ready.wait(5), len(waiting.details)

# %% [markdown]
# That works. Now a symbol that doesn't exist. Note `clear`: the flag is still up from before.
#
# **Before you run the next cell:** what will `wait` return?

# %%
waiting.data_ready.clear()
waiting.reqContractDetails(2, app.createContract("NOSUCHTHING"))
waiting.data_ready.wait(1)

# %%
waiting.disconnect()
loop.join()

# %% [markdown]
# False, after a second. TWS did answer, long before that: with *error 200*, for request number 2. But an error is no
# row and no end marker, so nobody rang the bell. Many scripts write `wait()` without a limit in this place. They wait to
# this day; the author of one of them published his notebook with the cell interrupted.
#
# A request can end in four ways, and a program that waits must know all four:
#
# ```mermaid
# flowchart LR
#     accTitle: The four ends of a request
#     accDescr: A request that has been sent ends with its end marker, with an error that carries its number, with a lost connection, or with the time limit of whoever waits.
#     A["request sent"] --> B["end marker:<br/>the rows are complete"]
#     A --> C["error with its number:<br/>there will be no rows"]
#     A --> D["connection lost:<br/>nobody will answer"]
#     A --> E["time limit:<br/>nobody has answered"]
# ```
#
# There is one more difficulty. Not every error ends something. The notices about data farms carry the number −1, for "no
# request". And some warnings carry your request's number although the rows still come, such as 2176, after which sizes are rounded. So it takes a *table*
# of codes to tell one from the other. Here a simple rule will do: codes from 2000 on are warnings.
#
# ### Exercise 6 · Repair it
#
# Write a class `Patient(Waiting)` that mends the two missing ends. Override two callbacks:
#
# * `error(self, *args)`: when the error belongs to a request (its number isn't negative) and its code is below 2000, keep
#   the text in `self.problem` and set `data_ready`. Otherwise do nothing.
# * `connectionClosed(self)`: keep `"connection lost"` in `self.problem` and set `data_ready`.
#
# The check starts a `Patient` of its own against the same TWS as `app`, and asks it for things that exist and things that
# don't. It also looks whether its questions have arrived there.
#
# <details><summary>Hint</summary>
# The function from exercise 5 does half of the work: <code>reqId, code, text = tidy(*args)</code>.
# </details>


# %%
### BEGIN SOLUTION
class Patient(Waiting):
    """Every end of a request rings the bell."""

    def error(self, *args):
        text = next(value for value in args if isinstance(value, str))
        reqId, code = args[0], args[args.index(text) - 1]
        if reqId >= 0 and code < 2000:
            self.problem = text
            self.data_ready.set()

    def connectionClosed(self):
        self.problem = "connection lost"
        self.data_ready.set()


### END SOLUTION

# %%
check("02.6", Patient, app)

# %% [markdown]
# ## Two threads, one number
#
# Requests and orders carry numbers, and no two orders may carry the same one. The usual code looks harmless:
#
# ```python
# def nextId(self):
#     self.orderId += 1
#     return self.orderId
# ```
#
# It has two faults. The first is small: it adds before it gives, so that the number which TWS offered is never used. The
# second needs two threads. `self.orderId += 1` is one line and three steps: read the number, add one, store it. When
# another thread comes in between *read* and *store*, both have read the same number. Python may switch threads at any
# moment. So this goes well ten thousand times, and then two orders have the same number.
#
# Let us make the moment longer, so that it can be seen. `Slow` is a number that takes a rest while it is being added to:


# %%
class Slow(int):
    """A whole number that takes its time to be added to."""

    def __add__(self, other):
        time.sleep(0.001)
        return Slow(int(self) + other)


class Careless:
    """The usual code."""

    def __init__(self, first):
        self.number = first

    def next(self):
        number = self.number
        self.number = self.number + 1
        return number


def numbers_from_four_threads(ids, each=25):
    """All numbers that four threads were given, together."""
    given = []
    threads = [threading.Thread(target=lambda: [given.append(int(ids.next())) for _ in range(each)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return given


# %%
given = numbers_from_four_threads(Careless(Slow(1)))
print("numbers given:", len(given), "· all different:", len(set(given)) == len(given))

# %% [markdown]
# The remedy is a **lock**: `with self.lock:` lets one thread in at a time, and the others wait at the door.
#
# ### Exercise 7 · Every number once
#
# Write a class `Ids`. `Ids(5)` starts with the number 5. Its method `next()` returns 5 the first time, then 6, 7 and so on,
# and never the same number twice, whoever calls it. The check takes a thousand numbers with four threads, `Slow` ones.
#
# <details><summary>Hint</summary>
# <code>threading.Lock()</code> makes a lock; keep it in the object. Reading the number and storing the next one both belong
# inside the <code>with</code>.
# </details>


# %%
### BEGIN SOLUTION
class Ids:
    """Whole numbers from `first` on, each given out once."""

    def __init__(self, first):
        self.number = first
        self.lock = threading.Lock()

    def next(self):
        with self.lock:
            number = self.number
            self.number = number + 1
        return number


### END SOLUTION

# %%
check("02.7", Ids)

# %% [markdown]
# ## What ibnb does for you
#
# Everything in this lesson has to be right in every program, and it is the same everywhere. So `ibnb` does it once:
#
# | what you have seen | with `ibnb` |
# |:---|:---|
# | start a loop in a thread, wait for the greeting | `connect` returns when the session is ready, or raises and says why |
# | a flag and a clear for every question | a verb such as `getContractDetails` waits for *its own* answer |
# | four ends of a request | rows, `RequestError`, `ConnectionLostError` or `RequestTimeoutError` |
# | a fence around each callback | your overrides are fenced; what went wrong stands in `app.problems` |
# | `error` in three shapes | any of them is understood |
# | numbers under a lock | `app.nextOrderId`, and a number of its own for each request |
#
# The same mistake as before, in a class that builds on `ibnb`:


# %%
class Loud(ibnb.IBApp):
    """One of its callbacks raises."""

    def currentTime(self, time):
        self.hour = int("ten o'clock")


loud = ibnb.connect(app_class=Loud, clientId=27)
loud.getCurrentTime()

# %%
loud.problems[["where", "error"]]

# %%
loud.disconnect()

# %% [markdown]
# The answer came, and the mistake is on record. You will override callbacks again in the last lesson. Until then the verbs
# suffice, and you know what stands behind them.

# %% [markdown]
# ## In short
#
# * A request returns at once and has no result. The answer comes later, as a callback.
# * Three threads: main sends, the reader fills a queue, `run()` empties it and executes your callbacks.
# * Wait for an Event that the message itself sets, always with a time limit. A sleep proves nothing.
# * A callback records and returns. One that raises ends the loop and the connection.
# * A request ends with its marker, with an error, with a lost connection, or with your time limit.
#
# Nora's first program had no loop. Her second one ran the loop in the main thread, so that the next line was never reached.
# In lesson 03 she asks for more than the time: what is in the account?
#
# To leave, `app.disconnect()` or closing the notebook is enough.
#
# ### Questions to ask yourself
#
# 1. Why does `connect` return before the program is ready?
# 2. A script prints its last line first and the order's status after it. Is that a mistake?
# 3. Where would you put the time limit in a program that downloads a thousand tables?
# 4. Why is it no good to call `getContractDetails` *inside* a callback?
#
# Read on: IB's own documentation of the TWS API, the chapters on EClient, EWrapper and the reader; Python's library
# reference on `threading` and `queue`; and `client.py` in the package `ibapi`, whose `run` has some forty lines.

# %% [markdown] tags=["solution"]
# <details><summary>Answers</summary>
#
# 1. Because it does its half: the socket is open and the hello has been sent. What TWS says to that comes as a message,
#    like everything else, and must be read first.
# 2. No. The status was sent by TWS while the main thread was already further on. It shows that two threads were at work.
#    It is a mistake if the script disconnects before the status has come: then it is lost.
# 3. At each request, not around the whole: a limit for everything together would have to be a guess. A request that fails
#    is then known by name, and the others go on.
# 4. The verb waits for its answer, and the callback is executed by the only thread that could bring it. It would wait for
#    itself until the time limit. (`ibnb` notices this and says so at once.)
#
# </details>
