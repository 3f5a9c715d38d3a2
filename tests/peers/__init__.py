"""TWS peers that share no code with the simulated gateway: what the gateway accepts proves little about TWS.

`peer` listens on a port, `text` and `protobuf` write its messages, `stories` are what it tells: real reports, each with
its source's number, as tables of messages. A story is told on every wire.

What no peer can stage, because it happens inside TWS or at IB (numbers as in the public reports):
nautilus#4564's cause (a change that TWS holds back while its own link is down; its effect, two orders under one id, is
a story), ibx#113 (a socket that dies without a word: `test_survival` has it), pysystemtrade#1580's account presets.
"""
