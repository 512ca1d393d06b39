"""The entry point: the commands, and how every way to end becomes an exit code and one sentence."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from clusterplan import __version__
from clusterplan.cli.failures import print_error, print_usage_error
from clusterplan.cli.group import LazyGroup
from clusterplan.cli.settings import EXIT_ANSWER, EXIT_BAD_INPUT, EXIT_BUG, EXIT_INFEASIBLE, EXIT_INTERRUPTED, Settings
from clusterplan.errors import ClusterPlanError, InfeasibleError

# What newer versions of click raise for a group without a command; its message is the help.
_NO_ARGUMENTS: tuple[type[BaseException], ...] = tuple(
    getattr(click.exceptions, name) for name in ("NoArgsIsHelpError",) if hasattr(click.exceptions, name)
)

_COMMANDS = {
    "search": ("clusterplan.cli.search:search", "Find the fastest layouts for a training job."),
    "estimate": ("clusterplan.cli.estimate:estimate", "Predict time and memory of one layout."),
    "models": ("clusterplan.cli.catalog:models", "List and show the bundled models."),
    "topology": ("clusterplan.cli.catalog:topology", "List and show the bundled clusters."),
    "schema": ("clusterplan.cli.schema:schema", "Print the JSON Schema of what --json prints."),
    "doctor": ("clusterplan.cli.doctor:doctor", "Show versions and check that everything works."),
}


@click.group(
    cls=LazyGroup,
    commands_at=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 answer, 1 no layout fits, 2 bad input, 130 interrupted.",
)
@click.version_option(__version__, prog_name="clusterplan", message="%(prog)s %(version)s")
def commands() -> None:
    """Find the fastest parallel layout for a large training job.

    \b
    Example:
      clusterplan search llama-3.1-70b --cluster dgx-h100-superpod --devices 256 \\
          --global-batch 1024 --seq-len 8192 --tokens 15T
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; `arguments` are those of the process by default."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    settings = Settings(arguments=given)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A name with a letter that the terminal lacks must not end the answer.
            stream.reconfigure(errors="backslashreplace")
    try:
        code = commands.main(args=given, prog_name="clusterplan", standalone_mode=False, obj=settings)
        return code if isinstance(code, int) else EXIT_ANSWER
    except (KeyboardInterrupt, click.Abort):
        print_error("interrupted", None)
        return EXIT_INTERRUPTED
    except click.ClickException as error:
        if isinstance(error, _NO_ARGUMENTS):
            click.echo(error.format_message(), err=True)
        else:
            print_usage_error(error)
        return EXIT_BAD_INPUT
    except ClusterPlanError as error:
        if settings.debug:
            raise
        print_error(str(error), error.hint)
        return EXIT_INFEASIBLE if isinstance(error, InfeasibleError) else EXIT_BAD_INPUT
    except Exception as error:
        if settings.debug:
            raise
        print_error(
            f"this is a mistake in clusterplan, not in your input: {type(error).__name__}: {error}",
            "run it again with --debug and report the traceback",
        )
        return EXIT_BUG
