"""A host: its accelerators, what joins them (a scale-up network or a torus), and its network cards."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from .fields import (
    AtLeastOne,
    Bytes,
    BytesPerSecond,
    Count,
    Flag,
    Fraction,
    Integer,
    Name,
    Seconds,
    Spec,
    Text,
    written,
)
from .refusals import UnreadableQuantity
from .units import read_bytes_per_s

_MOST_INNER_GROUPS = 6
_MOST_CABLES = 100_000
_SLOWEST_LINK = 1e6  # bytes/s: a plain 25 in a list of links lacks its unit


def _a_real_link(value: float) -> float:
    if value < _SLOWEST_LINK:
        raise UnreadableQuantity(
            f"{value:g} bytes/s is slower than any link", f"write it with its unit, such as {value:g}GB/s"
        )
    return value


def _one_or_more(value: Any) -> Any:
    """A scalar is one rate for all axes."""
    return value if isinstance(value, (list, tuple)) else (read_bytes_per_s(value),)


LinkRate = Annotated[BytesPerSecond, AfterValidator(_a_real_link)]
DirectLink = tuple[Integer, Integer, LinkRate]
Cable = tuple[Name, Name, LinkRate]


class LinkNumbers(Spec):
    """The numbers of a link technology that a cluster sets itself; the others come from the technology."""

    collective_efficiency: Fraction | None = None
    all_to_all_efficiency: Fraction | None = None
    point_to_point_efficiency: Fraction | None = None
    half_saturation_bytes: Bytes | None = Field(
        None, validation_alias=written("half_saturation", "half_saturation_bytes")
    )
    hop_latency_s: Seconds | None = Field(None, validation_alias=written("hop_latency", "hop_latency_s"))


class Link(LinkNumbers):
    """A link technology, and those of its numbers that a cluster sets itself."""

    technology: Text


class _Joined(LinkNumbers):
    """Devices that are joined in one of several ways. A ring closes unless the file says ``wraps: false``."""

    kind: str = "switch"
    wraps: Flag = False

    @model_validator(mode="after")
    def _a_ring_closes(self) -> _Joined:
        if "wraps" not in self.model_fields_set:
            # The spec is frozen; this is still its making.
            object.__setattr__(self, "wraps", self.kind == "ring")
        elif self.wraps and self.kind != "ring":
            raise UnreadableQuantity(f"kind {self.kind!r} has no ends to close", "leave wraps out", field=("wraps",))
        return self


class InnerGroup(_Joined):
    """A group of ``devices`` inside a scale-up network that is joined better: a socket, a module.

    Without a ``technology`` it has that of the scale-up network, with the numbers set there.
    """

    name: Name
    devices: Count
    kind: Literal["switch", "mesh", "ring"] = "switch"
    technology: Text | None = None
    bandwidth_bytes_per_s: BytesPerSecond = Field(validation_alias=written("bandwidth", "bandwidth_bytes_per_s"))
    latency_s: Seconds = Field(validation_alias=written("latency", "latency_s"))


class ScaleUp(Link, _Joined):
    """The network inside a scale-up domain: one-way bandwidth of a device, wire latency, kind.

    ``hosts`` is the number of hosts that share one domain (18 for an NVL72 rack). With kind ``links`` the bandwidth is
    the sum of the links of a device, each ``(device, device, bytes/s one way)``.
    """

    kind: Literal["switch", "mesh", "ring", "links"] = "switch"
    bandwidth_bytes_per_s: BytesPerSecond = Field(0.0, validation_alias=written("bandwidth", "bandwidth_bytes_per_s"))
    latency_s: Seconds = Field(validation_alias=written("latency", "latency_s"))
    hosts: Count = 1
    in_network_gain: AtLeastOne = 1.0
    in_network_min_ranks: Count = 1
    links: tuple[DirectLink, ...] = Field((), max_length=_MOST_CABLES)
    inside: tuple[InnerGroup, ...] = Field((), max_length=_MOST_INNER_GROUPS)
    through_inside: Flag = False

    @model_validator(mode="after")
    def _has_a_bandwidth(self) -> ScaleUp:
        if self.bandwidth_bytes_per_s == 0.0:
            if self.kind != "links":
                raise UnreadableQuantity("the key 'bandwidth' is missing", "add bandwidth", field="bandwidth")
            first = min((min(one, other) for one, other, _ in self.links), default=0)
            total = sum(rate for one, other, rate in self.links if first in (one, other))
            # The spec is frozen; this is still its making. That all devices have as much is checked with the sums.
            object.__setattr__(self, "bandwidth_bytes_per_s", total)
        return self


class Torus(Link):
    """A torus of accelerators: sizes of its axes and one-way bandwidth of one link (one value, or one an axis).

    An axis of a slice closes if its length is a multiple of ``wrap_multiple``: with ``wrap`` ``whole`` only where that
    is so of every axis, with ``axis`` each for itself. ``hosts`` form one torus (all of the cluster if ``None``), and
    ``host_axes`` is the part of it that one host is.
    """

    axes: tuple[Count, ...] = Field(min_length=1, max_length=3)
    axis_bytes_per_s: Annotated[tuple[LinkRate, ...], BeforeValidator(_one_or_more)] = Field(
        min_length=1, max_length=3, validation_alias=written("link_bandwidth", "link_bytes_per_s")
    )
    latency_s: Seconds = Field(validation_alias=written("latency", "latency_s"))
    wrap_multiple: Count = 1
    wrap: Literal["whole", "axis"] = "whole"
    hosts: Count | None = None
    host_axes: tuple[Count, ...] | None = Field(None, min_length=1, max_length=3)

    @property
    def link_bytes_per_s(self) -> float:
        """One-way bandwidth of one link, bytes/s: of the slowest axis."""
        return min(self.axis_bytes_per_s)


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
