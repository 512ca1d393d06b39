"""The entry point: the commands, and how every way to end becomes an exit code and one sentence."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

import click

from clusterplan import __version__
from clusterplan.cli import comes_of_an_interrupt
from clusterplan.cli.failures import as_options, print_error, print_usage_error
from clusterplan.cli.group import LazyGroup
from clusterplan.cli.output import unwritable_output
from clusterplan.cli.settings import EXIT_ANSWER, EXIT_BAD_INPUT, EXIT_BUG, EXIT_INFEASIBLE, EXIT_INTERRUPTED, Settings
from clusterplan.cli.streams import abandon, open_missing_streams, say
from clusterplan.errors import ClusterPlanError, InfeasibleError

# What newer versions of click raise for a group without a command; its message is the help.
_NO_ARGUMENTS: tuple[type[BaseException], ...] = tuple(
    getattr(click.exceptions, name) for name in ("NoArgsIsHelpError",) if hasattr(click.exceptions, name)
)

_COMMANDS = {
    "search": ("clusterplan.cli.search:search", "Find the fastest layouts for a training job."),
    "estimate": ("clusterplan.cli.estimate:estimate", "Predict time and memory of one layout."),
    "explain": ("clusterplan.cli.explain:explain", "Say why the best layout is the best."),
    "models": ("clusterplan.cli.catalog:models", "List and show the bundled models."),
    "topology": ("clusterplan.cli.topology:topology", "List, show, check and draw clusters."),
    "schema": ("clusterplan.cli.schema:schema", "Print the JSON Schema of what --json prints."),
    "doctor": ("clusterplan.cli.doctor:doctor", "Show versions and check that everything works."),
}


@click.group(
    cls=LazyGroup,
    commands_at=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 answer, 1 no layout, 2 bad input, 70 a mistake in clusterplan, 130 interrupted.",
)
@click.version_option(__version__, prog_name="clusterplan", message="%(prog)s %(version)s")
def commands() -> None:
    """Find the fastest parallel layout for a large training job.

    \b
    Example:
      clusterplan search llama-3.1-70b --cluster dgx-h100-superpod --devices 256 \\
          --global-batch 1024 --seq-len 8192 --tokens 15T
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code; `arguments` are those of the process by default."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    # Looking for plugins of pydantic reads the metadata of every installed package; none is of use here.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    open_missing_streams()
    collecting = gc.isenabled()
    # A command makes much that lives until its end and little garbage; looking for that takes a tenth of its time.
    gc.disable()
    try:
        return _exit_code(given, Settings(arguments=given))
    finally:
        if arguments is None:
            # The process ends here: nothing is left to look for in the last collection either.
            gc.freeze()
        elif collecting:
            gc.enable()


def _exit_code(given: list[str], settings: Settings) -> int:
    try:
        code = commands.main(args=given, prog_name="clusterplan", standalone_mode=False, obj=settings)
        return code if isinstance(code, int) else EXIT_ANSWER
    except (KeyboardInterrupt, click.Abort):
        print_error("interrupted", None)
        return EXIT_INTERRUPTED
    except click.ClickException as error:
        if isinstance(error, _NO_ARGUMENTS):
            say(error.format_message())
        else:
            print_usage_error(error)
        return EXIT_BAD_INPUT
    except ClusterPlanError as error:
        _trace(settings)
        print_error(as_options(str(error), given), as_options(error.hint, given) if error.hint else _see_help(given))
        return EXIT_INFEASIBLE if isinstance(error, InfeasibleError) else EXIT_BAD_INPUT
    except OSError as error:
        if error.filename is not None:
            return _own_mistake(error, settings)
        # Files are named in their errors, and are read and written by those who explain them: this is a stream.
        abandon(sys.stdout)
        print_error(*unwritable_output(error))
        return EXIT_BAD_INPUT
    except Exception as error:
        if comes_of_an_interrupt(error):
            raise
        return _own_mistake(error, settings)
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        # A panic of the engine, which is no `Exception` so that nobody takes it for one.
        return _own_mistake(error, settings)


def _own_mistake(error: BaseException, settings: Settings) -> int:
    _trace(settings)
    print_error(
        f"this is a mistake in clusterplan, not in your input: {type(error).__name__}: {error}",
        "report it with this command" if settings.debug else "run it again with --debug and report the traceback",
    )
    return EXIT_BUG


def _trace(settings: Settings) -> None:
    if settings.debug:
        import traceback

        say(traceback.format_exc().rstrip())


def _see_help(given: Sequence[str]) -> str:
    command = next((f"clusterplan {name}" for name in given if name in _COMMANDS), "clusterplan")
    return f"see '{command} --help'"
