"""Options that several commands share, declared once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from clusterplan.cli.output import FORMS, SUFFIXES
from clusterplan.cli.settings import Settings
from clusterplan.cli.values import Choices, WholeNumber
from clusterplan.specs.choices import DTYPES

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]


def together(*decorators: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Several options as one decorator, shown in the help in the order given."""

    def decorate(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


def _model_names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from clusterplan.catalog.models import list_models

    return [name for name in list_models() if name.startswith(incomplete)]


def _cluster_names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from clusterplan.catalog.clusters import list_clusters

    return [name for name in list_clusters() if name.startswith(incomplete)]


def question(*, devices_required: bool, devices_help: str = "Devices of the job.") -> Callable[[Command], Command]:
    """What is trained, on what, and with which software."""
    return together(
        click.argument("model", shell_complete=_model_names),
        click.option(
            "--cluster",
            required=True,
            metavar="NAME|FILE",
            shell_complete=_cluster_names,
            help="Bundled cluster, or a YAML file.",
        ),
        click.option("--pool", metavar="NAME", help="Pool of a cluster with several kinds of accelerators."),
        click.option(
            "--degrade",
            multiple=True,
            metavar="LINK=SHARE",
            help="A link at a share of its speed: rail0=0.5, host3=0.25, spine=0.8. May be given several times.",
        ),
        click.option("--slice", metavar="AxBxC", help="Slice of a torus, in place of the most cubic one."),
        click.option("--devices", type=WholeNumber(), required=devices_required, metavar="N", help=devices_help),
        click.option(
            "--global-batch", type=WholeNumber(), required=True, metavar="SEQS", help="Global batch in sequences."
        ),
        click.option(
            "--seq-len", type=WholeNumber(), required=True, metavar="TOKENS", help="Sequence length in tokens."
        ),
        click.option("--tokens", metavar="T", help="Tokens of the whole training, such as 15T."),
        click.option("--accelerator", metavar="NAME", help="Accelerator in place of the one of the cluster."),
        click.option("--stack", metavar="NAME", help="Training software in place of the default."),
        click.option("--attention", metavar="NAME", help="Attention kernel in place of the default."),
        click.option("--norm-kernel", metavar="NAME", help="Normalisation kernel in place of the default."),
        click.option("--reserve", metavar="BYTES", help="Memory of each device to keep free, such as 4GiB."),
        click.option("--dropout", is_flag=True, help="Train with dropout."),
        click.option(
            "--dtype",
            type=Choices(DTYPES, many=False),
            default=DTYPES[0],
            show_default=True,
            help="Compute dtype.",
        ),
    )


def output(forms: tuple[str, ...] = FORMS) -> Callable[[Command], Command]:
    """Where the answer goes, and in which of the forms that the command has (those that it gives to `Output`)."""
    suffixes = ", ".join(SUFFIXES[form][0] for form in (*forms[1:], forms[0]))
    return together(
        click.option(
            "--format", "format_name", type=Choices(forms, many=False), help="Form of the answer; table if not given."
        ),
        click.option("--json", "as_json", is_flag=True, help="Short for --format json."),
        click.option(
            "-o",
            "--output",
            "output_file",
            type=click.Path(dir_okay=True),
            metavar="FILE",
            help=f"Write the answer to FILE ({suffixes} choose the form); - is standard output.",
        ),
    )


def talk() -> Callable[[Command], Command]:
    """How much is said on standard error."""

    def keep(name: str) -> Callable[[click.Context, click.Parameter, bool], None]:
        def remember(context: click.Context, parameter: click.Parameter, value: bool) -> None:
            if value:
                setattr(context.ensure_object(Settings), name, True)

        return remember

    def flag(*names: str, field: str, text: str) -> Callable[[Any], Any]:
        # Eager: a later option that is wrong must already know whether to show a traceback.
        return click.option(*names, is_flag=True, is_eager=True, expose_value=False, callback=keep(field), help=text)

    return together(
        flag("-q", "--quiet", field="quiet", text="No progress and no warnings."),
        flag("-v", "--verbose", field="verbose", text="Say more on standard error."),
        flag("--debug", field="debug", text="Show a traceback with an error."),
    )
