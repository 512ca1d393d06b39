"""Whether the numbers of a cluster add up, by arithmetic alone: a search never needs the graph for this."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Protocol

from ..data import read_data
from ..errors import SpecError
from ..specs.limits import MOST_DEVICES
from ..specs.validation import dotted, unknown_name

if TYPE_CHECKING:
    from ..specs.cluster import ClusterSpec, Fabric, ScaleUp, Torus
    from ..specs.files import Document
    from ..specs.yaml_text import Location


class _Fail(Protocol):
    """Builds the error for a place in the file."""

    def __call__(self, location: Location, sentence: str, hint: str, code: str = "topology-sums") -> SpecError: ...


def check_sums(cluster: ClusterSpec, document: Document | None = None) -> None:
    """Check that hosts, scale-up domains, network cards and tiers add up and that the fabric joins all hosts.

    Raises:
        SpecError: one sentence that says which numbers do not match, with file and line where there is a file.
    """

    def fail(location: Location, sentence: str, hint: str, code: str = "topology-sums") -> SpecError:
        place = f"{document.where(location)}: " if document is not None else ""
        return SpecError(f"{place}{dotted(location)}: {sentence}", code=code, hint=hint)

    host = cluster.host
    if cluster.devices > MOST_DEVICES:
        raise fail(
            ("hosts",),
            f"{cluster.hosts} hosts of {host.accelerators} are {cluster.devices} devices, more than the {MOST_DEVICES} "
            "supported",
            f"use at most {MOST_DEVICES // host.accelerators} hosts",
        )
    if (host.scale_up is None) == (host.torus is None):
        raise fail(("host",), "exactly one of scale_up and torus must be given", "say how devices are linked")
    _check_technologies(cluster, fail)
    if host.nics is not None:
        _check_cards(cluster, fail)
    if host.torus is not None:
        product = prod(host.torus.axes)
        if product != cluster.devices:
            axes = " x ".join(str(axis) for axis in host.torus.axes)
            raise fail(
                ("host", "torus", "axes"),
                f"the torus {axes} has {product} devices, but {cluster.hosts} hosts of {host.accelerators} are "
                f"{cluster.devices}",
                "make the two equal",
            )
        if cluster.fabric is not None:
            raise fail(
                ("fabric",), "a torus takes no fabric: slices that span several pods are not modelled", "remove fabric"
            )
        return
    assert host.scale_up is not None
    if cluster.hosts % host.scale_up.hosts:
        raise fail(
            ("host", "scale_up", "hosts"),
            f"{cluster.hosts} hosts are not a whole number of scale-up domains of {host.scale_up.hosts} hosts",
            f"use a multiple of {host.scale_up.hosts} hosts",
        )
    _check_tiers(cluster, fail)


def _check_technologies(cluster: ClusterSpec, fail: _Fail) -> None:
    known = read_data("links.json")["technologies"]
    parts: tuple[tuple[Location, ScaleUp | Torus | Fabric | None], ...] = (
        (("host", "scale_up", "technology"), cluster.host.scale_up),
        (("host", "torus", "technology"), cluster.host.torus),
        (("fabric", "technology"), cluster.fabric),
    )
    for location, part in parts:
        if part is not None and part.technology not in known:
            error = unknown_name("link technology", part.technology, known, hint=f"use one of {', '.join(known)}")
            raise fail(location, str(error), error.hint or "", error.code)


def _check_cards(cluster: ClusterSpec, fail: _Fail) -> None:
    cards, accelerators = cluster.host.nics, cluster.host.accelerators
    assert cards is not None
    if cards.shared_by is not None and cards.count * cards.shared_by != accelerators:
        raise fail(
            ("host", "nics"),
            f"{cards.count} network cards shared by {cards.shared_by} accelerators each serve "
            f"{cards.count * cards.shared_by}, but the host has {accelerators}",
            f"make count x shared_by equal {accelerators}",
        )
    if cards.shared_by is None and max(cards.count, accelerators) % min(cards.count, accelerators):
        raise fail(
            ("host", "nics", "count"),
            f"{cards.count} network cards cannot be shared evenly by {accelerators} accelerators",
            "use a count that divides the accelerators, or a multiple of them",
        )


def _check_tiers(cluster: ClusterSpec, fail: _Fail) -> None:
    scale_up = cluster.host.scale_up
    assert scale_up is not None
    below, noun = cluster.hosts // scale_up.hosts, "hosts" if scale_up.hosts == 1 else "scale-up domains"
    tiers = cluster.fabric.tiers if cluster.fabric is not None else ()
    for position, tier in enumerate(tiers):
        location: Location = ("fabric", "tiers", position)
        if tier.groups * tier.of != below:
            raise fail(
                location,
                f"{tier.groups} groups of {tier.of} are {tier.groups * tier.of}, but there are {below} {noun} below "
                f"the tier {tier.name!r}",
                f"make groups x of equal {below}",
            )
        if tier.oversubscription is not None and tier.bandwidth_bytes_per_s is not None:
            raise fail(location, "oversubscription and bandwidth both set the rate of the tier", "keep one of them")
        if position == 0 and tier.bandwidth_bytes_per_s is None and cluster.host.nics is None:
            raise fail(location, "neither a bandwidth nor network cards of the host (host.nics) are given", "add nics")
        below, noun = tier.groups, f"groups of {tier.name!r}"
    if below != 1:
        last: Location = ("fabric", "tiers", len(tiers) - 1) if tiers else ("hosts",)
        raise fail(
            last,
            f"graph disconnected: {below} islands with no link between them",
            "add a last tier with groups: 1",
            "topology-disconnected",
        )
