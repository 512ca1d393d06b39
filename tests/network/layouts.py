"""Random layouts of small clusters: three degrees in any order, and which of their groups the blocks tile."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from reference.network import Group

from .cluster_graph import Document
from .collective_messages import groups_of


@dataclass(frozen=True)
class Kind:
    """All groups of one kind: n ranks at a stride."""

    n: int
    stride: int
    devices: int

    @property
    def groups(self) -> list[list[int]]:
        return groups_of(self.devices, self.n, self.stride)


def divisors(number: int) -> list[int]:
    return [one for one in range(1, number + 1) if number % one == 0]


def kinds(source: random.Random, devices: int) -> Iterator[Kind]:
    """tp, dp and pp that multiply to the devices, in any of the six orders; those with more than one rank."""
    tp = source.choice(divisors(devices))
    dp = source.choice(divisors(devices // tp))
    stride = 1
    for degree in source.sample([tp, dp, devices // tp // dp], 3):
        if degree > 1:
            yield Kind(degree, stride, devices)
        stride *= degree


def aligned(document: Document, kind: Kind) -> bool:
    """Whether every block that holds any rank of a group holds m_l of them, and no group is askew to an axis."""
    group = Group(document, kind.n, kind.stride)
    for index, level in enumerate(document["levels"]):
        inside = {
            count
            for members in kind.groups
            for count in Counter(device // level["group_devices"] for device in members).values()
        }
        if inside != {group.m(index)}:
            return False
        if level["kind"] == "ring" and group.q(index) > 1:
            length = group.block(index) // group.block(index - 1)
            spread = group.q(index) * group.d(index)
            askew = kind.stride % group.block(index - 1) != 0 and group.block(index - 1) % kind.stride != 0
            if askew or length % spread != 0:
                return False
    return True
