"""One session, by its parts."""
