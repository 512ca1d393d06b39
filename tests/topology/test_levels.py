"""Levels against values computed by hand from the data sheets and the efficiencies of the links."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterplan.catalog.clusters import list_clusters, load_cluster
from clusterplan.errors import SpecError
from clusterplan.topology.levels import build_network
from clusterplan.topology.torus import place_slice, slice_sizes

POD = (16, 20, 28)

# name: kind, devices, GB/s one way a device, latency in us (hop of the library + wire), leaves by the inner port
EXPECTED = {
    ("dgx-a100-superpod", 1120): [
        ("nvlink-a100", "switch", 8, 300, 0.6 + 0.8, False),
        ("leaf", "switch", 160, 25, 14 + 2.0, False),
        ("core", "switch", 1120, 25, 14 + 3.2, True),
    ],
    ("dgx-h100-superpod", 4096): [
        ("nvlink-h100", "switch", 8, 450, 0.6 + 0.8, False),
        ("leaf", "switch", 256, 50, 14 + 2.0, False),
        ("spine", "switch", 2048, 50, 14 + 2.6, True),
        ("core", "switch", 16384, 50, 14 + 3.2, True),
    ],
    ("gb200-nvl72", 576): [
        ("nvlink-b200", "switch", 72, 900, 0.6 + 1.0, False),
        ("leaf", "switch", 576, 50, 14 + 2.0, False),
    ],
    ("mi300x-8x400", 256): [
        ("xgmi", "switch", 8, 448, 0.6 + 1.2, False),
        ("leaf", "switch", 256, 50, 14 + 2.8, False),
    ],
    ("cloud-8gpu-100gbe", 64): [
        ("nvlink-a100", "switch", 8, 300, 0.6 + 0.8, False),
        ("rack", "switch", 32, 100 / 8 / 8, 2.7 + 25, False),
        ("spine", "switch", 512, 100 / 8 / 8 / 3, 2.7 + 35, True),
    ],
    ("meta-24k-roce", 16384): [
        ("nvlink-h100", "switch", 8, 450, 0.6 + 0.8, False),
        ("rack", "switch", 16, 50, 14 + 2.8, False),
        ("pod", "switch", 3072, 50, 14 + 3.6, True),
        ("aggregation", "switch", 24576, 50 / 7, 14 + 4.6, True),
    ],
    ("selene", 3072): [
        ("nvlink-a100", "switch", 8, 300, 0.6 + 0.8, False),
        ("leaf", "switch", 160, 25, 14 + 2.0, False),
        ("core", "switch", 4480, 25, 14 + 3.2, True),
    ],
    ("dgx1-v100", 256): [
        ("nvlink-v100", "switch", 8, 6 * 25, 0.6 + 0.7, False),
        ("leaf", "switch", 128, 4 * 100 / 8 / 8, 14 + 2.0, False),
        ("spine", "switch", 1024, 4 * 100 / 8 / 8, 14 + 2.6, True),
    ],
    ("aws-trn2-ultraserver", 128): [
        ("neuronlink-x", "ring", 4, 2 * 128, 1.0, False),
        ("neuronlink-y", "ring", 16, 2 * 128, 1.0, False),
        ("neuronlink-z", "ring", 64, 2 * 64, 1.0, False),
        ("ultracluster", "switch", 99968, 25, 18 + 14, False),
    ],
    ("tpu-v5p-pod", 256): [
        ("ici-x", "ring", 4, 200, 1.0, False),
        ("ici-y", "ring", 32, 200, 1.0, False),
        ("ici-z", "ring", 256, 200, 1.0, False),
    ],
}


@pytest.mark.parametrize(("where", "expected"), EXPECTED.items(), ids=lambda value: str(value)[:30])
def test_levels_by_hand(where, expected):
    name, devices = where
    levels = build_network(load_cluster(name), devices)["levels"]
    assert len(levels) == len(expected)
    for level, (label, kind, group, gigabytes, microseconds, shares) in zip(levels, expected, strict=True):
        assert (level["name"], level["kind"], level["group_devices"]) == (label, kind, group)
        assert level["bytes_per_s"] == pytest.approx(gigabytes * 1e9)
        assert level["latency_s"] == pytest.approx(microseconds * 1e-6)
        assert level["shares_inner_link"] is shares


def test_efficiencies_by_technology():
    def first(name, position=0):
        return build_network(load_cluster(name), 64)["levels"][position]

    assert first("dgx-a100-superpod")["collective_efficiency"] == 0.78
    assert first("dgx-h100-superpod")["collective_efficiency"] == 0.80
    assert first("gb200-nvl72")["collective_efficiency"] == 0.75
    assert first("mi300x-8x400")["collective_efficiency"] == 0.75
    assert first("tpu-v5p-pod")["collective_efficiency"] == 0.90
    assert first("cloud-8gpu-100gbe", 1)["collective_efficiency"] == 0.75
    assert first("dgx-h100-superpod", 1)["collective_efficiency"] == 0.94
    assert first("dgx-h100-superpod")["in_network_gain"] == 1.30
    assert first("dgx-h100-superpod", 1)["in_network_gain"] == 1.0
    network = build_network(load_cluster("dgx-h100-superpod"), 64)
    assert network["collective_base_s"] == 6.6e-6
    assert network["host_devices"] == 8


@pytest.mark.parametrize("name", list_clusters())
def test_levels_nest_and_reach_just_far_enough(name):
    cluster = load_cluster(name)
    for devices in (cluster.host.accelerators, 64, 256, 512, cluster.devices):
        levels = build_network(cluster, devices)["levels"]
        groups = [level["group_devices"] for level in levels]
        assert all(inner < outer for inner, outer in pairwise(groups))
        assert groups[-1] >= devices
        assert all(group < devices for group in groups[:-1])
        assert all(inner["bytes_per_s"] >= outer["bytes_per_s"] for inner, outer in pairwise(levels))


@pytest.mark.parametrize(
    ("name", "devices", "expected"),
    [
        ("dgx-h100-superpod", 0, "devices: 0 must be greater than zero"),
        ("dgx-h100-superpod", -8, "devices: -8 must be greater than zero"),
        ("dgx-h100-superpod", 12, "devices: 12 is not a whole number of hosts of 8; the nearest are 8 and 16"),
        ("dgx-h100-superpod", 16383, "devices: 16383 is not a whole number of hosts of 8; the nearest are 16376 and"),
        ("dgx-h100-superpod", 16392, "devices: 16392 are more than the 16384 of dgx-h100-superpod"),
        ("dgx-h100-superpod", True, "devices: true is a yes/no value, not a number"),
        ("dgx-h100-superpod", 8.0, "devices: 8.0 is not a whole number"),
        ("gb200-nvl72", 70, "the nearest are 68 and 72"),
        (
            "tpu-v5p-pod",
            100,
            "do not form a slice of the torus 16 x 20 x 28 of tpu-v5p-pod; the nearest are 64 and 128",
        ),
        ("tpu-v5p-pod", 8956, "the nearest are 7680 and 8960"),
    ],
)
def test_impossible_numbers_of_devices(name, devices, expected):
    with pytest.raises(SpecError) as caught:
        build_network(load_cluster(name), devices)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("devices", "shape"),
    [(4, (1, 2, 2)), (8, (2, 2, 2)), (16, (2, 2, 4)), (64, (4, 4, 4)), (128, (4, 4, 8)), (512, (8, 8, 8)), (8960, POD)],
)
def test_slices_are_as_cubic_as_can_be(devices, shape):
    assert tuple(sorted(place_slice(POD, devices))) == shape


@given(st.sampled_from(slice_sizes(POD, 4)))
def test_every_size_has_a_slice_that_fits_and_wraps_only_in_whole_cubes(devices):
    a, b, c = place_slice(POD, devices)
    assert a * b * c == devices
    assert a <= 16 and b <= 20 and c <= 28
    levels = build_network(load_cluster("tpu-v5p-pod"), devices)["levels"]
    assert levels[-1]["group_devices"] == devices
    assert all(level["wraps"] == (devices >= 64) for level in levels)


def test_python_takes_plain_numbers_where_the_name_has_the_unit():
    from clusterplan.specs.cluster import NetworkCards, ScaleUp

    link = ScaleUp(technology="nvlink-a100", bandwidth_bytes_per_s=300e9, latency_s=0)
    assert (link.bandwidth_bytes_per_s, link.latency_s) == (300e9, 0.0)
    assert link == ScaleUp(technology="nvlink-a100", bandwidth="300GB/s", latency="0us")
    with pytest.raises(ValueError, match="25000000000 has no unit"):
        NetworkCards(count=8, bandwidth=25_000_000_000)


def test_a_tier_that_joins_nothing_is_no_level(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "name: mine\naccelerator: a100\nhosts: 4\nhost:\n  accelerators: 8\n"
        "  scale_up: {technology: nvlink-a100, bandwidth: 300GB/s, latency: 1us}\n"
        "fabric:\n  technology: tcp\n  tiers:\n"
        "    - {name: port, groups: 4, of: 1, bandwidth: 10GB/s, latency: 3us}\n"
        "    - {name: all, groups: 1, of: 4, oversubscription: 2, latency: 3us}\n"
    )
    levels = build_network(load_cluster(str(path)), 32)["levels"]
    assert [(level["group_devices"], level["bytes_per_s"]) for level in levels] == [(8, 300e9), (32, 5e9)]
    assert not levels[1]["shares_inner_link"]


def test_a_cluster_may_set_the_numbers_of_its_links(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "name: mine\naccelerator: a100\nhosts: 4\nhost:\n  accelerators: 8\n"
        "  scale_up: {technology: nvlink-a100, bandwidth: 300GB/s, latency: 1us,\n"
        "    hop_latency: 2us, half_saturation: 1MiB}\n"
        "fabric:\n  technology: tcp\n  collective_efficiency: 0.5\n"
        "  tiers: [{name: all, groups: 1, of: 4, bandwidth: 10GB/s, latency: 3us}]\ncollective_base: 5us\n"
    )
    network = build_network(load_cluster(str(path)), 32)
    inner, outer = network["levels"]
    assert network["collective_base_s"] == 5e-6
    assert (inner["latency_s"], inner["half_saturation_bytes"]) == (pytest.approx(3e-6), 2**20)
    assert (outer["bytes_per_s"], outer["collective_efficiency"]) == (10e9, 0.5)
