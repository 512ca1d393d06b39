"""Sections 7 and 8 of the equations: exposed and hidden communication, and the time of a step."""

from __future__ import annotations

from dataclasses import dataclass

from .dense_model import COMPUTE_BYTES as e
from .dense_model import Document, Symbols, rank_parameters, zero_stage
from .dense_operators import EndTimes, LayerTimes, embedding_times, head_times, layer_times
from .network import Ends, Group, point_to_point, seconds
from .placement import groups


@dataclass(frozen=True)
class Traffic:
    """Seconds of tensor traffic per micro-batch: exposed forward, exposed backward, hidden."""

    forward: float = 0.0
    backward: float = 0.0
    hidden: float = 0.0


@dataclass(frozen=True)
class StageTimes:
    """Seconds of one stage and micro-batch: f, b, r, c^f, c^b, hidden tensor traffic, o and y of section 8."""

    forward: float
    backward: float
    recompute: float
    tensor_forward: float
    tensor_backward: float
    tensor_hidden: float
    slowdown: float
    hops_exposed: float  # x_i
    hops_hidden: float  # u_i
    hops_window: float  # W_i
    slot: float  # y_i


# --- section 7: tensor traffic ---------------------------------------------------------------------------------------


def pairs(problem: Document, communications: list[tuple[float, float]]) -> tuple[float, float]:
    """Exposed and hidden time of (communication, window) pairs."""
    exposed = hidden = 0.0
    for communication, window in communications:
        if problem["stack"]["overlap_tensor_backward"]:
            exposed += max(0.0, communication - window)
            hidden += min(communication, window)
        else:
            exposed += communication
    return exposed, hidden


def tensor_traffic(
    problem: Document, layout: Document, x: Symbols, tensor: Group, layer: LayerTimes, head: EndTimes
) -> tuple[Traffic, Traffic, Traffic]:
    """Of one layer, of the embedding and of the head."""
    if x.t == 1:
        return Traffic(), Traffic(), Traffic()
    S_a = e * x.T * x.h
    if layout["sequence_parallel"]:
        ag, rs = seconds(tensor, "all_gather", S_a), seconds(tensor, "reduce_scatter", S_a)
        layer_forward = 2 * ag + 2 * rs
        layer_backward = 2 * ag
        layer_pairs = [(ag, layer.dgrad_qkv), (ag, layer.dgrad_up), (rs, layer.wgrad_qkv), (rs, layer.wgrad_up)]
        embedding = Traffic(forward=rs, backward=ag)
        head_forward = ag
        head_pairs = [(ag, head.dgrad), (rs, head.wgrad)]
    else:
        ar = seconds(tensor, "all_reduce", S_a)
        layer_forward = 2 * ar
        layer_backward = 0.0
        layer_pairs = [(ar, layer.wgrad_qkv), (ar, layer.wgrad_up)]
        embedding = Traffic(forward=ar)
        head_forward = 0.0
        head_pairs = [(ar, head.wgrad)]
    exposed, hidden = pairs(problem, layer_pairs)
    layer_backward += exposed
    if layout["recompute"] == "full":
        layer_backward += layer_forward
    head_exposed, head_hidden = pairs(problem, head_pairs)
    return Traffic(layer_forward, layer_backward, hidden), embedding, Traffic(head_forward, head_exposed, head_hidden)


def share_a_port(one: Group, other: Group) -> bool:
    """Whether two groups use a port in common, where they take turns."""
    return bool(one.ports() & other.ports())


# --- section 7: data traffic -----------------------------------------------------------------------------------------


def data_traffic(
    problem: Document,
    x: Symbols,
    zero: int,
    three: tuple[Group, Group, Group],
    P: float,
    layers: int,
    stage: StageTimes,
) -> tuple[float, float]:
    """Exposed and hidden data traffic of one stage, per step."""
    if x.D == 1:
        return 0.0, 0.0
    stack = problem["stack"]
    tensor, data, pipeline = three
    free = 1.0  # phi_i
    if share_a_port(pipeline, data):
        free = 1 - stage.hops_hidden / stage.hops_window if stage.hops_window > 0 else 0.0
    taken = stage.tensor_hidden if share_a_port(tensor, data) else 0.0
    F, B = stage.forward * free, (stage.backward + stage.recompute - taken) * free
    buckets = max(1, layers)

    def exposed_part(communication: float, window: float, may_hide: bool) -> tuple[float, float]:
        if not may_hide:
            return communication, 0.0
        exposed = max(communication - window * (1 - 1 / buckets), communication / buckets)
        return exposed, communication - exposed

    reduce_bytes = stack["gradient_reduce_bytes"] * P
    reductions, gathers = stack["overlap_gradient_reduce"], stack["overlap_parameter_gather"]
    gather_messages = buckets if gathers or zero == 3 else 1
    reduce_messages = buckets if reductions or zero == 3 else 1
    gather = gather_messages * seconds(data, "all_gather", e * P / gather_messages)
    scatter = reduce_messages * seconds(data, "reduce_scatter", reduce_bytes / reduce_messages)
    reduce = reduce_messages * seconds(data, "all_reduce", reduce_bytes / reduce_messages)
    if zero == 0:
        terms = [(1, exposed_part(reduce, B, reductions))]
    elif zero == 1:
        terms = [(1, exposed_part(scatter, B, reductions)), (1, exposed_part(gather, F, gathers))]
    elif zero == 2:
        terms = [(1, exposed_part(gather, F, gathers)), (x.M, exposed_part(scatter, B, reductions))]
    else:
        terms = [
            (x.M, exposed_part(gather, F, gathers)),
            (x.M, exposed_part(gather + scatter, B, reductions and gathers)),
        ]
    exposed = sum(times * part[0] for times, part in terms)
    hidden = sum(times * part[1] for times, part in terms)
    return exposed, hidden


def tied_embedding_traffic(problem: Document, x: Symbols, pipeline: Group) -> float:
    """The all-reduce of the two copies of a tied table, at the two ends of the pipeline."""
    if x.p == 1 or not problem["model"]["tied_embeddings"]:
        return 0.0
    pair = Ends(pipeline.network, 2, pipeline.stride * (x.p - 1), pipeline)
    return seconds(pair, "all_reduce", problem["stack"]["gradient_reduce_bytes"] * x.V_t * x.h)


# --- section 8 -------------------------------------------------------------------------------------------------------


def step(problem: Document, layout: Document, x: Symbols, stages: list[int], P: list[float]) -> Document:
    """The parts of the step, what is hidden, and their sum, in seconds."""
    stack = problem["stack"]
    schedule, zero = layout["schedule"], zero_stage(layout)
    three = groups(problem, layout)
    tensor, _, pipeline = three
    layer, embedding, head = layer_times(problem, x), embedding_times(problem, x), head_times(problem, x)
    recompute = {"none": 0.0, "selective": layer.attention_forward, "full": layer.forward}[layout["recompute"]]
    traffic = tensor_traffic(problem, layout, x, tensor, layer, head)

    # pipeline hops
    hop = 0.0
    if x.p > 1:
        hop = point_to_point(pipeline, e * x.T * x.h / x.t)
        if not layout["sequence_parallel"] and x.t > 1:
            hop += seconds(tensor, "all_gather", e * x.T * x.h)
    hops = 2 * x.v * hop
    hops_may_hide = schedule == "interleaved" and stack["overlap_pipeline"]

    # the stages
    times: list[StageTimes] = []
    for i, layers in enumerate(stages):
        ends = [(embedding, traffic[1])] * (i == 0) + [(head, traffic[2])] * (i == x.p - 1)
        f = layers * layer.forward + sum(end.forward for end, _ in ends)
        b = layers * layer.backward + sum(end.backward for end, _ in ends)
        r = layers * recompute
        c_f = layers * traffic[0].forward + sum(one.forward for _, one in ends)
        c_b = layers * traffic[0].backward + sum(one.backward for _, one in ends)
        hidden = layers * traffic[0].hidden + sum(one.hidden for _, one in ends)
        window = f + b + r - (hidden if share_a_port(tensor, pipeline) else 0.0)
        u = min(hops, window) if hops_may_hide else 0.0
        o = stack["overlap_slowdown"] * (hidden + u)
        slot = f + b + r + c_f + c_b + o + hops - u
        times.append(StageTimes(f, b, r, c_f, c_b, hidden, o, hops - u, u, window, slot))

    slots = [one.slot for one in times]
    # The first of those that are equal but for rounding: stages that hide all they can often are.
    worst = next(one for one in times if one.slot >= max(slots) * (1 - 1e-12))
    if schedule == "gpipe":
        phi = [one.forward + one.tensor_forward + one.hops_exposed / 2 for one in times]
        psi = [one.slot - ahead for one, ahead in zip(times, phi, strict=True)]
        pipe = x.M * (max(phi) + max(psi)) + (sum(phi) - max(phi)) + (sum(psi) - max(psi))
    else:
        pipe = x.M * worst.slot + (sum(slots) - worst.slot) / x.v

    fill_and_drain = (x.p - 1) * worst.hops_hidden / x.v

    # data traffic: the step takes the stage that it costs most
    exposed_data, hidden_data = 0.0, 0.0
    for layers, held, one in zip(stages, P, times, strict=True):
        exposed, hidden = data_traffic(problem, x, zero, three, held, layers, one)
        slowdown = stack["overlap_slowdown"]
        if exposed + slowdown * hidden > exposed_data + slowdown * hidden_data:
            exposed_data, hidden_data = exposed, hidden

    shards = x.D if zero >= 1 else 1
    device_bytes_per_s = problem["accelerator"]["memory_bytes_per_s"] * problem["accelerator"]["memory_efficiency"]
    moved = max(stack["optimizer_bytes_per_parameter"] * held / shards for held in P)
    optimizer = max(moved / device_bytes_per_s, problem["accelerator"]["kernel_floor_s"]) if moved else 0.0

    parts = {
        "forward": x.M * worst.forward,
        "backward": x.M * worst.backward,
        "recompute": x.M * worst.recompute,
        "optimizer": optimizer,
        "tensor_comm": x.M * (worst.tensor_forward + worst.tensor_backward),
        "context_comm": 0.0,
        "expert_comm": 0.0,
        "pipeline_comm": x.M * worst.hops_exposed + fill_and_drain,
        "data_comm": exposed_data + tied_embedding_traffic(problem, x, pipeline),
        "offload": 0.0,
        "bubble": pipe - x.M * worst.slot,
        "other": x.M * worst.slowdown + stack["overlap_slowdown"] * hidden_data + stack["step_overhead_s"],
    }
    hidden_s = {
        "tensor_comm": x.M * worst.tensor_hidden,
        "context_comm": 0.0,
        "expert_comm": 0.0,
        "pipeline_comm": x.M * worst.hops_hidden,
        "data_comm": hidden_data,
        "offload": 0.0,
    }
    # Added up the other way round than the parts, so that a test can hold the two against each other.
    total = pipe + fill_and_drain + parts["data_comm"] + optimizer + stack["step_overhead_s"]
    total += stack["overlap_slowdown"] * hidden_data
    return {"step_time_s": total, "time_s": parts, "hidden_s": hidden_s}


def stage_parameters(problem: Document, x: Symbols, stages: list[int]) -> list[float]:
    """P_i of section 3, for every stage."""
    layer, embedding, head = rank_parameters(problem["model"], x)
    return [
        layers * layer + (embedding if i == 0 else 0) + (head if i == x.p - 1 else 0) for i, layers in enumerate(stages)
    ]
