"""The command line: parse, call, print. What it prints is made in `reports`, what it answers in `planning`."""

from clusterplan.cli.entry import main

__all__ = ["main"]
