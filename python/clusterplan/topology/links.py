"""Direct links between the devices of a host: what a device has, and what a group of them gets (network.md section 1).

Groups of q devices at stride s (both whole, q*s dividing the host) are those that layouts make. What such a group
can use is the bound that a cut gives an all-gather inside it, which good schedules reach (Zhao et al. 2024,
ForestColl, arXiv 2402.06787).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

MOST_LINKED_DEVICES = 16  # every subset of them is looked at

_NOTHING = 1e-12

Links = tuple[tuple[int, int, float], ...]  # device, device, bytes/s one way
_Matrix = tuple[tuple[float, ...], ...]


def egress_bytes_per_s(devices: int, links: Links) -> tuple[float, ...]:
    """One-way bandwidth of all links of each device, bytes/s."""
    return tuple(sum(row) for row in _matrix(devices, links))


def islands(devices: int, links: Links) -> list[list[int]]:
    """The devices that reach each other over the links, as lists.

    Example:
        >>> islands(4, ((0, 1, 25e9), (2, 3, 25e9)))
        [[0, 1], [2, 3]]
    """
    matrix = _matrix(devices, links)
    left, found = set(range(devices)), []
    while left:
        edge = {min(left)}
        island = set(edge)
        while edge:
            edge = {other for device in edge for other in left - island if matrix[device][other] > 0}
            island |= edge
        left -= island
        found.append(sorted(island))
    return found


def pair_share(devices: int, links: Links) -> float:
    """The share of a device's bandwidth that its slowest direct neighbour gets."""
    matrix = _matrix(devices, links)
    rates = [rate for row in matrix for rate in row if rate > 0]
    return min(rates) / max(map(sum, matrix)) if rates else 1.0


@lru_cache(maxsize=256)
def degree_shares(devices: int, links: Links) -> tuple[tuple[int, float], ...]:
    """``(q, share)`` for every q that divides the host: the worst group of q devices at any stride.

    Groups whose members their own links join use these alone. Where they do not join some group of a stride, all
    groups of that stride relay over all links of the host and share them.

    Example:
        >>> degree_shares(4, tuple((one, other, 100e9) for one in range(4) for other in range(one)))
        ((2, 0.3333333333333333), (4, 1.0))
    """
    matrix = _matrix(devices, links)
    whole = max(map(sum, matrix))
    shares = []
    for degree in range(2, devices + 1):
        if devices % degree:
            continue
        strides = [stride for stride in range(1, devices // degree + 1) if devices // degree % stride == 0]
        worst = min(_rate_at(matrix, degree, stride) for stride in strides)
        shares.append((degree, min(1.0, worst / whole)))
    return tuple(shares)


def mesh_shares(members: int) -> tuple[tuple[int, float], ...]:
    """``(q, share)`` of a complete mesh: a group of q uses its links to the q - 1 others, of ``members`` - 1.

    Example:
        >>> mesh_shares(3)
        ((2, 0.5), (3, 1.0))
    """
    return tuple((degree, (degree - 1) / (members - 1)) for degree in range(2, members + 1))


def _rate_at(matrix: _Matrix, degree: int, stride: int) -> float:
    """Bytes/s a device of the worst group of ``degree`` devices at ``stride``."""
    devices = len(matrix)
    groups = [
        range(block + offset, block + degree * stride, stride)
        for block in range(0, devices, degree * stride)
        for offset in range(stride)
    ]
    alone = min(_all_gather_rate(matrix, group, [group]) for group in groups)
    return alone or _all_gather_rate(matrix, range(devices), groups)


def _all_gather_rate(matrix: _Matrix, within: Sequence[int], groups: Iterable[Sequence[int]]) -> float:
    """The bound of all cuts of ``within`` for all-gathers in all ``groups`` at once, bytes/s a device; 0 if apart.

    What must enter a part of the devices is, for each group with members in it, the share of the array that the
    members outside hold.
    """
    position = {device: index for index, device in enumerate(within)}
    masks = [sum(1 << position[device] for device in group) for group in groups]
    degree = masks[0].bit_count()
    needed = [0.0, *(1 - count / degree for count in range(1, degree + 1))]
    most = len(masks) * needed[1]
    lowest = float("inf")
    for cut, part in sorted((cut, part) for part, cut in enumerate(_cuts(matrix, within))):
        if cut >= lowest * most:  # no larger cut can be the bound
            break
        entering = sum(needed[(part & mask).bit_count()] for mask in masks)
        if entering > _NOTHING:
            lowest = min(lowest, cut / entering)
    return lowest * needed[1]


def _cuts(matrix: _Matrix, within: Sequence[int]) -> list[float]:
    """The bandwidth between each part of ``within`` (as bits) and the rest of it."""
    cuts = [0.0]
    for index, device in enumerate(within):
        total = sum(matrix[device][other] for other in within)
        inside = [0.0]  # from the device to each part of those before it
        for other in within[:index]:
            inside += [rate + matrix[device][other] for rate in inside]
        cuts += [cut + total - 2 * rate for cut, rate in zip(cuts, inside, strict=True)]
    # Differences of sums: what is left by rounding is no link.
    noise = 1e-9 * max(map(sum, matrix))
    return [cut if cut > noise else 0.0 for cut in cuts]


@lru_cache(maxsize=256)
def _matrix(devices: int, links: Links) -> _Matrix:
    rates = [[0.0] * devices for _ in range(devices)]
    for one, other, rate in links:
        rates[one][other] += rate
        rates[other][one] += rate
    return tuple(map(tuple, rates))
