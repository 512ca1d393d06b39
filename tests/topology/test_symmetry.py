"""Cables into tiers: templates come back as they were, and what is not regular is said."""

from __future__ import annotations

from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterplan.errors import SpecError
from clusterplan.topology.levels import build_network
from clusterplan.topology.symmetry import find_tiers, graph_of_cables, member_names

from .making import cluster

CARDS_400 = {"count": 8, "bandwidth": "400Gb/s"}


def cables_of(template, member_devices):
    """The cables of a fat tree: one switch a group, with the bandwidth of what is below it."""
    counts = [of for of, _ in template]
    below, cables, size = member_names(prod(counts)), [], member_devices
    for level, (of, rate) in enumerate(template):
        switches = [f"tier{level}switch{index}" for index in range(len(below) // of)]
        cables += [(node, switches[index // of], size * rate) for index, node in enumerate(below)]
        below, size = switches, size * of
    return tuple(cables)


templates = st.lists(st.tuples(st.integers(2, 4), st.integers(1, 4)), min_size=1, max_size=3).map(
    # Each tier gives at most what the one below it does.
    lambda steps: [(of, 100e9 / prod(share for _, share in steps[: index + 1])) for index, (of, _) in enumerate(steps)]
)


def tiers(cables, hosts, devices=8):
    return find_tiers(graph_of_cables(cables, hosts), member_names(hosts), devices)


@settings(deadline=None)  # the graph library is slow to start
@given(templates, st.integers(1, 8))
def test_a_template_comes_back(template, devices):
    hosts = prod(of for of, _ in template)
    found = tiers(cables_of(template, devices), hosts, devices)
    assert [tier.of for tier in found] == [of for of, _ in template]
    assert [tier.bytes_per_s for tier in found] == pytest.approx([rate for _, rate in template])
    assert [tier.switches for tier in found] == [2 * level + 1 for level in range(len(template))]
    assert found[-1].groups == 1


@settings(deadline=None)
@given(templates, st.data())
def test_other_names_give_the_same_tiers_or_an_error(template, data):
    hosts = prod(of for of, _ in template)
    cables = cables_of(template, 8)
    expected = tiers(cables, hosts)
    switches = sorted({end for cable in cables for end in cable[:2] if not end.startswith("host")})
    names = data.draw(st.permutations([f"s{index}" for index in range(len(switches))]))
    renamed = dict(zip(switches, names, strict=True))
    order = data.draw(st.permutations(cables))
    turned = tuple((renamed.get(other, other), renamed.get(one, one), rate) for one, other, rate in order)
    plain = [(tier.groups, tier.of, tier.switches) for tier in expected]
    found = tiers(turned, hosts)
    assert [(tier.groups, tier.of, tier.switches) for tier in found] == plain
    # A flow is a sum of capacities, whose last digit follows the order of the cables.
    assert [tier.bytes_per_s for tier in found] == pytest.approx([tier.bytes_per_s for tier in expected], rel=1e-12)
    # Hosts in another order: the same tiers where blocks stay runs, else the error names two of them.
    shuffled = dict(zip(member_names(hosts), data.draw(st.permutations(member_names(hosts))), strict=True))
    moved = tuple((shuffled.get(one, one), other, rate) for one, other, rate in cables)
    try:
        assert [(tier.groups, tier.of, tier.switches) for tier in tiers(moved, hosts)] == plain
    except SpecError as error:
        assert error.code == "topology-irregular"
        assert "in one block" in str(error)


def rails(hosts, of, count, uplink, spines=2):
    cables = [(f"host{host}", f"leaf{host // of}r{rail}", 50e9) for host in range(hosts) for rail in range(count)]
    leaves = sorted({leaf for _, leaf, _ in cables})
    return tuple(cables + [(leaf, f"spine{index}", uplink / spines) for leaf in leaves for index in range(spines)])


def test_rails():
    found = tiers(rails(16, 4, 8, 100e9), 16)
    assert [(tier.name, tier.groups, tier.of) for tier in found] == [("leaf", 4, 4), ("spine", 1, 4)]
    assert [tier.bytes_per_s / 1e9 for tier in found] == pytest.approx([50, 25])


FULL = rails(8, 4, 2, 100e9)


@pytest.mark.parametrize(
    ("cables", "code", "expected"),
    [
        (
            tuple((*ends, rate / 2 if ends == ["host5", "leaf1r0"] else rate) for *ends, rate in FULL),
            "topology-irregular",
            "host0 can send 100 GB/s to the others within 2 hops, but host5 75 GB/s",
        ),
        (
            tuple((one, other, rate / 2 if one == "leaf1r1" else rate) for one, other, rate in FULL),
            None,  # what leaves one of two blocks enters the other, so both have the same cut
            "",
        ),
        (
            tuple((one, other, rate / 2 if one == "leaf1r1" else rate) for one, other, rate in rails(12, 4, 2, 100e9)),
            "topology-irregular",
            "the block host0 to host3 can send 200 GB/s to the others within 4 hops, but the block host4 to host7 150",
        ),
        (
            tuple((one, {"host4": "leaf0r0"}.get(one, other), rate) for one, other, rate in FULL),
            "topology-irregular",
            "the block of host0 has 5 members, that of host5 has 3 members within 2 hops",
        ),
        (
            tuple(
                ("host0", "leaf1r0", rate) if ends == ["host0", "leaf0r0"] else (*ends, rate) for *ends, rate in FULL
            ),
            "topology-irregular",
            "within 2 hops, but host1 does not reach host4: blocks do not nest",
        ),
        (
            tuple(({"host3": "host4", "host4": "host3"}.get(one, one), other, rate) for one, other, rate in FULL),
            "topology-irregular",
            "host0 and host4 are in one block of 4 members within 2 hops, but host3 between them is not",
        ),
        (
            tuple(cable for cable in FULL if not cable[0].startswith("leaf")),
            "topology-disconnected",
            "graph disconnected: 2 islands with no link between them, such as those of host0 and host4",
        ),
    ],
)
def test_what_is_not_regular_is_said(cables, code, expected):
    if code is None:
        assert len(tiers(cables, 8)) == 2
        return
    with pytest.raises(SpecError) as caught:
        tiers(cables, len({one for one, _, _ in cables if one.startswith("host")}))
    assert caught.value.code == code
    assert expected in str(caught.value)
    assert caught.value.hint


def test_a_cluster_of_cables_has_the_levels_of_its_template():
    written = [[one, other, f"{rate / 1e9}GB/s"] for one, other, rate in rails(16, 4, 8, 100e9)]
    levels = build_network(cluster(16, fabric={"links": written}, nics=CARDS_400), 128)["levels"]
    assert [(level["name"], level["group_devices"]) for level in levels[1:]] == [("leaf", 32), ("spine", 128)]
    assert [level["bytes_per_s"] / 1e9 for level in levels[1:]] == pytest.approx([50, 25])
    assert [level["shares_inner_link"] for level in levels] == [False, False, True]
    # One InfiniBand switch 2 us, each further one 0.3, and the library's 14 a hop.
    assert [level["latency_s"] * 1e6 for level in levels[1:]] == pytest.approx([16.0, 16.6])
    assert len(build_network(cluster(16, fabric={"links": written}, nics=CARDS_400), 32)["levels"]) == 2
    # Cards at half that rate fill half of each cable.
    slow = build_network(cluster(16, fabric={"links": written}), 128)["levels"]
    assert [level["bytes_per_s"] / 1e9 for level in slow[1:]] == pytest.approx([25, 25])


def test_a_ring_of_hosts_passes_nothing_on():
    with pytest.raises(SpecError) as caught:
        tiers(tuple((f"host{host}", f"host{(host + 1) % 4}", 50e9) for host in range(4)), 4)
    assert caught.value.code == "topology-disconnected"
    assert str(caught.value) == (
        "graph disconnected: host0 reaches host2 only through other hosts, but hosts pass nothing on: traffic between "
        "hosts goes over switches"
    )
    every = tuple((f"host{one}", f"host{other}", 50e9) for one in range(4) for other in range(one))
    assert [tier.of for tier in tiers(every, 4)] == [4]


@pytest.mark.parametrize("rails_of_a_host", [1, 2])
def test_a_mistyped_switch_is_named(rails_of_a_host):
    cables = rails(8, 4, rails_of_a_host, 100e9)
    mistyped = tuple(
        ("host5", "leaf1r00", rate) if ends == ["host5", "leaf1r0"] else (*ends, rate) for *ends, rate in cables
    )
    with pytest.raises(SpecError) as caught:
        tiers(mistyped, 8)
    assert str(caught.value).endswith("; the switch leaf1r00 is linked to host5 only, did you mean leaf1r0?")
    assert caught.value.hint == "mend the name of leaf1r00, or add the links that join it to others"


def test_scale_up_domains_of_several_hosts_are_members():
    cables = [[f"host{host}", "core", "100GB/s"] for host in range(8)]
    made = cluster(8, 4, scale_up={"hosts": 2}, nics=None, fabric={"links": cables})
    levels = build_network(made, 32)["levels"]
    assert [(level["group_devices"], level["bytes_per_s"] / 1e9) for level in levels] == [(8, 300), (32, 25)]
