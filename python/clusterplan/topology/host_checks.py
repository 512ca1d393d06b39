"""Whether the parts of a host add up: groups inside a scale-up network, links one by one, a torus and its hosts."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Protocol

from .links import MOST_LINKED_DEVICES, egress_bytes_per_s, islands

if TYPE_CHECKING:
    from ..errors import SpecError
    from ..specs.cluster import ClusterSpec
    from ..specs.host import ScaleUp, Torus
    from ..specs.yaml_text import Location

_SAME = 1e-9  # relative difference of two bandwidths that are one
_SCALE_UP: Location = ("host", "scale_up")
_TORUS: Location = ("host", "torus")


class Fail(Protocol):
    """Builds the error for a place in the file."""

    def __call__(self, location: Location, sentence: str, hint: str, code: str = "topology-sums") -> SpecError: ...


def check_scale_up(cluster: ClusterSpec, scale_up: ScaleUp, fail: Fail) -> None:
    """Check that domains are whole hosts, that inner groups nest, and that direct links treat all devices alike.

    Raises:
        SpecError: one sentence that says which numbers do not match.
    """
    if cluster.hosts % scale_up.hosts:
        raise fail(
            (*_SCALE_UP, "hosts"),
            f"{cluster.hosts} hosts are not a whole number of scale-up domains of {scale_up.hosts} hosts",
            f"use a multiple of {scale_up.hosts} hosts",
        )
    if scale_up.kind == "links":
        _check_links(cluster, scale_up, fail)
    elif scale_up.links:
        raise fail(
            (*_SCALE_UP, "links"),
            f"links are given, but the kind is {scale_up.kind!r}",
            "write kind: links, or leave links out",
        )
    _check_inside(cluster, scale_up, fail)


def _check_inside(cluster: ClusterSpec, scale_up: ScaleUp, fail: Fail) -> None:
    if scale_up.through_inside and not scale_up.inside:
        raise fail(
            (*_SCALE_UP, "through_inside"), "there are no groups inside to go through", "add inside, or leave it out"
        )
    below, noun = 1, "devices"
    for position, group in enumerate(scale_up.inside):
        where: Location = (*_SCALE_UP, "inside", position, "devices")
        if group.devices % below or group.devices <= below:
            raise fail(
                where,
                f"a {group.name} of {group.devices} devices is not made of several {noun}"
                + (f" of {below}" if position else ""),
                f"use a multiple of {below}" if position else "use at least 2",
            )
        below, noun = group.devices, f"{group.name} groups"
    domain = scale_up.hosts * cluster.host.accelerators
    if scale_up.inside and (domain % below or domain <= below):
        raise fail(
            (*_SCALE_UP, "inside", len(scale_up.inside) - 1, "devices"),
            f"a scale-up domain of {domain} devices is not made of several {noun} of {below}",
            f"use a part of {domain}",
        )


def _check_links(cluster: ClusterSpec, scale_up: ScaleUp, fail: Fail) -> None:
    devices = cluster.host.accelerators
    location: Location = (*_SCALE_UP, "links")
    if not scale_up.links:
        raise fail(_SCALE_UP, "the kind is 'links', but links are not given", "add links: [[0, 1, 25GB/s], ...]")
    if scale_up.hosts > 1 or scale_up.inside:
        key = "hosts" if scale_up.hosts > 1 else "inside"
        raise fail((*_SCALE_UP, key), f"links one by one are those of one host, without {key}", f"leave {key} out")
    if devices > MOST_LINKED_DEVICES:
        raise fail(
            location,
            f"links one by one are read for at most {MOST_LINKED_DEVICES} devices a host, but the host has {devices}",
            "use kind: switch or mesh, with groups inside",
        )
    for position, (one, other, _) in enumerate(scale_up.links):
        if max(one, other) >= devices:
            raise fail(
                (*location, position),
                f"there is no device {max(one, other)} in a host of {devices}",
                f"use devices 0 to {devices - 1}",
            )
        if one == other:
            raise fail((*location, position), f"joins device {one} with itself", "name two devices")
    parts = islands(devices, scale_up.links)
    if len(parts) > 1:
        raise fail(
            location,
            f"graph disconnected: no links lead from device {parts[0][0]} to device {parts[1][0]}",
            "add the links that join them",
            "topology-disconnected",
        )
    egress = egress_bytes_per_s(devices, scale_up.links)
    for device, rate in enumerate(egress):
        if abs(rate - egress[0]) > _SAME * max(rate, egress[0]):
            raise fail(
                location,
                f"the links of device 0 have {egress[0] / 1e9:g} GB/s together, those of device {device} "
                f"{rate / 1e9:g} GB/s; only hosts whose devices have equal bandwidth are modelled",
                "make the sums equal, or use kind: switch or mesh, with groups inside",
                "topology-irregular",
            )
    if abs(scale_up.bandwidth_bytes_per_s - egress[0]) > _SAME * egress[0]:
        raise fail(
            (*_SCALE_UP, "bandwidth"),
            f"{scale_up.bandwidth_bytes_per_s / 1e9:g} GB/s is not the {egress[0] / 1e9:g} GB/s of the links of a "
            "device",
            "leave bandwidth out",
        )


def check_torus(cluster: ClusterSpec, torus: Torus, fail: Fail) -> None:
    """Check that hosts fill the tori, that a host is a part of one, and that every axis has a bandwidth.

    Raises:
        SpecError: one sentence that says which numbers do not match.
    """
    axes, per_host = " x ".join(str(axis) for axis in torus.axes), cluster.host.accelerators
    hosts = torus.hosts or cluster.hosts
    if cluster.hosts % hosts:
        raise fail(
            (*_TORUS, "hosts"),
            f"{cluster.hosts} hosts are not a whole number of tori of {hosts} hosts",
            f"use a multiple of {hosts} hosts",
        )
    if prod(torus.axes) != hosts * per_host:
        raise fail(
            (*_TORUS, "axes"),
            f"the torus {axes} has {prod(torus.axes)} devices, but {hosts} hosts of {per_host} are {hosts * per_host}",
            "make the two equal",
        )
    if len(torus.axis_bytes_per_s) not in (1, len(torus.axes)):
        raise fail(
            (*_TORUS, "link_bandwidth"),
            f"{len(torus.axis_bytes_per_s)} bandwidths are given for the {len(torus.axes)} axes of the torus {axes}",
            "give one for all, or one an axis",
        )
    if torus.host_axes is not None:
        location: Location = (*_TORUS, "host_axes")
        part = " x ".join(str(length) for length in torus.host_axes)
        if len(torus.host_axes) != len(torus.axes):
            raise fail(
                location,
                f"a host of {part} has {len(torus.host_axes)} axes, but the torus {axes} has {len(torus.axes)}",
                "give one length an axis; 1 where it does not extend",
            )
        if prod(torus.host_axes) != per_host:
            raise fail(
                location,
                f"a host of {part} has {prod(torus.host_axes)} devices, but accelerators is {per_host}",
                "make the two equal",
            )
        if any(axis % length for axis, length in zip(torus.axes, torus.host_axes, strict=True)):
            raise fail(location, f"the torus {axes} is not made of hosts of {part}", "use lengths that divide the axes")
