"""Small clusters as explicit links, and the levels that docs/concepts/network.md makes of them.

Latency 0, efficiency 1, no saturation, so that only sharing and bytes are left to compare.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

from .flow_simulation import Link

Document = dict[str, Any]

LIBRARY: Document = {
    "name": "ideal",
    "tree_efficiency": 1.0,
    "pat": False,
    "pat_step_s": 0.0,
    "pat_rank_s": 0.0,
    "pat_efficiency": 1.0,
    "bruck": False,
    "all_to_all_concurrency": 8,
}


def level(name: str, group_devices: int, bytes_per_s: float, **changes: Any) -> Document:
    """One ideal level."""
    return {
        "name": name,
        "kind": "switch",
        "group_devices": group_devices,
        "bytes_per_s": bytes_per_s,
        "collective_efficiency": 1.0,
        "all_to_all_efficiency": 1.0,
        "point_to_point_efficiency": 1.0,
        "latency_s": 0.0,
        "half_saturation_bytes": 0.0,
        "degree_shares": [],
        "pair_share": 1.0,
        "port_devices": 1,
        "in_network_gain": 1.0,
        "in_network_min_ranks": 2,
        "wraps": False,
        "shares_inner_link": False,
        **changes,
    }


def network(devices: int, host_devices: int, levels: list[Document], **changes: Any) -> Document:
    return {
        "devices": devices,
        "host_devices": host_devices,
        "collective_base_s": 0.0,
        "library": {**LIBRARY},
        "levels": levels,
        **changes,
    }


@dataclass(frozen=True)
class HostCluster:
    """Hosts under leaf switches under one spine; every device has a network card.

    Behind the port of a device (PCIe) the cards are a pool of the whole host.
    """

    host_devices: int
    hosts_per_leaf: int
    leaves: int
    host_bytes_per_s: float  # of a device, into the switch of the host or over all its direct links
    card_bytes_per_s: float
    oversubscription: float = 1.0  # of the spine, where there is more than one leaf (of two hosts or more)
    mesh: bool = False  # direct links between the devices of a host in place of a switch
    through_inside: bool = False  # the host's port is the way to the card too (PCIe)

    @property
    def leaf_devices(self) -> int:
        return self.host_devices * self.hosts_per_leaf

    @property
    def devices(self) -> int:
        return self.leaf_devices * self.leaves

    def network(self) -> Document:
        """The cluster as the problem document has it."""
        host: Document = {}
        if self.mesh and self.host_devices > 2:
            others = self.host_devices - 1
            host["degree_shares"] = [[q, (q - 1) / others] for q in range(2, self.host_devices + 1)]
            host["pair_share"] = 1 / others
        levels = [level("host", self.host_devices, self.host_bytes_per_s, **host)]
        if self.devices > self.host_devices:
            inside = {"shares_inner_link": self.through_inside}
            levels.append(level("leaf", self.leaf_devices, self.card_bytes_per_s, **inside))
        if self.leaves > 1:
            rate = self.card_bytes_per_s / self.oversubscription
            levels.append(level("spine", self.devices, rate, shares_inner_link=True))
        return network(self.devices, self.host_devices, levels)

    def capacities(self) -> dict[Link, float]:
        """Bytes per second of every link."""
        result: dict[Link, float] = {}
        for device in range(self.devices):
            for way in ("out", "in"):
                result["port", way, device] = self.host_bytes_per_s
                cards = self.host_devices if self.through_inside else 1
                result["card", way, self.card(device)] = cards * self.card_bytes_per_s
        if self.mesh:
            for host in range(self.devices // self.host_devices):
                of_host = range(host * self.host_devices, (host + 1) * self.host_devices)
                for source, target in itertools.permutations(of_host, 2):
                    result["direct", source, target] = self.host_bytes_per_s / (self.host_devices - 1)
        for leaf in range(self.leaves):
            for way in ("out", "in"):
                result["spine", way, leaf] = self.card_bytes_per_s * self.leaf_devices / self.oversubscription
        return result

    def card(self, device: int) -> int:
        return device // self.host_devices if self.through_inside else device

    def path(self, source: int, target: int) -> tuple[Link, ...]:
        """The links from a device to another, through their own cards where the hosts differ."""
        if source == target:
            return ()
        if source // self.host_devices == target // self.host_devices:
            if self.mesh:
                return (("direct", source, target),)
            return (("port", "out", source), ("port", "in", target))
        outside: list[Link] = [("card", "out", self.card(source)), ("card", "in", self.card(target))]
        leaves = source // self.leaf_devices, target // self.leaf_devices
        if leaves[0] != leaves[1]:
            outside[1:1] = [("spine", "out", leaves[0]), ("spine", "in", leaves[1])]
        if self.through_inside:
            return (("port", "out", source), *outside, ("port", "in", target))
        return tuple(outside)

    def path_on_rail(self, source: int, target: int) -> tuple[Link, ...]:
        """The same, through the host to the device on the target's rail first, which has the card to it."""
        host = source // self.host_devices
        if host == target // self.host_devices or self.through_inside:
            return self.path(source, target)
        neighbour = host * self.host_devices + target % self.host_devices
        return self.path(source, neighbour) + self.path(neighbour, target)


@dataclass(frozen=True)
class Torus:
    """Axes, innermost first, with a link to either side; a closed axis wraps around."""

    lengths: tuple[int, ...]
    wraps: tuple[bool, ...]
    link_bytes_per_s: tuple[float, ...]

    @property
    def devices(self) -> int:
        return math.prod(self.lengths)

    def network(self) -> Document:
        levels, inner = [], 1
        for axis, length in enumerate(self.lengths):
            inner *= length
            rate = 2 * self.link_bytes_per_s[axis]
            levels.append(level("xyz"[axis], inner, rate, kind="ring", wraps=self.wraps[axis]))
        return network(self.devices, 1, levels)

    def capacities(self) -> dict[Link, float]:
        return {
            ("axis", axis, direction, device): self.link_bytes_per_s[axis]
            for axis in range(len(self.lengths))
            for direction in (1, -1)
            for device in range(self.devices)
        }

    def position(self, device: int, axis: int) -> int:
        return device // math.prod(self.lengths[:axis]) % self.lengths[axis]

    def moved(self, device: int, axis: int, steps: int) -> int:
        """The device so many steps further on an axis, around its end if need be."""
        before, stride = self.position(device, axis), math.prod(self.lengths[:axis])
        return device + ((before + steps) % self.lengths[axis] - before) * stride

    def along(self, device: int, axis: int, steps: int) -> tuple[Link, ...]:
        """The links of so many steps from a device on one axis, forwards or backwards."""
        direction = 1 if steps > 0 else -1
        return tuple(("axis", axis, direction, self.moved(device, axis, direction * one)) for one in range(abs(steps)))

    def paths(self, source: int, target: int) -> list[tuple[float, tuple[Link, ...]]]:
        """The shortest ways, axis after axis, each with its share: both ways round where they are equally long."""
        ways: list[tuple[float, tuple[Link, ...]]] = [(1.0, ())]
        here = source
        for axis, length in enumerate(self.lengths):
            steps = self.position(target, axis) - self.position(source, axis)
            choices = [steps]
            if self.wraps[axis]:
                forwards, backwards = steps % length, steps % length - length
                choices = [one for one in (forwards, backwards) if abs(one) == min(forwards, -backwards)]
            ways = [
                (share / len(choices), links + self.along(here, axis, one)) for share, links in ways for one in choices
            ]
            here = self.moved(here, axis, steps)
        return ways
