"""From names, files and numbers to the one document that the engine takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..catalog.accelerators import load_accelerator, require_dtype
from ..catalog.clusters import load_cluster
from ..catalog.models import load_model
from ..catalog.stacks import load_stack, resolve_stack
from ..errors import SpecError
from ..specs.units import parse_count
from ..specs.validation import load_spec, validate
from ..topology.checks import check_sums
from ..topology.levels import build_network

if TYPE_CHECKING:
    from ..specs.accelerator import AcceleratorSpec
    from ..specs.cluster import ClusterSpec
    from ..specs.model import ModelSpec
    from ..specs.stack import StackProfile
    from ..specs.training import SearchSpace, TrainingSpec

SCHEMA = "clusterplan.problem/1"


@dataclass(frozen=True)
class Problem:
    """A question for the engine: ``document`` is exactly what docs/reference/engine-documents.md describes.

    The specs it was made from stand beside it; ``notes`` are sentences that the reader of an answer should see.
    """

    document: dict[str, Any]
    model: ModelSpec
    cluster: ClusterSpec
    accelerator: AcceleratorSpec
    stack_name: str
    training: TrainingSpec
    notes: tuple[str, ...] = ()

    def to_json(self) -> str:
        """The document as JSON text, as the engine takes it."""
        return json.dumps(self.document, allow_nan=False)


def build_problem(
    model: str | ModelSpec,
    cluster: str | ClusterSpec,
    *,
    devices: int | str,
    global_batch: int | str,
    seq_len: int | str,
    tokens: int | float | str | None = None,
    accelerator: str | AcceleratorSpec | None = None,
    stack: str | StackProfile | None = None,
    attention: str | None = None,
    norm_kernel: str | None = None,
    dropout: bool = False,
    dtype: str = "bf16",
    space: Mapping[str, Any] | SearchSpace | str | Path | None = None,
) -> Problem:
    """The problem of training ``model`` on ``devices`` accelerators of ``cluster``.

    Args:
        model: a bundled name, a YAML or JSON file, a size such as ``70b``, or a spec.
        cluster: a bundled name, a YAML or JSON file, or a spec.
        devices: accelerators of the job.
        global_batch: sequences of one optimizer step.
        seq_len: tokens of one sequence.
        tokens: tokens of the whole training, if known; may be written as ``15T``.
        accelerator: another accelerator than the cluster's own: a name, a file or a spec.
        stack: the training software: a name, a file or a spec; the default is Megatron-Core.
        attention: the attention kernel, instead of the stack's preference.
        norm_kernel: the norm kernel (``fused`` or ``torch``), instead of the stack's.
        dropout: whether dropout is used.
        dtype: compute dtype, ``bf16`` or ``fp16``.
        space: the layouts that are allowed: a mapping, a spec or a YAML file; ``None`` allows all.

    Raises:
        SpecError: anything of this is not valid; the message names the field and the nearest valid value.

    Example:
        >>> problem = build_problem("llama-3.1-70b", "dgx-h100-superpod", devices=256, global_batch=1024, seq_len=8192)
        >>> problem.document["network"]["levels"][0]["group_devices"]
        8
    """
    from ..specs.model import ModelSpec
    from ..specs.training import TrainingSpec

    shape = model if isinstance(model, ModelSpec) else load_model(model)
    where = _cluster(cluster)
    device = _accelerator(accelerator, where)
    require_dtype(device, dtype)
    count = parse_count(devices, field="devices") if isinstance(devices, str) else devices
    network = build_network(where, count)
    training = validate(
        TrainingSpec,
        {
            "global_batch_sequences": parse_count(global_batch, field="global_batch"),
            "sequence_length": parse_count(seq_len, field="seq_len"),
            "tokens": None if tokens is None else parse_count(tokens, field="tokens"),
            "compute_dtype": dtype,
            "dropout": dropout,
        },
        what="training",
    )
    notes = [*_model_notes(shape, training)]
    profile = load_stack(stack) if stack is None or isinstance(stack, str) else stack
    resolved = resolve_stack(profile, device, attention, norm_kernel, dropout)
    notes.append(f"stack {profile.name}: attention {resolved.attention_kernel}, norms {resolved.norm_kernel}")
    if device.name != where.accelerator and accelerator is not None:
        notes.append(
            f"{device.name} in place of the {where.accelerator} of {where.name}; the network is that of {where.name}"
        )
    document = {
        "schema": SCHEMA,
        "model": shape.shape(),
        "training": {
            "global_batch_sequences": training.global_batch_sequences,
            "sequence_length": training.sequence_length,
            "dropout": training.dropout,
        },
        "accelerator": device.document(dtype),
        "attention": resolved.attention,
        "network": network,
        "stack": resolved.stack,
        "space": _space(space).document(),
    }
    return Problem(document, shape, where, device, profile.name, training, tuple(notes))


def _cluster(cluster: str | ClusterSpec) -> ClusterSpec:
    if isinstance(cluster, str):
        return load_cluster(cluster)
    check_sums(cluster)
    return cluster


def _accelerator(accelerator: str | AcceleratorSpec | None, cluster: ClusterSpec) -> AcceleratorSpec:
    if accelerator is None:
        try:
            return load_accelerator(cluster.accelerator)
        except SpecError as error:
            raise SpecError(f"cluster {cluster.name}: {error}", code=error.code, hint=error.hint) from None
    return load_accelerator(accelerator) if isinstance(accelerator, str) else accelerator


def _space(space: Mapping[str, Any] | SearchSpace | str | Path | None) -> SearchSpace:
    from ..specs.training import SearchSpace

    if isinstance(space, SearchSpace):
        return space
    if isinstance(space, (str, Path)):
        return load_spec(SearchSpace, space, what="space")
    return validate(SearchSpace, space or {}, what="space")


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
