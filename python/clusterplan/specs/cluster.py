"""A cluster: hosts, the scale-up network between accelerators, and the tiers of the fabric between hosts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .fields import (
    AtLeastOne,
    Bytes,
    BytesPerSecond,
    Count,
    Fact,
    Fraction,
    Name,
    NonNegative,
    Seconds,
    Spec,
    Text,
    written,
)

_MOST_TIERS = 7  # the engine takes eight levels, of which the scale-up network is one


class Link(Spec):
    """A link technology, and those of its numbers that a cluster sets itself; the others come from the technology."""

    technology: Text
    collective_efficiency: Fraction | None = None
    point_to_point_efficiency: Fraction | None = None
    half_saturation_bytes: Bytes | None = Field(
        None, validation_alias=written("half_saturation", "half_saturation_bytes")
    )
    hop_latency_s: Seconds | None = Field(None, validation_alias=written("hop_latency", "hop_latency_s"))


class ScaleUp(Link):
    """The network inside a scale-up domain: one-way bandwidth of a device, wire latency, kind.

    ``hosts`` is the number of hosts that share one domain (18 for an NVL72 rack).
    """

    kind: Literal["switch", "mesh", "ring"] = "switch"
    bandwidth_bytes_per_s: BytesPerSecond = Field(validation_alias=written("bandwidth", "bandwidth_bytes_per_s"))
    latency_s: Seconds = Field(validation_alias=written("latency", "latency_s"))
    hosts: Count = 1
    wraps: bool = False
    in_network_gain: AtLeastOne = 1.0
    in_network_min_ranks: Count = 1


class Torus(Link):
    """A torus of accelerators: sizes of its axes and one-way bandwidth of one link.

    A slice has wrap-around links only if every axis of it is a multiple of ``wrap_multiple``.
    """

    axes: tuple[Count, ...] = Field(min_length=1, max_length=3)
    link_bytes_per_s: BytesPerSecond = Field(validation_alias=written("link_bandwidth", "link_bytes_per_s"))
    latency_s: Seconds = Field(validation_alias=written("latency", "latency_s"))
    wrap_multiple: Count = 1


class NetworkCards(Spec):
    """The network cards of a host: how many, one-way bandwidth of each, and how many accelerators share one."""

    count: Count
    bandwidth_bytes_per_s: BytesPerSecond = Field(validation_alias=written("bandwidth", "bandwidth_bytes_per_s"))
    shared_by: Count | None = None


class Host(Spec):
    """One host: accelerators, their scale-up network (or the torus they are part of), network cards."""

    accelerators: Count
    scale_up: ScaleUp | None = None
    torus: Torus | None = None
    nics: NetworkCards | None = None


class Tier(Spec):
    """One tier of the fabric: ``groups`` of ``of`` members each.

    The members of tier 0 are scale-up domains, those of tier i the groups of tier i-1.
    Its bandwidth is that of the tier below over ``oversubscription``, or ``bandwidth`` (one way, per accelerator).
    """

    name: Name
    groups: Count
    of: Count
    oversubscription: AtLeastOne | None = None
    bandwidth_bytes_per_s: BytesPerSecond | None = Field(
        None, validation_alias=written("bandwidth", "bandwidth_bytes_per_s")
    )
    latency_s: Seconds = Field(validation_alias=written("latency", "latency_s"))


class Fabric(Link):
    """The network between scale-up domains, inner tier first."""

    tiers: tuple[Tier, ...] = Field(min_length=1, max_length=_MOST_TIERS)


class Cost(Spec):
    """A price for one device and hour, USD, with its date and how sure it is."""

    usd_per_device_hour: NonNegative
    as_of: Text
    basis: Text | None = None
    confidence: Literal["seen", "derived", "recalled", "assumed"]


class ClusterSpec(Spec):
    """A cluster as its YAML file describes it. ``facts`` holds source and confidence by dotted field."""

    schema_name: Literal["clusterplan.cluster/1"] = Field(
        "clusterplan.cluster/1", validation_alias=written("schema", "schema_name")
    )
    name: Name
    title: Text | None = None
    accelerator: Text
    hosts: Count
    host: Host
    fabric: Fabric | None = None
    collective_base_s: Seconds | None = Field(None, validation_alias=written("collective_base", "collective_base_s"))
    cost: Cost | None = None
    power_w_per_device: NonNegative | None = None
    facts: dict[str, Fact] = Field(default_factory=dict)
    notes: Text | None = None

    @property
    def devices(self) -> int:
        """The number of accelerators of the whole cluster."""
        return self.hosts * self.host.accelerators

    @property
    def domain_devices(self) -> int:
        """The number of accelerators of one scale-up domain (the whole torus, where there is one)."""
        if self.host.torus is not None:
            return self.devices
        spanned = self.host.scale_up.hosts if self.host.scale_up is not None else 1
        return spanned * self.host.accelerators
