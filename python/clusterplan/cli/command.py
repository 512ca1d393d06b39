"""A command that refuses an option that is given twice: which of the two was meant is a guess."""

from __future__ import annotations

import click


class Command(click.Command):
    """As `click.Command`; flags that only switch something on may be repeated."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        if not context.resilient_parsing:
            _, _, order = self.make_parser(context).parse_args(args=list(arguments))
            seen: set[str] = set()
            for parameter in order:
                if not isinstance(parameter, click.Option) or parameter.multiple or parameter.name is None:
                    continue
                if parameter.is_flag and not parameter.secondary_opts:
                    continue
                if parameter.name in seen:
                    raise _twice(parameter, context)
                seen.add(parameter.name)
        return super().parse_args(context, arguments)


class UsageErrorWithHint(click.UsageError):
    """A mistake in the command line together with the one action that mends it."""

    def __init__(self, message: str, hint: str, context: click.Context | None = None) -> None:
        super().__init__(message, context)
        self.hint = hint


def _twice(option: click.Option, context: click.Context) -> UsageErrorWithHint:
    name = max(option.opts, key=len)
    if option.secondary_opts:
        return UsageErrorWithHint(
            f"{name} and {option.secondary_opts[0]} may be given once, one of the two", "give one of them", context
        )
    example = getattr(option.type, "example", None)
    return UsageErrorWithHint(
        f"{name} is given more than once",
        f"write its values in one list, such as {name} {example}" if example else "give it once",
        context,
    )
