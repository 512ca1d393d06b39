"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# The same examples in every run: a red build must mean that the code changed. No deadlines: clocks differ.
settings.register_profile("the same in every run", derandomize=True, deadline=None)
settings.load_profile("the same in every run")
