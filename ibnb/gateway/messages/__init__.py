"""The gateway's vocabulary: what clients ask and what the gateway says, named after IB's own messages.

Rule: these are plain frozen records. They know no server version, no bytes and no lane; ``codec`` alone does.
Requests carry the name of the ``EClient`` method, answers that of the ``EWrapper`` callback.
"""

from __future__ import annotations

from .account import *
from .configuration import *
from .connection import *
from .contracts import *
from .data import *
from .history import *
from .market_data import *
from .news import *
from .options import *
from .orders import *
from .scanner import *
