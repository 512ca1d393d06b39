"""Accelerators by name or file: the facts of the device joined with the efficiency profile of its architecture."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data import read_data
from ..errors import SpecError
from ..specs.choices import DTYPES
from ..specs.files import Document, read_document
from ..specs.refusals import shown
from ..specs.validation import unknown_name, validate
from .names import Names, look_up

if TYPE_CHECKING:
    from ..specs.accelerator import AcceleratorSpec


def list_accelerators() -> tuple[str, ...]:
    """The names of the bundled accelerators, in the order of the data file.

    Example:
        >>> "h100-sxm-80gb" in list_accelerators()
        True
    """
    return tuple(_entries())


def load_accelerator(text: str | Path) -> AcceleratorSpec:
    """An accelerator by bundled name or by path to a YAML or JSON file.

    A file may name a ``profile`` of efficiency (``ampere``, ``hopper``, ...) instead of giving the coefficients.

    Raises:
        SpecError: no such name (the nearest are offered), or the file is not a valid accelerator.

    Example:
        >>> load_accelerator("h100").peak_flops_per_s["bf16"]
        989400000000000.0
    """
    hint = f"use one of {', '.join(_entries())}; or give a YAML file"
    return look_up("accelerator", text, _names(), bundled=_bundled, from_file=_from_file, hint=hint)


def require_dtype(accelerator: AcceleratorSpec, dtype: str) -> None:
    """Check that the accelerator computes in ``dtype``.

    Raises:
        SpecError: it does not; the dtype that it has is named.
    """
    if dtype not in DTYPES:
        raise SpecError(
            f"dtype: {shown(dtype)} is not one of 'bf16', 'fp16'", code="bad-value", hint="use bf16 or fp16"
        )
    if dtype not in accelerator.peak_flops_per_s:
        others = ", ".join(accelerator.peak_flops_per_s)
        raise SpecError(
            f"dtype: {accelerator.name} has no {dtype}; it has {others}",
            code="no-such-dtype",
            hint=f'use --dtype {others} (in Python dtype="{others}")',
        )


def attention_kernels(accelerator: AcceleratorSpec) -> tuple[str, ...]:
    """The names of the attention kernels that this accelerator can run, its own first."""
    return (*accelerator.attention, *(name for name in shared_kernels() if name not in accelerator.attention))


def shared_kernels() -> Mapping[str, dict[str, Any]]:
    """The attention kernels whose cost does not depend on the accelerator, as plain values by key."""
    return {name: _values(kernel)[0] for name, kernel in read_data("efficiency.json")["attention_everywhere"].items()}


@cache
def _entries() -> Mapping[str, dict[str, Any]]:
    return {entry["name"]: entry for entry in read_data("accelerators.json")["accelerators"]}


def _names() -> Names:
    return {name: entry["aliases"] for name, entry in _entries().items()}


@cache
def _bundled(name: str) -> AcceleratorSpec:
    entry = {key: value for key, value in _entries()[name].items() if key != "aliases"}
    return _with_profile(Document(f"data/accelerators.json ({name})", entry), f"accelerator {name}")


def _from_file(path: str) -> AcceleratorSpec:
    document = read_document(path)
    return _with_profile(Document(document.path, dict(document.data), document.marks), "accelerator")


def _with_profile(document: Document, what: str) -> AcceleratorSpec:
    from ..specs.accelerator import AcceleratorSpec

    given = dict(document.data)
    profile_name = given.pop("profile", None)
    if profile_name is None:
        return validate(AcceleratorSpec, document, what=what)
    profiles = read_data("efficiency.json")["profiles"]
    if not isinstance(profile_name, str) or profile_name not in profiles:
        hint = f"use one of {', '.join(profiles)}"
        error = unknown_name("efficiency profile", str(profile_name), profiles, hint=hint)
        raise SpecError(f"{document.where(('profile',))}: profile: {error}", code=error.code, hint=error.hint)
    values, facts = _values(profiles[profile_name])
    # What the file gives itself wins over the profile, also in the spelling of files.
    if "kernel_floor" in given:
        del values["kernel_floor_s"]
    merged = {**values, **given, "facts": _joined(facts, given.get("facts"))}
    return validate(AcceleratorSpec, Document(document.path, merged, document.marks), what=what)


def _joined(facts: dict[str, Any], own: Any) -> Any:
    """The facts of the profile and of the file; what is no mapping is left for the validation to refuse."""
    if own is None:
        return facts
    return {**facts, **own} if isinstance(own, Mapping) else own


def _values(tree: Mapping[str, Any], path: str = "") -> tuple[dict[str, Any], dict[str, Any]]:
    """A tree of {value, source, confidence} leaves as a tree of values, and the facts by dotted key."""
    values: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    for key, entry in tree.items():
        dotted = f"{path}{key}"
        if isinstance(entry, Mapping) and "value" in entry:
            values[key] = entry["value"]
            facts[dotted] = {"source": entry["source"], "confidence": entry["confidence"]}
        elif isinstance(entry, Mapping):
            values[key], inner = _values(entry, f"{dotted}.")
            facts.update(inner)
        elif key != "title":
            values[key] = entry
    return values, facts
