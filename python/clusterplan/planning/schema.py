"""The JSON Schema (2020-12) of what `--json` prints; the tests hold real output to it."""

from __future__ import annotations

from typing import Any

from clusterplan.planning.answer import SCHEMA_VERSION, SEARCH_SCHEMA
from clusterplan.planning.estimate import ESTIMATE_SCHEMA
from clusterplan.planning.infeasibility import FIXES
from clusterplan.planning.request import DIMENSIONS, SHAPE_KEYS
from clusterplan.planning.rows import HIDDEN_PARTS, MEMORY_CATEGORIES, TIME_PARTS
from clusterplan.planning.rules import REASONS
from clusterplan.specs.placements import PLACEMENT_PATTERN

Schema = dict[str, Any]

SCHEDULES = ("no-pipeline", "gpipe", "1f1b", "interleaved")
RECOMPUTES = ("none", "selective", "full")


def schema_of(command: str) -> Schema:
    """The schema of the document that `clusterplan <command> --json` prints; `command` is ``search`` or ``estimate``.

    Raises:
        SpecError: another command.

    Example:
        >>> schema_of("search")["properties"]["schema"]["const"]
        'clusterplan.search/1'
    """
    if command == "search":
        return _document(SEARCH_SCHEMA, "The answer of clusterplan search", {"search": _search()})
    if command == "estimate":
        return _document(ESTIMATE_SCHEMA, "The answer of clusterplan estimate", {})
    from clusterplan.specs.validation import unknown_name

    raise unknown_name("schema", command, ("search", "estimate"), hint="there are 'search' and 'estimate'")


def _document(name: str, title: str, extra: dict[str, Schema]) -> Schema:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{name.replace('.', ':').replace('/', ':')}",
        "title": title,
        **_object(
            "Quantities are SI (seconds, bytes, FLOP); the unit is in the key.",
            {
                "schema": {"const": name, "description": "Name and major version of this document."},
                "schema_version": {"const": SCHEMA_VERSION, "description": "Changes when a key changes its meaning."},
                "clusterplan_version": _text("Version of clusterplan that made the document."),
                "request": _request(),
                **extra,
                "plans": {
                    "type": "array",
                    "items": {"$ref": "#/$defs/plan"},
                    "description": "Fastest first; empty where no layout fits.",
                },
                "critical_batch": _not_available("Batch laws"),
            },
        ),
        "$defs": {"plan": _plan(), "layout": _layout()},
    }


def _object(description: str, properties: dict[str, Schema]) -> Schema:
    # Every key is always present: what is not known is null, never left out.
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _text(description: str) -> Schema:
    return {"type": "string", "description": description}


def _choice(values: tuple[str, ...], description: str) -> Schema:
    return {"enum": list(values), "description": description}


def _integer(description: str, least: int = 1) -> Schema:
    return {"type": "integer", "minimum": least, "description": description}


def _number(description: str) -> Schema:
    return {"type": "number", "minimum": 0, "description": description}


def _optional(schema: Schema) -> Schema:
    if "type" in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {**schema, "enum": [*schema["enum"], None]}


def _list(items: Schema, description: str) -> Schema:
    return {"type": "array", "items": items, "description": description}


def _boolean(description: str) -> Schema:
    return {"type": "boolean", "description": description}


def _not_available(what: str) -> Schema:
    return {"type": "null", "description": f"{what}: not available yet, always null."}


def _request() -> Schema:
    shape = {key: _integer(f"Shape of the model: {key}.") for key in SHAPE_KEYS}
    values = {"type": ["integer", "boolean", "string"]}
    return _object(
        "What was asked, with every name resolved.",
        {
            "model": _object(
                "The model.", {"name": _text("Name."), "parameters": _integer("Parameters of the model."), **shape}
            ),
            "cluster": _object(
                "The cluster.", {"name": _text("Name."), "devices": _integer("Devices of the whole cluster.")}
            ),
            "accelerator": _object(
                "One device.",
                {
                    "name": _text("Name."),
                    "peak_flops_per_s": _number("Dense peak of the compute dtype, FLOP/s."),
                    "memory_bytes": _integer("Memory of a device, bytes; reserve_bytes of it are kept free."),
                },
            ),
            "devices": _integer("Devices of the job."),
            "global_batch_sequences": _integer("Global batch, sequences a step."),
            "sequence_length": _integer("Sequence length, tokens."),
            "tokens": _optional(_integer("Tokens of the whole training; null if not given.")),
            "dtype": _choice(("bf16", "fp16"), "Compute dtype."),
            "dropout": _boolean("Whether dropout is on."),
            "stack": _text("Profile of the training software."),
            "attention": _text("Attention kernel, such as flash-3."),
            "reserve_bytes": _integer("Bytes of each device that are kept free.", 0),
            "space": _object(
                "Values allowed in each dimension; null is the default list.",
                {name: _optional(_list(values, f"Allowed values of {name}.")) for name in DIMENSIONS},
            ),
            "price": _optional(
                _object(
                    "Price of the cluster; null where it is not known.",
                    {
                        "usd_per_device_hour": _number("US dollars for one device and hour."),
                        "as_of": _optional(_text("When the price held.")),
                        "confidence": _optional(_text("How sure the price is.")),
                    },
                )
            ),
            "notes": _list({"type": "string"}, "What was inferred or assumed on the way."),
            "problem_sha256": _text("SHA-256 of the document that the engine was given."),
        },
    )


def _search() -> Schema:
    reason = {name: _integer(f"Layouts ruled out: {words}.", 0) for name, words in REASONS.items()}
    return _object(
        "How the search went.",
        {
            "space": _integer("Layouts of the raw space.", 0),
            "evaluated": _integer("Layouts that broke no rule and were costed.", 0),
            "pruned": _integer("Layouts skipped because a bound proved them worse.", 0),
            "infeasible": {
                "type": "object",
                "description": "Layouts ruled out, by the first rule that they break.",
                "properties": reason,
                "additionalProperties": False,
            },
            "elapsed_s": _number("Seconds of the search."),
            "optimal": _boolean("True means the whole space was seen (with no plans: that none exists)."),
            "stopped": _choice(("complete", "interrupted", "time_limit"), "Why the search ended."),
            "threads": _integer("Threads it ran on."),
            "time_limit_s": _optional(_number("Seconds after which it was to stop; null without a limit.")),
            "nearest_miss": _optional(
                _object(
                    "The valid layout that misses the memory by least; null where one fits or none is valid.",
                    {
                        "layout": {"$ref": "#/$defs/layout"},
                        "needed_bytes": _number("Bytes of its fullest stage."),
                        "capacity_bytes": _number("Bytes of a device."),
                        "stage": _integer("The fullest stage, counted from 0.", 0),
                        "largest_category": _choice(MEMORY_CATEGORIES, "The category that takes most of it."),
                        "fixes": _list(_choice(tuple(FIXES), "A change."), "Changes each of which makes it fit."),
                    },
                )
            ),
        },
    )


def _layout() -> Schema:
    return _object(
        "One layout. Degrees are counts of ranks.",
        {
            "tp": _integer("Tensor degree."),
            "pp": _integer("Pipeline stages."),
            "vpp": _integer("Chunks a stage; 1 is not interleaved."),
            "cp": _integer("Context degree."),
            "ep": _integer("Expert degree."),
            "etp": _integer("Tensor degree of the experts."),
            "dp": _integer("Data degree."),
            "micro_batch": _integer("Sequences of a micro-batch."),
            "sequence_parallel": _boolean("Sequence parallelism inside the tensor group."),
            "shards": _object(
                "Over how many ranks each model state is partitioned.",
                {name: _integer(f"Of the {name}.") for name in ("parameters", "gradients", "optimizer")},
            ),
            "recompute": _choice(RECOMPUTES, "What is computed again in the backward pass."),
            "schedule": _choice(SCHEDULES, "Order of the work of the pipeline."),
            "offload": _choice(("none",), "What is moved to host memory."),
            "placement": {
                "type": "string",
                "pattern": PLACEMENT_PATTERN,
                "description": "Order of the ranks, innermost first; on a torus with @ the order of its axes.",
            },
        },
    )


def _plan() -> Schema:
    def named(names: tuple[str, ...], unit: str) -> dict[str, Schema]:
        return {name: _number(f"{name.replace('_', ' ').capitalize()}, {unit}.") for name in names}

    stage = _object(
        "Memory of one stage at its worst moment.",
        {
            "layers": _integer("Layers of the stage.", 0),
            "total_bytes": _number("Bytes."),
            "by_category": _object("Bytes by category; they add up to total_bytes.", named(MEMORY_CATEGORIES, "bytes")),
        },
    )
    return _object(
        "A layout with what is predicted for it.",
        {
            "layout": {"$ref": "#/$defs/layout"},
            "layers_per_stage": _list(_integer("Layers.", 0), "Layers of each stage."),
            "micro_batches": _integer("Micro-batches of a step and data rank."),
            "fits": _boolean("Whether the fullest stage fits a device."),
            "step_time_s": _number("Seconds of one optimizer step."),
            "time_s": _object(
                "Seconds by part; they add up to step_time_s. Of communication: what is exposed.",
                named(TIME_PARTS, "seconds"),
            ),
            "hidden_s": _object("Seconds of communication behind computation.", named(HIDDEN_PARTS, "seconds")),
            "model_flop": _number("FLOP of the model in one step, all devices, causal attention."),
            "recompute_flop": _number("FLOP computed again in one step, all devices."),
            "mfu": _number("Model FLOP utilisation, fraction of the dense peak."),
            "hfu": _number("Hardware FLOP utilisation: as mfu, with recomputation counted."),
            "tokens_per_s_per_device": _number("Tokens a second and device."),
            "tflops_per_device": _number("Model TFLOP/s a device."),
            "bottleneck": _text("The largest part of time_s beside forward and backward, or compute."),
            "memory": _object(
                "Memory of the stages.",
                {
                    "peak_bytes": _number("Bytes of the fullest stage."),
                    "capacity_bytes": _number("Bytes of a device."),
                    "worst_stage": _integer("The fullest stage, counted from 0.", 0),
                    "stages": _list(stage, "One entry a stage."),
                },
            ),
            "steps": _optional(_integer("Optimizer steps of the whole run; null without tokens.")),
            "time_to_train_s": _optional(_number("Seconds of the whole run without failures; null without tokens.")),
            "device_hours": _optional(_number("Devices times hours of the whole run; null without tokens.")),
            "cost_usd": _optional(_number("US dollars of the whole run; null without tokens or price.")),
            "notes": _list({"type": "string"}, "What the reader of this plan should know."),
            "interval": _not_available("Interval of the step time"),
        },
    )
