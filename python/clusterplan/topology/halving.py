"""The least cut between two halves of a tree of tiers, by arithmetic over kinds of groups and not over devices.

A group whose devices are all of one half is like every other such group, so each tier has at most four kinds of
members: wholly left, mixed, wholly right, and a last one that is not full. The cost of a group with its switch on the
left and on the right follows from those of its members.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product

_INFINITE = float("inf")


@dataclass(frozen=True)
class Tier:
    """One tier of equal members, inner to outer.

    Attributes:
        name: of the tier.
        kind: ``switch`` (any pair at full rate), ``mesh`` (a link between each two members) or ``ring``.
        of: members of a group.
        bytes_per_s: one way, of a device.
        through: whether devices reach it through the tier inside it, or by ports of their own.
        wraps: whether a ring closes.
        pair_bytes_per_s: of the links between two members of a mesh, if not an even part of what leaves a member.
    """

    name: str
    kind: str
    of: int
    bytes_per_s: float
    through: bool = False
    wraps: bool = False
    pair_bytes_per_s: float | None = None


@dataclass(frozen=True)
class _Member:
    """Members that are alike: devices of each half, and the cut with their switch left or right."""

    count: int
    left: int
    right: int
    when_left: float
    when_right: float

    def cut(self, on_the_right: bool) -> float:
        return self.when_right if on_the_right else self.when_left


def halves_bytes_per_s(tiers: Sequence[Tier], left: int, right: int, *, unit_devices: int = 1) -> float:
    """What the first ``left`` devices can send to the next ``right`` ones, bytes/s.

    Args:
        tiers: inner to outer; the members of the first are the units.
        left: devices of the first half, whole units.
        right: devices of the second half; its last unit, and the last group of each tier, may not be full.
        unit_devices: devices of a unit, which is not cut: 1, or those of a scale-up domain.

    Example:
        >>> halves_bytes_per_s([Tier("switch", "switch", 8, 450e9)], 4, 4)
        1800000000000.0
    """
    if not left or not right:
        return 0.0
    return min(_group(tuple(tiers), left, right, unit_devices))


def _group(tiers: tuple[Tier, ...], left: int, right: int, unit: int) -> tuple[float, float]:
    """The least cut of a group with its switch left, and with it right."""
    if not tiers:
        return (_INFINITE if right else 0.0, _INFINITE if left else 0.0)
    tier, inner = tiers[-1], tiers[:-1]
    size = unit
    for below in inner:
        size *= below.of
    # A group without a switch of its own has nothing to go through.
    through = not inner or (tier.through and inner[-1].kind == "switch")
    members = []
    for count, of_left, of_right in _kinds(left, right, size):
        when_left, when_right = _group(inner, of_left, of_right, unit)
        members.append(_Member(count, of_left, of_right, when_left, when_right))
    if tier.kind == "switch":
        return _switch(tier, members, through)
    if tier.kind == "mesh" and tier.pair_bytes_per_s is not None:
        # Groups in which the job has no device pass on what others send.
        members.append(_Member(tier.of - sum(member.count for member in members), 0, 0, 0.0, 0.0))
    own = 0.0
    if not through:
        own = sum(member.count * min(member.when_left, member.when_right) for member in members)
        members = [
            _Member(
                member.count,
                member.left,
                member.right,
                member.right * tier.bytes_per_s,
                member.left * tier.bytes_per_s,
            )
            for member in members
        ]
    cut = own + (_mesh(tier, members, size) if tier.kind == "mesh" else _ring(tier, members, size))
    return cut, cut


def _kinds(left: int, right: int, size: int) -> list[tuple[int, int, int]]:
    """(count, left, right) of the members of ``size`` devices that hold these, in order."""
    kinds: list[tuple[int, int, int]] = []
    whole_left, rest = divmod(left, size)
    if whole_left:
        kinds.append((whole_left, size, 0))
    if rest:
        joined = min(size - rest, right)
        kinds.append((1, rest, joined))
        right -= joined
    whole_right, last = divmod(right, size)
    if whole_right:
        kinds.append((whole_right, 0, size))
    if last:
        kinds.append((1, 0, last))
    return kinds


def _switch(tier: Tier, members: list[_Member], through: bool) -> tuple[float, float]:
    sides = []
    for on_the_right in (False, True):
        cut = 0.0
        for member in members:
            if through:
                port = (member.left + member.right) * tier.bytes_per_s
                cut += member.count * min(member.cut(on_the_right), member.cut(not on_the_right) + port)
            else:
                port = (member.left if on_the_right else member.right) * tier.bytes_per_s
                cut += member.count * (min(member.when_left, member.when_right) + port)
        sides.append(cut)
    return sides[0], sides[1]


def _mesh(tier: Tier, members: list[_Member], member_devices: int) -> float:
    pair = tier.pair_bytes_per_s or tier.bytes_per_s * member_devices / max(1, tier.of - 1)
    least = _INFINITE
    # Pairs across the cut are concave in the members of a kind on one side: it is least where all are on one.
    for sides in product((False, True), repeat=len(members)):
        right = sum(member.count for member, side in zip(members, sides, strict=True) if side)
        left = sum(member.count for member in members) - right
        own = sum(member.count * member.cut(side) for member, side in zip(members, sides, strict=True) if member.count)
        least = min(least, own + left * right * pair)
    return least


def _ring(tier: Tier, members: list[_Member], member_devices: int) -> float:
    link = tier.bytes_per_s * member_devices / 2
    closed = tier.wraps and sum(member.count for member in members) == tier.of
    least = _INFINITE
    for sides in product((False, True), repeat=len(members)):
        crossings = sum(one != other for one, other in pairwise(sides))
        crossings += closed and sides[0] != sides[-1]
        own = sum(member.count * member.cut(side) for member, side in zip(members, sides, strict=True))
        least = min(least, own + crossings * link)
    return least
