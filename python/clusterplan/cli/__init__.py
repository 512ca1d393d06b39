"""The command line: parse, call, print. What it prints is made in `reports`, what it answers in `planning`.

Nothing is imported here: Ctrl-C while the modules of the command line are loading must end it like any other Ctrl-C.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; `arguments` are those of the process by default."""
    try:
        from clusterplan.cli.entry import run

        code = run(arguments)
    except BaseException as error:
        if not comes_of_an_interrupt(error):
            raise
        code = _interrupted()
    if arguments is None:
        _ignore_interrupts()
    return code


def comes_of_an_interrupt(error: BaseException) -> bool:
    """Whether an error is Ctrl-C, or one that Python made of it where it arrived amid the making of a class."""
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, KeyboardInterrupt):
            return True
        link = link.__cause__
    return False


def _interrupted() -> int:
    import contextlib
    import sys

    # There may be no standard error to say it on.
    with contextlib.suppress(AttributeError, OSError, ValueError):
        sys.stderr.write("error: interrupted\n")
    return 130


def _ignore_interrupts() -> None:
    """The answer is out, and the process only tidies up: Ctrl-C must not change its exit code any more."""
    import contextlib
    import signal

    with contextlib.suppress(ValueError):  # only the main thread has a say in signals
        signal.signal(signal.SIGINT, signal.SIG_IGN)
