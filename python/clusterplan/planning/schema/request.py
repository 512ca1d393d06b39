"""The `request` object, which the documents of a question have."""

from __future__ import annotations

from clusterplan.planning.request import DIMENSIONS, SHAPE_KEYS
from clusterplan.planning.schema.shapes import (
    Schema,
    an_object,
    array,
    boolean,
    choice,
    integer,
    number,
    optional,
    text,
)
from clusterplan.specs.choices import DTYPES


def request() -> Schema:
    """What was asked."""
    shape = {key: integer(f"Shape of the model: {key}.") for key in SHAPE_KEYS}
    values = {"type": ["integer", "boolean", "string"]}
    return an_object(
        "What was asked, with every name resolved.",
        {
            "model": an_object(
                "The model.", {"name": text("Name."), "parameters": integer("Parameters of the model."), **shape}
            ),
            "cluster": an_object(
                "The cluster.", {"name": text("Name."), "devices": integer("Devices of the whole cluster.")}
            ),
            "accelerator": an_object(
                "One device.",
                {
                    "name": text("Name."),
                    "peak_flops_per_s": number("Dense peak of the compute dtype, FLOP/s."),
                    "memory_bytes": integer("Memory of a device, bytes; reserve_bytes of it are kept free."),
                },
            ),
            "devices": integer("Devices of the job."),
            "pool": optional(text("Pool of accelerators that was asked for; null is the main one.")),
            "degrade": array(text("A link and its share, such as rail0=0.5."), "Links at a share of their speed."),
            "slice": optional(
                array(integer("Length of an axis."), "Slice of a torus that was asked for; null is the most cubic one.")
            ),
            "global_batch_sequences": integer("Global batch, sequences a step."),
            "sequence_length": integer("Sequence length, tokens."),
            "tokens": optional(integer("Tokens of the whole training; null if not given.")),
            "dtype": choice(DTYPES, "Compute dtype."),
            "dropout": boolean("Whether dropout is on."),
            "stack": text("Profile of the training software."),
            "attention": text("Attention kernel, such as flash-3."),
            "reserve_bytes": integer("Bytes of each device that are kept free.", 0),
            "space": an_object(
                "Values allowed in each dimension; null is the default list.",
                {name: optional(array(values, f"Allowed values of {name}.")) for name in DIMENSIONS},
            ),
            "price": optional(
                an_object(
                    "Price of the cluster; null where it is not known.",
                    {
                        "usd_per_device_hour": number("US dollars for one device and hour."),
                        "as_of": optional(text("When the price held.")),
                        "confidence": optional(text("How sure the price is.")),
                    },
                )
            ),
            "notes": array({"type": "string"}, "What was inferred or assumed on the way."),
            "problem_sha256": text("SHA-256 of the document that the engine was given."),
        },
    )
