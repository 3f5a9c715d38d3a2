"""Market scanners."""
