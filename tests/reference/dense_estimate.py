"""The slow reference of docs/concepts/equations.md: one layout to its estimate, and the whole space by brute force.

Written from that page and from docs/reference/engine-documents.md alone; the engine is held against it.
Sections 1 to 3 are in ``dense_model``, 5 in ``dense_operators``, 6 in ``network`` and ``placement``,
7 and 8 in ``dense_step``, 9 in ``dense_memory``; section 4 (FLOP) and section 10 (rules, space) are here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from .dense_memory import stage_memory
from .dense_model import Document, Symbols, layers_per_stage, parameters, symbols, zero_stage
from .dense_step import stage_parameters, step
from .placement import default_placements, is_duplicate, is_off_axes

__all__ = ["REASONS", "check", "enumerate_space", "estimate", "layout_document", "parameters", "raw_space", "search"]

DIMENSIONS = (
    "tp",
    "pp",
    "vpp",
    "micro_batch",
    "sequence_parallel",
    "recompute",
    "zero",
    "schedule",
    "placement",
)

REASONS = (
    "devices_not_divisible",
    "heads_not_divisible",
    "kv_heads_not_divisible",
    "ffn_not_divisible",
    "layers_not_divisible",
    "schedule_mismatch",
    "batch_not_divisible",
    "interleaved_micro_batches",
    "sequence_parallel_without_tensor",
    "sequence_not_divisible",
    "zero_without_data",
    "zero_with_pipeline",
    "placement_off_axes",
    "placement_duplicate",
    "memory",
)


# --- section 4: FLOP -------------------------------------------------------------------------------------------------


def model_flop(problem: Document, x: Symbols) -> float:
    """Model FLOP per step."""
    matrix = parameters(problem["model"])["matrix"]
    return float(3 * x.G * x.s * (2 * matrix + 2 * x.L * x.s * x.a * x.d))


def recompute_flop(layout: Document, x: Symbols) -> float:
    """FLOP per step that are done twice."""
    attention = 2 * x.s * x.a * x.d
    matrices = x.h * x.d * (x.a + 2 * x.k) + x.a * x.d * x.h + (x.g + 1) * x.h * x.f
    per_token = {"none": 0, "selective": attention, "full": 2 * matrices + attention}[layout["recompute"]]
    return float(x.G * x.s * x.L * per_token)


# --- the estimate ----------------------------------------------------------------------------------------------------


def layout_document(raw: Document, devices: int) -> Document:
    """A raw layout (with ``zero``, without ``dp``) as the LAYOUT document; tp pp must divide the devices."""
    dp = devices // (raw["tp"] * raw["pp"])
    zero = raw["zero"]
    return {
        "tp": raw["tp"],
        "pp": raw["pp"],
        "vpp": raw["vpp"],
        "cp": 1,
        "ep": 1,
        "etp": 1,
        "dp": dp,
        "micro_batch": raw["micro_batch"],
        "sequence_parallel": raw["sequence_parallel"],
        "shards": {
            "parameters": dp if zero >= 3 else 1,
            "gradients": dp if zero >= 2 else 1,
            "optimizer": dp if zero >= 1 else 1,
        },
        "recompute": raw["recompute"],
        "schedule": raw["schedule"],
        "offload": "none",
        "placement": raw["placement"],
    }


def bottleneck(parts: Document, step_time_s: float) -> str:
    """The largest part other than forward and backward, if it takes at least a twentieth of the step."""
    others = {name: seconds for name, seconds in parts.items() if name not in ("forward", "backward")}
    name = max(others, key=lambda one: others[one])
    return name if others[name] >= 0.05 * step_time_s else "compute"


def estimate(problem: Document, layout: Document) -> Document:
    """The ESTIMATE document of a layout document that breaks no rule other than ``memory``."""
    x = symbols(problem, layout)
    stages = layers_per_stage(x.L, x.p, x.v)
    if stages is None:
        raise ValueError("layers_not_divisible")
    P = stage_parameters(problem, x, stages)
    times = step(problem, layout, x, stages, P)
    memory = stage_memory(problem, layout, x, stages, P)
    totals = [stage["total_bytes"] for stage in memory]
    peak, capacity = max(totals), problem["accelerator"]["memory_bytes"]
    step_time_s = times["step_time_s"]
    useful, repeated = model_flop(problem, x), recompute_flop(layout, x)
    device_seconds = step_time_s * x.N
    peak_flops = problem["accelerator"]["peak_flops_per_s"]
    return {
        "layout": layout,
        "layers_per_stage": stages,
        "micro_batches": x.M,
        "fits": peak <= capacity,
        "step_time_s": step_time_s,
        "time_s": times["time_s"],
        "hidden_s": times["hidden_s"],
        "model_flop": useful,
        "recompute_flop": repeated,
        "mfu": useful / (device_seconds * peak_flops),
        "hfu": (useful + repeated) / (device_seconds * peak_flops),
        "tokens_per_s_per_device": x.G * x.s / device_seconds,
        "tflops_per_device": useful / device_seconds / 1e12,
        "bottleneck": bottleneck(times["time_s"], step_time_s),
        "memory": {
            "peak_bytes": peak,
            "capacity_bytes": capacity,
            "worst_stage": totals.index(peak),
            "stages": memory,
        },
    }


# --- section 10: rules and space -------------------------------------------------------------------------------------


def divisors(number: int) -> list[int]:
    return [one for one in range(1, number + 1) if number % one == 0]


def allowed(problem: Document) -> dict[str, list[object]]:
    """The allowed values of every dimension: what the space says, else the default list."""
    devices, layers = problem["network"]["devices"], problem["model"]["layers"]
    defaults: dict[str, list[object]] = {
        "tp": [*divisors(devices)],
        "pp": [*divisors(devices)],
        "vpp": [*sorted({*divisors(layers), *divisors(layers + 2)})],
        "micro_batch": [*divisors(problem["training"]["global_batch_sequences"])],
        "sequence_parallel": [False, True],
        "recompute": ["none", "selective", "full"],
        "zero": [0, 1, 2, 3],
        "schedule": ["no-pipeline", "gpipe", "1f1b", "interleaved"],
        "placement": [*allowed_placements(problem)],
    }
    space = problem["space"]
    return {name: defaults[name] if space[name] is None else list(space[name]) for name in DIMENSIONS}


def allowed_placements(problem: Document) -> list[str]:
    """What the space says, else the default list."""
    return [str(one) for one in problem["space"]["placement"] or default_placements(problem["network"])]


def check_without_memory(problem: Document, layout: Document) -> str | None:
    """The first of the rules before ``memory`` that a layout breaks; takes raw layouts and layout documents."""
    model, training, N = problem["model"], problem["training"], problem["network"]["devices"]
    tp, pp, vpp, schedule = layout["tp"], layout["pp"], layout["vpp"], layout["schedule"]
    if N % (tp * pp) != 0:
        return "devices_not_divisible"
    dp = N // (tp * pp)
    if model["heads"] % tp != 0:
        return "heads_not_divisible"
    if model["kv_heads"] % tp != 0 and tp % model["kv_heads"] != 0:
        return "kv_heads_not_divisible"
    if model["ffn"] % tp != 0:
        return "ffn_not_divisible"
    if layers_per_stage(model["layers"], pp, vpp) is None:
        return "layers_not_divisible"
    if (pp == 1) != (schedule == "no-pipeline") or (vpp > 1) != (schedule == "interleaved"):
        return "schedule_mismatch"
    G, b = training["global_batch_sequences"], layout["micro_batch"]
    if G % (dp * b) != 0:
        return "batch_not_divisible"
    if schedule == "interleaved" and (G // (dp * b)) % pp != 0:
        return "interleaved_micro_batches"
    if layout["sequence_parallel"] and tp == 1:
        return "sequence_parallel_without_tensor"
    if layout["sequence_parallel"] and training["sequence_length"] % tp != 0:
        return "sequence_not_divisible"
    if zero_stage({**layout, "dp": dp}) >= 1 and dp == 1:
        return "zero_without_data"
    if pp > 1 and zero_stage({**layout, "dp": dp}) > problem["stack"]["largest_zero_with_pipeline"]:
        return "zero_with_pipeline"
    if is_off_axes(problem["network"], {**layout, "dp": dp}):
        return "placement_off_axes"
    if is_duplicate(problem["network"], {**layout, "dp": dp}, allowed_placements(problem)):
        return "placement_duplicate"
    return None


def check(problem: Document, layout: Document) -> str | None:
    """The first rule of section 10 that a layout breaks, ``memory`` included; None where it breaks none."""
    reason = check_without_memory(problem, layout)
    if reason is not None:
        return reason
    if "dp" not in layout:
        layout = layout_document(layout, problem["network"]["devices"])
    return None if estimate(problem, layout)["fits"] else "memory"


def raw_space(problem: Document) -> Iterator[Document]:
    """Every raw layout of the space, valid or not, with ``zero`` and without ``dp``."""
    values = allowed(problem)
    for chosen in itertools.product(*(values[name] for name in DIMENSIONS)):
        yield dict(zip(DIMENSIONS, chosen, strict=True))


def enumerate_space(problem: Document) -> Iterator[tuple[Document, str | None, Document | None]]:
    """Every raw layout with its first broken rule, and its estimate where it breaks none other than ``memory``."""
    for raw in raw_space(problem):
        reason = check_without_memory(problem, raw)
        if reason is not None:
            yield raw, reason, None
            continue
        found = estimate(problem, layout_document(raw, problem["network"]["devices"]))
        yield raw, None if found["fits"] else "memory", found


def search(problem: Document, top: int) -> Document:
    """The outcome of a search by brute force: space, evaluated, infeasible by reason, and the best ``top`` plans."""
    space = evaluated = 0
    infeasible: dict[str, int] = {}
    plans: list[Document] = []
    for _, reason, found in enumerate_space(problem):
        space += 1
        evaluated += found is not None
        if reason is not None:
            infeasible[reason] = infeasible.get(reason, 0) + 1
        elif found is not None:
            plans.append(found)
    plans.sort(key=lambda plan: (plan["step_time_s"], plan["memory"]["peak_bytes"]))
    return {"space": space, "evaluated": evaluated, "infeasible": infeasible, "plans": plans[:top]}
