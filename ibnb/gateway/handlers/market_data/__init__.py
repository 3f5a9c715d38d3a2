"""What is quoted now: the best bid and offer, generic ticks, books."""
