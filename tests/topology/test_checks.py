"""Sums that do not match and fabrics that fall apart: one sentence with file, line and the numbers."""

from __future__ import annotations

import re
import subprocess
import sys

import networkx
import pytest

from clusterplan.catalog.clusters import cluster_file, list_clusters, load_cluster
from clusterplan.errors import SpecError
from clusterplan.reports.topology_check import checked_cluster
from clusterplan.topology.graph import build_graph

H100 = cluster_file("dgx-h100-superpod").read_text()
# Without the shape of a host, which some cases add in a form of their own.
TPU = re.sub(r".*host_axes.*\n", "", cluster_file("tpu-v5p-pod").read_text())
RACKS = cluster_file("gb200-nvl72").read_text()
NO_CORE = H100[: H100.index("    - name: core")] + "\n" + H100[H100.index("cost:") :]
CABLES = (
    "name: mine\naccelerator: a100\nhosts: 4\nhost:\n  accelerators: 8\n"
    "  scale_up: {technology: nvlink-a100, bandwidth: 300GB/s, latency: 1us}\nfabric:\n  technology: infiniband\n"
    "  links: [[host0, leaf0, 50GB/s], [host1, leaf0, 50GB/s], [host2, leaf1, 50GB/s], [host3, leaf1, 50GB/s], "
    "[leaf0, top, 25GB/s], [leaf1, top, 25GB/s]]\n"
)
DIRECT = (
    "name: mine\naccelerator: a100\nhosts: 1\nhost:\n  accelerators: 4\n"
    "  scale_up: {technology: nvlink-a100, latency: 1us, kind: links, "
    "links: [[0, 1, 50GB/s], [2, 1, 50GB/s], [3, 2, 50GB/s], [0, 3, 50GB/s]]}\n"
)
PAIR = "{name: pair, devices: 2, bandwidth: 9GB/s, latency: 1us}"
NO_FABRIC = H100[: H100.index("fabric:")] + H100[H100.index("cost:") : H100.index("facts:")]


def inside(*groups):
    return H100.replace("450GB/s", f"450GB/s\n    inside: [{', '.join(groups)}]")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            H100.replace("groups: 64", "groups: 63"),
            "fabric.tiers[0]: 63 groups of 32 are 2016, but there are 2048 hosts",
        ),
        (
            H100.replace("groups: 1\n", "groups: 2\n"),
            "fabric.tiers[2]: 2 groups of 8 are 16, but there are 8 groups of 'spine'",
        ),
        (NO_CORE, "fabric.tiers[1]: graph disconnected: 8 islands with no link between them"),
        (NO_FABRIC, "hosts: graph disconnected: 2048 islands with no link between them"),
        (
            H100.replace("shared_by: 1", "shared_by: 2"),
            "8 network cards shared by 2 accelerators each serve 16, but the host has 8",
        ),
        (
            H100.replace("count: 8", "count: 3").replace("    shared_by: 1\n", ""),
            "3 network cards cannot be shared evenly by 8",
        ),
        (
            H100.replace("latency: 2.0us", "latency: 2.0us\n      bandwidth: 9GB/s"),
            "oversubscription and bandwidth both set the rate",
        ),
        (H100.replace("450GB/s", "450gb/s"), "host.scale_up.bandwidth: '450gb/s' is unclear: it may be 450Gb/s"),
        (
            H100.replace("infiniband", "infinband"),
            "fabric.technology: there is no link technology named 'infinband'; did you mean",
        ),
        (H100.replace("  scale_up:", "  scaleup:"), "host.scaleup: unknown key 'scaleup'; did you mean 'scale_up'?"),
        (
            H100.replace("kind: switch", "kind: swich"),
            "'swich' is not one of 'switch', 'mesh', 'ring' or 'links'; did you mean 'switch'?",
        ),
        (
            H100.replace("gain: 1.30", "gain: 0.5"),
            "host.scale_up.in_network_gain: 0.5 must be greater than or equal to 1",
        ),
        (H100.replace("gain: 1.30", "gain: .nan"), "host.scale_up.in_network_gain: nan must be a finite number"),
        (
            H100.replace("cluster/1", "cluster/2"),
            "schema: 'clusterplan.cluster/2' is not 'clusterplan.cluster/1'",
        ),
        (H100.replace("450GB/s", "450"), "host.scale_up.bandwidth: 450 has no unit"),
        (H100.replace("450GB/s", "'450'"), "host.scale_up.bandwidth: '450' has no unit"),
        (H100.replace("0.8us", "0.8"), "host.scale_up.latency: 0.8 has no unit"),
        (H100.replace("0.8us", "0"), "host.scale_up.latency: 0 has no unit"),
        (H100.replace("0.8us", ".inf"), "host.scale_up.latency: inf is not finite"),
        (H100.replace("0.8us", ""), "host.scale_up.latency: has no value; it must be a time"),
        (H100.replace("0.8us", "99999d"), "8.64e+09 s is outside 0 to 1e+06 s, which holds every real machine"),
        (H100.replace("0.8us", "true"), "host.scale_up.latency: true is a yes/no value, not a number"),
        (H100.replace("kind: switch", "kind: banana"), "'banana' is not one of 'switch', 'mesh', 'ring' or 'links'"),
        (H100.replace("oversubscription: 1.0", "oversubscription: 0.5"), "0.5 must be greater than or equal to 1"),
        (H100.replace("oversubscription: 1.0", "oversubscription: .nan"), "nan must be a finite number"),
        (H100.replace("2.60", "-2"), "cost.usd_per_device_hour: -2 must be greater than or equal to 0"),
        (
            H100.replace("confidence: recalled\npower", "confidence: sure\npower"),
            "cost.confidence: 'sure' is not one of",
        ),
        (H100.replace("name: dgx-h100-superpod", "name: ' '"), "name: ' ' is empty"),
        (
            H100.replace("accelerator: h100-sxm-80gb", "accelerator: h1000"),
            "cluster.yaml:5:1: accelerator: there is no accelerator named 'h1000'; did you mean 'h100'",
        ),
        (H100.replace("hosts: 2048", "hosts: 1000000000"), "hosts: 1000000000 is more than 1048576, the largest"),
        (
            H100.replace("hosts: 2048", "hosts: 1048576"),
            "hosts: 1048576 hosts of 8 are 8388608 devices, more than the 1048576 supported",
        ),
        (H100[: H100.index("  tiers:")] + "  tiers: []\n", "fabric.tiers: [] is empty, but at least one value"),
        (H100[: H100.index("  tiers:")] + "  tiers: 3\n", "fabric.tiers: 3 is not a list"),
        (H100[: H100.index("  tiers:")] + "  tiers: [1]\n", "fabric.tiers[0]: 1 is not a mapping of keys to values"),
        (
            TPU.replace("[16, 20, 28]", "[16, 20, 27]"),
            "the torus 16 x 20 x 27 has 8640 devices, but 2240 hosts of 4 are 8960",
        ),
        (
            RACKS.replace("hosts: 18 ", "hosts: 17 "),
            "2304 hosts are not a whole number of scale-up domains of 17 hosts",
        ),
        (RACKS.replace("groups: 16", "groups: 15"), "15 groups of 8 are 120, but there are 128 scale-up domains"),
        # Ways to say the rate of a tier.
        (
            H100.replace("oversubscription: 1.0", "links_per_pair: 4"),
            "fabric.tiers[0]: links_per_pair and link_bandwidth go together, but there is no link_bandwidth",
        ),
        (
            H100.replace("oversubscription: 1.0", "link_bandwidth: 100GB/s"),
            "fabric.tiers[0]: links_per_pair and link_bandwidth go together, but there is no links_per_pair",
        ),
        (
            H100.replace("      oversubscription: 1.0", "      oversubscription: 1.0\n      links_per_pair: 4"),
            "fabric.tiers[0]: oversubscription and links_per_pair both set the rate of the tier",
        ),
        (CABLES.replace("links:", "links_:"), "fabric.links_: unknown key 'links_'; did you mean 'links'?"),
        (
            H100.replace("oversubscription: 1.0\n      latency: 2.6us", "bandwidth: 250GB/s\n      latency: 2.6us"),
            "the tier 'spine' has 250 GB/s a device, but the links of the tier 'leaf' let out 50 GB/s; a tier cannot",
        ),
        (
            H100.replace("      oversubscription: 1.0", "      bandwidth: 250GB/s", 1),
            "fabric.tiers[0].bandwidth: the tier 'leaf' has 250 GB/s a device, but the network cards let out 50 GB/s",
        ),
        # Names that --degrade has.
        (H100.replace("- name: spine", "- name: rail0"), "fabric.tiers[1].name: 'rail0' is a name that --degrade has"),
        (H100.replace("- name: spine", "- name: host"), "fabric.tiers[1].name: 'host' is a name that --degrade has"),
        (H100.replace("- name: spine", "- name: leaf2"), "'leaf2' is what --degrade calls a group of the tier 'leaf'"),
        (inside(PAIR.replace("name: pair", "name: host3")), "inside[0].name: 'host3' is a name that --degrade has"),
        # Facts.
        (
            H100.replace("  host.nics: {", "  host.nicz: {"),
            "facts: 'host.nicz' names no field of the file; did you mean 'host.nics'?",
        ),
        (
            H100.replace("facts:", "facts:\n  host.accelerators.count: {source: here, confidence: sure}"),
            "facts.host.accelerators.count.confidence: 'sure' is not one of 'seen', 'derived', 'recalled' or",
        ),
        # A ring closes, and nothing else does.
        (
            H100.replace("450GB/s", "450GB/s\n    wraps: true"),
            "host.scale_up.wraps: kind 'switch' has no ends to close",
        ),
        (H100.replace("- name: spine", "- name: leaf"), "fabric.tiers[1]: two levels of the network are named 'leaf'"),
        # Cables.
        (CABLES.replace("[host3, leaf1, 50GB/s]", "[host4, leaf1, 50GB/s]"), "fabric.links[3]: there is no host4 in a"),
        (CABLES.replace(", [host3, leaf1, 50GB/s]", ""), "fabric.links: graph disconnected: no link leads to host3"),
        (CABLES.replace("[leaf1, top, 25GB/s]", "[leaf1, leaf1, 25GB/s]"), "fabric.links[5]: joins leaf1 with itself"),
        (CABLES.replace("[leaf1, top, 25GB/s]", "[leaf1, top, 25]"), "fabric.links[5][2]: 25 bytes/s is slower than"),
        (CABLES.replace("[leaf1, top, 25GB/s]", "[leaf1, top]"), "fabric.links[5][2]: a value is missing in the list"),
        (CABLES.replace("[leaf1, top, 25GB/s]", "[leaf1, pot, 25GB/s]"), "fabric.links: graph disconnected: 2 islands"),
        (
            CABLES.replace("[host3, leaf1, 50GB/s]", "[host3, leaf1, 40GB/s]"),
            "fabric.links: the links are not regular: host0 can send 50 GB/s to the others within 2 hops, but host2 40",
        ),
        (
            CABLES.replace("  links:", "  tiers: [{name: a, groups: 1, of: 4, latency: 1us}]\n  links:"),
            "fabric: tiers and links both say how hosts are joined",
        ),
        (CABLES[: CABLES.index("  links:")], "fabric: the key 'tiers' is missing"),
        (CABLES.replace("  links:", "  rails: true\n  links:"), "fabric.rails: there are no network cards of the host"),
        (
            CABLES.replace("hosts: 4", "hosts: 513"),
            "fabric.links: cables are read for at most 512 hosts, but the cluster",
        ),
        # Links inside a host.
        (
            DIRECT.replace("[3, 2, 50GB/s]", "[3, 4, 50GB/s]"),
            "host.scale_up.links[2]: there is no device 4 in a host of 4",
        ),
        (DIRECT.replace("[3, 2, 50GB/s]", "[3, 3, 50GB/s]"), "host.scale_up.links[2]: joins device 3 with itself"),
        (
            DIRECT.replace("[3, 2, 50GB/s]", "[3, 2, 25]"),
            "host.scale_up.links[2][2]: 25 bytes/s is slower than any link",
        ),
        (
            DIRECT.replace("[3, 2, 50GB/s]", "[3, 2, 40GB/s]"),
            "host.scale_up.links: the links of device 0 have 100 GB/s together, those of device 2 90 GB/s; only hosts",
        ),
        (
            DIRECT.replace("[2, 1, 50GB/s], ", "").replace("[0, 3, 50GB/s]", "[0, 1, 50GB/s]"),
            "host.scale_up.links: graph disconnected: no links lead from device 0 to device 2",
        ),
        (DIRECT.replace("kind: links", "kind: mesh, bandwidth: 1GB/s"), "links are given, but the kind is 'mesh'"),
        (
            DIRECT.replace("kind: links", "kind: links, bandwidth: 1GB/s"),
            "bandwidth: 1 GB/s is not the 100 GB/s of the",
        ),
        (DIRECT.replace("kind: links", "kind: links, hosts: 2").replace("hosts: 1", "hosts: 2", 1), "without hosts"),
        (
            DIRECT.replace("accelerators: 4", "accelerators: 17"),
            "read for at most 16 devices a host, but the host has 17",
        ),
        (DIRECT[: DIRECT.index(", links")] + "}\n", "host.scale_up: the kind is 'links', but links are not given"),
        (DIRECT[: DIRECT.index(", kind")] + "}\n", "host.scale_up.bandwidth: the key 'bandwidth' is missing"),
        # Groups inside.
        (H100.replace("450GB/s", "450GB/s\n    through_inside: true"), "there are no groups inside to go through"),
        (inside(PAIR, PAIR), "inside[1].devices: a pair of 2 devices is not made of several pair groups of 2"),
        (inside(PAIR.replace("2", "3")), "a scale-up domain of 8 devices is not made of several pair groups of 3"),
        (inside(PAIR.replace("2", "8")), "a scale-up domain of 8 devices is not made of several pair groups of 8"),
        (inside(PAIR.replace("2", "1")), "a pair of 1 devices is not made of several devices"),
        (
            inside(PAIR.replace("{", "{technology: nvlnk, ")),
            "host.scale_up.inside[0].technology: there is no link technology named 'nvlnk'",
        ),
        # Tori.
        (
            TPU.replace(" 100GB/s ", " [1GB/s, 2GB/s] "),
            "2 bandwidths are given for the 3 axes of the torus 16 x 20 x 28",
        ),
        (TPU.replace(" 100GB/s ", " [1GB/s, 2, 3GB/s] "), "host.torus.link_bandwidth[1]: 2 bytes/s is slower than any"),
        (TPU.replace(" 100GB/s ", " 100 "), "host.torus.link_bandwidth: 100 has no unit"),
        (
            TPU.replace("    axes:", "    hosts: 1000\n    axes:"),
            "2240 hosts are not a whole number of tori of 1000 hosts",
        ),
        (TPU.replace("    axes:", "    hosts: 1120\n    axes:"), "has 8960 devices, but 1120 hosts of 4 are 4480"),
        (TPU.replace("    axes:", "    host_axes: [2, 2]\n    axes:"), "a host of 2 x 2 has 2 axes, but the torus"),
        (
            TPU.replace("    axes:", "    host_axes: [2, 2, 2]\n    axes:"),
            "2 x 2 x 2 has 8 devices, but accelerators is 4",
        ),
        (
            TPU.replace("    axes:", "    host_axes: [1, 1, 4]\n    axes:")
            .replace("28]", "14]")
            .replace("2240", "1120"),
            "the torus 16 x 20 x 14 is not made of hosts of 1 x 1 x 4",
        ),
        (
            TPU.replace("    axes:", "    wrap: both\n    axes:"),
            "host.torus.wrap: 'both' is not one of 'whole' or 'axis'",
        ),
        (
            TPU.replace("28]", "14]").replace("    axes:", "    hosts: 1120\n    axes:")
            + "fabric:\n  technology: infiniband\n"
            + "  tiers: [{name: y, groups: 1, of: 2, bandwidth: 9GB/s, latency: 1us}]\n",
            "fabric.tiers[0].name: 'y' is the name of an axis of the torus",
        ),
        (
            TPU.replace("28]", "14]").replace("    axes:", "    hosts: 1120\n    axes:"),
            "hosts: graph disconnected: 2 islands with no link between them",
        ),
    ],
)
def test_wrong_clusters(tmp_path, text, expected):
    assert text not in (H100, TPU, RACKS, CABLES, DIRECT)
    path = tmp_path / "cluster.yaml"
    path.write_text(text)
    with pytest.raises(SpecError) as caught:
        load_cluster(str(path))
    message = str(caught.value)
    assert expected in message
    assert "\n" not in message
    assert message.startswith(f"{path}:"), message
    assert caught.value.hint


@pytest.mark.parametrize("name", list_clusters())
@pytest.mark.parametrize("most_hosts", [0, 256, 10**6])
def test_the_graph_agrees_with_the_arithmetic(name, most_hosts):
    cluster = load_cluster(name)
    graph = build_graph(cluster, most_hosts=most_hosts)
    assert networkx.is_connected(graph)
    assert sum(data["devices"] for _, data in graph.nodes(data=True) if data["tier"] == -1) == cluster.devices
    assert all(capacity > 0 for _, _, capacity in graph.edges(data="capacity_bytes_per_s"))


@pytest.mark.parametrize("name", list_clusters())
def test_the_check_says_what_it_found(name):
    cluster = load_cluster(name)
    found = checked_cluster(cluster)
    assert (found["hosts"], found["devices"], found["accelerator"]) == (
        cluster.hosts,
        cluster.devices,
        cluster.accelerator,
    )
    assert found["graph"]["connected"] and found["graph"]["devices"] == cluster.devices
    assert found["bisection"]["flow_agrees"] in (True, None)


def test_capacities_of_the_tree():
    graph = build_graph(load_cluster("dgx-a100-superpod"))
    assert graph.number_of_nodes() == 140 + 7 + 1
    assert graph.edges["leaf-0", "host-0"]["capacity_bytes_per_s"] == 8 * 25e9
    assert graph.edges["core-0", "leaf-0"]["capacity_bytes_per_s"] == 160 * 25e9


def test_the_torus_has_the_links_of_a_torus():
    graph = build_graph(load_cluster("tpu-v5p-pod"), most_hosts=10**6)
    assert graph.number_of_nodes() == 8960
    assert graph.number_of_edges() == 3 * 8960
    assert {degree for _, degree in graph.degree()} == {6}


def test_a_problem_needs_no_graph_library():
    code = (
        "import sys; from clusterplan.planning.problem import build_problem; "
        "assert not {'pydantic', 'yaml', 'networkx', 'numpy'} & set(sys.modules); "
        "build_problem('llama-7b', 'dgx-h100-superpod', devices=64, global_batch=64, seq_len=2048); "
        "assert not {'networkx', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
