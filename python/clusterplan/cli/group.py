"""A group whose commands are imported only when they run, so that help and completion stay quick."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from clusterplan.cli.settings import EXIT_ANSWER
from clusterplan.cli.streams import abandon


class LazyGroup(click.Group):
    """`commands_at` maps a command to (``module:attribute``, one line of help)."""

    def __init__(self, *arguments: Any, commands_at: Mapping[str, tuple[str, str]], **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._commands_at = commands_at

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self._commands_at)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self._commands_at:
            return None
        from importlib import import_module

        module, _, attribute = self._commands_at[name][0].partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def make_context(self, *arguments: Any, **keywords: Any) -> click.Context:
        with _ends_as_it_should():
            return super().make_context(*arguments, **keywords)

    def invoke(self, context: click.Context) -> Any:
        with _ends_as_it_should():
            return super().invoke(context)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._commands_at.items()])


@contextmanager
def _ends_as_it_should() -> Iterator[None]:
    """Turns two ways to end into those of click before it sees them, because it makes something else of them."""
    try:
        yield
    except KeyboardInterrupt:
        # As `Abort` it passes through click, which would else print an empty line first.
        raise click.Abort from None
    except BrokenPipeError:
        # The reader has what it wanted (`| head`); click would make exit code 1 of it, which means something else.
        abandon(sys.stdout)
        raise click.exceptions.Exit(EXIT_ANSWER) from None
