"""What is asked and what is found, in words that every report shares."""

from __future__ import annotations

from clusterplan.planning.answer import SearchResult
from clusterplan.planning.layout import Layout
from clusterplan.planning.request import Request
from clusterplan.planning.results import Plan
from clusterplan.reports.units import GIB, dollars, large, percent, seconds, significant, tera_flops_per_s

SCHEDULES = {"no-pipeline": "none", "gpipe": "GPipe", "1f1b": "1F1B", "interleaved": "interleaved"}


def part(name: str) -> str:
    """A part of the step or a category of memory as people say it."""
    return name.replace("_comm", " communication").replace("_", " ")


def question_lines(request: Request) -> list[str]:
    """What was asked: model, cluster and batch, one line each."""
    shape = dict(request.model_shape)
    tokens = request.global_batch_sequences * request.sequence_length
    return [
        f"{request.model}: {large(request.model_parameters)} parameters, "
        f"{shape['layers']} layers, hidden {shape['hidden']}",
        f"{request.cluster}: {request.devices:,} of {request.cluster_devices:,} devices {request.accelerator} "
        f"({request.memory_bytes / GIB:.1f} GiB, {tera_flops_per_s(request.peak_flops_per_s)} dense {request.dtype})",
        f"batch {request.global_batch_sequences:,} sequences x {request.sequence_length:,} tokens "
        f"= {large(tokens)} tokens a step" + (", dropout" if request.dropout else ""),
    ]


def layout_words(layout: Layout) -> str:
    """A layout in one line."""
    pieces = [f"tp {layout.tp}", f"pp {layout.pp}"]
    if layout.vpp > 1:
        pieces.append(f"vpp {layout.vpp}")
    pieces += [f"dp {layout.dp}", f"micro-batch {layout.micro_batch}"]
    if layout.sequence_parallel:
        pieces.append("sequence parallel")
    pieces += [f"recompute {layout.recompute}", f"ZeRO {layout.zero}"]
    if layout.pp > 1:
        pieces.append(SCHEDULES.get(layout.schedule, layout.schedule))
    if layout.pp > 1 and layout.dp > 1:
        pieces.append(f"placement {layout.placement}")
    return ", ".join(pieces)


def stages_words(layers: tuple[int, ...]) -> str:
    """Layers of the stages, equal neighbours joined: ``19, 6 x 20, 19``."""
    runs: list[list[int]] = []
    for count in layers:
        if runs and runs[-1][1] == count:
            runs[-1][0] += 1
        else:
            runs.append([1, count])
    return ", ".join(str(count) if times == 1 else f"{times} x {count}" for times, count in runs)


def figure_rows(plan: Plan, request: Request) -> list[tuple[str, str]]:
    """The figures of a plan with their units and conventions: (name, value)."""
    stage_count = len(plan.layers_per_stage)
    rows = [
        ("step time", f"{seconds(plan.step_time_s)}, {plan.micro_batches:,} micro-batches"),
        (
            "MFU",
            f"{percent(plan.mfu)} (model FLOP incl. causal attention over dense {request.dtype} peak "
            f"{tera_flops_per_s(request.peak_flops_per_s)})",
        ),
        ("HFU", f"{percent(plan.hfu)} (recomputation counted too)"),
        (
            "throughput",
            f"{significant(plan.tokens_per_s_per_device, 4)} tokens/s/device, "
            f"{large(plan.tokens_per_s_per_device * request.devices)} tokens/s in all, "
            f"{significant(plan.tflops_per_device)} model TFLOP/s/device",
        ),
        ("bottleneck", part(plan.bottleneck)),
        (
            "layers",
            f"{stages_words(plan.layers_per_stage)} over {stage_count} stage{'s' if stage_count > 1 else ''}",
        ),
    ]
    return rows + run_rows(plan, request)


def run_rows(plan: Plan, request: Request) -> list[tuple[str, str]]:
    """Time to train, device-hours and cost of the whole run, or what is missing to know them."""
    if plan.steps is None or plan.time_to_train_s is None or plan.device_hours is None or request.tokens is None:
        return [("time to train", "give --tokens to see it, with device-hours and cost")]
    rows = [
        (
            "time to train",
            f"{seconds(plan.time_to_train_s)} for {large(request.tokens)} tokens in {plan.steps:,} steps, "
            "without failures",
        ),
        ("device-hours", f"{plan.device_hours:,.0f} h"),
    ]
    if plan.cost_usd is None or request.usd_per_device_hour is None:
        return [*rows, ("cost", f"not known: no price of a device-hour for {request.cluster}")]
    dated = f", as of {request.price_as_of}" if request.price_as_of else ""
    price = f"USD {request.usd_per_device_hour:.2f} a device-hour, {request.price_confidence or 'unsourced'}{dated}"
    return [*rows, ("cost", f"{dollars(plan.cost_usd)} ({price})")]


def search_line(result: SearchResult) -> str:
    """How the search went, in one line."""
    # Of what was costed: layouts that break a rule are counted in blocks, which would flatter the rate.
    rate = result.evaluated / result.elapsed_s if result.elapsed_s > 0 else 0.0
    state = {
        "complete": "optimal: proven by exhaustive enumeration" if result.optimal else "not proven optimal",
        "interrupted": "interrupted: best so far, not proven optimal",
        "time_limit": "stopped by the time limit: best so far, not proven optimal",
    }[result.stopped]
    return (
        f"{result.space:,} layouts in the space, {result.evaluated:,} evaluated, {seconds(result.elapsed_s)}"
        + (f" ({large(rate)} evaluated/s)" if rate else "")
        + f" on {result.threads} thread{'s' if result.threads != 1 else ''}; {state}"
    )


def ruled_out_line(result: SearchResult) -> str:
    """The counts of the reasons why layouts were ruled out, largest first, in one line."""
    counts = [f"{name.replace('_', ' ')} {count:,}" for name, count in result.infeasible.sorted() if count]
    return f"ruled out: {'; '.join(counts)}" if counts else "ruled out: none"
