"""Years of bars in planned requests: getHistory and getDataMany."""
