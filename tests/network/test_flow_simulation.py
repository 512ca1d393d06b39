"""The closed forms against all groups of a kind at once, played message by message on the links of a small cluster."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from properties import engine
from reference import network as closed_forms

from . import collective_messages as messages
from .cluster_graph import Document, HostCluster, Torus
from .flow_simulation import Flow, link_bytes, seconds
from .layouts import Kind, aligned, kinds

WITHIN = 0.05
S = 1e9
CLUSTERS = engine.examples(250)

HOST_COLLECTIVES: dict[tuple[str, str], Callable[[HostCluster, list[int], float], Iterator[Flow]]] = {
    ("all_gather", "ring"): messages.ring_all_gather,
    ("all_reduce", "ring"): messages.ring_all_reduce,
    ("all_reduce", "hierarchical"): messages.hierarchical_all_reduce,
    ("all_to_all", "pairwise"): messages.pairwise_all_to_all,
    ("broadcast", "pipelined"): messages.pipelined_broadcast,
}


def candidates(document: Document, operation: str, n: int, stride: int) -> list[dict[str, float]]:
    """Seconds by algorithm, of the reference and of the engine."""
    found = engine.collective(document, operation, n, stride, S)["candidates"]
    by_name = {one["algorithm"]: one["seconds"] for one in found}
    if len(by_name) == 1:  # a broadcast has one algorithm, whatever it is called
        by_name = {"pipelined" if operation == "broadcast" else name: by_name[name] for name in by_name}
    group = closed_forms.Group(document, n, stride)
    return [closed_forms.candidate_seconds(group, operation, S), by_name]


def point_to_point(document: Document, n: int, stride: int) -> list[float]:
    group = closed_forms.Group(document, n, stride)
    return [
        closed_forms.point_to_point(group, S),
        engine.collective(document, "point_to_point", n, stride, S)["seconds"],
    ]


def played(graph: Any, algorithm: Callable[..., Iterator[Flow]], groups: list[list[int]], *rest: Any) -> float:
    """Seconds until all groups of a kind are done."""
    return seconds((flow for members in groups for flow in algorithm(graph, members, *rest)), graph.capacities())


def random_hosts(source: random.Random) -> HostCluster:
    leaves = source.choice([1, 2, 3, 4])
    through_inside = source.random() < 0.25
    host, card = source.choice([1e11, 4.5e11]), source.choice([5e10, 2.5e10, 1e11])
    if through_inside:
        host, card = 3e10, source.choice([6e9, 3e10, 2e10])
    return HostCluster(
        host_devices=source.choice([2, 3, 4, 6, 8]),
        hosts_per_leaf=source.choice([1, 2, 3, 4, 8] if leaves == 1 else [2, 3, 4]),
        leaves=leaves,
        host_bytes_per_s=host,
        card_bytes_per_s=card,
        oversubscription=source.choice([1.0, 1.5, 2.0, 4.0, 7.0]),
        mesh=not through_inside and source.random() < 0.3,
        through_inside=through_inside,
    )


def random_torus(source: random.Random) -> Torus:
    lengths = tuple(source.choice([2, 3, 4, 4]) for _ in range(source.choice([1, 2, 2, 3, 3])))
    speed = source.choice([5e10, 1e11])
    speeds = tuple(source.choice([speed, speed, 2 * speed, speed / 2]) for _ in lengths)
    return Torus(lengths, tuple(source.choice([False, True]) for _ in lengths), speeds)


def trials(number: int, make: Callable[[random.Random], Any], wanted: bool = True) -> Iterator[tuple[Any, Kind, str]]:
    """Every kind of more than one rank of random layouts on random clusters; ``wanted``: aligned, or all others."""
    for seed in range(number):
        source = random.Random(seed)
        graph = make(source)
        if graph.devices > 64:
            continue
        for kind in kinds(source, graph.devices):
            if aligned(graph.network(), kind) == wanted:
                yield graph, kind, f"seed {seed}: ({kind.n}, {kind.stride}) on {graph}"


def assert_near(found: float, wanted: float, where: str) -> None:
    assert abs(found / wanted - 1) <= WITHIN, f"{found / wanted:.3f} of what was played, {where}"


# --- the simulator itself --------------------------------------------------------------------------------------------


def test_a_link_is_shared_evenly_and_freed_when_a_flow_ends() -> None:
    assert seconds([Flow(1.0, ("a",)), Flow(3.0, ("a",))], {"a": 1.0}) == pytest.approx(4.0)
    # The long flow has a half until the short one ends, then all of link a, but no more than link b.
    assert seconds([Flow(1.0, ("a",)), Flow(3.0, ("a", "b"))], {"a": 1.0, "b": 0.75}) == pytest.approx(2 + 2 / 0.75)


def test_what_a_flow_cannot_use_is_for_the_others() -> None:
    # Held to 1 by link b, the first flow leaves 9 of link a to the second.
    flows = [Flow(1.0, ("a", "b")), Flow(9.0, ("a",))]
    assert seconds(flows, {"a": 10.0, "b": 1.0}) == pytest.approx(1.0)


# --- hosts, leaves, spine --------------------------------------------------------------------------------------------


def plays(cluster: HostCluster, kind: Kind, operation: str, algorithm: str) -> bool:
    """What is left out: algorithms that a library would not run there, and that lose to its others."""
    hosts = messages.by_host(cluster, kind.groups[0])
    if operation == "broadcast":
        return not cluster.mesh or len(hosts) == 1
    if algorithm == "hierarchical":
        return len(hosts) > 1 and not cluster.through_inside
    return True


def test_collectives_of_hosts_take_what_their_messages_take() -> None:
    seen: Counter[Any] = Counter()
    for cluster, kind, where in trials(CLUSTERS, random_hosts):
        document = cluster.network()
        for (operation, algorithm), play in HOST_COLLECTIVES.items():
            if not plays(cluster, kind, operation, algorithm) or algorithm == "hierarchical":
                continue
            wanted = played(cluster, play, kind.groups, S)
            for found in candidates(document, operation, kind.n, kind.stride):
                assert_near(found[algorithm], wanted, f"{operation} {algorithm}, {where}")
            group = closed_forms.Group(document, kind.n, kind.stride)
            seen[operation, algorithm, len(group.crossed())] += 1
            seen["mesh"] += cluster.mesh
            seen["part of a mesh"] += cluster.mesh and group.degree_share(0) < 1
            seen["through inside"] += cluster.through_inside and len(group.crossed()) > 1
    if engine.EFFORT >= 1:
        assert min(seen.values()) >= 10, seen
        assert len(seen) == 4 * 3 + 3, seen


def test_a_tree_over_hosts_takes_what_its_messages_take() -> None:
    """Under one leaf, and over leaves that the tree's numbering tiles (a power of two of hosts in each).

    Over others NCCL's trees cross the spine more often than the page says; the ring is mostly faster there.
    """
    seen: Counter[Any] = Counter()
    for cluster, kind, where in trials(4 * CLUSTERS, random_hosts):
        if not plays(cluster, kind, "all_reduce", "hierarchical"):
            continue
        document = cluster.network()
        group = closed_forms.Group(document, kind.n, kind.stride)
        leaves, hosts_in_leaf = kind.n // group.m(1), group.m(1) // group.m(0)
        if leaves > 1 and (hosts_in_leaf not in (1, 2, 4) or leaves not in (2, 3, 4)):
            continue
        wanted = played(cluster, messages.hierarchical_all_reduce, kind.groups, S)
        ring = played(cluster, messages.ring_all_reduce, kind.groups, S)
        for found in candidates(document, "all_reduce", kind.n, kind.stride):
            assert_near(found["hierarchical"], wanted, f"hierarchical, {where}")
            assert_near(min(found.values()), min(ring, wanted), f"the faster of ring and tree, {where}")
        seen["leaves", leaves] += 1
        seen["hosts in a leaf", hosts_in_leaf] += 1
        seen["ports", group.m(0)] += 1
    if engine.EFFORT >= 1:
        assert {("leaves", 1), ("leaves", 2), ("leaves", 3), ("leaves", 4)} <= set(seen), seen


def test_neighbours_of_a_pipeline_take_what_their_messages_take() -> None:
    seen: Counter[Any] = Counter()
    for cluster, kind, where in trials(2 * CLUSTERS, random_hosts):
        wanted = played(cluster, messages.neighbours, kind.groups, S)
        for found in point_to_point(cluster.network(), kind.n, kind.stride):
            assert_near(found, wanted, f"point to point, {where}")
        seen[cluster.mesh, len(closed_forms.Group(cluster.network(), kind.n, kind.stride).crossed())] += 1
    if engine.EFFORT >= 1:
        assert len(seen) == 6 and min(seen.values()) >= 10, seen


def test_groups_that_do_not_tile_are_never_priced_too_fast() -> None:
    seen: Counter[str] = Counter()
    for cluster, kind, where in trials(2 * CLUSTERS, random_hosts, wanted=False):
        # The smallest fragment stands for all, so the page knows too little of what goes on inside slow hosts.
        if cluster.mesh or cluster.host_bytes_per_s < 4 * cluster.card_bytes_per_s:
            continue
        document = cluster.network()
        for operation, algorithm in (("all_gather", "ring"), ("all_to_all", "pairwise")):
            play = HOST_COLLECTIVES[operation, algorithm]
            if operation == "all_gather":  # the members of a group sit on other rails in every host
                quickest = played(cluster, play, kind.groups, S, False)
            else:
                quickest = played(cluster, play, kind.groups, S)
            for found in candidates(document, operation, kind.n, kind.stride):
                assert found[algorithm] >= quickest * (1 - WITHIN), f"{operation}, {found}, {quickest}, {where}"
            seen[operation] += 1
    assert min(seen.values()) >= 10, seen


def test_two_kinds_at_once_take_no_longer_than_one_after_the_other() -> None:
    """The rule of turns: gradients and boundary exchanges on the same ports at the same time."""
    together = 0
    for seed in range(CLUSTERS):
        source = random.Random(seed)
        cluster = random_hosts(source)
        if cluster.devices > 64:
            continue
        both = [kind for kind in kinds(source, cluster.devices) if aligned(cluster.network(), kind)]
        if len(both) < 2:
            continue
        size_bytes = S * source.choice([0.1, 1.0, 3.0])
        data = [flow for members in both[0].groups for flow in messages.ring_all_gather(cluster, members, S)]
        pipeline = [flow for members in both[1].groups for flow in messages.neighbours(cluster, members, size_bytes)]
        alone = [seconds(flows, cluster.capacities()) for flows in (data, pipeline)]
        at_once = seconds(data + pipeline, cluster.capacities())
        assert max(alone) * (1 - 1e-6) <= at_once <= sum(alone) * (1 + 1e-6), f"seed {seed}"
        together += at_once > max(alone) * 1.05
    assert together >= 10


# --- torus -----------------------------------------------------------------------------------------------------------


def test_gathers_on_a_torus_take_what_their_messages_take() -> None:
    seen: Counter[Any] = Counter()
    for torus, kind, where in trials(2 * CLUSTERS, random_torus):
        document = torus.network()
        group = closed_forms.Group(document, kind.n, kind.stride)
        axes = range(len(torus.lengths))
        degrees = [int(group.q(axis)) for axis in axes]
        shares = messages.best_shares(degrees, [group.r(axis) for axis in axes])
        wanted = played(torus, messages.torus_all_gather, kind.groups, degrees, shares, S)
        for found in candidates(document, "all_gather", kind.n, kind.stride):
            assert_near(found["ring"], wanted, f"all-gather over {degrees}, {where}")
        for found in candidates(document, "all_reduce", kind.n, kind.stride):
            assert_near(min(found.values()), 2 * wanted, f"all-reduce over {degrees}, {where}")
        seen["axes", sum(degree > 1 for degree in degrees)] += 1
        seen["closed"] += any(group.closed(axis) for axis in axes if degrees[axis] > 1)
        seen["interleaved"] += any(group.d(axis) > 1 for axis in axes if degrees[axis] > 1)
    assert min(seen.values()) >= 10 and len(seen) == 5, seen


def test_all_to_all_on_a_torus_loads_its_links_as_its_messages_do() -> None:
    """The busiest link decides; unscheduled flows on several axes that are equally busy lose a few per cent more."""
    several = 0
    for torus, kind, where in trials(CLUSTERS, random_torus):
        flows = [flow for members in kind.groups for flow in messages.torus_all_to_all(torus, members, S)]
        capacities = torus.capacities()
        busiest = max(load / capacities[link] for link, load in link_bytes(flows).items())
        for found in candidates(torus.network(), "all_to_all", kind.n, kind.stride):
            assert_near(found["pairwise"], busiest, f"all-to-all, {where}")
        assert busiest * (1 - 1e-6) <= seconds(flows, capacities) <= 1.15 * busiest, where
        several += len(closed_forms.Group(torus.network(), kind.n, kind.stride).crossed()) > 1
    assert several >= 10


def test_neighbours_on_a_torus_take_what_their_messages_take() -> None:
    interleaved = 0
    for torus, kind, where in trials(2 * CLUSTERS, random_torus):
        flows = [flow for members in kind.groups for flow in messages.torus_neighbours(torus, members, S)]
        wanted = seconds(flows, torus.capacities())
        for found in point_to_point(torus.network(), kind.n, kind.stride):
            assert_near(found, wanted, f"point to point, {where}")
        interleaved += any(math.prod(torus.lengths[:axis]) < kind.stride for axis in range(len(torus.lengths)))
    assert interleaved >= 10
