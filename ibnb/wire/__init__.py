"""Bytes: the socket, who reads it, and the fast decoders."""
