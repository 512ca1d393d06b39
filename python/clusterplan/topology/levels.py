"""From a cluster to the levels that the engine takes (network.md section 1): rates per device, one way.

All of it is arithmetic on templates and counts: a cluster of a hundred thousand devices costs what one of eight does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..data import read_data
from ..specs.placements import AXIS_LETTERS
from .cards import devices_per_rail
from .devices import check_devices, slice_shape
from .fabric import fabric_levels
from .links import degree_shares, mesh_shares, pair_share
from .torus import axis_order, axis_rates, closed_axes

if TYPE_CHECKING:
    from ..specs.cluster import ClusterSpec, InnerGroup, LinkNumbers, ScaleUp

_LINK_KEYS = (
    "collective_efficiency",
    "all_to_all_efficiency",
    "point_to_point_efficiency",
    "hop_latency_s",
    "half_saturation_bytes",
)
_LIBRARY_KEYS = (
    "tree_efficiency",
    "pat",
    "pat_step_s",
    "pat_rank_s",
    "pat_efficiency",
    "bruck",
    "all_to_all_concurrency",
)
_Shares = tuple[tuple[int, float], ...]


def build_network(
    cluster: ClusterSpec, devices: int, *, slice: Sequence[int] | None = None, degrade: Sequence[str] = ()
) -> dict[str, Any]:
    """The ``network`` object of the problem document for the first ``devices`` accelerators of the cluster.

    Only the levels that this many devices need are listed, inner to outer.

    Args:
        cluster: the cluster; its sums are not checked here.
        devices: whole hosts, or part of one host; on a torus a slice, or whole tori.
        slice: the lengths of the slice, in the order of the torus' axes; the most cubic one if ``None``.
        degrade: links at a share of their speed: ``rail0=0.5``, ``host3=0.25``, ``leaf=0.5``, ``leaf2=0.5``,
            ``nvlink=0.9``, ``x=0.5`` (an axis, in the order of the levels).

    Raises:
        SpecError: ``devices`` is not positive, more than the cluster has, not whole hosts, or no slice of the torus;
            ``slice`` does not fit; ``degrade`` names what the job does not use.

    Example:
        >>> from clusterplan.catalog.clusters import load_cluster
        >>> [level["group_devices"] for level in build_network(load_cluster("dgx-h100-superpod"), 64)["levels"]]
        [8, 256]
    """
    check_devices(cluster, devices, slice=slice)
    if cluster.host.torus is not None:
        levels = _torus_levels(cluster, devices, slice)
    else:
        levels = _scale_up_levels(cluster, devices)
    if devices > cluster.domain_devices:
        levels += _fabric_levels(cluster, devices)
    base = cluster.collective_base_s
    network = {
        "devices": devices,
        "host_devices": cluster.host.accelerators,
        "collective_base_s": base if base is not None else float(read_data("links.json")["collective_base_s"]["value"]),
        "library": _library(cluster),
        "levels": levels,
    }
    if not degrade:
        return network
    from .degrade import degrade_network

    return degrade_network(cluster, network, degrade)


def _library(cluster: ClusterSpec) -> dict[str, Any]:
    """How the library behaves that drives the scale-up network or torus."""
    inner = cluster.host.torus or cluster.host.scale_up
    assert inner is not None
    data = read_data("links.json")
    name = data["technologies"][inner.technology].get("library", data["default_library"])
    return {"name": name, **{key: data["libraries"][name][key]["value"] for key in _LIBRARY_KEYS}}


def _scale_up_levels(cluster: ClusterSpec, devices: int) -> list[dict[str, Any]]:
    scale_up = cluster.host.scale_up
    assert scale_up is not None
    levels: list[dict[str, Any]] = []
    inner_devices = 1
    for group in scale_up.inside:
        if levels and inner_devices >= devices:
            return levels
        shares, pair = _shares(group, group.devices // inner_devices)
        levels.append(
            _level(
                _link(scale_up.technology, scale_up, group)
                if group.technology is None
                else _link(group.technology, group),
                name=group.name,
                kind="ring" if group.kind == "ring" else "switch",
                group_devices=group.devices,
                bytes_per_s=group.bandwidth_bytes_per_s,
                wire_latency_s=group.latency_s,
                degree_shares=shares,
                pair_share=pair,
                wraps=group.wraps,
                shares_inner_link=scale_up.through_inside and bool(levels),
            )
        )
        inner_devices = group.devices
    if levels and inner_devices >= devices:
        return levels
    shares, pair = _shares(scale_up, cluster.domain_devices // inner_devices)
    levels.append(
        _level(
            _link(scale_up.technology, scale_up),
            name=scale_up.technology,
            kind="ring" if scale_up.kind == "ring" else "switch",
            group_devices=cluster.domain_devices,
            bytes_per_s=scale_up.bandwidth_bytes_per_s,
            wire_latency_s=scale_up.latency_s,
            degree_shares=shares,
            pair_share=pair,
            gain=(scale_up.in_network_gain, scale_up.in_network_min_ranks),
            wraps=scale_up.wraps,
            shares_inner_link=scale_up.through_inside and bool(levels),
        )
    )
    return levels


def _shares(group: ScaleUp | InnerGroup, members: int) -> tuple[_Shares, float]:
    """What groups of each size and one neighbour can use of the links of a device."""
    if group.kind == "mesh" and members > 1:
        return mesh_shares(members), 1 / (members - 1)
    if group.kind == "links":
        return degree_shares(members, group.links), pair_share(members, group.links)
    return (), 1.0


def _torus_levels(cluster: ClusterSpec, devices: int, slice: Sequence[int] | None) -> list[dict[str, Any]]:
    torus = cluster.host.torus
    assert torus is not None
    shape = slice_shape(cluster, devices, slice)
    assert shape is not None  # check_devices
    closed, rates = closed_axes(torus, shape), axis_rates(torus)
    levels: list[dict[str, Any]] = []
    group = 1
    for letter, axis in zip(AXIS_LETTERS, axis_order(shape), strict=False):
        group *= shape[axis]
        levels.append(
            _level(
                _link(torus.technology, torus),
                name=f"{torus.technology}-{letter}",
                kind="ring",
                group_devices=group,
                bytes_per_s=2 * rates[axis],
                wire_latency_s=torus.latency_s,
                wraps=closed[axis],
            )
        )
    return levels


def _fabric_levels(cluster: ClusterSpec, devices: int) -> list[dict[str, Any]]:
    assert cluster.fabric is not None  # check_sums: one domain reaches no further
    link = _link(cluster.fabric.technology, cluster.fabric)
    port_devices = max(1, devices_per_rail(cluster.host))
    levels: list[dict[str, Any]] = []
    for found in fabric_levels(cluster):
        levels.append(
            _level(
                link,
                name=found.name,
                kind="switch",
                group_devices=found.group_devices,
                bytes_per_s=found.bytes_per_s,
                wire_latency_s=found.wire_latency_s,
                gain=(found.in_network_gain, found.in_network_min_ranks),
                port_devices=port_devices,
                # The network cards lie beside the scale-up links; what crosses the next tier leaves by the same card.
                shares_inner_link=bool(levels),
            )
        )
        if found.group_devices >= devices:
            break
    return levels


def _level(
    link: dict[str, Any],
    *,
    name: str,
    kind: str,
    group_devices: int,
    bytes_per_s: float,
    wire_latency_s: float,
    degree_shares: _Shares = (),
    pair_share: float = 1.0,
    port_devices: int = 1,
    gain: tuple[float, int] = (1.0, 1),
    wraps: bool = False,
    shares_inner_link: bool = False,
) -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "group_devices": group_devices,
        "bytes_per_s": bytes_per_s,
        "collective_efficiency": link["collective_efficiency"],
        "all_to_all_efficiency": link["all_to_all_efficiency"],
        "point_to_point_efficiency": link["point_to_point_efficiency"],
        "latency_s": link["hop_latency_s"] + wire_latency_s,
        "half_saturation_bytes": link["half_saturation_bytes"],
        "degree_shares": [list(pair) for pair in degree_shares],
        "pair_share": pair_share,
        "port_devices": port_devices,
        "in_network_gain": gain[0],
        "in_network_min_ranks": gain[1],
        "wraps": wraps,
        "shares_inner_link": shares_inner_link,
    }


def _link(technology: str, *own: LinkNumbers) -> dict[str, Any]:
    """The numbers of a link technology, each replaced by the cluster's own where it has one; the last counts."""
    known = read_data("links.json")["technologies"][technology]
    numbers = {key: known[key]["value"] for key in _LINK_KEYS}
    for part in own:
        numbers.update({key: getattr(part, key) for key in _LINK_KEYS if getattr(part, key) is not None})
    return numbers
