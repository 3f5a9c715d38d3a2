"""Show data: `displayData` prints, `plot*` draws; all return None and print nothing else.

Rule: every figure has an alternative text, a sentence built from the data, and what can't be drawn is a ValueError that
says what is wanted. matplotlib loads when the first figure is drawn.

Candles are drawn here and not by mplfinance, whose last release, a beta, is of 2023: it takes one instrument at a time,
knows nothing of alternative texts, and what it would save is some ten lines.
"""
