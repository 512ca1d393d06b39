"""The bundled clusters: they load, their numbers have sources, and their names are found."""

from __future__ import annotations

import re

import pytest
import yaml

from clusterplan.catalog.accelerators import load_accelerator
from clusterplan.catalog.clusters import cluster_file, list_clusters, load_cluster
from clusterplan.data import read_data
from clusterplan.errors import SpecError

# By hand, from data sheets, reference architectures and machine descriptions, not from the files under test: devices
# of the main pool; GB/s one way that the network cards give a device (None: no cards described); GB/s one way of a
# device inside its scale-up domain (the best-joined group where groups are nested, all links of a torus).
EXPECTED = {
    "a100-pcie-box": (512, 3.1, 30),
    "aws-p4d": (18432, 6.25, 300),
    "aws-p4de": (18432, 6.25, 300),
    "aws-p5": (18432, 50, 450),
    "aws-p5e": (18432, 50, 450),
    "aws-p5en": (18432, 50, 450),
    "aws-p6-b200": (18432, 50, 900),
    "aws-p6-b300": (18432, 100, 900),
    "aws-p6e-gb200": (18432, 100, 900),
    "aws-trn1": (100000, 6.25, 192),
    "aws-trn2": (100000, 25, 512),
    "aws-trn2-ultraserver": (99968, 25, 640),
    "azure-ndmv4": (5120, 25, 300),
    "azure-ndv4": (5120, 25, 300),
    "azure-ndv5-h100": (12288, 50, 450),
    "azure-ndv5-h200": (12288, 50, 450),
    "cloud-8gpu-100gbe": (512, 1.56, 300),
    "consumer-8x4090": (512, 0.16, 12),
    "deepseek-h800": (2048, 50, 200),
    "dgx-a100-superpod": (1120, 25, 300),
    "dgx-b200-superpod": (16384, 50, 900),
    "dgx-b300-superpod": (9216, 100, 900),
    "dgx-h100-superpod": (16384, 50, 450),
    "dgx-h200-superpod": (16384, 50, 450),
    "dgx1-v100": (1024, 6.25, 150),
    "dgx2-v100": (1536, 6.25, 150),
    "eos": (4608, 50, 450),
    "frontier": (78848, 12.5, 200),
    "gaudi2-hls": (1024, 37.5, 262.5),
    "gaudi3-hls": (8192, 75, 525),
    "gb200-nvl72": (9216, 50, 900),
    "gb300-nvl72": (9216, 100, 900),
    "gcp-a2-mega": (16384, 0.781, 300),
    "gcp-a2-ultra": (8192, 1.562, 300),
    "gcp-a3-high": (8192, 12.5, 450),
    "gcp-a3-mega": (8192, 25, 450),
    "gcp-a3-ultra": (8192, 50, 450),
    "gcp-a4": (8192, 50, 900),
    "gcp-a4x": (9216, 50, 900),
    "jupiter-booster": (24000, 25, 450),
    "juwels-booster": (3648, 25, 300),
    "l40s-8x": (512, 6.25, 25),
    "leonardo-booster": (13680, 12.5, 300),
    "lumi-g": (23808, 12.5, 200),
    "meta-24k-ib": (24576, 50, 450),
    "meta-24k-roce": (24576, 50, 450),
    "mi300x-8x400": (2048, 50, 448),
    "mi355x-8x400": (2048, 50, 535.5),
    "perlmutter-gpu": (6144, 25, 300),
    "selene": (4480, 25, 300),
    "tpu-v3-pod": (1024, 3.125, 280),
    "tpu-v4-pod": (4096, 6.25, 300),
    "tpu-v5e-pod": (2048, 3.125, 200),
    "tpu-v5p-pod": (8960, None, 600),
    "tpu-v6e-pod": (2048, 12.5, 400),
    "tpu-v7-pod": (9216, 12.5, 600),
    "xai-colossus": (98304, 50, 450),
}
ROUNDED = 0.03  # 10 Gb/s over 8 devices is written as 0.16 GB/s
CONFIDENCES = ("seen", "derived", "recalled", "assumed")
UNSEEN = re.compile(r"\b(estimate|assum|guess)", re.IGNORECASE)  # what nobody has read in a source
# Numbers that are not facts about the machine: prices carry their own date, basis and confidence.
ELSEWHERE = {"schema", "name", "title", "accelerator", "cost", "facts", "notes"}


def test_the_clusters_are_there():
    assert len(list_clusters()) >= 40
    assert set(list_clusters()) == set(EXPECTED)
    assert list(list_clusters()) == sorted(list_clusters())


@pytest.mark.parametrize("name", list_clusters())
def test_every_cluster_loads_and_says_where_its_facts_come_from(name):
    cluster = load_cluster(name)
    assert cluster.name == name
    assert load_accelerator(cluster.accelerator).name == cluster.accelerator
    tree = yaml.safe_load(cluster_file(name).read_text())
    assert {"hosts"} < set(cluster.facts)
    for path, fact in cluster.facts.items():
        nodes = [tree]
        for part in path.split("."):
            # a fact about tiers.latency speaks of every tier
            nodes = [inner for node in nodes for inner in (node if isinstance(node, list) else [node])]
            assert all(part in node for node in nodes), f"{name}: the fact {path} is about nothing"
            nodes = [node[part] for node in nodes]
        assert fact.source
        assert fact.confidence in CONFIDENCES
    if cluster.cost is not None:
        assert cluster.cost.as_of and cluster.cost.confidence


def _numbers(node, path=()):
    """The dotted paths of all numbers and quantities below ``node``; a list counts as one, as facts name it whole."""
    if isinstance(node, dict):
        for key, inner in node.items():
            yield from _numbers(inner, (*path, key))
    elif isinstance(node, list) or _is_a_number(node):
        yield ".".join(path)


def _is_a_number(value):
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float) or (isinstance(value, str) and value[:1].isdigit())


@pytest.mark.parametrize("name", list_clusters())
def test_every_number_has_a_source_and_says_how_sure_it_is(name):
    tree = yaml.safe_load(cluster_file(name).read_text())
    numbers = list(_numbers({key: value for key, value in tree.items() if key not in ELSEWHERE}))
    assert len(numbers) >= 5
    for number in numbers:
        covering = [path for path in tree["facts"] if number == path or number.startswith(f"{path}.")]
        assert covering, f"{name}: no fact says where {number} is from"
        assert all(tree["facts"][path]["source"] for path in covering)
        assert all(tree["facts"][path]["confidence"] in CONFIDENCES for path in covering)
    if "cost" in tree:
        assert set(tree["cost"]) == {"usd_per_device_hour", "as_of", "basis", "confidence"}
        assert re.fullmatch(r"20\d\d(-(0[1-9]|1[0-2]))?", tree["cost"]["as_of"])
        assert tree["cost"]["confidence"] in CONFIDENCES


@pytest.mark.parametrize("name", list_clusters())
def test_what_is_estimated_is_not_said_to_be_seen(name):
    for path, fact in load_cluster(name).facts.items():
        if fact.confidence == "seen":
            assert not UNSEEN.search(fact.source), f"{name}: {path} is seen, but its source says {fact.source!r}"


@pytest.mark.parametrize("name", list_clusters())
def test_latencies_have_facts_of_their_own(name):
    cluster = load_cluster(name)
    scale_up, tiers = cluster.host.scale_up, cluster.fabric.tiers if cluster.fabric is not None else ()
    given = {
        "host.scale_up.latency": scale_up is not None,
        "host.scale_up.inside.latency": scale_up is not None and bool(scale_up.inside),
        "host.torus.latency": cluster.host.torus is not None,
        "fabric.tiers.latency": bool(tiers),
    }
    assert {path for path in cluster.facts if path.endswith(".latency")} == {path for path in given if given[path]}
    for path in ("host.scale_up.inside", "fabric.tiers"):
        assert path not in cluster.facts or "latenc" not in cluster.facts[path].source


@pytest.mark.parametrize("name", list_clusters())
def test_lines_are_short_enough_to_read(name):
    assert max(map(len, cluster_file(name).read_text().splitlines())) <= 120


@pytest.mark.parametrize("name", list_clusters())
def test_devices_and_rates_are_those_of_the_data_sheets(name):
    devices, card_gigabytes, scale_up_gigabytes = EXPECTED[name]
    cluster = load_cluster(name)
    host = cluster.host
    assert cluster.devices == devices
    if card_gigabytes is None:
        assert host.nics is None
    else:
        assert host.nics is not None
        rate = host.nics.count * host.nics.bandwidth_bytes_per_s / host.accelerators
        assert rate == pytest.approx(card_gigabytes * 1e9, rel=ROUNDED)
    if host.torus is not None:
        links = host.torus.axis_bytes_per_s
        rates = links * len(host.torus.axes) if len(links) == 1 else links
        assert 2 * sum(rates) == pytest.approx(scale_up_gigabytes * 1e9)
    else:
        assert host.scale_up is not None
        inner = (*host.scale_up.inside, host.scale_up)[0]
        assert inner.bandwidth_bytes_per_s == pytest.approx(scale_up_gigabytes * 1e9)


@pytest.mark.parametrize("name", list_clusters())
def test_only_reductions_in_nvlink_switches_gain(name):
    scale_up = load_cluster(name).host.scale_up
    if scale_up is None:
        return
    switched = scale_up.kind == "switch" and scale_up.technology in ("nvlink-h100", "nvlink-b200")
    assert (scale_up.in_network_gain > 1) == switched
    least = {"nvlink-h100": 5, "nvlink-b200": 6}[scale_up.technology] if switched else 1
    assert scale_up.in_network_min_ranks == least


def test_the_cube_mesh_of_the_dgx_1():
    scale_up = load_cluster("dgx1-v100").host.scale_up
    assert scale_up is not None and scale_up.kind == "links"
    links = {(one, other): rate / 25e9 for one, other, rate in scale_up.links}
    assert len(links) == 16 and sum(links.values()) == 24
    for device in range(8):
        partners = [pair for pair in links if device in pair]
        assert len(partners) == 4 and sum(links[pair] for pair in partners) == 6


def test_the_crossing_between_sockets_gives_the_measured_all_reduce():
    scale_up = load_cluster("a100-pcie-box").host.scale_up
    assert scale_up is not None
    efficiency = read_data("links.json")["technologies"][scale_up.technology]["collective_efficiency"]["value"]
    ring = scale_up.inside[0].devices * scale_up.bandwidth_bytes_per_s * efficiency
    assert ring == pytest.approx(0.4176 * 30e9, rel=0.01)


def test_the_pools_of_perlmutter():
    cluster = load_cluster("perlmutter-gpu")
    (pool,) = cluster.pools
    assert (pool.accelerator, pool.hosts) == ("a100-sxm-80gb", 256)
    assert cluster.hosts + pool.hosts == 1792


def test_links_have_sources():
    technologies = read_data("links.json")["technologies"]
    assert len(technologies) >= 8
    for link in technologies.values():
        for key in ("collective_efficiency", "point_to_point_efficiency", "hop_latency_s", "half_saturation_bytes"):
            assert link[key]["source"] and link[key]["confidence"]


def test_messages_reach_the_rate_of_the_network_card():
    technologies = read_data("links.json")["technologies"]
    for name in ("infiniband", "roce"):
        assert technologies[name]["point_to_point_efficiency"]["value"] == 0.97
        assert technologies[name]["point_to_point_efficiency"]["confidence"] == "seen"


def test_names():
    assert load_cluster("DGX_H100_SuperPOD").name == "dgx-h100-superpod"
    with pytest.raises(SpecError, match=r"no cluster named 'dgx-h100'; did you mean .*'dgx-h100-superpod'"):
        load_cluster("dgx-h100")
    with pytest.raises(SpecError, match="is not a name or a file"):
        load_cluster("")
