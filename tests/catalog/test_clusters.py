"""The bundled clusters: they load, their numbers have sources, and their names are found."""

from __future__ import annotations

import pytest
import yaml

from clusterplan.catalog.accelerators import load_accelerator
from clusterplan.catalog.clusters import cluster_file, list_clusters, load_cluster
from clusterplan.data import read_data
from clusterplan.errors import SpecError

DEVICES = {
    "dgx-a100-superpod": 1120,
    "dgx-h100-superpod": 16384,
    "gb200-nvl72": 9216,
    "tpu-v5p-pod": 8960,
    "mi300x-8x400": 2048,
    "cloud-8gpu-100gbe": 512,
    "meta-24k-roce": 24576,
    "selene": 4480,
}


def test_the_clusters_are_there():
    assert set(DEVICES) <= set(list_clusters())
    assert list(list_clusters()) == sorted(list_clusters())


@pytest.mark.parametrize("name", list_clusters())
def test_every_cluster_loads_and_says_where_its_facts_come_from(name):
    cluster = load_cluster(name)
    assert cluster.name == name
    assert cluster.devices == DEVICES.get(name, cluster.devices)
    assert load_accelerator(cluster.accelerator).name == cluster.accelerator
    tree = yaml.safe_load(cluster_file(name).read_text())
    assert {"hosts"} < set(cluster.facts)
    for path, fact in cluster.facts.items():
        node = tree
        for part in path.split("."):
            assert part in node, f"{name}: the fact {path} is about nothing"
            node = node[part]
        assert fact.source
        assert fact.confidence in ("seen", "derived", "recalled", "assumed")
    if cluster.cost is not None:
        assert cluster.cost.as_of and cluster.cost.confidence


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
    with pytest.raises(SpecError, match="there is no cluster named 'dgx-h100'; did you mean 'dgx-h100-superpod'"):
        load_cluster("dgx-h100")
    with pytest.raises(SpecError, match="is not a name or a file"):
        load_cluster("")
