"""Malformed and mutated frames: only their sender may notice. ``python -m tests.gateway.fuzz --frames 1000000``"""
