"""The numbers of link technologies and libraries: all there, in range, and each with its source."""

from __future__ import annotations

import pytest

from clusterplan.data import read_data

LINKS = read_data("links.json")
CONFIDENCE = ("seen", "derived", "recalled", "assumed")


@pytest.mark.parametrize("name", LINKS["technologies"])
def test_technologies(name):
    link = LINKS["technologies"][name]
    for key, least, most in (
        ("collective_efficiency", 0.3, 1),
        ("all_to_all_efficiency", 0.3, 1),
        ("point_to_point_efficiency", 0.3, 1),
        ("hop_latency_s", 0, 2e-5),
        ("half_saturation_bytes", 1e3, 1e8),
        ("first_switch_latency_s", 1e-7, 1e-4),
        ("next_switch_latency_s", 1e-7, 1e-5),
    ):
        fact = link[key]
        assert least <= fact["value"] <= most, key
        assert fact["source"] and fact["confidence"] in CONFIDENCE
    assert link.get("library", LINKS["default_library"]) in LINKS["libraries"]


@pytest.mark.parametrize("name", ["nvlink-a100", "nvlink-b200", "pcie4", "xgmi", "ici", "neuronlink", "gaudi-roce"])
def test_scale_up_technologies_name_their_library(name):
    assert "library" in LINKS["technologies"][name]


@pytest.mark.parametrize("name", LINKS["libraries"])
def test_libraries(name):
    library = LINKS["libraries"][name]
    for key in library.keys() - {"title"}:
        assert library[key]["source"] and library[key]["confidence"] in CONFIDENCE
    assert 0 < library["tree_efficiency"]["value"] <= 1
    assert library["pat"]["value"] == (name == "nccl")
