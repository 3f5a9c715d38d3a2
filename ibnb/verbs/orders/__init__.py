"""Orders: place, watch, list, reconcile, journal."""
