"""How much may be asked for at once."""

MOST_PLANS = 10_000
MOST_THREADS = 4096
