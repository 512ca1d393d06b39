"""Accelerators by name or file: the facts of the device joined with the efficiency profile of its architecture."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from ..data import read_data
from ..errors import SpecError
from ..specs.files import Document, read_document
from ..specs.validation import unknown_name, validate
from .names import index_of, looks_like_a_file, normalised

if TYPE_CHECKING:
    from ..specs.accelerator import AcceleratorSpec

_HINT = "list the names with clusterplan.catalog.accelerators.list_accelerators(), or give a YAML file"
_DTYPE_CHOICES = ("bf16", "fp16")


def list_accelerators() -> tuple[str, ...]:
    """The names of the bundled accelerators, in the order of the data file.

    Example:
        >>> "h100-sxm-80gb" in list_accelerators()
        True
    """
    return tuple(_entries())


def load_accelerator(text: str) -> AcceleratorSpec:
    """An accelerator by bundled name or by path to a YAML or JSON file.

    A file may name a ``profile`` of efficiency (``ampere``, ``hopper``, ...) instead of giving the coefficients.

    Raises:
        SpecError: no such name (the nearest are offered), or the file is not a valid accelerator.

    Example:
        >>> load_accelerator("h100").peak_flops_per_s["bf16"]
        989400000000000.0
    """
    if not isinstance(text, str) or not text.strip():
        raise SpecError(f"accelerator: {text!r} is not a name or a file", code="unknown-accelerator", hint=_HINT)
    name = _index().get(normalised(text))
    if name is not None:
        return _bundled(name)
    if looks_like_a_file(text):
        document = read_document(text)
        return _with_profile(Document(document.path, dict(document.data), document.marks), "accelerator")
    raise unknown_name("accelerator", text, _spellings(), hint=_HINT)


def require_dtype(accelerator: AcceleratorSpec, dtype: str) -> None:
    """Check that the accelerator computes in ``dtype``.

    Raises:
        SpecError: it does not; the dtype that it has is named.
    """
    if dtype not in _DTYPE_CHOICES:
        raise SpecError(f"dtype: {dtype!r} is not one of 'bf16', 'fp16'", code="bad-value", hint="use bf16 or fp16")
    if dtype not in accelerator.peak_flops_per_s:
        others = ", ".join(accelerator.peak_flops_per_s)
        raise SpecError(
            f"dtype: {accelerator.name} has no {dtype}; it has {others}", code="no-such-dtype", hint=f"use {others}"
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


@cache
def _index() -> Mapping[str, str]:
    return index_of((name, entry["aliases"]) for name, entry in _entries().items())


def _spellings() -> list[str]:
    return [spelling for name, entry in _entries().items() for spelling in (name, *entry["aliases"])]


@cache
def _bundled(name: str) -> AcceleratorSpec:
    entry = {key: value for key, value in _entries()[name].items() if key != "aliases"}
    return _with_profile(Document(f"data/accelerators.json ({name})", entry), f"accelerator {name}")


def _with_profile(document: Document, what: str) -> AcceleratorSpec:
    from ..specs.accelerator import AcceleratorSpec

    given = dict(document.data)
    profile_name = given.pop("profile", None)
    if profile_name is None:
        return validate(AcceleratorSpec, document, what=what)
    profiles = read_data("efficiency.json")["profiles"]
    if profile_name not in profiles:
        error = unknown_name("efficiency profile", str(profile_name), profiles, hint=f"profiles: {', '.join(profiles)}")
        raise SpecError(f"{document.where(('profile',))}: profile: {error}", code=error.code, hint=error.hint)
    values, facts = _values(profiles[profile_name])
    # What the file gives itself wins over the profile, whichever of the two spellings it uses.
    for short, long in (("kernel_floor", "kernel_floor_s"),):
        if short in given:
            values.pop(long, None)
    merged = {**values, **given, "facts": {**facts, **given.get("facts", {})}}
    return validate(AcceleratorSpec, Document(document.path, merged, document.marks), what=what)


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
