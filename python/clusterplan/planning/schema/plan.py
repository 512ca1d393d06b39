"""A layout, and a plan: the layout with what is predicted for it."""

from __future__ import annotations

from clusterplan.planning.rows import HIDDEN_PARTS, MEMORY_CATEGORIES, TIME_PARTS
from clusterplan.planning.schema.shapes import (
    Schema,
    an_object,
    array,
    boolean,
    choice,
    integer,
    not_available,
    number,
    optional,
    reference,
    text,
)
from clusterplan.specs.choices import RECOMPUTES, SCHEDULES
from clusterplan.specs.placements import PLACEMENT_PATTERN


def plans(description: str) -> Schema:
    """The `plans` of a document, which needs `definitions`."""
    return array({"$ref": "#/$defs/plan"}, description)


def definitions() -> dict[str, Schema]:
    """What `plans` refers to."""
    return {"plan": plan(), "layout": layout()}


def layout() -> Schema:
    """One layout."""
    return an_object(
        "One layout. Degrees are counts of ranks.",
        {
            "tp": integer("Tensor degree."),
            "pp": integer("Pipeline stages."),
            "vpp": integer("Chunks a stage; 1 is not interleaved."),
            "cp": integer("Context degree."),
            "ep": integer("Expert degree."),
            "etp": integer("Tensor degree of the experts."),
            "dp": integer("Data degree."),
            "micro_batch": integer("Sequences of a micro-batch."),
            "sequence_parallel": boolean("Sequence parallelism inside the tensor group."),
            "shards": an_object(
                "Over how many ranks each model state is partitioned.",
                {name: integer(f"Of the {name}.") for name in ("parameters", "gradients", "optimizer")},
            ),
            "recompute": choice(RECOMPUTES, "What is computed again in the backward pass."),
            "schedule": choice(SCHEDULES, "Order of the work of the pipeline."),
            "offload": choice(("none",), "What is moved to host memory."),
            "placement": placement(),
        },
    )


def placement() -> Schema:
    """An order of the ranks."""
    return {
        "type": "string",
        "pattern": PLACEMENT_PATTERN,
        "description": "Order of the ranks, innermost first; on a torus with @ the order of its axes.",
    }


def plan() -> Schema:
    """A layout with its prediction."""

    def named(names: tuple[str, ...], unit: str) -> dict[str, Schema]:
        return {name: number(f"{name.replace('_', ' ').capitalize()}, {unit}.") for name in names}

    stage = an_object(
        "Memory of one stage at its worst moment.",
        {
            "layers": integer("Layers of the stage.", 0),
            "total_bytes": number("Bytes."),
            "by_category": an_object(
                "Bytes by category; they add up to total_bytes.", named(MEMORY_CATEGORIES, "bytes")
            ),
        },
    )
    return an_object(
        "A layout with what is predicted for it.",
        {
            "layout": reference("layout", "The layout."),
            "layers_per_stage": array(integer("Layers.", 0), "Layers of each stage."),
            "micro_batches": integer("Micro-batches of a step and data rank."),
            "fits": boolean("Whether the fullest stage fits a device."),
            "step_time_s": number("Seconds of one optimizer step."),
            "time_s": an_object(
                "Seconds by part; they add up to step_time_s. Of communication: what is exposed.",
                named(TIME_PARTS, "seconds"),
            ),
            "hidden_s": an_object("Seconds of communication behind computation.", named(HIDDEN_PARTS, "seconds")),
            "model_flop": number("FLOP of the model in one step, all devices, causal attention."),
            "recompute_flop": number("FLOP computed again in one step, all devices."),
            "mfu": number("Model FLOP utilisation, fraction of the dense peak."),
            "hfu": number("Hardware FLOP utilisation: as mfu, with recomputation counted."),
            "tokens_per_s_per_device": number("Tokens a second and device."),
            "tflops_per_device": number("Model TFLOP/s a device."),
            "bottleneck": text("The largest part of time_s beside forward and backward, or compute."),
            "memory": an_object(
                "Memory of the stages.",
                {
                    "peak_bytes": number("Bytes of the fullest stage."),
                    "capacity_bytes": number("Bytes of a device."),
                    "worst_stage": integer("The fullest stage, counted from 0.", 0),
                    "stages": array(stage, "One entry a stage."),
                },
            ),
            "steps": optional(integer("Optimizer steps of the whole run; null without tokens.")),
            "time_to_train_s": optional(number("Seconds of the whole run without failures; null without tokens.")),
            "device_hours": optional(number("Devices times hours of the whole run; null without tokens.")),
            "cost_usd": optional(number("US dollars of the whole run; null without tokens or price.")),
            "notes": array({"type": "string"}, "What the reader of this plan should know."),
            "interval": not_available("Interval of the step time"),
        },
    )
