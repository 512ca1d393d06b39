"""Errors on standard error: ``error:`` with field and value, then ``hint:`` with one action."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

from clusterplan.cli.streams import say

# Arguments of the Python interface whose options have another name than themselves with hyphens.
_RENAMED = {"time_limit_s": "--time-limit"}
# Names that mean nothing but an argument, wherever they stand in a sentence.
_UNMISTAKABLE = re.compile(r"\b(time_limit_s|global_batch|seq_len|micro_batch|sequence_parallel|norm_kernel)\b")
_LEADING = re.compile(r"(?:space\.)?([a-z_]+)(?:\[\d+\])?(?=: )")


def print_error(sentence: str, hint: str | None) -> None:
    """One sentence and, where there is one, the hint."""
    say(f"error: {sentence}")
    if hint:
        say(f"hint: {hint}")


def as_options(text: str, arguments: Sequence[str]) -> str:
    """A sentence of the Python interface with the options of the command line in place of its arguments.

    A name in front of the sentence is only replaced if that option was typed: else something else has that name.
    """
    leading = _LEADING.match(text)
    if leading and any(typed.split("=")[0] == _option(leading[1]) for typed in arguments):
        text = _option(leading[1]) + text[leading.end() :]
    return _UNMISTAKABLE.sub(lambda match: _option(match[1]), text)


def _option(name: str) -> str:
    return _RENAMED.get(name, f"--{name.replace('_', '-')}")


def print_usage_error(error: click.ClickException) -> None:
    """An error of the command line itself, in the same form as every other one."""
    sentence, hint = _sentence_and_hint(error)
    print_error(sentence, hint)


def _sentence_and_hint(error: click.ClickException) -> tuple[str, str]:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "clusterplan"
    see_help = f"see '{path} --help'"
    if isinstance(error, click.NoSuchOption):
        near = _nearest(error.option_name, [name for name in _options(context) if name.startswith("--")])
        return f"there is no option {error.option_name}", f"did you mean {near}?" if near else see_help
    if isinstance(error, click.MissingParameter) and error.param is not None:
        name = error.param.opts[0] if isinstance(error.param, click.Option) else error.param.human_readable_name
        kind = "option" if isinstance(error.param, click.Option) else "argument"
        metavar = getattr(error.param, "metavar", None)
        return f"the {kind} {name} is missing", f"add {name} {metavar}" if metavar else see_help
    hint = getattr(error, "hint", None) or see_help
    if isinstance(error, click.BadParameter) and error.param is not None:
        name = error.param.opts[0] if isinstance(error.param, click.Option) else error.param.human_readable_name
        return f"{name}: {_as_clause(error.message)}", hint
    if context is not None and isinstance(context.command, click.Group):
        given = str(error.message).split("'")[1] if "'" in str(error.message) else ""
        near = _nearest(given, context.command.list_commands(context))
        if "command" in str(error.message).lower() and given:
            return f"there is no command '{given}'", f"did you mean '{near}'?" if near else see_help
    return _as_clause(error.format_message()), hint


def _options(context: click.Context | None) -> list[str]:
    if context is None:
        return []
    return [
        name
        for parameter in context.command.get_params(context)
        for name in (*parameter.opts, *parameter.secondary_opts)
    ]


def _nearest(name: str, known: list[str]) -> str | None:
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, known, n=1, cutoff=0.5)), None)


def _as_clause(message: str) -> str:
    """A sentence of click ('Option ... .') as the clause behind ``error:``."""
    text = message.strip().removesuffix(".")
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
