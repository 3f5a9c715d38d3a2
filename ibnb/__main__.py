"""``python -m ibnb`` is the ``ibnb`` command."""

from __future__ import annotations

import sys

from ibnb.cli import main

if __name__ == "__main__":
    sys.exit(main())
