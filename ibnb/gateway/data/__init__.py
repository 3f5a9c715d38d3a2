"""A researcher's own bars, from files."""

from __future__ import annotations

from .reading import DataError, read_folder
from .recording import Recording

__all__ = ["DataError", "Recording", "read_folder"]
