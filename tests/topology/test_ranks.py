"""Where the ranks sit: every rank is in one group of each kind, and strides are those of the engine's page."""

from __future__ import annotations

import itertools
from math import prod
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterplan import SpecError
from clusterplan.catalog.clusters import list_clusters, load_cluster
from clusterplan.data import read_data
from clusterplan.specs.placements import AXIS_LETTERS, RANK_ORDERS
from clusterplan.topology.cards import cards_of, devices_of, devices_per_rail, rail_count, rail_of_card
from clusterplan.topology.levels import build_network
from clusterplan.topology.rank_order import launches, rank_order_document
from clusterplan.topology.ranks import KIND_OF_DIMENSION, RankMap, axis_lengths, build_rank_map

DEGREES = st.integers(1, 7)


@st.composite
def rank_maps(draw: Any) -> RankMap:
    axes = tuple(draw(st.lists(st.integers(1, 4), max_size=3)))
    letters = AXIS_LETTERS[: len(axes)]
    placement = draw(st.sampled_from(RANK_ORDERS))
    if len(axes) > 1:
        placement += "@" + "".join(draw(st.permutations(letters)))
    return RankMap(draw(DEGREES), draw(DEGREES), draw(DEGREES), placement, draw(st.sampled_from((1, 2, 4, 8))), 1, axes)


@given(rank_maps())
def test_every_rank_is_in_one_group_of_each_kind(ranks: RankMap) -> None:
    for kind in KIND_OF_DIMENSION.values():
        groups = ranks.groups(kind)
        held = sorted(itertools.chain.from_iterable(groups))
        assert held == list(range(ranks.devices))
        assert groups.count * groups.ranks == ranks.devices
        for number, group in enumerate(groups):
            assert group == groups.group(number) and len(group) == groups.ranks
            assert all(groups.group_of(rank) == group for rank in group)
            assert [groups.index_of(rank) for rank in group] == list(range(groups.ranks))


@given(rank_maps())
def test_ranks_of_a_group_differ_in_one_index_only(ranks: RankMap) -> None:
    places = list(ranks.places())
    for kind in KIND_OF_DIMENSION.values():
        others = [name for name in KIND_OF_DIMENSION.values() if name != kind]
        for group in ranks.groups(kind):
            for name in others:
                assert len({getattr(places[rank], name) for rank in group}) == 1
    indices = {(place.tensor, place.data, place.pipeline) for place in places}
    assert len(indices) == ranks.devices


@given(rank_maps())
def test_no_two_ranks_share_a_device(ranks: RankMap) -> None:
    if not ranks.axes:
        places = {(place.host, place.device) for place in ranks.places()}
        assert len(places) == ranks.devices
        assert all(0 <= place.device < ranks.host_devices for place in ranks.places() if place.device is not None)
    elif ranks.devices % prod(ranks.axes) == 0:
        assert len({(place.host, place.device) for place in ranks.places()}) == ranks.devices


@given(rank_maps())
def test_hosts_and_rails_of_a_group_are_those_of_its_ranks(ranks: RankMap) -> None:
    for kind in KIND_OF_DIMENSION.values():
        for group in ranks.groups(kind):
            places = [ranks.place(rank) for rank in group]
            assert ranks.hosts_of(group) == len({place.host for place in places})
            assert ranks.rails_of(group) == tuple(sorted({place.rail for place in places if place.rail is not None}))


def test_the_mesh_in_row_major_order_is_the_rank_order() -> None:
    ranks = RankMap(tp=4, dp=3, pp=2, placement="tp-pp-dp", host_devices=4)
    assert ranks.mesh == (("dp", 3), ("pp", 2), ("tp", 4))
    counted = itertools.product(*(range(degree) for _, degree in ranks.mesh))
    for place, (data, pipeline, tensor) in zip(ranks.places(), counted, strict=True):
        assert (place.data, place.pipeline, place.tensor) == (data, pipeline, tensor)


def test_axes_are_filled_in_the_order_of_the_placement() -> None:
    ranks = RankMap(tp=4, dp=3, pp=2, placement="tp-dp-pp@yxz", host_devices=4, axes=(2, 4, 3), host_axes=(2, 2, 1))
    assert [ranks.place(rank).coordinates for rank in (0, 1, 4, 8)] == [(0, 0, 0), (0, 1, 0), (1, 0, 0), (0, 0, 1)]
    places = list(ranks.places())
    assert len({place.coordinates for place in places}) == 24
    # Devices of one host are neighbours on the torus, whatever the order of the ranks.
    for host in range(6):
        inside = [place.coordinates for place in places if place.host == host]
        assert len(inside) == 4 and len({z for _, _, z in inside}) == 1
        assert {y // 2 for _, y, _ in inside} == {inside[0][1] // 2}


def test_a_torus_does_not_say_its_hosts_unless_the_file_does() -> None:
    ranks = RankMap(tp=4, dp=4, pp=1, placement="tp-dp-pp", host_devices=4, axes=(4, 4), host_axes=None)
    assert ranks.place(5).host is None and ranks.most_hosts("data") is None
    assert ranks.columns[-2:] == ("x", "y") and next(ranks.rows())[1] is None


def test_two_devices_that_share_a_card_are_on_one_rail() -> None:
    ranks = RankMap(tp=2, dp=8, pp=1, placement="tp-dp-pp", host_devices=8, devices_per_rail=2)
    assert ranks.rails_of(ranks.groups("tensor").group(1)) == (1,)
    assert ranks.rails_of(ranks.groups("data").group(0)) == (0, 1, 2, 3)


@pytest.mark.parametrize(
    ("name", "cards", "rails"),
    [
        ("aws-p5", [range(4 * device, 4 * device + 4) for device in range(8)], list(range(8))),
        ("aws-p5en", [range(2 * device, 2 * device + 2) for device in range(8)], list(range(8))),
        ("aws-p6-b300", [range(2 * device, 2 * device + 2) for device in range(8)], list(range(8))),
        ("gaudi3-hls", [range(3 * device, 3 * device + 3) for device in range(8)], list(range(8))),
        ("dgx-h100-superpod", [range(device, device + 1) for device in range(8)], list(range(8))),
        ("dgx1-v100", [range(device // 2, device // 2 + 1) for device in range(8)], [0, 0, 1, 1, 2, 2, 3, 3]),
        ("cloud-8gpu-100gbe", [range(1)] * 8, [0] * 8),
    ],
)
def test_cards_and_rails_of_a_host(name: str, cards: list[range], rails: list[int]) -> None:
    cluster = load_cluster(name)
    host = cluster.host
    assert [cards_of(host, device) for device in range(8)] == cards
    ranks = build_rank_map(cluster, build_network(cluster, 16), tp=16, dp=1, pp=1, placement="tp-dp-pp")
    assert [place.rail for place in ranks.places()] == rails * 2
    assert [rail_of_card(host, cards_of(host, device)[0]) for device in range(8)] == rails
    assert ranks.rails_of(ranks.groups("tensor").group(0)) == tuple(range(rail_count(host)))


@pytest.mark.parametrize("name", list_clusters())
def test_every_card_serves_the_devices_that_have_it(name: str) -> None:
    host = load_cluster(name).host
    cards = range(host.nics.count if host.nics is not None else 0)
    served = {(device, card) for card in cards for device in devices_of(host, card)}
    assert served == {(device, card) for device in range(host.accelerators) for card in cards_of(host, device)}
    assert {device for device, _ in served} == set(range(host.accelerators if cards else 0))
    assert {card for _, card in served} == set(cards)
    assert all(rail_of_card(host, card) == device // devices_per_rail(host) for device, card in served)


@pytest.mark.parametrize("name", list_clusters())
def test_the_map_of_every_bundled_cluster(name: str) -> None:
    cluster = load_cluster(name)
    devices = cluster.host.accelerators
    network = build_network(cluster, devices)
    ranks = build_rank_map(cluster, network, tp=devices, dp=1, pp=1, placement="tp-dp-pp")
    assert ranks.most_hosts("tensor") in (1, None)
    assert len(list(ranks.rows())) == devices and all(len(row) == len(ranks.columns) for row in ranks.rows())
    assert ranks.axes == axis_lengths(network)


def test_bad_ranks_and_groups_are_refused() -> None:
    ranks = RankMap(2, 2, 2, "tp-dp-pp", 8)
    for wrong in (
        lambda: ranks.place(8),
        lambda: ranks.groups("tensors"),
        lambda: ranks.groups("data").group(4),
        lambda: build_rank_map(
            load_cluster("dgx-h100-superpod"), {"devices": 16, "levels": []}, tp=2, dp=2, pp=2, placement="tp-dp-pp"
        ),
    ):
        with pytest.raises(SpecError) as caught:
            wrong()
        assert caught.value.hint


def test_a_hundred_thousand_ranks_cost_nothing_until_asked() -> None:
    ranks = RankMap(tp=8, dp=1024, pp=16, placement="tp-dp-pp", host_devices=8, devices_per_rail=1)
    assert ranks.groups("pipeline").group_of(131_071)[0] == 8191
    assert ranks.most_hosts("data") == 1024 and ranks.most_hosts("tensor") == 1


@pytest.mark.parametrize("order", RANK_ORDERS)
def test_launchers(order: str) -> None:
    found = {launch.launcher: launch for launch in launches(RankMap(8, 4, 2, order, 8))}
    expected = {"tp-dp-pp": "default", "tp-pp-dp": "option"}.get(order, "code")
    assert found["megatron-core"].support == expected
    assert found["torchtitan"].support == ("default" if order == "tp-dp-pp" else "no")
    assert all(launch.how and "{" not in launch.how for launch in found.values())


def test_orders_with_the_same_ranks_start_alike() -> None:
    # Without a pipeline it does not matter where it stands.
    assert launches(RankMap(8, 4, 1, "pp-tp-dp", 8))[0].support == "default"
    document = rank_order_document(RankMap(8, 4, 2, "dp-tp-pp", 8))
    assert document["mesh"] == {"names": ["pp", "tp", "dp"], "shape": [2, 8, 4]} and document["axes"] == []


@pytest.mark.parametrize("placement", ["tp-dp-pp", "dp-tp-pp"])
def test_no_launcher_reorders_the_axes_by_itself(placement: str) -> None:
    for launch in launches(RankMap(2, 4, 2, f"{placement}@yx", 4, 1, (4, 4))):
        assert launch.support in ("code", "no")
        assert launch.how.startswith("not by itself: the devices must be renumbered")
        assert "which fills axis y first, then x" in launch.how and f"as for {placement}: " in launch.how
        assert ("in JAX pass the array of devices" in launch.how) is (launch.launcher == "device-mesh")
    listed = launches(RankMap(2, 4, 2, f"{placement}@xy", 4, 1, (4, 4)))
    assert listed == launches(RankMap(2, 4, 2, placement, 4, 1, (4, 4)))


def test_launcher_facts_have_sources() -> None:
    launchers = read_data("rank_orders.json")["launchers"]
    assert len(launchers) >= 3
    for facts in launchers.values():
        assert facts["source"] and facts["confidence"] in ("seen", "derived", "recalled", "assumed")
        assert set(facts["orders"]) <= set(RANK_ORDERS)
