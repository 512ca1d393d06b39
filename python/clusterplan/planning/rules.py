"""The rules of the space (docs/concepts/equations.md section 10) in words: broken, kept, and what mends them."""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """One rule: how a layout breaks it (as it is counted), what it asks for, and one action that mends it."""

    broken: str
    kept: str
    remedy: str


# In the order in which they are checked: a layout is counted under the first one that it breaks.
RULES = {
    "devices_not_divisible": Rule(
        "tp x pp does not divide the devices",
        "tp x pp must divide the devices",
        "choose tp and pp whose product divides the devices",
    ),
    "heads_not_divisible": Rule(
        "tp does not divide the attention heads",
        "tp must divide the attention heads",
        "choose tp among the divisors of the attention heads",
    ),
    "kv_heads_not_divisible": Rule(
        "tp and the key/value heads do not divide one another",
        "tp must divide the key/value heads, or they must divide tp",
        "choose tp that divides the key/value heads, or a multiple of them",
    ),
    "ffn_not_divisible": Rule(
        "tp does not divide the feed-forward size",
        "tp must divide the feed-forward size",
        "choose tp among the divisors of the feed-forward size",
    ),
    "layers_not_divisible": Rule(
        "the layers do not split evenly over pp x vpp chunks",
        "pp x vpp must divide the layers, or the layers plus 2",
        "choose pp and vpp whose product divides the layers, or the layers plus 2",
    ),
    "schedule_mismatch": Rule(
        "the schedule does not go with pp and vpp",
        "no-pipeline goes with pp 1, interleaved with vpp above 1, gpipe and 1f1b with pp above 1 and vpp 1",
        "leave the schedule out, so that it follows from pp and vpp",
    ),
    "batch_not_divisible": Rule(
        "dp x micro-batch does not divide the global batch",
        "dp x micro-batch must divide the global batch",
        "choose a global batch that dp x micro-batch divides",
    ),
    "interleaved_micro_batches": Rule(
        "interleaved: pp does not divide the number of micro-batches",
        "with the interleaved schedule pp must divide the number of micro-batches",
        "choose pp that divides the number of micro-batches, or another schedule",
    ),
    "sequence_parallel_without_tensor": Rule(
        "sequence parallelism without tensor parallelism",
        "sequence parallelism needs tp above 1",
        "take tp above 1, or leave sequence parallelism out",
    ),
    "sequence_not_divisible": Rule(
        "tp does not divide the sequence length",
        "with sequence parallelism tp must divide the sequence length",
        "choose tp among the divisors of the sequence length",
    ),
    "zero_without_data": Rule(
        "ZeRO without data parallelism: nothing to shard",
        "ZeRO 1 to 3 needs dp above 1",
        "take ZeRO 0, or a smaller tp x pp, so that dp is above 1",
    ),
    "zero_with_pipeline": Rule(
        "the software does not shard so much together with a pipeline",
        "with pp above 1 the software allows only its lower ZeRO stages",
        "take a lower ZeRO stage, or pp 1",
    ),
    "placement_off_axes": Rule(
        "a group would cover part of one axis of the torus and part of another",
        "on a torus groups fill the axes one after another",
        "choose degrees whose products divide the axes, another order of axes, or another slice",
    ),
    "placement_duplicate": Rule(
        "another placement puts the same ranks in the same places",
        "placements that are equal by symmetry count once",
        "leave the placement out",
    ),
}
# Every reason for which a layout is ruled out, in the words of a person; memory is no rule, but counted beside them.
REASONS = {**{name: rule.broken for name, rule in RULES.items()}, "memory": "does not fit the memory of a device"}
