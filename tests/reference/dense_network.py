"""Section 6 of the equations: groups, rates and collectives."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .dense_model import Document


@dataclass(frozen=True)
class Group:
    """n ranks at stride sigma on the levels of one network; all times in seconds."""

    network: Document
    n: int
    stride: int

    def block(self, level: int) -> int:
        """G_l, with G_{-1} = 1."""
        return 1 if level < 0 else int(self.network["levels"][level]["group_devices"])

    def members(self) -> list[int]:
        """m_l of every level, inner to outer."""
        levels, devices = self.network["levels"], self.network["devices"]
        span = self.n * self.stride
        result: list[int] = []
        for index in range(len(levels)):
            G = self.block(index)
            if devices <= G or G % span == 0 or index == len(levels) - 1:
                m = self.n
            elif span % G == 0:
                m = min(self.n, max(1, G // self.stride))
            else:
                m = max(1, math.gcd(span, G) // self.stride)
            result.append(max(m, result[-1] if result else 1))
        return result

    def degrees(self) -> list[float]:
        """degree_l of every level."""
        members = self.members()
        return [m / before for before, m in zip([1, *members], members, strict=False)]

    def bytes_at(self, S: float) -> list[float]:
        """bytes_l of every level: what goes through a port, the share of the levels further out behind it included."""
        levels, members = self.network["levels"], self.members()
        result = []
        for index in range(len(levels)):
            outermost = index
            while outermost + 1 < len(levels) and levels[outermost + 1]["shares_inner_link"]:
                outermost += 1
            before = members[index - 1] if index else 1
            if levels[index]["kind"] == "ring":
                result.append(S * (1 / before - 1 / members[outermost]))
            else:
                result.append(S * (1 - 1 / self.n) / before if members[outermost] > before else 0.0)
        return result

    def rate(self, index: int) -> float:
        """Bytes per second of level ``index`` for this group's collectives."""
        level, q = self.network["levels"][index], self.degrees()[index]
        rate = level["bytes_per_s"] * level["collective_efficiency"]
        if q > 1 and level["kind"] == "mesh":
            A = self.block(index) / self.block(index - 1)
            rate *= min(1, (q - 1) / max(1, A - 1))
        elif q > 1 and level["kind"] == "ring":
            A = self.block(index) / self.block(index - 1)
            rate *= 1 if level["wraps"] and q >= A else 0.5
            rate /= max(1, self.stride / self.block(index - 1))
        return float(rate)

    def all_gather(self, S: float) -> float:
        """All-gather of a full array of S bytes; reduce-scatter costs the same."""
        if self.n == 1 or S == 0:
            return 0.0
        latency, slowest = 0.0, 0.0
        phases = zip(self.network["levels"], self.degrees(), self.bytes_at(S), strict=True)
        for index, (level, degree, moved) in enumerate(phases):
            latency += (degree - 1) * level["latency_s"]
            if moved > 0:
                beta = level["half_saturation_bytes"]
                slowest = max(slowest, moved / self.rate(index) * (1 + beta / (S + beta)))
        return float(self.network["collective_base_s"] + latency + slowest)

    reduce_scatter = all_gather

    def all_reduce(self, S: float) -> float:
        """The cheaper of ring and tree."""
        if self.n == 1 or S == 0:
            return 0.0
        ring, tree, slowest = 0.0, 0.0, 0.0
        members, degrees = self.members(), self.degrees()
        spanned = [index for index, degree in enumerate(degrees) if degree > 1]
        for index, (level, moved) in enumerate(zip(self.network["levels"], self.bytes_at(S), strict=True)):
            ring += 2 * (degrees[index] - 1) * level["latency_s"]
            tree += 2 * math.ceil(math.log2(degrees[index])) * level["latency_s"]
            if moved > 0:
                large_enough = self.n >= level["in_network_min_ranks"] and members[index] == self.n
                gain = level["in_network_gain"] if large_enough and spanned == [index] else 1
                beta = level["half_saturation_bytes"]
                slowest = max(slowest, 2 * moved / (self.rate(index) * gain) * (1 + beta / (S + beta)))
        return float(self.network["collective_base_s"] + min(ring, tree) + slowest)

    def point_to_point(self, S: float) -> float:
        """One message of S bytes between neighbours, over the outermost level that the group spans."""
        if self.n == 1:
            return 0.0
        index = max(one for one, degree in enumerate(self.degrees()) if degree > 1)
        level = self.network["levels"][index]
        rate = level["bytes_per_s"] * level["point_to_point_efficiency"]
        if level["kind"] == "mesh":
            rate /= max(1, self.block(index) / self.block(index - 1) - 1)
        elif level["kind"] == "ring":
            rate *= 0.5
            rate /= max(1, self.stride / self.block(index - 1))
        return float(level["latency_s"] + S / rate)


def groups(problem: Document, layout: Document) -> tuple[Group, Group, Group]:
    """The tensor, data and pipeline groups under the layout's placement."""
    network, t, p, D = problem["network"], layout["tp"], layout["pp"], layout["dp"]
    if layout["placement"] == "tp-dp-pp":
        return Group(network, t, 1), Group(network, D, t), Group(network, p, t * D)
    return Group(network, t, 1), Group(network, D, t * p), Group(network, p, t)


@dataclass(frozen=True)
class Ends(Group):
    """First and last rank of a pipeline group: a pair that is inside a block wherever the whole group is."""

    pipeline: Group

    def members(self) -> list[int]:
        return [2 if m == self.pipeline.n else 1 for m in self.pipeline.members()]
