"""The graphs of clusters: every device of a small one, the readable one of a large one."""

from __future__ import annotations

from collections import Counter
from math import prod

import networkx
import pytest

from clusterplan.catalog.clusters import load_cluster
from clusterplan.errors import SpecError
from clusterplan.reports.topology_check import checked_cluster
from clusterplan.topology.expand import MOST_NODES, expand_graph, expanded_nodes
from clusterplan.topology.graph import build_graph, check_connected
from clusterplan.topology.levels import build_network
from clusterplan.topology.ranks import build_rank_map

from .making import cluster, tier
from .scaling import scaled_down, small_clusters


def kinds(graph: networkx.Graph[str]) -> Counter[str]:
    return Counter(data["kind"] for _, data in graph.nodes(data=True))


def capacity(graph: networkx.Graph[str], one: str, other: str) -> float:
    return graph.edges[one, other]["capacity_bytes_per_s"]


@pytest.mark.parametrize("spec", small_clusters(), ids=lambda spec: spec.name)
def test_all_devices_are_there_and_joined(spec):
    devices = spec.devices
    while expanded_nodes(spec, devices) > MOST_NODES:
        devices = spec.domain_devices if devices > spec.domain_devices else 64
    graph = expand_graph(spec, devices)
    check_connected(spec, graph, devices)
    assert all(rate > 0 for *_, rate in graph.edges(data="capacity_bytes_per_s"))
    assert graph.number_of_nodes() <= 1.5 * expanded_nodes(spec, devices) + 10
    check_connected(spec, build_graph(spec))


def test_rails_have_a_leaf_each():
    graph = expand_graph(scaled_down(load_cluster("dgx-h100-superpod"), (4, 2, 2)))
    assert kinds(graph) == {"device": 128, "switch": 16 + 4 * 8 + 2 + 1, "card": 128}
    assert set(graph.adj["leaf0.rail3"]) == {f"host{host}.card3" for host in range(4)} | {"spine0"}
    assert capacity(graph, "leaf0.rail3", "host0.card3") == 50e9
    assert capacity(graph, "leaf0.rail3", "spine0") == 4 * 50e9
    assert capacity(graph, "device9", "host1.card1") == 50e9


def test_without_rails_all_cards_meet():
    graph = expand_graph(scaled_down(load_cluster("aws-p5"), (2, 2, 2)))
    assert len([node for node in graph.adj["layer-30"] if "card" in node]) == 2 * 32
    assert sorted(graph.adj["host0.card5"]) == ["device1", "layer-30"]


def test_a_shared_card():
    graph = expand_graph(scaled_down(load_cluster("dgx1-v100"), (2, 2)))
    assert set(graph.adj["host0.card1"]) == {"device2", "device3", "leaf0"}
    assert capacity(graph, "device0", "device3") == 50e9 and not graph.has_edge("device0", "device5")


def test_a_mesh_and_sockets():
    graph = expand_graph(load_cluster("mi300x-8x400"), 8)
    assert graph.number_of_edges() == 28 and capacity(graph, "device0", "device7") == pytest.approx(64e9)
    graph = expand_graph(load_cluster("a100-pcie-box"), 8)
    assert kinds(graph) == {"device": 8, "switch": 3}
    assert capacity(graph, "domain0.socket0.socket", "domain0.pcie4") == pytest.approx(4 * 4.54e9)


def test_a_domain_of_several_hosts():
    graph = expand_graph(scaled_down(load_cluster("gb200-nvl72"), (2, 2)))
    assert kinds(graph) == {"device": 288, "card": 288, "switch": 4 + 2 * 4 + 1}
    assert capacity(graph, "device71", "domain0.nvlink-b200") == 900e9


def test_a_torus_has_its_links_and_closes():
    graph = expand_graph(load_cluster("tpu-v4-pod"), 512)  # 8 x 8 x 8
    assert graph.number_of_edges() == 3 * 512 and {degree for _, degree in graph.degree()} == {6}
    graph = expand_graph(load_cluster("tpu-v4-pod"), 32)  # part of a cube: open
    assert {degree for _, degree in graph.degree()} == {3, 4, 5}
    pair = {"technology": "ici", "axes": [2], "link_bandwidth": "100GB/s", "latency": "1us"}
    graph = expand_graph(cluster(1, 2, torus=pair, nics=None))
    assert capacity(graph, "device0", "device1") == 200e9  # two links between the two


def test_groups_of_a_dragonfly_are_joined_in_pairs():
    spec = scaled_down(load_cluster("juwels-booster"), (4, 5))
    graph = expand_graph(spec)
    ports = [node for node, data in graph.nodes(data=True) if data["kind"] == "port"]
    assert len(ports) == 5 and capacity(graph, ports[0], ports[3]) == 250e9
    part = expand_graph(spec, 2 * 4 * 4)  # two groups; the others pass on
    assert len([node for node, data in part.nodes(data=True) if data["kind"] == "port"]) == 5
    readable = build_graph(spec)
    assert capacity(readable, "cell-0", "cell-4") == 250e9


def test_cables_stay_as_they_are():
    cables = [[f"host{host}", f"leaf{host // 2}", "400Gb/s"] for host in range(4)] + [["leaf0", "leaf1", "100GB/s"]]
    spec = cluster(4, fabric={"links": cables})
    graph = expand_graph(spec)
    assert capacity(graph, "leaf0", "leaf1") == 100e9 and capacity(graph, "host3", "leaf1") == 50e9
    assert capacity(graph, "host0.card0", "host0") == 50e9 / 8
    readable = build_graph(spec)
    assert sorted(readable) == ["host0", "host1", "host2", "host3", "leaf0", "leaf1"]
    check_connected(spec, readable)


def test_tori_and_tiers():
    graph = build_graph(load_cluster("tpu-v5e-pod"))
    assert kinds(graph) == {"torus": 8, "switch": 1}
    assert capacity(graph, "torus-0", "dcn-0") == pytest.approx(256 * 3.125e9)


def test_large_graphs_stay_readable():
    big = {"technology": "ici", "axes": [96, 96, 100], "link_bandwidth": "100GB/s", "latency": "1us"}
    graph = build_graph(cluster(96 * 96 * 25, 4, torus=big, nics=None))
    assert graph.number_of_nodes() <= 32**3
    check_connected(cluster(96 * 96 * 25, 4, torus=big, nics=None), graph)


def test_islands_are_an_error():
    spec = cluster(2)
    graph = build_graph(spec)
    graph.remove_node("all-0")
    with pytest.raises(SpecError, match="2 islands with no link"):
        check_connected(spec, graph)
    graph = build_graph(spec)
    graph.nodes["host-0"]["devices"] = 7
    with pytest.raises(SpecError, match="has 15 devices, but the cluster 16"):
        check_connected(spec, graph)


def test_the_check_names_the_tiers():
    found = checked_cluster(cluster(8, tiers=[tier("leaf", 2, 4), tier("spine", 1, 2, oversubscription=2)]))
    tiers = [(level["name"], level["devices"], level["bytes_per_s"] / 1e9) for level in found["levels"][1:]]
    assert tiers == [("leaf", 32, 25), ("spine", 64, 12.5)] and found["graph"]["connected"]


def test_devices_with_several_cards_have_a_rail_each():
    for count, each in ((32, 4), (16, 2), (8, 1)):
        fabric = {"rails": True, "tiers": [tier("leaf", 1, 2)]}
        graph = expand_graph(cluster(2, nics={"count": count, "bandwidth": "100Gb/s"}, fabric=fabric))
        leaves = [node for node, data in graph.nodes(data=True) if data["kind"] == "switch" and data["tier"] == 0]
        assert leaves == [f"leaf0.rail{rail}" for rail in range(8)]
        for rail in range(8):
            cards = {f"host{host}.card{card}" for host in (0, 1) for card in range(rail * each, rail * each + each)}
            assert set(graph.adj[f"leaf0.rail{rail}"]) == cards
            assert set(graph.adj[f"device{8 + rail}"]) - cards == {"domain1.nvlink-a100"}


@pytest.mark.parametrize("axes", [[16, 4, 4], [4, 1, 2], [5, 3, 2], [2, 6]])
def test_ranks_fill_the_axes_of_the_graph_as_the_levels_say(axes):
    rates = [50, 40, 30][: len(axes)]
    torus = {"technology": "ici", "axes": axes, "latency": "1us", "link_bandwidth": [f"{rate}GB/s" for rate in rates]}
    spec = cluster(prod(axes), 1, torus={**torus, "wrap_multiple": 1}, nics=None)
    graph, network = expand_graph(spec), build_network(spec, spec.devices)
    ranks = build_rank_map(spec, network, tp=spec.devices, dp=1, pp=1, placement="tp-dp-pp")
    places = [ranks.place(rank).coordinates for rank in range(spec.devices)]
    for one, other, data in graph.edges(data=True):
        here, there = (places[graph.nodes[node]["rank"]] for node in (one, other))
        differing = [axis for axis in range(len(ranks.axes)) if here[axis] != there[axis]]
        (axis,) = differing
        length = ranks.axes[axis]
        assert abs(here[axis] - there[axis]) in (1, length - 1)
        links = 2 if length == 2 else 1  # both ways round
        assert data["capacity_bytes_per_s"] == links * network["levels"][axis]["bytes_per_s"] / 2
    # The readable graph has the same links under the same numbers.
    readable = build_graph(spec)
    numbered = {"chips-" + "-".join(map(str, place)): f"device{rank}" for rank, place in enumerate(places)}
    assert set(readable) == set(numbered) and readable.number_of_edges() == graph.number_of_edges()
    for one, other in readable.edges:
        assert capacity(readable, one, other) == capacity(graph, numbered[one], numbered[other])
