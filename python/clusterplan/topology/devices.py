"""Which numbers of devices a job can have: part of a host, whole hosts, slices of a torus, whole tori; in one pool."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from math import prod
from typing import TYPE_CHECKING

from ..errors import SpecError
from ..specs.refusals import is_not, shown
from .torus import Shape, is_slice, place_slice, slice_sizes

if TYPE_CHECKING:
    from ..specs.cluster import ClusterSpec, Torus


def check_devices(cluster: ClusterSpec, devices: int, *, slice: Sequence[int] | None = None) -> None:
    """Check that a job can have ``devices`` accelerators of this cluster (in the shape ``slice`` of its torus).

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
        raise _too_many(cluster, devices)
    torus = cluster.host.torus
    if torus is None and slice is not None:
        raise SpecError(
            f"slice: {cluster.name} is no torus, so a job has no shape on it", code="no-such-slice", hint="leave it out"
        )
    if devices > per_host and devices % per_host:
        below, above = devices // per_host * per_host, (devices // per_host + 1) * per_host
        possible = [count for count in (below, above) if 0 < count <= cluster.devices]
        nearest = " and ".join(str(count) for count in possible)
        verb = "is" if len(possible) == 1 else "are"
        raise SpecError(
            f"devices: {devices} is not a whole number of hosts of {per_host}; the nearest {verb} {nearest}",
            code="partial-host",
            hint=f"use {min(possible, key=lambda count: abs(count - devices))}",
        )
    if torus is None:
        return
    if devices > cluster.domain_devices:
        _check_whole_tori(cluster, devices, slice)
    elif slice is not None:
        _check_shape(cluster, torus, devices, slice)
    elif place_slice(torus.axes, devices, torus.host_axes) is None:
        raise _no_slice(cluster, torus, devices)


def slice_shape(cluster: ClusterSpec, devices: int, slice: Sequence[int] | None = None) -> Shape | None:
    """The shape of a job on the torus of a cluster, in the order of its axes; whole where it takes several tori.

    ``None`` where the cluster has no torus, or no such slice.

    Example:
        >>> from clusterplan.catalog.clusters import load_cluster
        >>> slice_shape(load_cluster("tpu-v5p-pod"), 1024)
        (8, 8, 16)
    """
    torus = cluster.host.torus
    if torus is None:
        return None
    if devices >= cluster.domain_devices:
        return torus.axes
    return tuple(slice) if slice is not None else place_slice(torus.axes, devices, torus.host_axes)


def _too_many(cluster: ClusterSpec, devices: int) -> SpecError:
    others = ", ".join(pool.name for pool in cluster.pools)
    together = cluster.devices + sum(pool.hosts * (pool.host or cluster.host).accelerators for pool in cluster.pools)
    if cluster.pools and devices <= together:
        return SpecError(
            f"devices: {devices} are more than the {cluster.devices} of this pool of {cluster.name}; all pools "
            f"together have {together}, but a job runs inside one pool (the others: {others})",
            code="too-many-devices",
            hint=f"use at most {cluster.devices}, or another pool",
        )
    return SpecError(
        f"devices: {shown(devices)} are more than the {cluster.devices} of {cluster.name}",
        code="too-many-devices",
        hint=f"use at most {cluster.devices}, or another cluster" + (f" or pool ({others})" if others else ""),
    )


def _check_whole_tori(cluster: ClusterSpec, devices: int, slice: Sequence[int] | None) -> None:
    whole = cluster.domain_devices
    below, rest = devices // whole * whole, devices % whole
    if rest:
        raise SpecError(
            f"devices: {devices} are more than one torus of {whole} and no whole number of them; the nearest are "
            f"{below} and {below + whole}",
            code="no-whole-tori",
            hint=f"use {below if 2 * rest <= whole else below + whole}",
        )
    if slice is not None:
        raise SpecError(
            f"slice: {devices} devices are {devices // whole} whole tori of {whole}, so the job has no shape of its "
            "own",
            code="no-such-slice",
            hint="leave it out",
        )


def _check_shape(cluster: ClusterSpec, torus: Torus, devices: int, slice: Sequence[int]) -> None:
    def wrong(sentence: str, hint: str) -> SpecError:
        return SpecError(f"slice: {sentence}", code="no-such-slice", hint=hint)

    if isinstance(slice, str) or not all(type(length) is int and length > 0 for length in slice):
        raise wrong(f"{shown(slice)} is not a list of lengths, one an axis", f"write one such as {_by(torus.axes)}")
    shape = tuple(slice)
    if len(shape) != len(torus.axes):
        raise wrong(
            f"{_by(shape)} has {len(shape)} axes, but the torus {_by(torus.axes)} of {cluster.name} has "
            f"{len(torus.axes)}",
            "give one length an axis; 1 where it does not extend",
        )
    if prod(shape) != devices:
        best = place_slice(torus.axes, devices, torus.host_axes)
        raise wrong(
            f"{_by(shape)} is {prod(shape)} devices, but the job has {devices}",
            f"use {_by(best)}" if best else f"use {prod(shape)} devices",
        )
    if not is_slice(torus.axes, shape, torus.host_axes):
        turned = [other for other in sorted(set(permutations(shape))) if is_slice(torus.axes, other, torus.host_axes)]
        best = turned[0] if turned else place_slice(torus.axes, devices, torus.host_axes)
        fits = all(length <= axis for length, axis in zip(shape, torus.axes, strict=True))
        raise wrong(
            f"{_by(shape)} {'is no slice of' if fits else 'does not fit into'} the torus {_by(torus.axes)} of "
            f"{cluster.name}" + (_broken_rule(torus, shape) if fits else ""),
            f"use {_by(best)}" if best else _rule(torus),
        )


def _broken_rule(torus: Torus, shape: Shape) -> str:
    host = torus.host_axes
    if host is not None and any(length % part for length, part in zip(shape, host, strict=True)):
        return f": slices are whole hosts of {_by(host)}"
    return ": from 64 devices on every axis of a slice is a multiple of 4"


def _no_slice(cluster: ClusterSpec, torus: Torus, devices: int) -> SpecError:
    per_host = cluster.host.accelerators if devices > cluster.host.accelerators else 1
    sizes = slice_sizes(torus.axes, per_host, torus.host_axes)
    around = [*[size for size in sizes if size < devices][-1:], *[size for size in sizes if size > devices][:1]]
    nearest = " and ".join(str(size) for size in around)
    return SpecError(
        f"devices: {devices} do not form a slice of the torus {_by(torus.axes)} of {cluster.name}; the nearest are "
        f"{nearest}",
        code="no-such-slice",
        hint=f"use {around[0]} devices; {_rule(torus)}",
    )


def _rule(torus: Torus) -> str:
    hosts = f", and slices are whole hosts of {_by(torus.host_axes)}" if torus.host_axes else ""
    return f"from 64 on every axis of a slice is a multiple of 4{hosts}"


def _by(shape: Sequence[int]) -> str:
    return " x ".join(str(length) for length in shape)
