"""What holds for a whole run of the command line."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field

EXIT_ANSWER = 0
EXIT_INFEASIBLE = 1
EXIT_BAD_INPUT = 2
EXIT_BUG = 70  # EX_SOFTWARE: neither the answer nor the question is at fault
EXIT_INTERRUPTED = 130


@dataclass
class Settings:
    """The arguments as they were typed, and how much is said on standard error."""

    arguments: list[str] = field(default_factory=list)
    debug: bool = False
    quiet: bool = False
    verbose: bool = False

    @property
    def command(self) -> str:
        """The command line that reproduces the answer."""
        return shlex.join(["clusterplan", *self.arguments])
