"""The traffic that the engine reports against a count of every message of every rank."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from properties import engine
from reference import dense_estimate
from reference.dense_model import symbols
from reference.dense_step import stage_parameters
from reference.placement import strides
from reference.random_problems import random_problem

from .cluster_graph import Document, HostCluster
from .collective_messages import groups_of, ring_all_gather
from .flow_simulation import Flow, link_bytes
from .layouts import Kind, aligned, divisors

LAYERS = 8
LEVEL_OF_LINK = {"port": "host", "card": "leaf", "spine": "spine"}
CASES = engine.examples(120)


def problem_on(cluster: HostCluster) -> Document:
    """A plain decoder on a small cluster whose library never takes the tree."""
    problem = random_problem(random.Random(5).choice, devices=(16,))
    problem["network"] = cluster.network()
    problem["network"]["library"]["tree_efficiency"] = 1e-3
    problem["model"].update(layers=LAYERS, heads=48, kv_heads=48, head_dim=16, hidden=768, ffn=3072, vocab=2048)
    problem["model"].update(tied_embeddings=False, learned_positions=0)
    problem["training"].update(global_batch_sequences=4 * cluster.devices, sequence_length=1152)
    problem["stack"].update(largest_zero_with_pipeline=3, gradient_reduce_bytes=4)
    problem["space"] = dict.fromkeys(problem["space"])
    return problem


def random_case(source: random.Random) -> tuple[HostCluster, Document, Document]:
    cluster = HostCluster(
        source.choice([2, 4, 8]), 2, source.choice([1, 2]), 3e11, 5e10, 2.0, through_inside=source.random() < 0.3
    )
    problem, devices = problem_on(cluster), cluster.devices
    tp = source.choice(divisors(min(devices, 16)))
    pp = source.choice([one for one in (1, 2, 4) if devices // tp % one == 0])
    vpp = source.choice([1, 2]) if pp > 1 else 1
    raw = {
        "tp": tp,
        "pp": pp,
        "vpp": vpp,
        "micro_batch": 1,
        # Without it the pipeline's hops would contain all-gathers of the tensor group.
        "sequence_parallel": tp > 1 and (pp > 1 or source.random() < 0.5),
        "recompute": source.choice(["none", "selective", "full"]),
        "zero": source.choice([0, 1, 2, 3]) if devices > tp * pp else 0,
        "schedule": "no-pipeline" if pp == 1 else "interleaved" if vpp > 1 else source.choice(["1f1b", "gpipe"]),
        "placement": source.choice(["tp-dp-pp", "tp-pp-dp", "dp-tp-pp", "dp-pp-tp", "pp-tp-dp", "pp-dp-tp"]),
    }
    problem["space"]["placement"] = [raw["placement"]]
    return cluster, problem, dense_estimate.layout_document(raw, devices)


def tensor_bytes(layout: Document, layers: int, first: bool, last: bool, micro_batches: int) -> float:
    """Arrays that a tensor group gathers or scatters in a step, an all-reduce counted as both."""
    again = 2 if layout["recompute"] == "full" else 1
    if layout["sequence_parallel"]:  # forward 4 a layer; backward the same, and the 2 that forward did not keep
        a_layer, embedding, head = 4 * again + 6, 2, 3
    else:  # an all-reduce is two
        a_layer, embedding, head = 4 * again + 4, 2, 2
    return micro_batches * float(layers * a_layer + embedding * first + head * last)


def data_bytes(problem: Document, zero: int, parameters: float, micro_batches: int) -> float:
    """Bytes of arrays that a data group gathers or scatters in a step."""
    gradients, gather = problem["stack"]["gradient_reduce_bytes"] * parameters, 2 * parameters
    return float(
        {
            0: 2 * gradients,
            1: gradients + gather,
            2: gather + micro_batches * gradients,
            3: micro_batches * (2 * gather + gradients),
        }[zero]
    )


def counted(cluster: HostCluster, problem: Document, layout: Document) -> dict[str, dict[str, float]]:
    """Bytes by kind and level, message by message."""
    x = symbols(problem, layout)
    stages = dense_estimate.layers_per_stage(x.L, x.p, x.v)
    assert stages is not None
    held = stage_parameters(problem, x, stages)
    zero = dense_estimate.zero_stage(layout)
    stride = strides(problem["network"], layout)

    def stage_of(rank: int) -> int:
        return rank // stride["pp"] % x.p

    def tensor() -> Iterator[Flow]:
        for members in groups_of(x.N, x.t, stride["tp"]):
            i = stage_of(members[0])
            arrays = tensor_bytes(layout, stages[i], i == 0, i == x.p - 1, x.M)
            yield from ring_all_gather(cluster, members, arrays * 2 * x.T * x.h)

    def data() -> Iterator[Flow]:
        for members in groups_of(x.N, x.D, stride["dp"]):
            size_bytes = data_bytes(problem, zero, held[stage_of(members[0])], x.M)
            yield from ring_all_gather(cluster, members, size_bytes)

    def pipeline() -> Iterator[Flow]:
        for members in groups_of(x.N, x.p, stride["pp"]):
            for chunk in range(x.p * x.v - 1):
                here, there = members[chunk % x.p], members[(chunk + 1) % x.p]
                for source, target in ((here, there), (there, here)):
                    yield Flow(x.M * 2 * x.T * x.h / x.t, cluster.path(source, target))

    result = {}
    for kind, degree, flows in (
        ("tensor_comm", x.t, tensor),
        ("pipeline_comm", x.p, pipeline),
        ("data_comm", x.D, data),
    ):
        if degree > 1:
            result[kind] = dict.fromkeys((level["name"] for level in problem["network"]["levels"]), 0.0)
            for (link, way, _), size_bytes in link_bytes(flows()).items():  # type: ignore[misc]
                if way == "out":
                    result[kind][LEVEL_OF_LINK[link]] += size_bytes
    return result


def test_the_traffic_of_a_layout_is_that_of_its_messages() -> None:
    if engine.REFERENCE_STANDS_IN:  # it reports no traffic
        return
    seen: Counter[Any] = Counter()
    for seed in range(3 * CASES):
        cluster, problem, layout = random_case(random.Random(seed))
        if dense_estimate.check_without_memory(problem, layout) is not None:
            continue
        stride = strides(problem["network"], layout)
        if not all(
            aligned(problem["network"], Kind(layout[name], stride[name], cluster.devices))
            for name in ("tp", "dp", "pp")
        ):
            continue
        wanted = counted(cluster, problem, layout)
        found = {one["kind"]: one for one in engine.traffic(problem, layout)["kinds"]}
        assert set(found) == set(wanted), f"seed {seed}"
        for kind, levels in wanted.items():
            totals = {one["name"]: one["total_bytes"] for one in found[kind]["levels"]}
            assert totals == pytest.approx(levels, rel=1e-9), f"seed {seed}: {kind} of {layout} on {cluster}"
            for one in found[kind]["levels"]:
                assert one["largest_bytes_per_device"] * cluster.devices >= one["total_bytes"] * (1 - 1e-9)
                assert (one["largest_bytes_per_device"] > 0) is (one["total_bytes"] > 0)
            seen[kind, sum(size_bytes > 0 for size_bytes in levels.values())] += 1
        seen["zero", dense_estimate.zero_stage(layout)] += 1
        seen[layout["schedule"]] += 1
        seen["sequence parallel", layout["sequence_parallel"]] += 1
        seen[layout["placement"]] += 1
    if engine.EFFORT >= 1:
        assert min(seen.values()) >= 3 and len(seen) >= 6 + 4 + 4 + 2 + 6, seen
