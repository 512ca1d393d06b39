"""Whether the fabric joins all hosts: the counts of its tiers, or its cables, and that each tier has one bandwidth."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import SpecError
from .fabric import network_bytes_per_s, tier_bytes_per_s

if TYPE_CHECKING:
    from ..specs.cluster import ClusterSpec, Fabric, Tier
    from ..specs.yaml_text import Location
    from .host_checks import Fail

_HOST = re.compile(r"host(\d+)")


def check_fabric(cluster: ClusterSpec, fail: Fail) -> None:
    """Check that tiers or cables join all scale-up domains (or tori).

    Raises:
        SpecError: one sentence that says which numbers do not match, or ``topology-disconnected``, or
            ``topology-irregular`` where cables do not make equal blocks.
    """
    fabric = cluster.fabric
    if fabric is not None and bool(fabric.tiers) == bool(fabric.links):
        if fabric.tiers:
            raise fail(("fabric",), "tiers and links both say how hosts are joined", "keep one of them")
        for key in sorted({"tiers", "links"} & fabric.model_fields_set, reverse=True):
            raise fail(("fabric", key), "[] is empty, but at least one value is needed", "give at least one value")
        raise fail(("fabric",), "the key 'tiers' is missing", "add tiers, or links")
    if fabric is not None and fabric.rails and cluster.host.nics is None:
        raise fail(("fabric", "rails"), "there are no network cards of the host (host.nics) to be rails", "add nics")
    if fabric is not None and fabric.links:
        _check_cables(cluster, fabric, fail)
    else:
        _check_tiers(cluster, fail)


def _check_tiers(cluster: ClusterSpec, fail: Fail) -> None:
    below, inside = cluster.hosts // cluster.domain_hosts, network_bytes_per_s(cluster)
    inside_name, held = "the network cards", cluster.domain_devices
    torus = cluster.host.torus
    noun = "tori" if torus is not None else "hosts" if cluster.domain_hosts == 1 else "scale-up domains"
    tiers = cluster.fabric.tiers if cluster.fabric is not None else ()
    for position, tier in enumerate(tiers):
        location: Location = ("fabric", "tiers", position)
        if tier.groups * tier.of != below:
            verb, things = ("is", "torus") if below == 1 and noun == "tori" else ("are", noun)
            forgotten = torus is not None and torus.hosts is None and below == 1
            raise fail(
                location,
                f"{tier.groups} groups of {tier.of} are {tier.groups * tier.of}, but there {verb} {below} {things} "
                f"below the tier {tier.name!r}",
                f"make groups times of equal {below}" + (", or give host.torus.hosts, the hosts of one" * forgotten),
            )
        _check_rate(cluster, tier, location, position == 0, fail)
        if tier.bandwidth_bytes_per_s is not None and inside is not None and tier.bandwidth_bytes_per_s > inside:
            raise fail(
                (*location, "bandwidth"),
                f"the tier {tier.name!r} has {tier.bandwidth_bytes_per_s / 1e9:g} GB/s a device, but {inside_name} let "
                f"out {inside / 1e9:g} GB/s; a tier cannot give more than what is inside it lets out",
                f"use at most {inside / 1e9:g}GB/s, one way and a device",
            )
        inside, inside_name = tier_bytes_per_s(tier, inside, held), f"the links of the tier {tier.name!r}"
        held *= tier.of
        below, noun = tier.groups, f"groups of {tier.name!r}"
    if below != 1:
        last: Location = ("fabric", "tiers", len(tiers) - 1) if tiers else ("hosts",)
        raise fail(
            last,
            f"graph disconnected: {below} islands with no link between them",
            "add a last tier with groups: 1",
            "topology-disconnected",
        )


def _check_rate(cluster: ClusterSpec, tier: Tier, location: Location, first: bool, fail: Fail) -> None:
    given = [
        name
        for name, value in (
            ("oversubscription", tier.oversubscription),
            ("bandwidth", tier.bandwidth_bytes_per_s),
            ("links_per_pair", tier.links_per_pair),
        )
        if value is not None
    ]
    if len(given) > 1:
        raise fail(location, f"{given[0]} and {given[1]} both set the rate of the tier", "keep one of them")
    if (tier.links_per_pair is None) != (tier.link_bytes_per_s is None):
        missing = "links_per_pair" if tier.links_per_pair is None else "link_bandwidth"
        raise fail(
            location, f"links_per_pair and link_bandwidth go together, but there is no {missing}", f"add {missing}"
        )
    if tier.links_per_pair is not None and tier.of == 1:
        raise fail(location, "links_per_pair needs pairs, but the groups are of 1", "give of, the members of a group")
    has_rate = tier.bandwidth_bytes_per_s is not None or tier.links_per_pair is not None
    if first and not has_rate and cluster.host.nics is None:
        raise fail(location, "neither a bandwidth nor network cards of the host (host.nics) are given", "add nics")


def _check_cables(cluster: ClusterSpec, fabric: Fabric, fail: Fail) -> None:
    from .symmetry import MOST_CABLED_HOSTS, tiers_of_cables

    location: Location = ("fabric", "links")
    if cluster.hosts > MOST_CABLED_HOSTS:
        raise fail(
            location,
            f"cables are read for at most {MOST_CABLED_HOSTS} hosts, but the cluster has {cluster.hosts}",
            "give the fabric by its tiers",
        )
    seen = set()
    for position, (one, other, _) in enumerate(fabric.links):
        if one == other:
            raise fail((*location, position), f"joins {one} with itself", "name two ends")
        for end in (one, other):
            number = _HOST.fullmatch(end)
            if number is not None and (int(number[1]) >= cluster.hosts or end != f"host{int(number[1])}"):
                raise fail(
                    (*location, position),
                    f"there is no {end} in a cluster of {cluster.hosts} hosts",
                    f"use host0 to host{cluster.hosts - 1}; any other name is a switch",
                )
        seen |= {one, other}
    if cluster.domain_hosts == 1:
        for index in range(cluster.hosts):
            if f"host{index}" not in seen:
                raise fail(
                    location,
                    f"graph disconnected: no link leads to host{index} of the {cluster.hosts} hosts",
                    f"add a link of host{index}",
                    "topology-disconnected",
                )
    try:
        tiers_of_cables(cluster)
    except SpecError as error:
        raise fail(location, str(error), error.hint or "", error.code) from None
