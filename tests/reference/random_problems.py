"""Random small problems and layouts, for seeded loops and for hypothesis alike.

Both go through one ``Pick``: a function that takes a sequence and returns one of its items.
``random.Random(seed).choice`` is one; ``problems()`` and ``problems_with_layout()`` make one out of a hypothesis draw,
so that failures shrink (every sequence has its simplest item first).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import reject
from hypothesis import strategies as st

from .dense_estimate import allowed, check_without_memory, layout_document
from .dense_model import Document, parameters
from .placement import ORDERS, every_placement

Pick = Callable[[Sequence[Any]], Any]

LARGEST_SPACE = 10_000  # layouts, valid or not, that plain Python is asked to walk

SPACE_OF_NOTHING: Document = dict.fromkeys(
    ("tp", "pp", "vpp", "micro_batch", "sequence_parallel", "recompute", "zero", "schedule", "placement")
)


def between(pick: Pick, low: float, high: float) -> float:
    """A number between two positive ones, even on a logarithmic scale, on a grid so that hypothesis can shrink it."""
    return float(low * (high / low) ** (pick(range(1001)) / 1000))


def random_model(pick: Pick) -> Document:
    heads = pick([8, 1, 2, 3, 4, 6, 12, 16, 24, 40])
    kv_heads = pick([one for one in range(heads, 0, -1) if heads % one == 0])
    head_dim = pick([64, 32, 80, 128, 192])
    # Most models have hidden = heads x head size; the rest must work too.
    hidden = pick([heads * head_dim, heads * head_dim, 256, 768, 1920])
    return {
        "name": "random",
        "layers": pick([4, 1, 2, 3, 6, 7, 8, 8, 10, 12, 12, 14, 16, 22, 24]),
        "hidden": hidden,
        "heads": heads,
        "kv_heads": kv_heads,
        "head_dim": head_dim,
        "ffn": pick([4 * hidden, 1024, 1536, 2752, 11008, 3072, 1001]),
        "vocab": pick([1024, 50257, 32000, 128256, 1, 129]),
        "gated_mlp": pick([False, True]),
        "tied_embeddings": pick([False, True]),
        "rotary": pick([False, True]),
        "learned_positions": pick([0, 0, 512, 2048]),
        "norms_per_layer": pick([2, 1, 4]),
        "norm_parameters": pick([1, 2]),
        "final_norm": True,
        "qkv_bias": pick([False, True]),
        "output_bias": pick([False, True]),
        "mlp_bias": pick([False, True]),
        "qk_norm_parameters": pick([0, 0, 2 * head_dim]),
        "extra_parameters_per_layer": pick([0, 0, 12345]),
    }


def random_level(
    pick: Pick, name: str, kind: str, inner_devices: int, group_devices: int, inside: str = "ring"
) -> Document:
    """``inside``: the kind of the level within it; the links of a ring are not a port that others leave through."""
    fan_out = group_devices // inner_devices
    degree_shares: list[list[float]] = []
    pair_share = 1.0
    if kind == "switch":
        shares = pick(["none", "mesh", "listed"])
        if shares == "mesh" and 2 <= fan_out <= 16:
            degree_shares = [[q, (q - 1) / (fan_out - 1)] for q in range(2, fan_out + 1)]
            pair_share = 1 / (fan_out - 1)
        elif shares == "listed":
            degree_shares = [[2, between(pick, 0.1, 0.5)], [4, between(pick, 0.5, 0.8)], [8, 1.0]][pick([0, 1]) :]
            pair_share = between(pick, 0.1, 1.0)
    return {
        "name": name,
        "kind": kind,
        "group_devices": group_devices,
        "bytes_per_s": between(pick, 5e9, 1e12),
        "collective_efficiency": between(pick, 0.3, 1.0),
        "all_to_all_efficiency": between(pick, 0.3, 1.0),
        "point_to_point_efficiency": between(pick, 0.3, 1.0),
        "latency_s": between(pick, 1e-7, 3e-5),
        "half_saturation_bytes": pick([0, 65536, 16777216, 100000000]),
        "degree_shares": degree_shares,
        "pair_share": pair_share,
        "port_devices": (1, 8, 2, 4)[group_devices // inner_devices % 4],
        "in_network_gain": pick([1.0, 1.3, 2.0]) if kind == "switch" else 1.0,
        "in_network_min_ranks": pick([2, 4, 6]),
        "wraps": pick([False, True]) if kind == "ring" else False,
        "shares_inner_link": pick([False, True]) if kind == inside == "switch" else False,
    }


def random_library(pick: Pick) -> Document:
    return {
        "name": "random",
        "tree_efficiency": pick([1.0, 0.85, 0.5]),
        "pat": pick([False, True]),
        "pat_step_s": pick([4e-6, 0.0]),
        "pat_rank_s": pick([2.8e-6, 0.0, 1e-7]),
        "pat_efficiency": pick([0.75, 1.0]),
        "bruck": pick([False, True]),
        "all_to_all_concurrency": pick([8, 1, 3]),
    }


def random_torus(pick: Pick) -> tuple[list[Document], int]:
    """One to three axes, some of them alike, and the devices of the torus."""
    levels: list[Document] = []
    inner = 1
    for index in range(pick([1, 2, 2, 3, 3])):
        length = pick([2, 4, 4, 3])
        if levels and pick([False, True]):  # an axis like the one before it: placements that repeat each other
            axis = {**levels[-1], "name": f"axis-{index}"}
            length = inner // (levels[-2]["group_devices"] if len(levels) > 1 else 1)
        else:
            axis = random_level(pick, f"axis-{index}", "ring", inner, inner * length)
        inner *= length
        levels.append({**axis, "group_devices": inner})
    return levels, inner


def random_network(pick: Pick, devices: int) -> Document:
    """One to five levels; inner groups need not tile the devices (72 in 96), the outermost holds them all.

    A third begin with the axes of a torus, others have a ring somewhere (the devices of a host on a ring).
    """
    if pick([False, False, True]):
        levels, inner = random_torus(pick)
        tiers = pick([0, 1, 2])
    else:
        levels, inner = [], 1
        tiers = pick([1, 2, 3, 4])
    for index in range(tiers):
        size = inner * pick([2, 3, 4, 8, 72] if inner == 1 else [2, 3, 4, 8])
        kind = pick(["switch", "switch", "switch", "ring"] if index else ["switch"])
        levels.append(random_level(pick, f"tier-{index}", kind, inner, size, levels[-1]["kind"] if levels else "ring"))
        inner = size
    if inner < devices:
        size = pick([-(-devices // inner) * inner, devices, 1024, 4096])
        size = max(size, inner + 1, devices)
        levels.append(random_level(pick, "outermost", "switch", inner, size, levels[-1]["kind"] if levels else "ring"))
    return {
        "devices": devices,
        "host_devices": min(pick([8, 4, 1]), devices),
        "collective_base_s": pick([0.0, 7e-6, 2e-5]),
        "library": random_library(pick),
        "levels": levels,
    }


def random_accelerator(pick: Pick) -> Document:
    tiles = [[256, 128, 1.0], [128, 256, 1.0], [128, 128, 0.95], [64, 64, 0.7]]
    return {
        "name": "random",
        "peak_flops_per_s": between(pick, 5e13, 2.5e15),
        "memory_bytes": 80_000_000_000,
        "memory_bytes_per_s": between(pick, 5e11, 8e12),
        "memory_efficiency": between(pick, 0.5, 1.0),
        "compute_units": pick([1, 8, 108, 132, 148]),
        "kernel_floor_s": pick([0.0, 4e-6, 1e-5]),
        "gemm": {
            "efficiency": between(pick, 0.4, 1.0),
            "reduction_half": pick([0, 64, 128, 512]),
            "tiles": tiles[: pick([1, 2, 3, 4])],
        },
    }


def random_attention(pick: Pick) -> Document:
    return {
        "kind": pick(["flash", "unfused"]),
        "forward_efficiency": between(pick, 0.3, 1.0),
        "backward_efficiency": between(pick, 0.3, 1.0),
        "half_length": pick([0, 500, 2000]),
        "head_dim_half": pick([0, 16, 64]),
        "score_bytes_forward": pick([6, 0, 12]),
        "score_bytes_backward": pick([8, 0, 14]),
        "score_saved_bytes": pick([5, 0, 2]),
    }


def random_stack(pick: Pick) -> Document:
    gradient_bytes = pick([4, 2])
    return {
        "name": "random",
        "norm_bytes_forward": pick([4, 8]),
        "norm_bytes_backward": pick([6, 10]),
        "norm_saved_bytes": pick([2, 4]),
        "rotary_factor": pick([1.0, 2.5]),
        "activation_factor": pick([1.0, 1.7]),
        "cross_entropy_bytes_forward": pick([14, 6]),
        "cross_entropy_bytes_backward": pick([8, 4]),
        "logits_bytes": pick([10, 4]),
        "logits_saved_bytes": pick([4, 0, 2]),
        "gradient_bytes": gradient_bytes,
        "gradient_reduce_bytes": pick([gradient_bytes, 2]),
        "optimizer_state_bytes": pick([12, 8]),
        "optimizer_bytes_per_parameter": pick([34, 26]),
        "fused_gradient_accumulation": pick([False, True]),
        "overlap_tensor_backward": pick([False, True]),
        "overlap_gradient_reduce": pick([False, True]),
        "overlap_parameter_gather": pick([False, True]),
        "overlap_pipeline": pick([False, True]),
        "largest_zero_with_pipeline": pick([3, 3, 1, 0, 2]),
        "overlap_slowdown": pick([0.0, 0.1, 0.25]),
        "step_overhead_s": pick([0.0, 0.01]),
        "framework_bytes": pick([0, 2_147_483_648]),
        "communication_buffer_bytes": pick([0, 536_870_912]),
        "fragmentation": pick([0.0, 0.05]),
    }


def random_problem(
    pick: Pick,
    devices: Sequence[int] = (8, 1, 2, 4, 6, 12, 16, 24, 32, 64, 72, 96, 144),
) -> Document:
    """A valid problem with every placement allowed and every other dimension left to the default list."""
    count = pick(devices)
    batch = pick([2 * count, count, 4 * count, 8 * count, 24, 48, 1, 7])
    problem: Document = {
        "schema": "clusterplan.problem/2",
        "model": random_model(pick),
        "training": {
            "global_batch_sequences": batch,
            "sequence_length": pick([512, 128, 384, 1000, 2048, 4096, 8192]),
            "dropout": pick([False, True]),
        },
        "accelerator": random_accelerator(pick),
        "attention": random_attention(pick),
        "network": random_network(pick, count),
        "stack": random_stack(pick),
        "space": dict(SPACE_OF_NOTHING),
    }
    problem["space"]["placement"] = every_placement(problem["network"])
    # A capacity around what the job needs, so that memory decides for some layouts and not for others.
    stack = problem["stack"]
    states = 2 + stack["gradient_bytes"] + stack["optimizer_state_bytes"]
    needed = states * parameters(problem["model"])["total"] / count**0.5
    fixed = stack["framework_bytes"] + stack["communication_buffer_bytes"]
    problem["accelerator"]["memory_bytes"] = int(fixed + needed * between(pick, 0.5, 500))
    return problem


def random_search_problem(pick: Pick) -> Document:
    """A problem whose whole space is small enough to walk in plain Python, with some dimensions restricted."""
    problem = random_problem(pick, devices=(8, 1, 2, 4, 6, 12, 16))
    choices: dict[str, list[Any]] = {
        "tp": [None, None, None, [1, 2], [2, 3], [1, 2, 4, 8]],
        "pp": [None, None, None, [1, 2], [4, 2], [1, 2, 3, 4]],
        "vpp": [None, None, None, [1], [1, 2], [2, 3]],
        "micro_batch": [None, None, None, [1], [1, 2], [3, 4]],
        "sequence_parallel": [None, None, [False], [True, False]],
        "recompute": [None, None, ["none", "full"], ["none"], ["selective"]],
        "zero": [None, None, [0, 1], [1], [3, 2], [0, 3]],
        "schedule": [None, None, None, ["no-pipeline", "1f1b"], ["interleaved", "gpipe", "no-pipeline"]],
        "placement": [
            [*ORDERS[:2]],
            None,
            every_placement(problem["network"])[1::4],
            ["tp-pp-dp"],
            [*ORDERS[:3]][::-1],
        ],
    }
    problem["space"] = {name: pick(values) for name, values in choices.items()}
    smaller = {"micro_batch": [1, 2], "vpp": [1, 2], "recompute": ["none", "full"], "zero": [0, 1], "pp": [1, 2, 3, 4]}
    for name, values in smaller.items():
        if math.prod(len(one) for one in allowed(problem).values()) > LARGEST_SPACE:
            problem["space"][name] = values
    return problem


def random_raw_layout(pick: Pick, problem: Document) -> Document:
    """One raw layout out of the problem's space, valid or not."""
    return {name: pick(values) for name, values in allowed(problem).items()}


def random_valid_layout(pick: Pick, problem: Document) -> Document:
    """A layout document that breaks no rule other than ``memory``; LookupError where the space holds none.

    The dimensions are drawn one after the other among what the rules so far allow: luck alone hardly ever finds one.
    """
    values = allowed(problem)
    raw = {name: values[name][0] for name in values}
    # With one sequence a micro-batch the batch rules hold if they can hold at all for these degrees.
    raw.update(micro_batch=1, sequence_parallel=False, zero=0)
    degrees = [
        {"schedule": schedule, "tp": tp, "pp": pp, "vpp": vpp}
        for schedule in values["schedule"]
        for tp in values["tp"]
        for pp in values["pp"]
        for vpp in values["vpp"]
        if check_without_memory(problem, {**raw, "tp": tp, "pp": pp, "vpp": vpp, "schedule": schedule}) is None
    ]
    if not degrees:
        raise LookupError("no valid layout")
    # Tensor degree and schedule first and largest first: most combinations of the rest have neither.
    tp = pick(sorted({one["tp"] for one in degrees}, reverse=True))
    degrees = [one for one in degrees if one["tp"] == tp]
    schedule = pick(sorted({one["schedule"] for one in degrees}, key=values["schedule"].index))
    raw.update(pick([one for one in degrees if one["schedule"] == schedule]))
    for name in ("micro_batch", "sequence_parallel", "recompute", "zero", "placement"):
        valid = [one for one in values[name] if check_without_memory(problem, {**raw, name: one}) is None]
        raw[name] = pick(valid)
    return layout_document(raw, problem["network"]["devices"])


# --- hypothesis ------------------------------------------------------------------------------------------------------


@st.composite
def problems(draw: st.DrawFn) -> Document:
    """Small problems whose space can be searched in milliseconds."""
    return random_search_problem(lambda values: draw(st.sampled_from(values)))


@st.composite
def problems_with_layout(draw: st.DrawFn) -> tuple[Document, Document]:
    """A problem and a layout document that breaks no rule other than ``memory``."""

    def pick(values: Sequence[Any]) -> Any:
        return draw(st.sampled_from(values))

    problem = random_problem(pick)
    try:
        return problem, random_valid_layout(pick, problem)
    except LookupError:
        reject()
