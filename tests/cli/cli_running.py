"""Running the command line as its user does: a process of its own, its two streams and its exit code apart."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

QUESTION = ["--cluster", "dgx-h100-superpod", "--devices", "256", "--global-batch", "1024", "--seq-len", "8192"]
# 405 B parameters on two hosts: valid layouts, none of which fits.
HOPELESS = ["search", "llama-3.1-405b", "--cluster", "dgx-h100-superpod", "--devices", "16"]
HOPELESS += ["--global-batch", "64", "--seq-len", "8192"]
# Small and quick, with many layouts that fit.
SMALL = [
    "llama-3-8b",
    "--cluster",
    "dgx-h100-superpod",
    "--devices",
    "64",
    "--global-batch",
    "256",
    "--seq-len",
    "4096",
]
SEARCH = ["search", "llama-3.1-70b", *QUESTION]


@dataclass(frozen=True)
class Run:
    """What a finished process left behind."""

    code: int
    out: str
    err: str


def environment(**changes: str) -> dict[str, str]:
    """The environment of the tests: a fixed width, no colours, no traces of the terminal they were started from."""
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "FORCE_COLOR", "NO_COLOR")}
    return {**kept, "COLUMNS": "100", "PYTHONIOENCODING": "utf-8", **changes}


def changed(arguments: list[str], **options: str) -> list[str]:
    """A command line with other values of some options: `global_batch="0"` for `--global-batch`."""
    new = list(arguments)
    for name, value in options.items():
        new[new.index(f"--{name.replace('_', '-')}") + 1] = value
    return new


def run_clusterplan(folder: Path, *arguments: str, **changes: str) -> Run:
    """Runs `clusterplan` with these arguments in `folder`; `changes` are variables of its environment."""
    done = subprocess.run(
        [sys.executable, "-m", "clusterplan", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env=environment(**changes),
        timeout=120,
    )
    return Run(done.returncode, done.stdout, done.stderr)
