"""Tiers of a fabric: oversubscription, bandwidths, dragonflies, reductions in the switches; and very large ones."""

from __future__ import annotations

import sys

import pytest

from clusterplan.topology.levels import build_network
from clusterplan.topology.torus import place_slice

from .making import cluster, tier

DRAGONFLY = [
    tier("group", 20, 16),
    tier("global", 1, 20, links_per_pair=10, link_bandwidth="200Gb/s"),
]


def rates(made, devices):
    return [level["bytes_per_s"] / 1e9 for level in build_network(made, devices)["levels"]]


def test_a_dragonfly_is_its_links_between_groups():
    # 19 other groups, 10 links of 25 GB/s to each, over the 128 devices of a group; 25 GB/s is what a card gives.
    made = cluster(320, tiers=[DRAGONFLY[0], DRAGONFLY[1] | {"links_per_pair": 5}])
    assert rates(made, 2560) == [300, 25, pytest.approx(19 * 5 * 25 / 128)]
    assert rates(cluster(320, tiers=DRAGONFLY), 2560) == [300, 25, 25]  # 37 GB/s of links for cards of 25


def test_each_way_to_say_the_rate_of_a_tier():
    tiers = [tier("leaf", 4, 4), tier("spine", 2, 2, oversubscription=2.5), tier("core", 1, 2, bandwidth="3GB/s")]
    assert rates(cluster(16, tiers=tiers), 128) == [300, 25, 10, 3]
    assert rates(cluster(16, tiers=tiers), 32) == [300, 25]


def test_a_tier_may_reduce_in_its_switches():
    made = cluster(4, tiers=[tier("leaf", 1, 4, in_network_gain=1.7, in_network_min_ranks=4)])
    level = build_network(made, 32)["levels"][1]
    assert (level["in_network_gain"], level["in_network_min_ranks"]) == (1.7, 4)


def test_a_pod_of_a_hundred_thousand_devices_costs_what_a_small_one_does():
    tiers = [tier("leaf", 400, 32), tier("spine", 20, 20), tier("core", 1, 20, oversubscription=2)]

    def lines(made, devices):
        """How many lines of Python building the network takes."""
        count = 0

        def trace(frame, event, argument):
            nonlocal count
            count += event == "line"
            return trace

        build_network(made, devices)  # reads the data of the links
        place_slice.cache_clear()
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            build_network(made, devices)
        finally:
            sys.settrace(before)
        return count

    large, small = cluster(12800, tiers=tiers), cluster(8, tiers=[tier("l", 4, 2), tier("s", 2, 2), tier("c", 1, 2)])
    assert large.devices == 102400
    assert lines(large, large.devices) <= lines(small, small.devices) + 10
    torus = {"technology": "ici", "axes": [48, 48, 48], "link_bandwidth": "100GB/s", "latency": "1us"}
    pod = cluster(27648, 4, torus=torus, nics=None)
    # The shapes of a slice are found by the divisors of its size on each axis.
    assert lines(pod, pod.devices) < pod.devices / 10
    assert lines(pod, 4096) < pod.devices / 10
