"""docs/concepts/network.md, sections 1 to 3: levels, groups, sharing and collectives, formula by formula.

A collective is a list of ``Candidate``: a latency and the terms of a maximum, of which the library takes the fastest.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from .dense_model import Document

SATURATION = 2 + math.sqrt(3)  # c of section 2


@dataclass(frozen=True)
class Group:
    """n ranks at stride sigma on the levels of one network; levels inner to outer, counted from 0."""

    network: Document
    n: int
    stride: int

    # --- section 1 ---

    @property
    def levels(self) -> list[Document]:
        return list(self.network["levels"])

    def block(self, level: int) -> int:
        """G_l, with G_{-1} = 1."""
        return 1 if level < 0 else int(self.network["levels"][level]["group_devices"])

    def is_ring(self, level: int) -> bool:
        return bool(self.network["levels"][level]["kind"] == "ring")

    def innermost_of_run(self, level: int) -> int:
        """a(l): the level whose port the traffic of level l uses."""
        while level > 0 and self.levels[level]["shares_inner_link"]:
            level -= 1
        return level

    def outermost_of_run(self, level: int) -> int:
        """e(l)."""
        while level + 1 < len(self.levels) and self.levels[level + 1]["shares_inner_link"]:
            level += 1
        return level

    # --- section 2 ---

    def members_inside(self, G: int) -> int:
        """Members inside one block of G devices, in the worst group."""
        span = self.n * self.stride
        if self.network["devices"] <= G or G % span == 0:
            return self.n
        if span % G == 0:
            return min(self.n, max(1, G // self.stride))
        return max(1, math.gcd(span, G) // self.stride)

    def members(self) -> list[int]:
        """m_l of every level."""
        result: list[int] = []
        for level in range(len(self.levels)):
            m = self.n if level == len(self.levels) - 1 else self.members_inside(self.block(level))
            result.append(max(m, result[-1] if result else 1))
        return result

    def m(self, level: int) -> int:
        """m_l, with m_{-1} = 1."""
        return 1 if level < 0 else self.every_m[level]

    @cached_property
    def every_m(self) -> list[int]:
        return self.members()

    def q(self, level: int) -> float:
        return self.m(level) / self.m(level - 1)

    def crossed(self) -> list[int]:
        return [level for level in range(len(self.levels)) if self.q(level) > 1]

    def ports(self) -> set[int]:
        """The ports that the group uses, each named by the first level of its run."""
        return {self.innermost_of_run(level) for level in self.crossed()}

    def outermost_crossed(self, port: int) -> int:
        """The outermost crossed level of the run of a port that the group uses; -1 if it uses it not."""
        return max((level for level in self.crossed() if self.innermost_of_run(level) == port), default=-1)

    def d(self, level: int) -> float:
        return max(1.0, self.stride / self.block(level - 1))

    def closed(self, level: int) -> bool:
        length = self.block(level) / self.block(level - 1)
        return bool(self.levels[level]["wraps"] and self.q(level) * self.d(level) >= length)

    def degree_share(self, level: int) -> float:
        """The share of the largest listed degree that is not above q_l, else of the first."""
        shares, q = self.levels[level]["degree_shares"], self.q(level)
        if q <= 1 or not shares:
            return 1.0
        return float(([share for degree, share in shares if degree <= q] or [shares[0][1]])[-1])

    def share(self, level: int) -> float:
        if not self.is_ring(level):
            return self.degree_share(level)
        return (1.0 if self.closed(level) else 0.5) / self.d(level) if self.q(level) > 1 else 1.0

    def r(self, level: int) -> float:
        """Bytes per second of a collective at this level."""
        one = self.levels[level]
        return float(one["bytes_per_s"] * one["collective_efficiency"] * self.share(level))

    def z(self, level: int) -> float:
        """Bytes per second of an all-to-all at a switch level."""
        one = self.levels[level]
        return float(one["bytes_per_s"] * one["all_to_all_efficiency"] * self.degree_share(level))

    def hops(self, level: int) -> float:
        q, d = self.q(level), self.d(level)
        return q * d / 2 if self.closed(level) else (q - 1) * d

    # --- which terms there are ---

    def switches(self) -> list[int]:
        """The switch levels with a term: something crosses the level, or passes its port on the way out."""
        every = [level for level in range(len(self.levels)) if not self.is_ring(level)]
        return [level for level in every if self.m(self.outermost_of_run(level)) > self.m(level - 1)]

    def torus_runs(self) -> list[list[int]]:
        """The maximal runs of consecutive crossed ring levels."""
        runs: list[list[int]] = []
        for level in self.crossed():
            if not self.is_ring(level):
                continue
            if runs and runs[-1][-1] == level - 1:
                runs[-1].append(level)
            else:
                runs.append([level])
        return runs


@dataclass(frozen=True)
class Ends(Group):
    """First and last rank of a pipeline group: a pair inside a block wherever the whole group is (section 4)."""

    pipeline: Group

    def members(self) -> list[int]:
        return [2 if m == self.pipeline.n else 1 for m in self.pipeline.members()]

    def d(self, level: int) -> float:
        return self.pipeline.d(level)

    def r(self, level: int) -> float:
        """Beyond the port, only two of the ranks use the uplinks; nobody gets more than its port carries."""
        rate, port = super().r(level), self.innermost_of_run(level)
        if self.is_ring(level) or level == port:
            return rate
        at_port = self.levels[port]["bytes_per_s"] / self.levels[level]["bytes_per_s"]
        return rate * max(1.0, min(self.pipeline.n / 2, at_port))


# --- section 3: what a candidate is made of --------------------------------------------------------------------------


@dataclass(frozen=True)
class Term:
    """Bytes out of one device at a rate, over one switch level, one axis, or the axes of a torus run."""

    levels: tuple[int, ...]
    moved_bytes: float
    bytes_per_s: float
    half_array_bytes: float  # H: the half-saturation bytes times how many parts an array is sent in

    def seconds(self, S: float) -> float:
        H = self.half_array_bytes
        grow = 1 + SATURATION * H / (S + math.sqrt(2 * SATURATION * H * S))
        return self.moved_bytes / self.bytes_per_s * grow


@dataclass(frozen=True)
class Candidate:
    algorithm: str
    latency_s: float
    terms: list[Term]

    def seconds(self, network: Document, S: float) -> float:
        slowest = max((term.seconds(S) for term in self.terms), default=0.0)
        return float(network["collective_base_s"] + self.latency_s + slowest)


def level_term(group: Group, level: int, moved_bytes: float, bytes_per_s: float, parts: int) -> Term:
    """One switch level, or one axis; of the array one of ``parts`` is sent at a time."""
    return Term((level,), moved_bytes, bytes_per_s, parts * group.levels[level]["half_saturation_bytes"])


def torus_terms(group: Group, moved_bytes: Callable[[int, int], float]) -> list[Term]:
    """One term a torus run; ``moved_bytes`` of its first and last level."""
    return [
        Term(
            tuple(run),
            moved_bytes(run[0], run[-1]),
            torus_rate(group, run),
            group.n * max(group.levels[level]["half_saturation_bytes"] for level in run),
        )
        for run in group.torus_runs()
    ]


def torus_rate(group: Group, run: list[int]) -> float:
    """Some axes together must move at least what they gather if they come first in every order."""
    everything = math.prod(group.q(level) for level in run) - 1
    some = [part for size in range(1, len(run) + 1) for part in itertools.combinations(run, size)]
    return min(
        sum(group.r(level) for level in part) * everything / (math.prod(group.q(level) for level in part) - 1)
        for part in some
    )


def ring_latency(group: Group) -> float:
    """Through all ranks: Σ (n/m_{l-1} - n/m_l) α_l over switch levels, and the hops of crossed rings."""
    total = 0.0
    for level, one in enumerate(group.levels):
        if not group.is_ring(level):
            total += (group.n / group.m(level - 1) - group.n / group.m(level)) * one["latency_s"]
    return total + rings_latency(group)


def rings_latency(group: Group) -> float:
    return sum(
        group.hops(level) * group.levels[level]["latency_s"] for level in group.crossed() if group.is_ring(level)
    )


def tree_latency(group: Group) -> float:
    """Σ ⌈log2 q_l⌉ α_l over crossed switch levels."""
    switches = [level for level in group.crossed() if not group.is_ring(level)]
    return sum(math.ceil(math.log2(group.q(level))) * group.levels[level]["latency_s"] for level in switches)


# --- section 3: the collectives --------------------------------------------------------------------------------------


def all_gather(group: Group, S: float) -> list[Candidate]:
    """Reduce-scatter costs the same."""
    library = group.network["library"]
    moved = {level: S * (1 - 1 / group.n) / group.m(level - 1) for level in group.switches()}
    terms = [level_term(group, level, moved[level], group.r(level), group.n) for level in moved]
    terms += torus_terms(group, lambda i, j: S * (1 / group.m(i - 1) - 1 / group.m(j)))
    candidates = [Candidate("ring", ring_latency(group), terms)]
    no_ring_crossed = not group.torus_runs()
    if library["pat"] and no_ring_crossed and group.members_inside(group.network["host_devices"]) == 1:
        latency = math.ceil(math.log2(group.n)) * library["pat_step_s"] + group.n * library["pat_rank_s"]
        slower = [replace(term, bytes_per_s=term.bytes_per_s * library["pat_efficiency"]) for term in terms]
        candidates.append(Candidate("pat", latency, slower))
    return candidates


def tree_share(k: float, several_hosts: bool) -> float:
    """t(k) of a double binary tree over k blocks, of one host or of several."""
    if several_hosts:
        return 1.0 if k <= 3 else 1.5
    return 0.5 if k <= 2 else 0.75 if k <= 3 else 1.0


def all_reduce(group: Group, S: float) -> list[Candidate]:
    rings = torus_terms(group, lambda i, j: 2 * S * (1 / group.m(i - 1) - 1 / group.m(j)))
    flat = [
        level_term(group, level, 2 * S * (1 - 1 / group.n) / group.m(level - 1), group.r(level), group.n)
        for level in group.switches()
    ]
    x = group.innermost_of_run(group.crossed()[-1])
    hierarchical: list[Term] = []
    for level in group.switches():
        one, before = group.levels[level], group.m(level - 1)
        scattered = 2 * S * (1 / before - 1 / group.m(group.outermost_of_run(level)))
        if one["in_network_gain"] > 1 and group.m(level) >= one["in_network_min_ranks"]:
            moved, rate = max(scattered / one["in_network_gain"], S / before), group.r(level)
        elif level < x:
            moved, rate = scattered, group.r(level)
        else:
            several_hosts = before > group.members_inside(group.network["host_devices"])
            moved = 2 * S * tree_share(group.n / before, several_hosts) / before
            rate = group.r(level) * group.network["library"]["tree_efficiency"]
        hierarchical.append(level_term(group, level, moved, rate, group.n))
    return [
        Candidate("ring", 2 * ring_latency(group), flat + rings),
        Candidate("hierarchical", 2 * tree_latency(group) + 2 * rings_latency(group), hierarchical + rings),
    ]


def all_to_all(group: Group, S: float) -> list[Candidate]:
    """S is what one rank sends."""
    library, n = group.network["library"], group.n
    parts = library["all_to_all_concurrency"]
    terms = []
    for level in group.switches():
        beyond = group.m(group.outermost_of_run(level)) - group.m(level - 1)
        terms.append(level_term(group, level, S * beyond / n, group.z(level), parts))
    for run in group.torus_runs():
        for level in run:
            one, q = group.levels[level], group.q(level)
            moved = S * (group.m(run[-1]) / n) * group.d(level) * math.floor(q**2 / 4) / q
            rate = one["bytes_per_s"] * one["all_to_all_efficiency"]
            terms.append(level_term(group, level, moved * (1 if group.closed(level) else 2), rate, parts))
    latency = rings_latency(group)
    for level in group.crossed():
        if not group.is_ring(level):
            messages = math.ceil((group.m(level) - group.m(level - 1)) / parts)
            latency += messages * group.levels[level]["latency_s"]
    candidates = [Candidate("pairwise", latency, terms)]
    if library["bruck"] and not group.torus_runs():
        steps = {level: math.ceil(math.log2(group.q(level))) for level in group.crossed()}
        terms = []
        for level in group.switches():
            run = range(level, group.outermost_of_run(level) + 1)
            moved = S / 2 * sum(steps.get(j, 0) for j in run)
            terms.append(level_term(group, level, moved, group.z(level), parts))
        candidates.append(Candidate("bruck", tree_latency(group), terms))
    return candidates


def broadcast(group: Group, S: float) -> list[Candidate]:
    """And reduce."""
    terms = [level_term(group, level, S / group.m(level - 1), group.r(level), group.n) for level in group.switches()]
    terms += [
        replace(one, bytes_per_s=sum(group.r(level) for level in one.levels))
        for one in torus_terms(group, lambda i, j: S / group.m(i - 1))
    ]
    latency = min(ring_latency(group), tree_latency(group) + rings_latency(group))
    return [Candidate("pipelined", latency, terms)]


OPERATIONS = {
    "all_reduce": all_reduce,
    "all_gather": all_gather,
    "reduce_scatter": all_gather,
    "all_to_all": all_to_all,
    "broadcast": broadcast,
}


def point_to_point(group: Group, S: float) -> float:
    """Seconds of a message of S bytes between neighbours of a group, all at once."""
    if group.n == 1 or S == 0:
        return 0.0
    o = group.crossed()[-1]

    def p(level: int) -> float:
        one = group.levels[level]
        rate = one["bytes_per_s"] * one["point_to_point_efficiency"]
        return float(rate / 2 / group.d(level) if group.is_ring(level) else rate * one["pair_share"])

    def alone(x: int) -> float:
        """Of the devices at one port, how many leave it to the one whose neighbour is beyond it."""
        return min(group.m(x - 1), max(1, group.levels[x]["port_devices"] // group.stride))

    # Some neighbours sit closer together than others: the slowest pair is waited for.
    slowest = max(1 / (p(x) * alone(x)) for x in group.ports())
    for level in range(o + 1):
        x = group.innermost_of_run(level)
        if x < level <= group.outermost_crossed(x):
            slowest = max(slowest, 1 / (p(level) * group.m(level - 1)))
    return float(group.levels[o]["latency_s"] + S * slowest)


def candidate_seconds(group: Group, operation: str, S: float) -> dict[str, float]:
    """Seconds of every candidate of a collective; n > 1 and S > 0."""
    return {one.algorithm: one.seconds(group.network, S) for one in OPERATIONS[operation](group, S)}


def seconds(group: Group, operation: str, S: float) -> float:
    """Seconds of a collective, or of a message between neighbours."""
    if operation == "point_to_point":
        return point_to_point(group, S)
    if group.n == 1 or S == 0:
        return 0.0
    return min(candidate_seconds(group, operation, S).values())
