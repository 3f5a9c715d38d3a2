"""Plain ipywidgets compositions over public verbs; nothing here is updated from the reader thread."""
