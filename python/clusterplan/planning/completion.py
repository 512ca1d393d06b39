"""A layout of which only some fields were given, completed: the data degree and the devices that follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import lcm
from typing import TYPE_CHECKING, Any

from clusterplan.errors import SpecError
from clusterplan.planning.layout import Layout

if TYPE_CHECKING:
    from clusterplan.specs.cluster import ClusterSpec

_DEGREES = ("tp", "pp", "vpp", "dp", "micro_batch")


@dataclass(frozen=True)
class Completed:
    """A whole layout and the devices of its job; `notes` says what was filled in."""

    layout: Layout
    devices: int
    notes: tuple[str, ...] = ()


def completed(layout: Layout | Mapping[str, Any], devices: int | None, cluster: ClusterSpec) -> Completed:
    """The layout with `dp` and devices: what is not given follows from the rest.

    A mapping without `dp` takes it from `devices`; without both, the job is the fewest whole hosts of `cluster` that
    tp x pp divides.

    Raises:
        SpecError: a degree is not a whole number of at least 1, or the degrees do not go with the devices.
    """
    if isinstance(layout, Layout):
        return _with_devices(layout, devices, cluster)
    values = {name: value for name, value in layout.items() if value is not None}
    for name in _DEGREES:
        value = values.get(name, 1)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise SpecError(
                f"{name}: {value!r} is not a whole number of at least 1",
                code="value",
                hint="give a whole number of at least 1",
            )
    if "dp" in values:
        return _with_devices(Layout.from_dict(values), devices, cluster)
    model_parallel = values.get("tp", 1) * values.get("pp", 1)
    notes: tuple[str, ...] = ()
    if devices is None:
        devices = _fewest_devices(model_parallel, cluster)
        notes = (f"devices not given: {devices:,}, the fewest whole hosts of {cluster.name} that tp x pp divides",)
    if devices % model_parallel:
        raise SpecError(
            f"tp x pp is {model_parallel:,}, which does not divide the {devices:,} devices",
            code="devices_not_divisible",
            hint="choose tp and pp whose product divides the devices",
        )
    return Completed(Layout.from_dict({**values, "dp": devices // model_parallel}), devices, notes)


def _with_devices(layout: Layout, devices: int | None, cluster: ClusterSpec) -> Completed:
    product = f"tp x pp x dp is {layout.tp} x {layout.pp} x {layout.dp} = {layout.devices:,}"
    if devices is None:
        _check_whole_hosts(layout, product, cluster)
        return Completed(layout, layout.devices)
    if layout.devices != devices:
        data, rest = divmod(devices, layout.tp * layout.pp)
        raise SpecError(
            f"{product}, but the job has {devices:,} devices",
            code="devices_not_divisible",
            hint="choose tp and pp whose product divides the devices" if rest else f"use dp {data}, or leave dp out",
        )
    return Completed(layout, devices)


def _check_whole_hosts(layout: Layout, product: str, cluster: ClusterSpec) -> None:
    """Refuses a layout of part of a host in the words of its degrees: the devices were not given."""
    from clusterplan.topology.devices import check_devices

    try:
        check_devices(cluster, layout.devices)
    except SpecError as error:
        if error.code != "partial-host":
            raise
        hosts_of = cluster.host.accelerators
        step = lcm(layout.tp * layout.pp, hosts_of) // (layout.tp * layout.pp)
        raise SpecError(
            f"{product}, which is no whole number of hosts of {hosts_of} devices",
            code=error.code,
            hint=f"choose dp {step} or a multiple of it",
        ) from None


def _fewest_devices(model_parallel: int, cluster: ClusterSpec) -> int:
    """The fewest devices that `cluster` gives to a job and that `model_parallel` divides."""
    from clusterplan.topology.devices import check_devices

    step = lcm(model_parallel, cluster.host.accelerators)
    refusal: SpecError | None = None
    for devices in range(step, cluster.devices + 1, step):
        try:
            check_devices(cluster, devices)
        except SpecError as error:  # on a torus not every number of hosts is a slice
            refusal = error
            continue
        return devices
    raise SpecError(
        f"tp x pp is {model_parallel:,}; no job of that on {cluster.name} has whole hosts"
        + (f" ({refusal})" if refusal else f" (it has {cluster.devices:,} devices)"),
        code="too-many-devices",
        hint="choose a smaller tp x pp, or a larger cluster",
    )
