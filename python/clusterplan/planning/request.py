"""`Request`: what was asked, in plain values, as every answer repeats it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clusterplan.planning.problem import Problem

SHAPE_KEYS = ("layers", "hidden", "heads", "kv_heads", "head_dim", "ffn", "vocab")
DIMENSIONS = ("tp", "pp", "vpp", "micro_batch", "sequence_parallel", "recompute", "zero", "schedule", "placement")


@dataclass(frozen=True)
class Request:
    """What was asked. Names are the resolved ones; `notes` says what was inferred or assumed on the way.

    Attributes:
        model, model_parameters, model_shape: name, number of parameters, and shape as (key, value) pairs.
        cluster, cluster_devices: name of the cluster and its number of devices.
        accelerator, peak_flops_per_s, memory_bytes: the device, its dense peak in FLOP/s and its memory in bytes.
        devices: devices of the job. pool: the pool that was asked for.
        degrade: links at a share of their speed, as given. slice: lengths of the job's slice of a torus.
        global_batch_sequences: sequences a step. sequence_length, tokens: in tokens.
        usd_per_device_hour, price_confidence, price_as_of: the price of the cluster, where it is known.
        stack, attention: the training software and its attention kernel, by name.
        reserve_bytes: bytes of each device that are kept free. scale_up_devices: devices of the innermost network.
        space: the values allowed in each dimension that was narrowed, as (dimension, values) pairs.
        problem_json: the problem document that went into the engine (docs/reference/engine-documents.md).
    """

    model: str
    model_parameters: int
    model_shape: tuple[tuple[str, int], ...]
    cluster: str
    cluster_devices: int
    accelerator: str
    peak_flops_per_s: float
    memory_bytes: int
    devices: int
    pool: str | None
    degrade: tuple[str, ...]
    slice: tuple[int, ...] | None
    global_batch_sequences: int
    sequence_length: int
    tokens: int | None
    dtype: str
    dropout: bool
    stack: str
    attention: str
    usd_per_device_hour: float | None
    price_confidence: str | None
    price_as_of: str | None
    space: tuple[tuple[str, tuple[Any, ...]], ...]
    notes: tuple[str, ...]
    reserve_bytes: int
    scale_up_devices: int
    problem_json: str = field(repr=False)

    @classmethod
    def of_problem(cls, problem: Problem) -> Request:
        """The request behind a problem."""
        document = problem.document
        cost = problem.cluster.cost if problem.usd_per_device_hour is not None else None
        training = problem.training
        return cls(
            model=document["model"]["name"],
            model_parameters=problem.model.parameters(),
            model_shape=tuple((key, document["model"][key]) for key in SHAPE_KEYS),
            cluster=problem.cluster.name,
            cluster_devices=problem.cluster.devices,
            accelerator=document["accelerator"]["name"],
            peak_flops_per_s=document["accelerator"]["peak_flops_per_s"],
            # The engine is only given what remains of it.
            memory_bytes=document["accelerator"]["memory_bytes"] + problem.reserve_bytes,
            devices=document["network"]["devices"],
            pool=problem.place.pool,
            degrade=problem.place.degrade,
            slice=problem.place.slice,
            global_batch_sequences=training.global_batch_sequences,
            sequence_length=training.sequence_length,
            tokens=training.tokens,
            dtype=training.compute_dtype,
            dropout=training.dropout,
            stack=problem.stack_name,
            attention=problem.attention_kernel,
            usd_per_device_hour=problem.usd_per_device_hour,
            price_confidence=cost.confidence if cost else None,
            price_as_of=cost.as_of if cost else None,
            space=tuple(
                (name, tuple(document["space"][name])) for name in DIMENSIONS if document["space"][name] is not None
            ),
            notes=tuple(problem.notes),
            reserve_bytes=problem.reserve_bytes,
            scale_up_devices=problem.scale_up_devices,
            problem_json=problem.to_json(),
        )

    @property
    def problem_sha256(self) -> str:
        """SHA-256 of the problem document; equal hashes mean equal answers."""
        from hashlib import sha256

        return sha256(self.problem_json.encode()).hexdigest()

    @property
    def price(self) -> Mapping[str, Any] | None:
        """The price of a device-hour with its date and confidence, or `None` where it is not known."""
        if self.usd_per_device_hour is None:
            return None
        return {
            "usd_per_device_hour": self.usd_per_device_hour,
            "as_of": self.price_as_of,
            "confidence": self.price_confidence,
        }

    def to_dict(self) -> dict[str, Any]:
        """The `request` object of the JSON contract, in its order."""
        allowed = dict(self.space)
        return {
            "model": {"name": self.model, "parameters": self.model_parameters, **dict(self.model_shape)},
            "cluster": {"name": self.cluster, "devices": self.cluster_devices},
            "accelerator": {
                "name": self.accelerator,
                "peak_flops_per_s": self.peak_flops_per_s,
                "memory_bytes": self.memory_bytes,
            },
            "devices": self.devices,
            "pool": self.pool,
            "degrade": list(self.degrade),
            "slice": None if self.slice is None else list(self.slice),
            "global_batch_sequences": self.global_batch_sequences,
            "sequence_length": self.sequence_length,
            "tokens": self.tokens,
            "dtype": self.dtype,
            "dropout": self.dropout,
            "stack": self.stack,
            "attention": self.attention,
            "reserve_bytes": self.reserve_bytes,
            "space": {name: list(allowed[name]) if name in allowed else None for name in DIMENSIONS},
            "price": dict(self.price) if self.price else None,
            "notes": list(self.notes),
            "problem_sha256": self.problem_sha256,
        }
