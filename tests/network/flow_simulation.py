"""Flows on the links of a graph, shared max-min fairly (progressive filling), from event to event.

Nothing here knows collectives: a ``Flow`` is so many bytes over so many links.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Link = Hashable
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Flow:
    """A message of ``size_bytes`` over ``links``, each of which it uses once."""

    size_bytes: float
    links: tuple[Link, ...]


def merged(flows: Iterable[Flow]) -> list[tuple[Flow, int]]:
    """Flows that are alike get the same share: one of them and how many there are."""
    counts: dict[Flow, int] = {}
    for flow in flows:
        if flow.size_bytes > 0 and flow.links:
            counts[flow] = counts.get(flow, 0) + 1
    return list(counts.items())


class Incidence:
    """Which flow uses which link, as two columns of numbers."""

    def __init__(self, flows: list[Flow], capacities: Mapping[Link, float]) -> None:
        numbers = {link: index for index, link in enumerate(capacities)}
        self.flow = np.array([index for index, flow in enumerate(flows) for _ in flow.links])
        self.link = np.array([numbers[link] for flow in flows for link in flow.links])
        self.capacity = np.array(list(capacities.values()))

    def max_min_rates(self, weight: Array) -> Array:
        """Bytes per second of every flow; ``weight`` is how many flows an entry stands for, 0 for none."""
        rate = np.zeros(len(weight))
        growing = weight > 0
        left = self.capacity.copy()
        while growing.any():
            load = np.bincount(self.link, (weight * growing)[self.flow], len(left))
            used = load > 0
            step = float((left[used] / load[used]).min())
            rate[growing] += step
            left -= load * step
            full = used & (left <= 1e-9 * self.capacity)
            growing[self.flow[full[self.link]]] = False
        return rate


def seconds(flows: Iterable[Flow], capacities: Mapping[Link, float]) -> float:
    """Until the last of the flows has arrived, all of them started together."""
    entries = merged(flows)
    if not entries:
        return 0.0
    left = np.array([flow.size_bytes for flow, _ in entries])
    weight = np.array([float(count) for _, count in entries])
    incidence = Incidence([flow for flow, _ in entries], capacities)
    now = 0.0
    while (weight > 0).any():
        rate = incidence.max_min_rates(weight)
        active = weight > 0
        step = float((left[active] / rate[active]).min())
        now += step
        left[active] -= rate[active] * step
        # Flows that end together up to rounding end in one event.
        weight[active & (left <= 1e-9 * rate * now)] = 0
    return now


def link_bytes(flows: Iterable[Flow]) -> dict[Link, float]:
    """Bytes over every link that is used."""
    result: dict[Link, float] = {}
    for flow, count in merged(flows):
        for link in flow.links:
            result[link] = result.get(link, 0.0) + count * flow.size_bytes
    return result
