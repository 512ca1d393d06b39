"""Promises that hold for every input, tried on random ones; and the engine against the slow reference."""
