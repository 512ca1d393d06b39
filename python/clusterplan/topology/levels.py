"""From a cluster to the levels that the engine takes (equations.md section 6): rates per device, one way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..data import read_data
from ..errors import SpecError
from ..specs.refusals import is_not, shown
from .torus import place_slice, slice_sizes

if TYPE_CHECKING:
    from ..specs.cluster import ClusterSpec, Link

_LINK_KEYS = ("collective_efficiency", "point_to_point_efficiency", "hop_latency_s", "half_saturation_bytes")


def build_network(cluster: ClusterSpec, devices: int) -> dict[str, Any]:
    """The ``network`` object of the problem document for the first ``devices`` accelerators of the cluster.

    Only the levels that this many devices need are listed, inner to outer.

    Raises:
        SpecError: ``devices`` is not positive, more than the cluster has, or not a whole number of hosts, or does not
            form a slice of the torus.

    Example:
        >>> from clusterplan.catalog.clusters import load_cluster
        >>> [level["group_devices"] for level in build_network(load_cluster("dgx-h100-superpod"), 64)["levels"]]
        [8, 256]
    """
    check_devices(cluster, devices)
    levels = _torus_levels(cluster, devices) if cluster.host.torus is not None else _tree_levels(cluster, devices)
    base = cluster.collective_base_s
    return {
        "devices": devices,
        "host_devices": cluster.host.accelerators,
        "collective_base_s": base if base is not None else float(read_data("links.json")["collective_base_s"]["value"]),
        "levels": levels,
    }


def check_devices(cluster: ClusterSpec, devices: int) -> None:
    """Check that a job can have ``devices`` accelerators of this cluster.

    Raises:
        SpecError: as `build_network`; the nearest counts that are possible are named.
    """
    if isinstance(devices, bool) or not isinstance(devices, int):
        raise SpecError(
            f"devices: {is_not(devices, 'a whole number', '')}", code="bad-devices", hint="give a whole number"
        )
    per_host = cluster.host.accelerators
    if devices <= 0:
        raise SpecError(
            f"devices: {shown(devices)} must be greater than zero",
            code="bad-devices",
            hint=f"use a multiple of {per_host}, the devices of a host",
        )
    if devices > cluster.devices:
        raise SpecError(
            f"devices: {shown(devices)} are more than the {cluster.devices} of {cluster.name}",
            code="too-many-devices",
            hint=f"use at most {cluster.devices}, or another cluster",
        )
    if devices % per_host:
        below, above = devices // per_host * per_host, (devices // per_host + 1) * per_host
        possible = [count for count in (below, above) if 0 < count <= cluster.devices]
        nearest = " and ".join(str(count) for count in possible)
        verb = "is" if len(possible) == 1 else "are"
        raise SpecError(
            f"devices: {devices} is not a whole number of hosts of {per_host}; the nearest {verb} {nearest}",
            code="partial-host",
            hint=f"use {min(possible, key=lambda count: abs(count - devices))}",
        )
    torus = cluster.host.torus
    if torus is not None and place_slice(torus.axes, devices) is None:
        sizes = slice_sizes(torus.axes, per_host)
        around = [*[size for size in sizes if size < devices][-1:], *[size for size in sizes if size > devices][:1]]
        nearest = " and ".join(str(size) for size in around)
        axes = " x ".join(str(axis) for axis in torus.axes)
        raise SpecError(
            f"devices: {devices} do not form a slice of the torus {axes} of {cluster.name}; the nearest are {nearest}",
            code="no-such-slice",
            hint=f"use {around[0]} devices; from 64 on every axis of a slice is a multiple of 4",
        )


def _tree_levels(cluster: ClusterSpec, devices: int) -> list[dict[str, Any]]:
    scale_up = cluster.host.scale_up
    assert scale_up is not None
    group = cluster.domain_devices
    levels = [
        _level(
            scale_up,
            name=scale_up.technology,
            kind=scale_up.kind,
            group_devices=group,
            bytes_per_s=scale_up.bandwidth_bytes_per_s,
            wire_latency_s=scale_up.latency_s,
            gain=(scale_up.in_network_gain, scale_up.in_network_min_ranks),
            wraps=scale_up.wraps,
        )
    ]
    rate = network_bytes_per_s(cluster)
    for tier in cluster.fabric.tiers if cluster.fabric is not None else ():
        if group >= devices:
            break
        assert cluster.fabric is not None
        group *= tier.of
        if tier.bandwidth_bytes_per_s is not None:
            rate = tier.bandwidth_bytes_per_s
        else:
            assert rate is not None  # check_sums: the first tier has a bandwidth or the host has network cards
            rate /= tier.oversubscription or 1.0
        if tier.of == 1:  # joins nothing: a bandwidth for the tiers above it, and no level
            continue
        levels.append(
            _level(
                cluster.fabric,
                name=tier.name,
                kind="switch",
                group_devices=group,
                bytes_per_s=rate,
                wire_latency_s=tier.latency_s,
                # The network cards lie beside the scale-up links; what crosses the next tier leaves by the same card.
                shares_inner_link=len(levels) > 1,
            )
        )
    return levels


def network_bytes_per_s(cluster: ClusterSpec) -> float | None:
    """One-way bandwidth of the network cards per accelerator, bytes/s, or ``None`` where the host has none."""
    cards = cluster.host.nics
    return None if cards is None else cards.count * cards.bandwidth_bytes_per_s / cluster.host.accelerators


def _torus_levels(cluster: ClusterSpec, devices: int) -> list[dict[str, Any]]:
    torus = cluster.host.torus
    assert torus is not None
    axes = place_slice(torus.axes, devices)
    assert axes is not None  # check_devices
    wraps = all(axis % torus.wrap_multiple == 0 for axis in axes)
    levels: list[dict[str, Any]] = []
    group = 1
    # Shortest axis innermost; an axis of length 1 is no level, but one device needs at least one.
    lengths = [axis for axis in sorted(axes) if axis > 1] or [1]
    for letter, axis in zip("xyz", lengths, strict=False):
        group *= axis
        levels.append(
            _level(
                torus,
                name=f"{torus.technology}-{letter}",
                kind="ring",
                group_devices=group,
                bytes_per_s=2 * torus.link_bytes_per_s,
                wire_latency_s=torus.latency_s,
                wraps=wraps,
            )
        )
    return levels


def _level(
    own: Link,
    *,
    name: str,
    kind: str,
    group_devices: int,
    bytes_per_s: float,
    wire_latency_s: float,
    gain: tuple[float, int] = (1.0, 1),
    wraps: bool = False,
    shares_inner_link: bool = False,
) -> dict[str, Any]:
    link = _link(own)
    return {
        "name": name,
        "kind": kind,
        "group_devices": group_devices,
        "bytes_per_s": bytes_per_s,
        "collective_efficiency": link["collective_efficiency"],
        "point_to_point_efficiency": link["point_to_point_efficiency"],
        "latency_s": link["hop_latency_s"] + wire_latency_s,
        "half_saturation_bytes": link["half_saturation_bytes"],
        "in_network_gain": gain[0],
        "in_network_min_ranks": gain[1],
        "wraps": wraps,
        "shares_inner_link": shares_inner_link,
    }


def _link(own: Link) -> dict[str, Any]:
    """The numbers of the link technology, each replaced by the cluster's own where it has one."""
    known = read_data("links.json")["technologies"][own.technology]
    return {key: known[key]["value"] if getattr(own, key) is None else getattr(own, key) for key in _LINK_KEYS}
