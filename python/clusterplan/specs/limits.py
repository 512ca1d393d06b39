"""The upper limits of the engine, far above any job, within which its sums stay exact."""

from __future__ import annotations

MOST_DEVICES = 2**20
MOST_SEQUENCES = 2**34
MOST_SEQUENCE_TOKENS = 2**28
MOST_TOKENS = 10**18
