"""Who sends how much: held to sums over the devices, to a count of neighbours, and to the strides of the rank map."""

from __future__ import annotations

import dataclasses
import doctest
import json
import pickle
from collections import Counter
from importlib import import_module
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import clusterplan
from clusterplan import InfeasibleError, SpecError, Traffic
from clusterplan.specs.placements import RANK_ORDERS

MODEL = {
    "name": "small",
    "layers": 24,
    "hidden": 1024,
    "heads": 16,
    "kv_heads": 8,
    "head_dim": 64,
    "ffn": 4096,
    "vocab": 32000,
}
JOB: dict[str, Any] = {"cluster": "meta-24k-roce", "devices": 64, "global_batch": 64, "seq_len": 2048}


def found(layout: dict[str, Any] | None, **changes: Any) -> Traffic:
    return clusterplan.traffic(MODEL, layout, **{**JOB, **changes})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    degrees=st.sampled_from([(tp, pp, 64 // tp // pp) for tp in (1, 2, 8, 16) for pp in (1, 2, 4) if tp * pp <= 64]),
    order=st.sampled_from(RANK_ORDERS),
    zero=st.integers(0, 1),
)
def test_kinds_and_strides_are_those_of_the_rank_map(degrees: tuple[int, int, int], order: str, zero: int) -> None:
    tp, pp, dp = degrees
    traffic = found({"tp": tp, "pp": pp, "dp": dp, "zero": zero if dp > 1 else 0, "placement": order})
    expected = {"tensor": tp, "pipeline": pp, "data": dp}
    # Kinds of degree 1 talk to nobody.
    assert {kind.kind: kind.ranks for kind in traffic.kinds} == {k: n for k, n in expected.items() if n > 1}
    for kind in traffic.kinds:
        groups = traffic.ranks.groups(kind.kind)
        assert (kind.ranks, kind.stride, kind.groups) == (groups.ranks, groups.stride, groups.count)
        assert kind.levels[-1].members == kind.ranks
        assert kind.seconds == pytest.approx(kind.exposed_s + kind.hidden_s, rel=1e-9)
        for level, network in zip(kind.levels, traffic.levels, strict=True):
            assert level.members == worst_members(traffic, kind.kind, network.group_devices)
            assert level.total_bytes <= level.largest_bytes_per_device * 64 * (1 + 1e-9)
            assert (level.total_bytes > 0) == (level.largest_bytes_per_device > 0)
    for position, tier in enumerate(traffic.levels):
        assert tier.total_bytes == pytest.approx(sum(kind.levels[position].total_bytes for kind in traffic.kinds))


def worst_members(traffic: Traffic, kind: str, block: int) -> int:
    """The smallest part of a group that a block holds, where every group is cut alike or not at all."""
    counts = [max(Counter(rank // block for rank in group).values()) for group in traffic.ranks.groups(kind)]
    return min(counts)


@pytest.mark.parametrize("order", RANK_ORDERS)
@pytest.mark.parametrize(("tp", "pp", "vpp"), [(2, 4, 1), (8, 4, 1), (4, 8, 3), (1, 2, 12), (2, 8, 1)])
def test_pipeline_traffic_is_that_of_counted_neighbours(order: str, tp: int, pp: int, vpp: int) -> None:
    traffic = found({"tp": tp, "pp": pp, "vpp": vpp, "placement": order, "sequence_parallel": tp > 1, "micro_batch": 1})
    kind, dp = traffic.kind("pipeline"), 64 // tp // pp
    assert kind is not None
    # bf16 activations of one micro-batch, split over the tensor ranks; one message a chunk boundary, each way.
    message = 2 * 2048 * 1024 / tp * (JOB["global_batch"] / dp)
    blocks = [level.group_devices for level in traffic.levels]
    sent: list[Counter[int]] = [Counter() for _ in blocks]
    for group in traffic.ranks.groups("pipeline"):
        for chunk in range(pp * vpp - 1):
            for sender, receiver in ((chunk, chunk + 1), (chunk + 1, chunk)):
                one, other = group[sender % pp], group[receiver % pp]
                outermost = next(i for i, block in enumerate(blocks) if one // block == other // block)
                # Scale-up links are a port of their own; all tiers of the fabric are behind one network card.
                for passed in range(min(outermost, 1), outermost + 1):
                    sent[passed][one] += 1
    for level, counted in zip(kind.levels, sent, strict=True):
        assert level.total_bytes == pytest.approx(message * counted.total(), rel=1e-9)
        assert level.largest_bytes_per_device == pytest.approx(message * max(counted.values(), default=0), rel=1e-9)


def test_data_traffic_of_zero_1_is_a_reduce_scatter_and_an_all_gather() -> None:
    traffic = found({"dp": 64, "zero": 1}, cluster="gb200-nvl72")
    (data,) = traffic.kinds
    parameters = traffic.request.model_parameters
    # One ring over one switch: each of both collectives sends 63/64 of the array; gradients in fp32, parameters bf16.
    assert data.crossed[0].largest_bytes_per_device == pytest.approx(63 / 64 * (4 + 2) * parameters, rel=1e-9)


def test_shares_of_a_level() -> None:
    traffic = found({"tp": 8, "zero": 1})
    for kind in traffic.kinds:
        for level, network in zip(kind.levels, traffic.levels, strict=True):
            could = network.bytes_per_s * 64 * traffic.plan.step_time_s
            assert level.capacity_share == pytest.approx(level.total_bytes / could)
    assert all(0 <= level.capacity_share < 1 for level in traffic.levels)
    assert [level.oversubscription for level in traffic.levels] == [1.0] * len(traffic.levels)


def test_the_oversubscription_of_a_tier_is_that_of_the_file() -> None:
    traffic = found({"tp": 8, "zero": 1}, devices=6144, global_batch=6144)
    assert traffic.levels[-1].name == "aggregation"
    assert traffic.levels[-1].oversubscription == pytest.approx(7.0)


def test_without_degrees_the_best_layout_of_a_search_is_taken() -> None:
    traffic = found(None)
    best = clusterplan.search(MODEL, **JOB, top=1).best
    assert traffic.searched and traffic.plan == best
    narrowed = found({"placement": "dp-tp-pp", "zero": 0})
    assert narrowed.searched and narrowed.plan.layout.placement == "dp-tp-pp" and narrowed.plan.layout.zero == 0
    assert not found({"tp": 2}).searched


def test_errors() -> None:
    with pytest.raises(SpecError, match="devices"):
        found(None, devices=None)
    with pytest.raises(SpecError, match="no field"):
        found({"placment": "tp-dp-pp"})
    with pytest.raises(SpecError):
        found({"tp": 3})
    with pytest.raises(InfeasibleError):
        clusterplan.traffic("llama-3.1-405b", **{**JOB, "devices": 16})


def test_a_layout_that_does_not_fit_has_traffic_too() -> None:
    traffic = clusterplan.traffic("llama-3.1-405b", {"tp": 8}, **JOB)
    assert not traffic.plan.fits and traffic.kind("data") is not None and traffic.kind("pipeline") is None


def test_values_are_frozen_and_the_document_has_everything() -> None:
    traffic = found({"tp": 2, "pp": 2, "zero": 1})
    with pytest.raises(dataclasses.FrozenInstanceError):
        traffic.searched = True  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(traffic)) == traffic
    document = json.loads(traffic.to_json(ranks=True))
    assert document == traffic.to_dict(ranks=True)
    assert document["schema"] == "clusterplan.traffic/1" and document["schema_version"] == 1
    assert len(document["ranks"]["rows"]) == 64
    assert all(len(row) == len(document["ranks"]["columns"]) for row in document["ranks"]["rows"])
    assert json.loads(traffic.to_json())["ranks"] is None
    for kind in document["traffic"]["kinds"]:
        for group in kind["first_groups"]:
            assert len(range(group["start"], group["stop"], group["step"])) == kind["ranks"]
    assert "TB" in repr(traffic)


@pytest.mark.parametrize("placement", ["tp-dp-pp", "tp-dp-pp@zyx", "pp-tp-dp@yxz"])
def test_levels_of_a_torus_stand_in_the_order_of_the_placement(placement: str) -> None:
    traffic = found(
        {"tp": 4, "pp": 4, "placement": placement}, cluster="tpu-v5p-pod", devices=512, slice="4x8x16", global_batch=512
    )
    axes = placement.partition("@")[2] or "xyz"
    assert [level.name[-1] for level in traffic.levels] == list(axes)
    lengths = {"x": 4, "y": 8, "z": 16}
    block = 1
    for level in traffic.levels:
        block *= lengths[level.name[-1]]
        assert level.group_devices == block


@pytest.mark.parametrize("name", ["planning.traffic", "reports.traffic", "topology.ranks", "topology.rank_order"])
def test_examples(name: str) -> None:
    outcome = doctest.testmod(import_module(f"clusterplan.{name}"))
    assert outcome.attempted > 0 and outcome.failed == 0
