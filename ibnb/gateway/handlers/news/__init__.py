"""Headlines, articles, and what IB itself has to say."""
