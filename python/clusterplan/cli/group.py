"""A group whose commands are imported only when they run, so that help and completion stay quick."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click


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

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except KeyboardInterrupt:
            # As `Abort` it passes through click, which would else print an empty line first.
            raise click.Abort from None

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._commands_at.items()])
