"""What holds for every network, group and size: tried on the reference and on the engine."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from properties import engine
from reference import network as closed_forms
from reference.network import Group
from reference.placement import every_placement, placed
from reference.random_problems import random_network, random_torus

from .cluster_graph import Document
from .layouts import divisors

OPERATIONS = (*closed_forms.OPERATIONS, "point_to_point")
COLLECTIVES = tuple(closed_forms.OPERATIONS)
ROUNDING = 1 + 1e-9

# The same examples in every run: a red build must mean that the code changed.
promise = settings(
    max_examples=engine.examples(150),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
operations = st.sampled_from(OPERATIONS)
sizes = st.sampled_from([1e9, 1.0, 1e5, 1e7, 1e11])


def seconds(document: Document, operation: str, n: int, stride: int, S: float) -> tuple[float, float]:
    """By the reference and by the engine."""
    reference = closed_forms.seconds(Group(document, n, stride), operation, S)
    return reference, float(engine.collective(document, operation, n, stride, S)["seconds"])


def tiled(group: Group) -> bool:
    """Whether whole groups tile every block or whole blocks every group, and every q is whole."""
    span = group.n * group.stride
    for level in range(len(group.levels)):
        G = group.block(level)
        whole_groups = G % span == 0 or group.network["devices"] <= G
        whole_blocks = span % G == 0 and (G % group.stride == 0 or group.stride % G == 0)
        if not (whole_groups or whole_blocks) or group.q(level) % 1:
            return False
    return True


@st.composite
def groups(draw: st.DrawFn, ideal: bool = False, torus: bool = False) -> Group:
    """A random network with a group on it.

    ``ideal``: no latency, no saturation, every efficiency 1; ``torus``: a whole torus and nothing else.
    """

    def pick(values: Sequence[Any]) -> Any:
        return draw(st.sampled_from(values))

    devices = pick([8, 16, 32, 64, 12, 72, 96])
    document = random_network(pick, devices)
    if torus:
        document["levels"], document["devices"] = random_torus(pick)
        devices = document["devices"]
    document = placed(document, pick(every_placement(document)))
    n = pick(divisors(devices)[1:])
    stride = pick(divisors(devices // n))
    if ideal:
        document["collective_base_s"] = 0.0
        document["library"].update(tree_efficiency=1.0, pat=False)
        for level in document["levels"]:
            level.update(latency_s=0.0, half_saturation_bytes=0)
            level.update({name: 1.0 for name in level if name.endswith("_efficiency")})
    return Group(document, n, stride)


# --- the bound of the cut --------------------------------------------------------------------------------------------


def entering_bytes(operation: str, n: int, inside: float, S: float) -> float:
    """Bytes that must enter a set that holds ``inside`` of a group's ranks, for each of these.

    An all-reduce in the network sends but one sum inwards; without switches that add the others send more.
    """
    return {
        "all_gather": S * (1 / inside - 1 / n),
        "reduce_scatter": S * (1 / inside - 1 / n),
        "all_reduce": S / inside,
        "broadcast": S / inside,
        "all_to_all": S * (1 - inside / n),
        "point_to_point": S / inside,
    }[operation]


def capacity_into_blocks(group: Group, level: int) -> float:
    """Bytes per second into a block of the level inside ``level``, for each of its devices."""
    outer_ports = [
        one["bytes_per_s"] for index, one in enumerate(group.levels) if index > level and not one["shares_inner_link"]
    ]
    return float(group.levels[level]["bytes_per_s"] + sum(outer_ports))


@promise
@given(group=groups(ideal=True), operation=operations, S=sizes)
def test_nothing_beats_the_cut_around_a_block(group: Group, operation: str, S: float) -> None:
    assume(tiled(group))
    found = seconds(group.network, operation, group.n, group.stride, S)
    for level in range(len(group.levels)):
        inside = group.m(level - 1)
        if inside < group.n:
            bound = entering_bytes(operation, group.n, inside, S) / capacity_into_blocks(group, level)
            assert min(found) >= bound / ROUNDING, f"{operation} over level {level}: {found}, bound {bound}"


@promise
@given(group=groups(ideal=True, torus=True), S=sizes)
def test_nothing_beats_the_cut_along_the_axes_of_a_torus(group: Group, S: float) -> None:
    """All that differ only on some axes: what they lack comes over the other axes alone."""
    assume(tiled(group) and group.torus_runs())
    run = group.torus_runs()[0]
    assume(group.n == group.m(run[-1]) and run[0] == 0)
    found = seconds(group.network, "all_gather", group.n, group.stride, S)
    for size in range(1, len(run) + 1):
        for some in itertools.combinations(run, size):
            inside = group.n / math.prod(group.q(axis) for axis in some)
            into = sum(group.levels[axis]["bytes_per_s"] * group.share(axis) for axis in some)
            bound = entering_bytes("all_gather", group.n, inside, S) / into
            assert min(found) >= bound / ROUNDING, f"axes {some} of {run}: {found}, bound {bound}"


# --- less is never better --------------------------------------------------------------------------------------------


def slower_links(level: Document) -> None:
    level["bytes_per_s"] *= 0.7


def fewer_links_to_members(level: Document) -> None:
    level["degree_shares"] = [[q, share * 0.6] for q, share in level["degree_shares"]]
    level["pair_share"] *= 0.6


def no_wrap(level: Document) -> None:
    level["wraps"] = False


def worse_library(level: Document) -> None:
    for name in ("collective_efficiency", "all_to_all_efficiency", "point_to_point_efficiency"):
        level[name] *= 0.8


def no_sums_in_switches(level: Document) -> None:
    level["in_network_gain"] = 1.0


LOSSES: tuple[Callable[[Document], None], ...] = (
    slower_links,
    fewer_links_to_members,
    no_wrap,
    worse_library,
    no_sums_in_switches,
)


@promise
@given(group=groups(), operation=operations, S=sizes, loss=st.sampled_from(LOSSES), data=st.data())
def test_losing_something_never_helps(
    group: Group, operation: str, S: float, loss: Callable[[Document], None], data: st.DataObject
) -> None:
    assume(loss is not no_wrap or tiled(group))  # half of a q below 2 is not a step
    worse = copy.deepcopy(group.network)
    loss(worse["levels"][data.draw(st.sampled_from(range(len(worse["levels"]))))])
    slow, fast = (seconds(one, operation, group.n, group.stride, S) for one in (worse, group.network))
    assert all(less >= more / ROUNDING for less, more in zip(slow, fast, strict=True)), f"{slow} before {fast}"


@promise
@given(group=groups(), operation=operations, S=sizes)
def test_more_bytes_never_take_less_time(group: Group, operation: str, S: float) -> None:
    for less, more in zip(
        seconds(group.network, operation, group.n, group.stride, S),
        seconds(group.network, operation, group.n, group.stride, 1.5 * S),
        strict=True,
    ):
        assert more >= less / ROUNDING


@promise
@given(group=groups(), operation=operations, S=sizes)
def test_a_rank_alone_and_an_empty_array_have_no_traffic(group: Group, operation: str, S: float) -> None:
    assert seconds(group.network, operation, 1, group.stride, S) == (0.0, 0.0)
    assert seconds(group.network, operation, group.n, group.stride, 0.0) == (0.0, 0.0)


# --- what cannot be told apart costs the same ------------------------------------------------------------------------


def assert_equal(one: Sequence[float], other: Sequence[float]) -> None:
    assert all(math.isclose(a, b, rel_tol=1e-9) for a, b in zip(one, other, strict=True)), f"{one} and {other}"


@promise
@given(group=groups(ideal=True), operation=operations, S=sizes, data=st.data())
def test_two_tiers_of_one_bandwidth_are_one_tier(group: Group, operation: str, S: float, data: st.DataObject) -> None:
    document = copy.deepcopy(group.network)
    document["library"]["bruck"] = False
    document["host_devices"] = 1
    tiers = [
        index
        for index in range(1, len(document["levels"]))
        if document["levels"][index]["kind"] == document["levels"][index - 1]["kind"] == "switch"
    ]
    assume(tiers and tiled(group))
    outer = data.draw(st.sampled_from(tiers))
    inner_tier, outer_tier = document["levels"][outer - 1 : outer + 1]
    for tier in (inner_tier, outer_tier):
        tier.update(degree_shares=[], pair_share=1.0, in_network_gain=1.0, bytes_per_s=outer_tier["bytes_per_s"])
        tier.update(port_devices=inner_tier["port_devices"])
    outer_tier["shares_inner_link"] = True
    merged = copy.deepcopy(document)
    merged["levels"][outer]["shares_inner_link"] = inner_tier["shares_inner_link"]
    del merged["levels"][outer - 1]
    assert_equal(
        seconds(document, operation, group.n, group.stride, S), seconds(merged, operation, group.n, group.stride, S)
    )


@promise
@given(group=groups(), operation=operations, S=sizes, data=st.data())
def test_which_devices_of_a_switch_a_group_has_is_the_same(
    group: Group, operation: str, S: float, data: st.DataObject
) -> None:
    host = group.network["levels"][0]
    assume(host["kind"] == "switch" and group.network["devices"] % host["group_devices"] == 0)
    n = data.draw(st.sampled_from(divisors(host["group_devices"])[1:]))
    stride = data.draw(st.sampled_from(divisors(host["group_devices"] // n)))
    assert_equal(seconds(group.network, operation, n, stride, S), seconds(group.network, operation, n, 1, S))


@promise
@given(group=groups(ideal=True, torus=True), operation=st.sampled_from(COLLECTIVES), S=sizes)
def test_a_whole_torus_is_the_same_whichever_axis_comes_first(group: Group, operation: str, S: float) -> None:
    document = group.network
    turned = [placed(document, placement) for placement in every_placement(document)]
    times = [seconds(one, operation, document["devices"], 1, S) for one in turned]
    for one in times[1:]:
        assert_equal(times[0], one)


# --- the examples ----------------------------------------------------------------------------------------------------


def test_the_strategy_reaches_what_the_promises_speak_of() -> None:
    """Were every example trivial, the tests above would pass for nothing."""
    seen = {"tiled": 0, "several axes": 0, "two tiers": 0, "switch first": 0}

    @settings(parent=promise, max_examples=200, database=None)
    @given(group=groups())
    def look(group: Group) -> None:
        kinds = [level["kind"] for level in group.levels]
        seen["tiled"] += tiled(group)
        seen["several axes"] += any(len(run) > 1 for run in group.torus_runs())
        seen["two tiers"] += any(one == two == "switch" for one, two in itertools.pairwise(kinds))
        seen["switch first"] += kinds[0] == "switch"

    look()
    assert min(seen.values()) >= 5, seen
