"""From names, files and numbers to the one document that the engine takes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..catalog.accelerators import load_accelerator, require_dtype
from ..catalog.clusters import load_cluster
from ..catalog.models import load_model
from ..catalog.stacks import load_stack, resolve_stack
from ..errors import SpecError
from ..specs.limits import MOST_SEQUENCE_TOKENS, MOST_SEQUENCES, MOST_TOKENS
from ..specs.placements import check_placement, read_placement
from ..specs.refusals import UnreadableQuantity, shown
from ..specs.slices import read_slice
from ..specs.units import parse_bytes, parse_count
from ..specs.validation import load_spec, validate
from ..topology.checks import check_sums
from ..topology.devices import slice_shape
from ..topology.levels import build_network
from ..topology.pools import pool_view

if TYPE_CHECKING:
    from ..specs.accelerator import AcceleratorSpec
    from ..specs.cluster import ClusterSpec
    from ..specs.model import ModelSpec
    from ..specs.stack import StackProfile
    from ..specs.training import SearchSpace, TrainingSpec

SCHEMA = "clusterplan.problem/2"
_NOTHING = re.compile(r"0+(\.0*)? ?[KMGT]?i?B?")


@dataclass(frozen=True)
class Place:
    """Where in the cluster the job runs: the pool asked for, degraded links as given, lengths of its torus slice."""

    pool: str | None = None
    degrade: tuple[str, ...] = ()
    slice: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Problem:
    """A question for the engine: ``document`` is exactly what docs/reference/engine-documents.md describes.

    The specs it was made from stand beside it; ``notes`` are sentences that the reader of an answer should see.
    Of each device ``reserve_bytes`` are kept free, so the memory in the document is what remains.
    ``accelerator_replaced`` says that the device is not the cluster's own.
    """

    document: dict[str, Any]
    model: ModelSpec
    cluster: ClusterSpec
    accelerator: AcceleratorSpec
    stack_name: str
    attention_kernel: str
    training: TrainingSpec
    notes: tuple[str, ...] = ()
    reserve_bytes: int = 0
    accelerator_replaced: bool = False
    place: Place = field(default_factory=lambda: Place())

    @property
    def usd_per_device_hour(self) -> float | None:
        """The price of one device and hour, USD; ``None`` where it is not known or not that of this accelerator."""
        cost = self.cluster.cost
        return None if cost is None or self.accelerator_replaced else cost.usd_per_device_hour

    @property
    def scale_up_devices(self) -> int:
        """Devices of the innermost network, beyond which a group leaves the host (the slice, in a torus)."""
        return min(self.cluster.domain_devices, int(self.document["network"]["devices"]))

    def to_json(self) -> str:
        """The document as JSON text, as the engine takes it."""
        return json.dumps(self.document, allow_nan=False)


def build_problem(
    model: str | Path | ModelSpec,
    cluster: str | Path | ClusterSpec,
    *,
    devices: int | str,
    global_batch: int | str,
    seq_len: int | str,
    tokens: int | float | str | None = None,
    pool: str | None = None,
    degrade: str | Sequence[str] = (),
    slice: str | Sequence[int] | None = None,
    accelerator: str | Path | AcceleratorSpec | None = None,
    stack: str | Path | StackProfile | None = None,
    attention: str | None = None,
    norm_kernel: str | None = None,
    dropout: bool = False,
    dtype: str = "bf16",
    space: Mapping[str, Any] | SearchSpace | str | Path | None = None,
    reserve: int | float | str | None = None,
) -> Problem:
    """The problem of training ``model`` on ``devices`` accelerators of ``cluster``.

    Args:
        model: a bundled name, a YAML or JSON file, a size such as ``70b``, or a spec.
        cluster: a bundled name, a YAML or JSON file, or a spec.
        devices: accelerators of the job.
        global_batch: sequences of one optimizer step.
        seq_len: tokens of one sequence.
        tokens: tokens of the whole training, if known; may be written as ``15T``.
        pool: which pool of a cluster that has several; the main one by default.
        degrade: links at a share of their speed, as ``"rail0=0.5"``.
        slice: lengths of the axes of a torus slice, as ``"8x8x16"``; the most cubic one by default.
        accelerator: another accelerator than the cluster's own: a name, a file or a spec.
        stack: the training software: a name, a file or a spec; the default is Megatron-Core.
        attention: the attention kernel, instead of the stack's preference.
        norm_kernel: the norm kernel (``fused`` or ``torch``), instead of the stack's.
        dropout: whether dropout is used.
        dtype: compute dtype, ``bf16`` or ``fp16``.
        space: the layouts that are allowed: a mapping, a spec or a YAML file; ``None`` allows all.
        reserve: memory of each device to keep free for what the model does not know, in bytes or as ``4GiB``.

    Raises:
        SpecError: anything of this is not valid; the message names the field and the nearest valid value.

    Example:
        >>> problem = build_problem("llama-3.1-70b", "dgx-h100-superpod", devices=256, global_batch=1024, seq_len=8192)
        >>> problem.document["network"]["levels"][0]["group_devices"]
        8
    """
    from ..specs.model import ModelSpec
    from ..specs.stack import StackProfile
    from ..specs.training import TrainingSpec

    shape = model if isinstance(model, ModelSpec) else load_model(model)
    where = pool_view(_cluster(cluster), pool)
    device = _accelerator(accelerator, where)
    require_dtype(device, dtype)
    count = _device_count(devices)
    shape_of_slice = read_slice(slice)
    degraded = (degrade,) if isinstance(degrade, str) else tuple(degrade)
    network = build_network(where, count, slice=shape_of_slice, degrade=degraded)
    training = validate(
        TrainingSpec,
        {
            "global_batch_sequences": parse_count(global_batch, field="global_batch", most=MOST_SEQUENCES),
            "sequence_length": parse_count(seq_len, field="seq_len", most=MOST_SEQUENCE_TOKENS),
            "tokens": None if tokens is None else parse_count(tokens, field="tokens", most=MOST_TOKENS),
            "compute_dtype": dtype,
            "dropout": dropout,
        },
        what="training",
    )
    profile = stack if isinstance(stack, StackProfile) else load_stack(stack)
    resolved = resolve_stack(profile, device, attention, norm_kernel, dropout)
    reserved = _reserved(reserve, device)
    replaced = accelerator is not None and device.name != _own_accelerator(where)
    notes = (
        *_model_notes(shape, training),
        f"stack {profile.name}: attention {resolved.attention_kernel}, norms {resolved.norm_kernel}",
        *_device_notes(where, device, profile, reserved, replaced),
        *_place_notes(where, count, shape_of_slice, degraded),
    )
    place = Place(pool, degraded, slice_shape(where, count, shape_of_slice))
    document = {
        "schema": SCHEMA,
        "model": shape.shape(),
        "training": {
            "global_batch_sequences": training.global_batch_sequences,
            "sequence_length": training.sequence_length,
            "dropout": training.dropout,
        },
        "accelerator": {**device.document(dtype), "memory_bytes": device.memory_bytes - reserved},
        "attention": resolved.attention,
        "network": network,
        "stack": resolved.stack,
        "space": _space_on(network, _space(space)),
    }
    return Problem(
        document,
        shape,
        where,
        device,
        profile.name,
        resolved.attention_kernel,
        training,
        notes,
        reserved,
        replaced,
        place,
    )


def _device_count(devices: int | str) -> int:
    """A whole number; its size is checked against the cluster, whose error says more."""
    if isinstance(devices, str) or (hasattr(devices, "__index__") and not isinstance(devices, int)):
        return parse_count(devices, field="devices")
    return devices


def _reserved(reserve: int | float | str | None, accelerator: AcceleratorSpec) -> int:
    """The bytes to keep free; 0 where nothing is said."""
    number = reserve.strip() if isinstance(reserve, str) else ""
    if reserve is None or (not isinstance(reserve, bool) and reserve == 0) or _NOTHING.fullmatch(number):
        return 0
    if number[-1:].isdigit():
        raise SpecError(
            f"reserve: {shown(reserve)} has no unit", code="bad-quantity", hint=f"write {number}GB or {number}GiB"
        )
    amount = parse_bytes(reserve, field="reserve")
    if amount >= accelerator.memory_bytes:
        raise SpecError(
            f"reserve: {_gibibytes(amount)} leaves nothing of the {_gibibytes(accelerator.memory_bytes)} of "
            f"{accelerator.name}",
            code="bad-value",
            hint="keep less of it free",
        )
    return amount


def _gibibytes(amount: int) -> str:
    return f"{amount / 2**30:.1f} GiB" if amount >= 2**30 / 10 else f"{amount / 2**20:.1f} MiB"


def _own_accelerator(cluster: ClusterSpec) -> str:
    try:
        return load_accelerator(cluster.accelerator).name
    except SpecError:  # a cluster made in Python may name none that is known
        return cluster.accelerator


def _device_notes(
    cluster: ClusterSpec,
    device: AcceleratorSpec,
    stack: StackProfile,
    reserved: int,
    replaced: bool,
) -> list[str]:
    """What the reader should know of the devices."""
    notes = []
    if replaced:
        own, price = _own_accelerator(cluster), ""
        if cluster.cost is not None:
            price = f"; the price of {cluster.name} is not that of {device.name}, so the cost is unknown"
        notes.append(f"{device.name} in place of the {own} of {cluster.name}, whose network is kept{price}")
    if stack.vendors and device.vendor is not None and device.vendor not in stack.vendors:
        notes.append(
            f"stack {stack.name} is written for {' and '.join(stack.vendors)} devices and its kernels may not run on "
            f"{device.name}: the numbers are what software of equal habits would get"
        )
    if reserved:
        notes.append(f"{_gibibytes(reserved)} of {_gibibytes(device.memory_bytes)} kept free")
    return notes


def _place_notes(
    cluster: ClusterSpec, devices: int, slice: tuple[int, ...] | None, degraded: tuple[str, ...]
) -> list[str]:
    """What the reader should know of the place that the job takes in the cluster."""
    notes = []
    torus, shape = cluster.host.torus, slice_shape(cluster, devices, slice)
    if torus is not None and shape is not None:
        tori = max(devices // cluster.domain_devices, 1)
        sizes = (" x ".join(str(axis) for axis in axes) for axes in (shape, torus.axes))
        notes.append(f"{tori} whole tori" if tori > 1 else "slice {} of the torus {}".format(*sizes))
    if cluster.pools:
        others = ", ".join(f"{pool.name} ({pool.accelerator})" for pool in cluster.pools)
        notes.append(f"the job is inside one pool of {cluster.accelerator}; other pools of this cluster: {others}")
    if devices % cluster.host.accelerators:
        notes.append(f"part of one host: {devices} of {cluster.host.accelerators} devices")
    notes += [f"degraded: {text}" for text in degraded]
    return notes


def _cluster(cluster: str | Path | ClusterSpec) -> ClusterSpec:
    from ..specs.cluster import ClusterSpec

    if not isinstance(cluster, ClusterSpec):
        return load_cluster(cluster)
    check_sums(cluster)
    return cluster


def _accelerator(accelerator: str | Path | AcceleratorSpec | None, cluster: ClusterSpec) -> AcceleratorSpec:
    from ..specs.accelerator import AcceleratorSpec

    if accelerator is None:
        try:
            return load_accelerator(cluster.accelerator)
        except SpecError as error:
            raise SpecError(f"cluster {cluster.name}: {error}", code=error.code, hint=error.hint) from None
    return accelerator if isinstance(accelerator, AcceleratorSpec) else load_accelerator(accelerator)


def _space(space: Mapping[str, Any] | SearchSpace | str | Path | None) -> SearchSpace:
    from ..specs.training import SearchSpace

    if isinstance(space, SearchSpace):
        return space
    if isinstance(space, (str, Path)):
        return load_spec(SearchSpace, space, what="space")
    return validate(SearchSpace, space or {}, what="space")


def placed(placement: str, network: Mapping[str, Any]) -> str:
    """The placement as the engine takes it on this network.

    Raises:
        SpecError: it is none, or orders axes that the job does not have.
    """
    axes = len(list(takewhile(lambda level: level["kind"] == "ring", network["levels"])))
    try:
        return check_placement(read_placement(placement), axes)
    except UnreadableQuantity as error:
        raise SpecError(f"placement: {error}", code="value", hint=error.hint) from None


def _space_on(network: Mapping[str, Any], space: SearchSpace) -> dict[str, list[Any] | None]:
    """The space as the engine takes it; placements may order only axes that the job has."""
    document = space.document()
    if document["placement"] is not None:
        document["placement"] = [placed(text, network) for text in document["placement"]]
    return document


def _model_notes(model: ModelSpec, training: TrainingSpec) -> list[str]:
    """What the reader should know of the shape; refuses sequences that the learned positions cannot hold."""
    limit = model.sequence_limit()
    length = training.sequence_length
    if limit is not None and length > limit:
        raise SpecError(
            f"seq_len: {length} is longer than the {limit} learned positions of {model.name}",
            code="sequence-too-long",
            hint=f"use at most {limit}, or a model with rotary positions",
        )
    notes = [model.notes] if model.confidence == "inferred" and model.notes else []
    if limit is None and model.max_sequence_length is not None and length > model.max_sequence_length:
        notes.append(
            f"seq_len {length} is longer than the {model.max_sequence_length} that {model.name} was published with"
        )
    return notes
