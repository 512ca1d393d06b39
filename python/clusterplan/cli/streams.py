"""Standard output and standard error as they may be: closed, full, or read by nobody any more."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TextIO

import click


def open_missing_streams() -> None:
    """Gives a stream that was closed (``>&-``) somewhere to go, so that no later file takes its place."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free, which is this one
    if sys.stdout is None:
        sys.stdout = _to_descriptor(1)
    if sys.stderr is None:
        sys.stderr = _to_descriptor(2)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A name with a letter that the terminal lacks must not end the answer.
            stream.reconfigure(errors="backslashreplace")


def _to_descriptor(descriptor: int) -> TextIO:
    return open(descriptor, "w", encoding="utf-8", closefd=False)


def abandon(stream: TextIO) -> None:
    """Sends what a stream still holds, and all that follows, to nowhere: Python would complain again at its exit."""
    with suppress(OSError, ValueError):  # a stream without a descriptor has no exit to fear
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def say(line: str) -> None:
    """One line on standard error; where nobody can hear it, the answer and the exit code still count."""
    try:
        click.echo(line, err=True)
    except OSError:
        abandon(sys.stderr)
