"""The fabric of a cluster as levels: devices, bandwidth of a device, wire latency; from tiers or from cables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..data import read_data

if TYPE_CHECKING:
    from ..specs.cluster import ClusterSpec, Tier


@dataclass(frozen=True)
class FabricLevel:
    """One level of the fabric: how many devices it joins and what one of them gets, one way."""

    name: str
    group_devices: int
    bytes_per_s: float
    wire_latency_s: float
    in_network_gain: float = 1.0
    in_network_min_ranks: int = 1


def fabric_levels(cluster: ClusterSpec) -> Iterator[FabricLevel]:
    """The levels of the fabric, inner to outer; one at a time, since a job may need only the first.

    Raises:
        SpecError: the fabric is given by its cables and is not regular.
    """
    if cluster.fabric is None:
        return
    if cluster.fabric.links:
        yield from _from_cables(cluster)
        return
    group, rate = cluster.domain_devices, network_bytes_per_s(cluster)
    for tier in cluster.fabric.tiers:
        rate = tier_bytes_per_s(tier, rate, group)
        group *= tier.of
        if tier.of > 1:  # else it joins nothing: a bandwidth for the tiers above it, and no level
            yield FabricLevel(tier.name, group, rate, tier.latency_s, tier.in_network_gain, tier.in_network_min_ranks)


def network_bytes_per_s(cluster: ClusterSpec) -> float | None:
    """One-way bandwidth of the network cards per accelerator, bytes/s, or ``None`` where the host has none."""
    cards = cluster.host.nics
    return None if cards is None else cards.count * cards.bandwidth_bytes_per_s / cluster.host.accelerators


def tier_bytes_per_s(tier: Tier, below: float | None, member_devices: int) -> float:
    """One-way bandwidth of a device at a tier, bytes/s.

    Args:
        tier: the tier.
        below: that of the tier below it, or of the network cards; ``None`` where the host has none.
        member_devices: the devices of one member of the tier.
    """
    if tier.bandwidth_bytes_per_s is not None:
        return tier.bandwidth_bytes_per_s
    if tier.links_per_pair is not None and tier.link_bytes_per_s is not None:
        rate = (tier.of - 1) * tier.links_per_pair * tier.link_bytes_per_s / member_devices
        # A group with more links to the others than its devices can fill is bound by the tier inside it.
        return rate if below is None or tier.of == 1 else min(rate, below)
    assert below is not None  # check_sums: the first tier has a bandwidth or the host has network cards
    return below / (tier.oversubscription or 1.0)


def _from_cables(cluster: ClusterSpec) -> Iterator[FabricLevel]:
    from .symmetry import tiers_of_cables

    assert cluster.fabric is not None
    known = read_data("links.json")["technologies"][cluster.fabric.technology]
    first, following = (float(known[key]["value"]) for key in ("first_switch_latency_s", "next_switch_latency_s"))
    group = cluster.domain_devices
    for tier in tiers_of_cables(cluster):
        group *= tier.of
        latency = first + max(0, tier.switches - 1) * following
        yield FabricLevel(tier.name, group, tier.bytes_per_s, latency)


def is_oversubscribed(ratio: float | None) -> bool:
    """Whether a level lets out less than the level inside it; a difference by rounding is none.

    Example:
        >>> is_oversubscribed(7.0), is_oversubscribed(1.0000001), is_oversubscribed(None)
        (True, False, False)
    """
    return ratio is not None and ratio > 1.005
