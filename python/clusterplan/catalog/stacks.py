"""Training stacks by name or file, resolved for an accelerator into what the engine takes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..data import read_data
from ..errors import SpecError
from ..specs.files import read_document
from ..specs.validation import unknown_name, validate
from .accelerators import attention_kernels, shared_kernels
from .names import look_up

if TYPE_CHECKING:
    from ..specs.accelerator import AcceleratorSpec, AttentionKernel
    from ..specs.stack import StackProfile


class ResolvedStack(NamedTuple):
    """The ``stack`` and ``attention`` objects of the problem document, and the names of the chosen kernels."""

    stack: dict[str, Any]
    attention: dict[str, Any]
    attention_kernel: str
    norm_kernel: str


def list_stacks() -> tuple[str, ...]:
    """The names of the bundled stacks.

    Example:
        >>> list_stacks()[0]
        'megatron-core'
    """
    return tuple(_entries())


def load_stack(text: str | Path | None = None) -> StackProfile:
    """A stack by bundled name or by path to a YAML or JSON file; ``None`` is the default one.

    Raises:
        SpecError: no such name (the nearest are offered), or the file is not a valid stack.
    """
    if text is None:
        text = str(read_data("stacks.json")["default"])
    hint = f"use one of {', '.join(_entries())}; or give a YAML file"
    names = {name: entry["aliases"] for name, entry in _entries().items()}
    return look_up("stack", text, names, bundled=_bundled, from_file=_from_file, hint=hint)


def resolve_stack(
    name: str | StackProfile | None,
    accelerator: AcceleratorSpec,
    attention: str | None = None,
    norm_kernel: str | None = None,
    dropout: bool = False,
) -> ResolvedStack:
    """The stack on this accelerator: attention by the stack's preference (or ``attention``), norms by ``norm_kernel``.

    ``dropout`` adds what attention dropout moves and saves.

    Raises:
        SpecError: an unknown stack, attention kernel or norm kernel, or one that this accelerator does not have.

    Example:
        >>> from clusterplan.catalog.accelerators import load_accelerator
        >>> resolve_stack("megatron-core", load_accelerator("a100")).attention_kernel
        'flash-2'
    """
    from ..specs.stack import STACK_KEYS

    profile = name if name is not None and not isinstance(name, str) else load_stack(name)
    kernel_name, kernel = _attention(profile, accelerator, attention)
    norm_name, norms = _norm(profile, norm_kernel)
    stack = {"name": profile.name, **norms, **{key: getattr(profile, key) for key in STACK_KEYS}}
    return ResolvedStack(stack, kernel.document(dropout=dropout), kernel_name, norm_name)


def _attention(profile: StackProfile, accelerator: AcceleratorSpec, wanted: str | None) -> tuple[str, AttentionKernel]:
    from ..specs.accelerator import AttentionKernel

    shared = shared_kernels()
    available = attention_kernels(accelerator)
    if wanted is not None:
        if not isinstance(wanted, str) or wanted not in available:
            profiles = read_data("efficiency.json")["profiles"].values()
            usable = f"use one of {', '.join(available)}"
            if not any(str(wanted) in entry["attention"] for entry in profiles):
                raise unknown_name("attention kernel", str(wanted), available, hint=usable)
            raise SpecError(
                f"attention: {accelerator.name} has no kernel {wanted!r}",
                code="no-such-kernel",
                hint=usable,
            )
        choices: tuple[str, ...] = (wanted,)
    else:
        choices = tuple(kernel for kernel in profile.attention if kernel in available)
    if not choices:
        raise SpecError(
            f"attention: the stack {profile.name} wants one of {', '.join(profile.attention)}, and {accelerator.name} "
            f"has only {', '.join(available)}",
            code="no-such-kernel",
            hint="name one with attention",
        )
    chosen = choices[0]
    if chosen in accelerator.attention:
        return chosen, accelerator.attention[chosen]
    return chosen, validate(AttentionKernel, shared[chosen], what=f"attention {chosen}")


def _norm(profile: StackProfile, wanted: str | None) -> tuple[str, dict[str, float]]:
    kernels = read_data("stacks.json")["norm_kernels"]
    name = wanted if wanted is not None else profile.norm_kernel
    if not isinstance(name, str) or name not in kernels:
        raise unknown_name("norm kernel", str(name), kernels, hint=f"use one of {', '.join(kernels)}")
    return name, {key: kernels[name][key] for key in ("norm_bytes_forward", "norm_bytes_backward", "norm_saved_bytes")}


@cache
def _entries() -> Mapping[str, dict[str, Any]]:
    return {entry["name"]: entry for entry in read_data("stacks.json")["stacks"]}


@cache
def _bundled(name: str) -> StackProfile:
    from ..specs.stack import StackProfile

    entry = {key: value for key, value in _entries()[name].items() if key != "aliases"}
    return validate(StackProfile, entry, what=f"stack {name}")


def _from_file(path: str) -> StackProfile:
    from ..specs.stack import StackProfile

    return validate(StackProfile, read_document(path), what="stack")
