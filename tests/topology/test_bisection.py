"""The bisection bandwidth: textbook forms, published figures, and maximum flows on graphs of every device."""

from __future__ import annotations

from math import prod

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterplan.catalog.clusters import load_cluster
from clusterplan.errors import SpecError
from clusterplan.specs.cluster import ClusterSpec
from clusterplan.topology.bisection import bisect, bisection_bytes_per_s, seen_levels
from clusterplan.topology.expand import MOST_NODES, expand_graph, expanded_nodes
from clusterplan.topology.flows import flow_between_halves_bytes_per_s
from clusterplan.topology.levels import build_network

from .making import cluster, tier
from .scaling import scaled_down, small_clusters

GB = 1e9


def agree(spec: ClusterSpec, devices: int | None = None) -> float:
    """The closed form, after the flow has confirmed it."""
    halves = bisect(spec, devices)
    graph = expand_graph(spec, devices)
    assert networkx.is_connected(graph)
    ranks = [data["rank"] for _, data in graph.nodes(data=True) if data["kind"] == "device"]
    assert sorted(ranks) == list(range(halves.devices))
    assert sum(halves.in_first_half(rank) for rank in ranks) == halves.first_devices
    assert flow_between_halves_bytes_per_s(graph, halves) == pytest.approx(halves.bytes_per_s, rel=1e-7)
    return halves.bytes_per_s


@pytest.mark.parametrize("spec", small_clusters(), ids=lambda spec: spec.name)
def test_every_kind_of_cluster_agrees_with_the_maximum_flow(spec):
    domain, checked = spec.domain_devices, 0
    wanted = {2, spec.host.accelerators, domain, 2 * domain, 3 * domain, 5 * domain, spec.devices}
    for devices in sorted(wanted):
        if devices > spec.devices or expanded_nodes(spec, devices) > MOST_NODES:
            continue
        agree(spec, devices)
        checked += 1
    assert checked >= 2


def test_the_catalogue_has_every_kind():
    specs = small_clusters()
    kinds = {spec.host.scale_up.kind for spec in specs if spec.host.scale_up is not None}
    assert {"switch", "mesh", "links"} <= kinds
    assert any(spec.host.torus is not None for spec in specs)
    assert any(spec.host.torus is not None and spec.fabric is not None for spec in specs)
    assert any(spec.domain_hosts > 1 and spec.host.scale_up is not None for spec in specs)
    tiers = [tier for spec in specs if spec.fabric is not None for tier in spec.fabric.tiers]
    assert any(tier.links_per_pair for tier in tiers) and any((tier.oversubscription or 1) > 1 for tier in tiers)
    assert any(spec.host.scale_up is not None and spec.host.scale_up.inside for spec in specs)


@pytest.mark.parametrize("k", [2, 4, 6])
def test_a_fat_tree_of_k_ports(k):
    # k pods of k/2 edge switches of k/2 hosts: k^3/4 hosts at full bisection (Al-Fares et al. 2008).
    card = {"count": 1, "bandwidth": "100Gb/s"}
    tiers = [tier("edge", k * k // 2, k // 2), tier("pod", k, k // 2), tier("core", 1, k)]
    spec = cluster(k**3 // 4, 1, nics=card, tiers=tiers)
    assert agree(spec) == pytest.approx(k**3 / 4 / 2 * 12.5 * GB)


def test_published_figures():
    # Google states 1.6 TB/s for 256 v5e and 3.2 TB/s for 256 v6e: 32 links of 50 and of 100 GB/s one way.
    assert agree(load_cluster("tpu-v5e-pod"), 256) == pytest.approx(1.6e12)
    assert agree(load_cluster("tpu-v6e-pod"), 256) == pytest.approx(3.2e12)
    # One way it is half of 16 devices at 150 GB/s.
    assert agree(load_cluster("dgx2-v100"), 16) == pytest.approx(1.2e12)


@pytest.mark.parametrize("groups", [2, 3, 4, 5, 6, 9])
@pytest.mark.parametrize("links", [1, 4])
def test_a_dragonfly(groups, links):
    # g/2 groups on either side, `links` links between each two of them; the middle group of an odd number is split,
    # and can send half of itself inside.
    tiers = [tier("group", groups, 4), tier("global", 1, groups, links_per_pair=links, link_bandwidth="100Gb/s")]
    spec = cluster(4 * groups, 2, nics={"count": 2, "bandwidth": "200Gb/s"}, tiers=tiers)
    half = groups // 2
    if groups % 2 == 0:
        assert agree(spec) == pytest.approx(min(half * half * links * 12.5 * GB, half * 8 * 25 * GB))
    else:
        pairs = min(half * (half + 1) * links * 12.5, half * half * links * 12.5 + half * links * 12.5) + 2 * 2 * 25
        assert agree(spec) <= min(pairs, spec.devices / 2 * 25) * GB * (1 + 1e-9)


@pytest.mark.parametrize(
    ("scale_up", "expected"),
    [
        ({"kind": "switch"}, 4 * 300),
        ({"kind": "mesh"}, 16 * 300 / 7),
        ({"kind": "ring", "wraps": True}, 300),
        ({"kind": "ring"}, 300),
        ({"kind": "ring", "wraps": False}, 150),
    ],
)
def test_inside_a_host(scale_up, expected):
    assert agree(cluster(scale_up=scale_up)) == pytest.approx(expected * GB)


def test_direct_links_are_halved_where_they_are_fewest():
    # Two pairs joined well, with weak links between them: the halves are the pairs, which are no run of ranks.
    links = [[0, 2, "100GB/s"], [1, 3, "100GB/s"], [0, 1, "25GB/s"], [2, 3, "25GB/s"]]
    spec = cluster(1, 4, scale_up={"kind": "links", "bandwidth": None, "links": links}, nics=None)
    assert agree(spec) == 50 * GB
    assert [rank for rank in range(4) if bisect(spec).in_first_half(rank)] in ([0, 2], [1, 3])


def test_sockets_are_halved_between_them():
    assert agree(load_cluster("a100-pcie-box"), 8) == pytest.approx(4 * 4.54 * GB)
    module = {"name": "module", "devices": 2, "kind": "mesh", "bandwidth": "400GB/s", "latency": "1us"}
    for kind in ("switch", "mesh", "ring"):
        spec = cluster(scale_up={"kind": kind, "inside": [module]})
        assert agree(spec) > 0
        assert agree(spec, 6) > 0  # three modules: the one in the middle is split


def test_a_torus_is_halved_across_its_longest_axis():
    torus = {"technology": "ici", "axes": [4, 4, 8], "link_bandwidth": "100GB/s", "latency": "1us", "wrap_multiple": 4}
    assert agree(cluster(32, 4, torus=torus, nics=None)) == pytest.approx(4 * 4 * 100 * 2 * GB)
    open_axes = {**torus, "axes": [2, 2, 3], "wrap_multiple": 16}
    assert agree(cluster(3, 4, torus=open_axes, nics=None)) == pytest.approx(6 * 100 * GB)
    for axes in ([8, 4, 4], [4, 8, 4], [8, 4, 2], [8, 1, 4], [6, 5, 4]):  # in any order of the file
        open_axes = {**torus, "axes": axes, "wrap": "axis", "link_bandwidth": ["50GB/s", "40GB/s", "30GB/s"]}
        assert agree(cluster(prod(axes), 1, torus=open_axes, nics=None)) > 0
    odd = {**torus, "axes": [3, 5], "wrap_multiple": 1}
    assert agree(cluster(15, 1, torus=odd, nics=None)) == pytest.approx(2 * 3 * 100 * GB)
    assert agree(cluster(32, 4, torus={**torus, "axes": [8, 4, 4]}, nics=None)) == pytest.approx(4 * 4 * 100 * 2 * GB)
    slow = {**torus, "axes": [4, 4, 4], "link_bandwidth": ["128GB/s", "128GB/s", "64GB/s"]}
    assert agree(cluster(16, 4, torus=slow, nics=None)) == pytest.approx(16 * 2 * 64 * GB)


def test_oversubscription_counts_where_the_halves_meet():
    spec = scaled_down(load_cluster("meta-24k-roce"), (2, 2, 4))
    assert agree(spec) == pytest.approx(spec.devices / 2 * 50 * GB / 7)
    assert agree(spec, 32) == pytest.approx(16 * 50 * GB)  # inside a pod there is none


def test_cables_are_their_own_flow():
    cables = [[f"host{host}", f"leaf{host // 4}", "400Gb/s"] for host in range(8)]
    cables += [["leaf0", "spine", "800Gb/s"], ["leaf1", "spine", "800Gb/s"]]
    spec = cluster(8, fabric={"links": cables})
    assert agree(spec) == 100 * GB
    assert agree(spec, 32) == 100 * GB  # two hosts of 400 Gb/s on each side of one leaf
    assert "cables" in bisect(spec).halves


def test_a_scale_up_domain_that_is_not_full():
    # NVL72: 72 devices on one side, those of one to all hosts of the next domain on the other, 50 GB/s each.
    for devices, expected in [(76, 4), (100, 28), (136, 64), (140, 68), (220, 76)]:
        halves = bisect(load_cluster("gb200-nvl72"), devices)
        assert halves.bytes_per_s == pytest.approx(expected * 50 * GB)
        assert ("of its 72 devices" in halves.halves) is (devices != 144)


@pytest.mark.parametrize("rails", [False, True])
@pytest.mark.parametrize("inside", [False, True])
def test_domains_and_groups_that_are_not_full_agree_with_the_maximum_flow(rails, inside):
    module = {"name": "module", "devices": 2, "kind": "mesh", "bandwidth": "400GB/s", "latency": "1us"}
    scale_up = {"hosts": 3, "inside": [module]} if inside else {"hosts": 3}
    tiers = [
        tier("leaf", 8, 2, oversubscription=1.5),
        tier("spine", 4, 2, oversubscription=2),
        tier("core", 1, 4, oversubscription=3),
    ]
    spec = cluster(
        48, 4, scale_up=scale_up, nics={"count": 4, "bandwidth": "200Gb/s"}, fabric={"tiers": tiers, "rails": rails}
    )
    for hosts in range(1, 49):
        agree(spec, 4 * hosts)


@pytest.mark.parametrize("groups", [2, 3, 5])
def test_a_dragonfly_of_domains_that_are_not_full(groups):
    tiers = [tier("group", groups, 2), tier("global", 1, groups, links_per_pair=2, link_bandwidth="100Gb/s")]
    spec = cluster(4 * groups, 2, scale_up={"hosts": 2}, nics={"count": 2, "bandwidth": "200Gb/s"}, tiers=tiers)
    for hosts in range(1, 4 * groups + 1):
        agree(spec, 2 * hosts)


def test_domains_of_cables_that_are_not_full():
    cables = [[f"host{host}", f"leaf{host // 4}", "50GB/s"] for host in range(8)]
    cables += [["leaf0", "spine", "100GB/s"], ["leaf1", "spine", "100GB/s"]]
    spec = cluster(8, 4, scale_up={"hosts": 2}, nics=None, fabric={"links": cables})
    assert [agree(spec, 4 * hosts) / GB for hosts in (3, 4, 5, 6, 7, 8)] == [50, 100, 100, 100, 100, 100]


def test_links_to_devices_without_a_rank_do_not_count():
    # Two GCDs of a module have its 200 GB/s; their links to other modules lead nowhere in this job.
    assert agree(load_cluster("lumi-g"), 2) == 200 * GB
    assert agree(load_cluster("lumi-g"), 4) == 300 * GB
    assert agree(load_cluster("a100-pcie-box"), 4) == 60 * GB


def test_cables_wider_than_the_cards():
    cables = [[f"host{host}", "leaf", "12800Gb/s"] for host in range(4)]
    spec = cluster(4, nics={"count": 8, "bandwidth": "400Gb/s"}, fabric={"links": cables})
    assert build_network(spec, 32)["levels"][-1]["bytes_per_s"] == 50 * GB
    assert agree(spec) == 2 * 400 * GB
    assert build_network(cluster(4, nics=None, fabric={"links": cables}), 32)["levels"][-1]["bytes_per_s"] == 200 * GB


def test_one_device_has_no_halves():
    assert bisection_bytes_per_s(cluster(), 1) == 0
    assert bisection_bytes_per_s(load_cluster("dgx1-v100"), 1) == 0
    assert bisection_bytes_per_s(load_cluster("tpu-v4-pod"), 1) == 0
    with pytest.raises(SpecError, match="not a whole number of hosts"):
        bisect(cluster(4), 12)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from([1.0, 1.5, 3.0])), min_size=1, max_size=3), st.booleans())
def test_random_trees_agree_with_the_flow(shape, rails):
    sizes = [of for of, _ in shape]
    tiers, groups = [], 1
    for position in range(len(sizes) - 1, -1, -1):
        of, over = shape[position]
        tiers.insert(0, tier(f"tier-{position}", groups, of, oversubscription=over))
        groups *= of
    spec = cluster(groups, 2, nics={"count": 2, "bandwidth": "200Gb/s"}, fabric={"tiers": tiers, "rails": rails})
    agree(spec)
    for hosts in range(1, groups + 1, 3):
        agree(spec, 2 * hosts)


@pytest.mark.parametrize("spec", small_clusters(), ids=lambda spec: spec.name)
def test_levels_are_those_of_the_engine(spec):
    levels = build_network(spec, spec.devices)["levels"]
    found = seen_levels(spec)
    assert [(level.name, level.devices, level.bytes_per_s, level.latency_s) for level in found] == [
        (level["name"], level["group_devices"], level["bytes_per_s"], level["latency_s"]) for level in levels
    ]
    # What crosses the halves leaves devices of one of them.
    assert bisection_bytes_per_s(spec) <= spec.devices / 2 * max(level.bytes_per_s for level in found) * (1 + 1e-9)


def test_oversubscription_is_against_the_tier_below():
    ratios = {level.name: level.oversubscription for level in seen_levels(load_cluster("meta-24k-roce"))}
    assert ratios == {"nvlink-h100": None, "rack": 1.0, "pod": 1.0, "aggregation": 7.0}
    ratios = {level.name: level.oversubscription for level in seen_levels(load_cluster("juwels-booster"))}
    assert ratios["global"] == pytest.approx(25 / (18 * 10 * 25 / 192))
