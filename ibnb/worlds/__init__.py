"""One function over many simulated worlds: `run`, the worlds that there may be (`days`, `grid`), and what came of it.

A strategy isn't written for this package: it is a function of an app, the code of a notebook's cell under a `def`. The
world under it changes: another seed, day, regime, your own bars.

>>> from ibnb import worlds
>>> def held(app):
...     return app.getPositions()["position"].sum()
>>> worlds.run(held, worlds.grid(seed=range(20)))                               # doctest: +SKIP
"""

from ibnb.worlds.choice import days, grid
from ibnb.worlds.results import Results, results
from ibnb.worlds.sweep import run

__all__ = ["Results", "days", "grid", "results", "run"]
