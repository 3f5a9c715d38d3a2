"""TWS peers that share no code with the simulated gateway: what the gateway accepts proves little about TWS.

`peer` listens on a port, `text` and `protobuf` write its messages, `stories` are the words of what it tells, and
`test_order_stories` are real reports, each by its source's number, as tables of messages. A story is told on text
(server versions 157 and 178) and on protobuf (203, and 222 with whatever is 0 left out); the encoders are compared with
IB's own decoder on these and on 176, 200 and 213.

What the gateway can stage as well is told through a whole session in tests/verbs/orders/test_gateway_stories.py. Only
here, because the gateway doesn't do it: a second permId under one id (nautilus#4564), an execution with another's or
with nobody's order id (nautilus#4970), an execution before its openOrder, a fill without orderStatus (Lean#851,
pysystemtrade#188), a fill after Cancelled (pysystemtrade#1580), a commission that is late, absent or -1
(nautilus#4228), corrected executions, 202 alone, and another client's order id (the gateway shows 0, as TWS mostly
does).

What no peer can stage, because it happens inside TWS or at IB: how one change becomes two orders (nautilus#4564's
cause), account presets that cancel an order after 10349 (pysystemtrade#1580's cause), a socket that dies without a word
(ibx#113: tests/core/test_survival.py cuts it through the gateway's faults).
"""
