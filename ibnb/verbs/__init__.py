"""The verbs of an app, one file per family: requests and the callbacks that answer them, side by side."""
