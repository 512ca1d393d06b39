"""What joins the devices of a host: meshes, links one by one, groups inside, by hand and against brute force."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterplan.topology.levels import build_network
from clusterplan.topology.links import degree_shares, egress_bytes_per_s, mesh_shares

from .making import cluster, tier

# Hybrid cube mesh of the DGX-1 with V100: links of 25 GB/s between two devices.
CUBE_MESH = {
    (0, 1): 1, (0, 2): 1, (0, 3): 2, (0, 4): 2, (1, 2): 2, (1, 3): 1, (1, 5): 2, (2, 3): 2,
    (2, 6): 1, (3, 7): 1, (4, 5): 1, (4, 6): 1, (4, 7): 2, (5, 6): 2, (5, 7): 1, (6, 7): 2,
}  # fmt: skip
CUBE_LINKS = [[one, other, f"{25 * count}GB/s"] for (one, other), count in CUBE_MESH.items()]


def test_a_mesh_gives_a_group_the_links_to_its_members():
    levels = build_network(cluster(scale_up={"kind": "mesh", "bandwidth": "448GB/s"}), 8)["levels"]
    assert [level["kind"] for level in levels] == ["switch"]
    assert levels[0]["bytes_per_s"] == 448e9
    assert levels[0]["degree_shares"] == [[q, pytest.approx((q - 1) / 7)] for q in range(2, 9)]
    assert levels[0]["pair_share"] == pytest.approx(1 / 7)


def test_the_cube_mesh_of_the_dgx_1():
    (level,) = build_network(cluster(scale_up={"kind": "links", "bandwidth": None, "links": CUBE_LINKS}), 8)["levels"]
    assert level["kind"] == "switch"
    assert level["bytes_per_s"] == 150e9  # six links a device
    # Pairs: the worst (0 and 1) have one link of six. Fours: 2 of 0, 2, 4, 6 has one link to 0 and one to 6.
    # Eight: the links to one device bound it.
    assert level["degree_shares"] == [[2, pytest.approx(1 / 6)], [4, pytest.approx(2 / 6)], [8, pytest.approx(1.0)]]
    assert level["pair_share"] == pytest.approx(1 / 6)


def test_links_that_do_not_join_a_group_are_shared_with_the_others():
    ring = tuple((device, (device + 1) % 4, 50e9) for device in range(4))
    # Pairs 0-2 and 1-3 of a ring of four are no neighbours. Both relay over all four links: the two links between 0, 1
    # and 2, 3 (100 GB/s) carry half an array of each pair, one array together, so a pair's half array has 50 GB/s.
    assert degree_shares(4, ring) == ((2, 0.5), (4, 1.0))
    line = ((0, 1, 50e9), (1, 2, 50e9), (2, 3, 50e9))
    assert degree_shares(4, line)[0] == (2, 0.25)  # of the 100 GB/s of the devices in the middle


@pytest.mark.parametrize("members", [2, 3, 4, 6, 8])
def test_all_links_make_a_mesh(members):
    links = tuple((one, other, 64e9) for one in range(members) for other in range(one))
    expected = dict(mesh_shares(members))
    found = degree_shares(members, links)
    assert [degree for degree, _ in found] == [q for q in range(2, members + 1) if members % q == 0]
    for degree, share in found:
        assert share == pytest.approx(expected[degree])


@settings(deadline=None)  # brute force
@given(st.sampled_from([4, 6, 8]), st.data())
def test_shares_are_the_bounds_of_all_cuts(devices, data):
    pairs = list(combinations(range(devices), 2))
    counts = data.draw(st.lists(st.integers(0, 3), min_size=len(pairs), max_size=len(pairs)))
    # A ring besides, so that the host hangs together.
    rates = {pair: count + (pair[1] - pair[0] in (1, devices - 1)) for pair, count in zip(pairs, counts, strict=True)}
    links = tuple((one, other, float(rate)) for (one, other), rate in rates.items() if rate)
    whole = max(egress_bytes_per_s(devices, links))
    for degree, share in degree_shares(devices, links):
        assert 0 < share <= 1
        assert share == pytest.approx(float(min(1, slow_share(devices, rates, degree) / Fraction(whole))))


def slow_share(devices, rates, degree):
    """The worst rate of groups of ``degree``, by all subsets in whole fractions."""

    def bound(within, groups):
        best = None
        for size in range(1, len(within)):
            for part in combinations(within, size):
                cut = sum(rate for (one, other), rate in rates.items() if within_cut(one, other, part, within))
                need = sum(
                    (1 - Fraction(len(set(group) & set(part)), degree) for group in groups if set(group) & set(part)),
                    Fraction(0),
                )
                if need:
                    best = cut / need if best is None else min(best, cut / need)
        return best * (1 - Fraction(1, degree))

    def within_cut(one, other, part, within):
        return one in within and other in within and (one in part) != (other in part)

    worst = []
    for stride in range(1, devices // degree + 1):
        if devices % (degree * stride):
            continue
        starts = [block + offset for block in range(0, devices, degree * stride) for offset in range(stride)]
        groups = [tuple(range(start, start + degree * stride, stride)) for start in starts]
        alone = min(bound(group, [group]) for group in groups)
        worst.append(alone or bound(tuple(range(devices)), groups))
    return min(worst)


def test_groups_inside_are_levels_of_their_own():
    host = cluster(
        2,
        scale_up={
            "technology": "pcie4",
            "bandwidth": "12GB/s",
            "latency": "9us",
            "collective_efficiency": 0.5,
            "inside": [
                {"name": "pair", "devices": 2, "technology": "nvlink-a100", "bandwidth": "200GB/s", "latency": "1us"},
                {"name": "socket", "devices": 4, "kind": "mesh", "bandwidth": "30GB/s", "latency": "1.5us"},
            ],
            "through_inside": True,
        },
    )
    network = build_network(host, 16)
    assert [
        (level["name"], level["group_devices"], level["bytes_per_s"] / 1e9, level["shares_inner_link"])
        for level in network["levels"]
    ] == [("pair", 2, 200, False), ("socket", 4, 30, True), ("pcie4", 8, 12, True), ("all", 16, 25, False)]
    assert network["levels"][1]["degree_shares"] == [[2, 1.0]]  # two pairs
    assert [level["collective_efficiency"] for level in network["levels"][:3]] == [0.78, 0.5, 0.5]
    assert [level["name"] for level in build_network(host, 3)["levels"]] == ["pair", "socket"]
    assert [level["name"] for level in build_network(host, 1)["levels"]] == ["pair"]


@pytest.mark.parametrize("devices", range(1, 9))
def test_a_job_may_take_part_of_one_host(devices):
    network = build_network(cluster(4), devices)
    assert (network["devices"], network["host_devices"]) == (devices, 8)
    assert [level["group_devices"] for level in network["levels"]] == [8]


@pytest.mark.parametrize(
    ("technology", "library", "pat"),
    [("nvlink-h100", "nccl", True), ("pcie5", "nccl", True), ("xgmi", "rccl", False), ("gaudi-roce", "hccl", False)],
)
def test_the_scale_up_network_names_the_library(technology, library, pat):
    found = build_network(cluster(2, scale_up={"technology": technology}), 16)["library"]
    assert list(found) == [
        "name", "tree_efficiency", "pat", "pat_step_s", "pat_rank_s", "pat_efficiency", "bruck",
        "all_to_all_concurrency",
    ]  # fmt: skip
    assert (found["name"], found["pat"], found["bruck"]) == (library, pat, False)


def test_a_cluster_may_set_the_efficiency_of_an_all_to_all():
    made = cluster(2, scale_up={"all_to_all_efficiency": 0.4}, fabric={"tiers": [tier("all", 1, 2)]})
    inner, outer = build_network(made, 16)["levels"]
    assert (inner["all_to_all_efficiency"], inner["collective_efficiency"]) == (0.4, 0.78)
    assert outer["all_to_all_efficiency"] == outer["collective_efficiency"] == 0.94
