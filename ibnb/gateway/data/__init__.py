"""A researcher's own bars and ticks, from files."""

from __future__ import annotations

from .reading import read_folder
from .recording import Recording
from .table import DataError

__all__ = ["DataError", "Recording", "read_folder"]
