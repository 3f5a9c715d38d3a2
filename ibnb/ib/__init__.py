"""What IB says: names, codes, values, order types, dates. No session."""
