"""What is asked and what is found, in words that every report shares."""

from __future__ import annotations

from clusterplan.planning.answer import SearchResult
from clusterplan.planning.layout import Layout
from clusterplan.planning.request import Request
from clusterplan.planning.results import TIGHT_FRACTION, Plan
from clusterplan.reports.units import GIB, counted, dollars, large, percent, seconds, significant, tera_flops_per_s

TIGHT_MARK = "*"
TIGHT_NOTE = (
    f"{TIGHT_MARK} within {TIGHT_FRACTION * 100:.0f} % of the memory of a device, closer than the prediction is: "
    "--reserve keeps memory free"
)
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
        f"{counted(shape['layers'], 'layer')}, hidden {shape['hidden']:,}",
        f"{request.cluster}: {request.devices:,} of {counted(request.cluster_devices, 'device')} {request.accelerator} "
        f"({request.memory_bytes / GIB:.1f} GiB, {tera_flops_per_s(request.peak_flops_per_s)} dense {request.dtype})",
        f"batch {counted(request.global_batch_sequences, 'sequence')} x {counted(request.sequence_length, 'token')} "
        f"= {large(tokens)} tokens a step" + (", dropout" if request.dropout else ""),
    ]


def layout_words(layout: Layout) -> str:
    """A layout in one line."""
    pieces = [f"tp {layout.tp:,}", f"pp {layout.pp:,}"]
    if layout.vpp > 1:
        pieces.append(f"vpp {layout.vpp:,}")
    pieces += [f"dp {layout.dp:,}", f"micro-batch {layout.micro_batch:,}"]
    if layout.sequence_parallel:
        pieces.append("sequence parallel")
    pieces += [f"recompute {layout.recompute}", f"ZeRO {layout.zero}"]
    if layout.pp > 1:
        pieces.append(SCHEDULES.get(layout.schedule, layout.schedule))
    if sum(degree > 1 for degree in (layout.tp, layout.pp, layout.dp)) > 1:
        pieces.append(f"placement {layout.placement}")
    return ", ".join(pieces)


def stages_words(layers: tuple[int, ...]) -> str:
    """Layers of the stages from the first to the last, equal neighbours joined.

    Example:
        >>> stages_words((19, 20, 20, 20, 19)), stages_words((20, 20)), stages_words((32,))
        ('19 | 3 stages x 20 | 19', '2 stages x 20', '32 on 1 stage')
    """
    runs: list[list[int]] = []
    for count in layers:
        if runs and runs[-1][1] == count:
            runs[-1][0] += 1
        else:
            runs.append([1, count])
    if len(layers) == 1:
        return f"{layers[0]:,} on 1 stage"
    return " | ".join(str(count) if times == 1 else f"{times:,} stages x {count}" for times, count in runs)


def figure_rows(plan: Plan, request: Request) -> list[tuple[str, str]]:
    """The figures of a plan with their units and conventions: (name, value)."""
    rows = [
        ("step time", f"{seconds(plan.step_time_s)}, {counted(plan.micro_batches, 'micro-batch', 'micro-batches')}"),
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
        ("layers", stages_words(plan.layers_per_stage)),
    ]
    return rows + run_rows(plan, request)


def run_rows(plan: Plan, request: Request) -> list[tuple[str, str]]:
    """Time to train, device-hours and cost of the whole run, or what is missing to know them."""
    if plan.steps is None or plan.time_to_train_s is None or plan.device_hours is None or request.tokens is None:
        return [("time to train", "give --tokens to see it, with device-hours and cost")]
    rows = [
        (
            "time to train",
            f"{seconds(plan.time_to_train_s)} for {large(request.tokens)} tokens in {counted(plan.steps, 'step')}, "
            "without failures",
        ),
        ("device-hours", f"{plan.device_hours:,.0f} h"),
    ]
    if plan.cost_usd is None or request.usd_per_device_hour is None:
        return [*rows, ("cost", f"not known: no price of a device-hour for {request.accelerator} of {request.cluster}")]
    dated = f", as of {request.price_as_of}" if request.price_as_of else ""
    price = f"USD {request.usd_per_device_hour:.2f} a device-hour, {request.price_confidence or 'unsourced'}{dated}"
    return [*rows, ("cost", f"{dollars(plan.cost_usd)} ({price})")]


def plan_notes(plan: Plan) -> list[str]:
    """What the reader of a plan should know, one line each."""
    return [*([TIGHT_NOTE] if plan.tight else []), *plan.notes]


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
        f"{counted(result.space, 'layout')} in the space, {result.evaluated:,} evaluated, {seconds(result.elapsed_s)}"
        + (f" ({large(rate)} evaluated/s)" if rate else "")
        + f" on {counted(result.threads, 'thread')}; {state}"
    )


def ruled_out_line(result: SearchResult) -> str:
    """The counts of the reasons why layouts were ruled out, largest first, in one line."""
    counts = [f"{name.replace('_', ' ')} {count:,}" for name, count in result.infeasible.sorted() if count]
    return f"ruled out: {'; '.join(counts)}" if counts else "ruled out: none"
