"""Tori: slices, whole hosts, wrap-around, axes of different bandwidth, and several of them under a fabric."""

from __future__ import annotations

from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterplan.catalog.clusters import load_cluster
from clusterplan.errors import SpecError
from clusterplan.topology.levels import build_network
from clusterplan.topology.torus import axis_order, is_slice, place_slice, slice_sizes

from .making import cluster, tier

ULTRA = {
    "technology": "neuronlink",
    "axes": [4, 4, 4],
    "link_bandwidth": ["128GB/s", "128GB/s", "64GB/s"],
    "latency": "1us",
    "hosts": 4,
    "host_axes": [4, 4, 1],
}
ELASTIC = {"count": 16, "bandwidth": "200Gb/s"}


def ultra_servers(count=8):
    tiers = [tier("layer", 2, count // 2), tier("spine", 1, 2, oversubscription=2)]
    return cluster(4 * count, 16, torus=ULTRA, nics=ELASTIC, fabric={"technology": "efa", "tiers": tiers})


def levels(made, devices, **more):
    return [
        (level["name"], level["group_devices"], level["bytes_per_s"] / 1e9, level["shares_inner_link"])
        for level in build_network(made, devices, **more)["levels"]
    ]


def test_tori_under_a_fabric():
    rings = [
        ("neuronlink-x", 4, 256, False),
        ("neuronlink-y", 16, 256, False),
        ("neuronlink-z", 64, 128, False),
    ]
    made = ultra_servers()
    assert levels(made, 64) == rings
    assert levels(made, 128) == [*rings, ("layer", 256, 25, False)]
    assert levels(made, 512) == [*rings, ("layer", 256, 25, False), ("spine", 512, 12.5, True)]
    assert build_network(made, 512)["library"]["name"] == "neuron"


def test_slices_are_whole_hosts():
    made = ultra_servers()
    assert levels(made, 16) == [("neuronlink-x", 4, 256, False), ("neuronlink-y", 16, 256, False)]
    # Two hosts: the slow axis is the short one.
    assert levels(made, 32)[0] == ("neuronlink-x", 2, 128, False)
    assert place_slice((4, 4, 4), 32, (4, 4, 1)) == (4, 4, 2)
    assert place_slice((4, 4, 4), 32) == (2, 4, 4)
    assert place_slice((4, 4, 4), 8, (4, 4, 1)) == (2, 4, 1)  # part of one host


@pytest.mark.parametrize(
    ("devices", "slice", "expected"),
    [
        (96, None, "devices: 96 are more than one torus of 64 and no whole number of them; the nearest are 64 and 128"),
        (24, None, "devices: 24 is not a whole number of hosts of 16; the nearest are 16 and 32"),
        (128, (4, 4, 8), "slice: 128 devices are 2 whole tori of 64, so the job has no shape of its own"),
        (
            32,
            (2, 4, 4),
            "slice: 2 x 4 x 4 is no slice of the torus 4 x 4 x 4 of mine: slices are whole hosts of 4 x 4 x",
        ),
        (32, (8, 4, 1), "slice: 8 x 4 x 1 does not fit into the torus 4 x 4 x 4 of mine"),
        (32, (4, 4, 4), "slice: 4 x 4 x 4 is 64 devices, but the job has 32"),
        (32, (4, 8), "slice: 4 x 8 has 2 axes, but the torus 4 x 4 x 4 of mine has 3"),
        (32, (4, 4, True), "slice: [4, 4, true] is not a list of lengths, one an axis"),
        (32, (4, 4, 0), "slice: [4, 4, 0] is not a list of lengths, one an axis"),
        (11, None, "devices: 11 do not form a slice of the torus 4 x 4 x 4 of mine; the nearest are 9 and 12"),
    ],
)
def test_impossible_shapes(devices, slice, expected):
    with pytest.raises(SpecError) as caught:
        build_network(ultra_servers(), devices, slice=slice)
    assert expected in str(caught.value)
    assert caught.value.hint


def test_a_shape_can_be_chosen():
    pod = load_cluster("tpu-v5p-pod")
    lengths = [level["group_devices"] for level in build_network(pod, 1024, slice=(4, 16, 16))["levels"]]
    assert lengths == [4, 64, 1024]
    assert [level["group_devices"] for level in build_network(pod, 1024)["levels"]] == [8, 64, 1024]
    with pytest.raises(SpecError, match="slice: dgx-h100-superpod is no torus"):
        build_network(load_cluster("dgx-h100-superpod"), 64, slice=(8, 8))


def test_letters_go_from_the_shortest_axis_to_the_longest():
    assert axis_order((16, 4, 4)) == (1, 2, 0) and axis_order((4, 1, 2)) == (2, 0) and axis_order((1,)) == (0,)
    torus = {"technology": "ici", "axes": [16, 4, 4], "link_bandwidth": ["50GB/s", "40GB/s", "30GB/s"]}
    made = cluster(32, 8, torus=torus | {"latency": "1us"}, nics=None)
    expected = [("ici-x", 4, 80, False), ("ici-y", 16, 60, False), ("ici-z", 256, 100, False)]
    assert levels(made, 256) == expected
    assert levels(made, 256, degrade=["x=0.5"]) == [("ici-x", 4, 40, False), *expected[1:]]


@pytest.mark.parametrize(
    ("wrap", "devices", "closed"),
    [("whole", 128, [False, False]), ("axis", 128, [False, True]), ("whole", 256, [True, True]), ("axis", 16, [False])],
)
def test_which_axes_close(wrap, devices, closed):
    torus = {"technology": "ici", "axes": [16, 16], "link_bandwidth": "50GB/s", "latency": "1us", "wrap_multiple": 16}
    made = cluster(64, 4, torus=torus | {"wrap": wrap}, nics=None)
    shape = None if devices > 16 else (4, 4)
    assert [level["wraps"] for level in build_network(made, devices, slice=shape)["levels"]][: len(closed)] == closed


@settings(deadline=None)  # brute force
@given(st.tuples(*[st.integers(1, 12)] * 3), st.integers(1, 400))
def test_slices_against_all_shapes(axes, devices):
    shapes = [(a, b, c) for a in range(1, axes[0] + 1) for b in range(1, axes[1] + 1) for c in range(1, axes[2] + 1)]
    valid = [shape for shape in shapes if is_slice(axes, shape)]
    placed = place_slice(axes, devices)
    assert (placed is None) == all(prod(shape) != devices for shape in valid)
    assert placed is None or placed in valid
    assert slice_sizes(axes, 1) == tuple(sorted({prod(shape) for shape in valid}))
