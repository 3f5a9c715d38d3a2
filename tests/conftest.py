"""Tests send themselves interrupts; a shell lets its background jobs ignore them, which they must not inherit."""

import signal

signal.signal(signal.SIGINT, signal.default_int_handler)
