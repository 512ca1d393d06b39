"""A cluster: hosts, the scale-up network between accelerators, and the tiers of the fabric between hosts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .fields import (
    AtLeastOne,
    BytesPerSecond,
    Count,
    Fact,
    Flag,
    Name,
    NonNegative,
    Seconds,
    Spec,
    Text,
    written,
)
from .host import Cable, Host, InnerGroup, Link, LinkNumbers, NetworkCards, ScaleUp, Torus

__all__ = [
    "ClusterSpec",
    "Cost",
    "Fabric",
    "Host",
    "InnerGroup",
    "Link",
    "LinkNumbers",
    "NetworkCards",
    "Pool",
    "ScaleUp",
    "Tier",
    "Torus",
]

_MOST_TIERS = 7  # the engine takes eight levels, of which the scale-up network is one
_MOST_CABLES = 100_000
_MOST_POOLS = 64


class Tier(Spec):
    """One tier of the fabric: ``groups`` of ``of`` members each.

    The members of tier 0 are scale-up domains (or tori), those of tier i the groups of tier i-1.
    Its bandwidth is that of the tier below over ``oversubscription``, or ``bandwidth`` (one way, per accelerator), or
    in a dragonfly ``links_per_pair`` links of ``link_bandwidth`` (one way) between each two of its members.
    """

    name: Name
    groups: Count
    of: Count
    oversubscription: AtLeastOne | None = None
    bandwidth_bytes_per_s: BytesPerSecond | None = Field(
        None, validation_alias=written("bandwidth", "bandwidth_bytes_per_s")
    )
    links_per_pair: Count | None = None
    link_bytes_per_s: BytesPerSecond | None = Field(
        None, validation_alias=written("link_bandwidth", "link_bytes_per_s")
    )
    latency_s: Seconds = Field(validation_alias=written("latency", "latency_s"))
    in_network_gain: AtLeastOne = 1.0
    in_network_min_ranks: Count = 1


class Fabric(Link):
    """The network between scale-up domains: its tiers, inner first, or every cable ``(end, end, bytes/s one way)``.

    ``rails``: card i of every host is on switch i of its group.
    """

    rails: Flag = False
    tiers: tuple[Tier, ...] = Field((), max_length=_MOST_TIERS)
    links: tuple[Cable, ...] = Field((), max_length=_MOST_CABLES)


Confidence = Literal["seen", "derived", "recalled", "assumed"]


class ClusterFact(Fact):
    """The source of a number of a cluster: ``seen`` there, ``derived`` from it, ``recalled``, or ``assumed``."""

    confidence: Confidence


class Cost(Spec):
    """A price for one device and hour, USD, with its date and how sure it is."""

    usd_per_device_hour: NonNegative
    as_of: Text
    basis: Text | None = None
    confidence: Confidence


class Pool(Spec):
    """Other accelerators of the same cluster; what is ``None`` is that of the cluster."""

    name: Name
    accelerator: Text
    hosts: Count
    host: Host | None = None
    fabric: Fabric | None = None
    cost: Cost | None = None
    power_w_per_device: NonNegative | None = None


class ClusterSpec(Spec):
    """A cluster as its YAML file describes it.

    ``facts`` holds source and confidence by dotted field, through lists without a number (``fabric.tiers.latency``).
    """

    schema_name: Literal["clusterplan.cluster/1"] = Field(
        "clusterplan.cluster/1", validation_alias=written("schema", "schema_name")
    )
    name: Name
    title: Text | None = None
    accelerator: Text
    hosts: Count
    host: Host
    fabric: Fabric | None = None
    pools: tuple[Pool, ...] = Field((), max_length=_MOST_POOLS)
    collective_base_s: Seconds | None = Field(None, validation_alias=written("collective_base", "collective_base_s"))
    cost: Cost | None = None
    power_w_per_device: NonNegative | None = None
    facts: dict[str, ClusterFact] = Field(default_factory=dict)
    notes: Text | None = None

    @property
    def devices(self) -> int:
        """The number of accelerators of the whole cluster (of the main pool, where there are several)."""
        return self.hosts * self.host.accelerators

    @property
    def domain_hosts(self) -> int:
        """The number of hosts of one scale-up domain or torus."""
        if self.host.torus is not None:
            return self.host.torus.hosts or self.hosts
        return self.host.scale_up.hosts if self.host.scale_up is not None else 1

    @property
    def domain_devices(self) -> int:
        """The number of accelerators of one scale-up domain or torus."""
        return self.domain_hosts * self.host.accelerators
