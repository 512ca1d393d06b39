"""Links at a share of their speed: by hand, never faster, and every wrong name is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterplan.catalog.clusters import load_cluster
from clusterplan.errors import SpecError
from clusterplan.topology.degrade import Degradation, parse_degradations
from clusterplan.topology.levels import build_network

from .making import cluster, tier

TREE = cluster(
    16, fabric={"rails": True, "tiers": [tier("leaf", 4, 4), tier("spine", 2, 2), tier("core", 1, 2)]}, name="tree"
)


def rates(*texts, devices=128, made=TREE):
    return [level["bytes_per_s"] / 1e9 for level in build_network(made, devices, degrade=texts)["levels"]]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], [300, 25, 25, 25]),
        (["rail0=0.5"], [300, 12.5, 12.5, 12.5]),
        (["rail7=0"], [300, 21.875, 21.875, 21.875]),
        (["rail7=0", "rail6=0"], [300, 18.75, 18.75, 18.75]),
        (["rail7=0", "rail6=0.5"], [300, 25 / 2 * 7 / 8, 25 / 2 * 7 / 8, 25 / 2 * 7 / 8]),
        (["host15=0.25"], [300, 6.25, 6.25, 6.25]),
        (["host15=0.25", "rail1=0.5"], [300, 6.25, 6.25, 6.25]),
        (["leaf=0.5"], [300, 12.5, 12.5, 12.5]),
        (["spine=0.5"], [300, 25, 12.5, 12.5]),
        (["core=0.5"], [300, 25, 25, 12.5]),
        (["leaf3=0.5"], [300, 25, 12.5, 12.5]),
        (["spine1=0.2"], [300, 25, 25, 5]),
        (["leaf3=0.5", "spine1=0.2"], [300, 25, 12.5, 5]),
        (["core=1"], [300, 25, 25, 25]),
        (["nvlink=0.9"], [270, 25, 25, 25]),
        (["nvlink-a100=0.9"], [270, 25, 25, 25]),
        (["nvlink=0.9,leaf=.5"], [270, 12.5, 12.5, 12.5]),
    ],
)
def test_degraded_rates_by_hand(texts, expected):
    assert rates(*texts) == pytest.approx(expected)


SLIM = cluster(
    16,
    fabric={
        "rails": True,
        "tiers": [tier("leaf", 4, 4), tier("spine", 2, 2, oversubscription=2), tier("core", 1, 2, oversubscription=4)],
    },
    name="slim",
)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], [300, 25, 12.5, 3.125]),
        # Cards are the first level of the fabric: what a tier above them lets out anyway stays.
        (["host3=0.5"], [300, 12.5, 12.5, 3.125]),
        (["rail3=0.4"], [300, 10, 10, 3.125]),
        (["host3=0.1"], [300, 2.5, 2.5, 2.5]),
        (["leaf=0.4"], [300, 10, 10, 3.125]),
        # Uplinks of a group are the next level.
        (["leaf2=0.5"], [300, 25, 6.25, 3.125]),
        (["leaf2=0.1"], [300, 25, 1.25, 1.25]),
        (["spine1=0.5"], [300, 25, 12.5, 1.5625]),
        (["spine=0.5"], [300, 25, 6.25, 3.125]),
        # A rail that is gone takes its share at every level.
        (["rail7=0"], [300, 25 * 7 / 8, 12.5 * 7 / 8, 3.125 * 7 / 8]),
        (["rail7=0", "host1=0.25"], [300, 6.25 * 7 / 8, 6.25 * 7 / 8, 3.125 * 7 / 8]),
    ],
)
def test_what_is_slow_slows_its_own_level_and_bounds_those_behind_its_port(texts, expected):
    assert rates(*texts, made=SLIM) == pytest.approx(expected)


def test_a_slow_card_does_no_more_harm_than_all_cards():
    made = load_cluster("meta-24k-roce")
    before = rates(devices=12288, made=made)
    assert rates("host3=0.5", devices=12288, made=made) == rates("rack=0.5", devices=12288, made=made)
    assert rates("host3=0.5", devices=12288, made=made)[-1] == before[-1] == pytest.approx(50 / 7)


def test_a_slow_socket_bounds_what_leaves_through_it():
    made = load_cluster("a100-pcie-box")
    assert rates("socket=0.1", devices=16, made=made) == pytest.approx([3, 3, 3.125])
    assert rates("socket=0.5", devices=16, made=made) == pytest.approx([15, 4.54, 3.125])


def test_axes_of_a_torus():
    pod = load_cluster("tpu-v5p-pod")
    assert rates("x=0.5", "ici-z=0.1", devices=512, made=pod) == pytest.approx([100, 200, 20])


@pytest.mark.parametrize(
    ("text", "devices", "expected"),
    [
        ("rail8=0.5", 128, "degrade: rail8: tree has 8 rails, rail0 to rail7"),
        ("rail0=0.5", 8, "degrade: rail0: the job of 8 devices stays inside one scale-up domain and uses no network"),
        ("host16=0.5", 128, "degrade: host16: the job of 128 devices has host0 to host15 of tree"),
        ("host4=0.5", 32, "degrade: host4: the job of 32 devices has host0 to host3 of tree"),
        ("leaf4=0.5", 128, "degrade: leaf4: the job of 128 devices is in leaf0 to leaf3"),
        ("core0=0.5", 128, "degrade: core0: the job of 128 devices stays inside core0 and uses no uplink of it"),
        ("core=0.5", 64, "degrade: there is no link named 'core' in the job of 64 devices on tree"),
        (
            "laef=0.5",
            64,
            "degrade: there is no link named 'laef' in the job of 64 devices on tree; did you mean 'leaf'?",
        ),
        ("x=0.5", 128, "degrade: there is no link named 'x'"),
        ("leaf=0", 128, "degrade: leaf=0 would let the cluster fall apart; only a rail may be gone"),
        ("host1=0.0", 128, "degrade: host1=0 would let the cluster fall apart"),
        (",".join(f"rail{rail}=0" for rail in range(8)), 128, "degrade: all 8 rails are gone, so the cluster would"),
        ("leaf=1.5", 128, "degrade: leaf: '1.5' is not a share from 0 to 1"),
        ("leaf=-1", 128, "degrade: leaf: '-1' is not a share from 0 to 1"),
        ("leaf=nan", 128, "degrade: leaf: 'nan' is not a share from 0 to 1"),
        ("leaf=half", 128, "degrade: leaf: 'half' is not a share from 0 to 1"),
        ("leaf", 128, "degrade: 'leaf' is not of the form LINK=SHARE"),
        ("=0.5", 128, "degrade: '=0.5' is not of the form LINK=SHARE"),
        ("leaf=0.5,leaf=0.4", 128, "degrade: leaf stands twice"),
        (3, 128, "degrade: 3 is not of the form LINK=SHARE"),
    ],
)
def test_wrong_names_and_factors(text, devices, expected):
    with pytest.raises(SpecError) as caught:
        rates(text, devices=devices)
    assert str(caught.value).startswith(expected)
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_rails_are_those_of_the_file():
    with pytest.raises(SpecError, match="rail0: the fabric of mine has no rails"):
        rates("rail0=0.5", devices=16, made=cluster(2))


def test_devices_with_several_cards_are_on_one_rail_each():
    cards = {"count": 32, "bandwidth": "100Gb/s"}
    made = cluster(2, nics=cards, fabric={"rails": True, "tiers": [tier("leaf", 1, 2)]}, name="many-cards")
    assert rates("rail7=0", devices=16, made=made) == pytest.approx([300, 50 * 7 / 8])
    with pytest.raises(SpecError, match="rail8: many-cards has 8 rails, rail0 to rail7"):
        rates("rail8=0", devices=16, made=made)
    with pytest.raises(SpecError, match="rail0: the fabric of aws-p5 has no rails"):
        rates("rail0=0.5", devices=16, made=load_cluster("aws-p5"))


NAMES = ["nvlink", "leaf", "spine", "core", *(f"rail{index}" for index in range(8)), "host0", "leaf2", "spine1"]


@given(st.dictionaries(st.sampled_from(NAMES), st.floats(0.001, 1)), st.sets(st.integers(0, 7), max_size=7))
def test_degrading_never_raises_a_rate(factors, gone):
    texts = [f"rail{rail}=0" for rail in gone]
    texts += [f"{name}={factor!r}" for name, factor in factors.items() if f"{name}=0" not in texts]
    before, plain = rates(), build_network(TREE, 128)
    after = rates(*texts)
    assert all(0 < slow <= fast for slow, fast in zip(after, before, strict=True))
    assert build_network(TREE, 128) == plain
    if texts:  # one more never helps
        assert all(one <= two for one, two in zip(after, rates(*texts[:-1]), strict=True))


def test_texts_are_read():
    assert parse_degradations(["rail0 = 0.5 , leaf=1", "x=0"]) == (
        Degradation("rail0", 0.5),
        Degradation("leaf", 1.0),
        Degradation("x", 0.0),
    )
