"""Section 9 of the equations: the memory of every stage, by category."""

from __future__ import annotations

from .dense_model import COMPUTE_BYTES as e
from .dense_model import Document, Symbols, rank_parameters, zero_stage


def saved_activation_bytes(problem: Document, x: Symbols) -> dict[str, float]:
    """Bytes that one layer keeps for backward, one micro-batch, by recomputation; and the core apart."""
    model, attention = problem["model"], problem["attention"]
    outside = model["norms_per_layer"] * problem["stack"]["norm_saved_bytes"] * x.E
    outside += 2 * 2 * x.E + 2 * x.dropout * x.E
    qkv_and_output = 2 * x.T * x.d * (x.a_t + 2 * x.k_t) + 2 * x.T * x.a_t * x.d
    scores = attention["score_saved_bytes"] * x.b * x.a_t * x.s**2
    core = 4 * x.T * x.a_t if attention["kind"] == "flash" else scores
    mlp = 2 * x.T * x.f_t * (x.g + 1)
    everything = outside + qkv_and_output + core + mlp
    return {"none": everything, "selective": everything - core, "full": 2 * x.E, "core": core}


def layers_in_flight(schedule: str, x: Symbols, i: int, layers: int) -> float:
    """How many layer activations stage i holds at its worst moment."""
    if schedule == "1f1b":
        return min(x.M, x.p - i) * layers
    if schedule == "gpipe":
        return x.M * layers
    if schedule == "interleaved":
        return min(x.M * x.v, 2 * (x.p - i - 1) + (x.v - 1) * x.p + 1) * layers / x.v
    return layers


def micro_batches_in_flight(schedule: str, x: Symbols) -> float:
    """Of the first stage."""
    if schedule == "1f1b":
        return min(x.M, x.p)
    if schedule == "gpipe":
        return x.M
    if schedule == "interleaved":
        return min(x.M * x.v, 2 * (x.p - 1) + (x.v - 1) * x.p + 1) / x.v
    return 1


def stage_memory(problem: Document, layout: Document, x: Symbols, stages: list[int], P: list[float]) -> list[Document]:
    """One entry of ``memory.stages`` for every stage, in bytes."""
    stack, zero, schedule = problem["stack"], zero_stage(layout), layout["schedule"]
    P_layer, P_embed, P_head = rank_parameters(problem["model"], x)
    saved = saved_activation_bytes(problem, x)
    heads_waiting = x.M if schedule == "gpipe" else 1
    result = []
    for i, (layers, held) in enumerate(zip(stages, P, strict=True)):
        first, last = i == 0, i == x.p - 1
        activations = layers_in_flight(schedule, x, i, layers) * saved[layout["recompute"]]
        if first:
            activations += micro_batches_in_flight(schedule, x) * x.dropout * x.E
        if last:
            activations += heads_waiting * (stack["norm_saved_bytes"] * x.E + 2 * x.E)
        buffer = {"none": 0.0, "selective": saved["core"], "full": saved["none"]}[layout["recompute"]]
        logit_bytes = stack["logits_bytes"] + (heads_waiting - 1) * stack["logits_saved_bytes"]
        logits = logit_bytes * x.T * x.V_t if last else 0.0
        gathered = e * max(2 * P_layer, P_embed if first else 0, P_head if last else 0) if zero == 3 else 0.0
        communication = stack["communication_buffer_bytes"]
        if zero >= 2:
            communication += stack["gradient_bytes"] * P_layer
        if layout["sequence_parallel"]:
            communication += 2 * x.T * x.h
        if x.p > 1:
            communication += 2 * e * x.T * x.h / x.t
        categories = {
            "parameters": e * held / (x.D if zero == 3 else 1),
            "gradients": stack["gradient_bytes"] * held / (x.D if zero >= 2 else 1),
            "optimizer": stack["optimizer_state_bytes"] * held / (x.D if zero >= 1 else 1),
            "activations": activations,
            "recompute_buffer": buffer,
            "logits": logits,
            "gathered_parameters": gathered,
            "communication": communication,
            "framework": stack["framework_bytes"],
            "fragmentation": stack["fragmentation"] * (activations + buffer + logits + gathered),
        }
        result.append({"layers": layers, "total_bytes": sum(categories.values()), "by_category": categories})
    return result
