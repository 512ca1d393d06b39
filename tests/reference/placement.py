"""docs/concepts/network.md, section 4: where the ranks sit, and which placements are the same."""

from __future__ import annotations

import itertools
from collections.abc import Hashable

from .dense_model import Document
from .network import Group

ORDERS = ("tp-dp-pp", "tp-pp-dp", "dp-tp-pp", "dp-pp-tp", "pp-tp-dp", "pp-dp-tp")
AXES = "xyz"


def axes(network: Document) -> list[Document]:
    """The axes of a torus: the leading ring levels."""
    return list(itertools.takewhile(lambda level: level["kind"] == "ring", network["levels"]))


def split(network: Document, placement: str) -> tuple[list[str], list[int]]:
    """The dimensions, innermost first, and the order of the axes."""
    order, _, letters = placement.partition("@")
    count = len(axes(network))
    return order.split("-"), [AXES.index(letter) for letter in letters] if letters else list(range(count))


def strides(network: Document, layout: Document) -> dict[str, int]:
    """The stride of every dimension: the product of the degrees before it."""
    result, stride = {}, 1
    for dimension in split(network, layout["placement"])[0]:
        result[dimension] = stride
        stride *= layout[dimension]
    return result


def lengths(network: Document) -> list[int]:
    """A_l of the axes."""
    blocks = [1, *(level["group_devices"] for level in axes(network))]
    return [outer // inner for inner, outer in itertools.pairwise(blocks)]


def placed(network: Document, placement: str) -> Document:
    """The network as the ranks see it: its axes in the placement's order."""
    order = split(network, placement)[1]
    levels, group_devices = [], 1
    for axis in order:
        group_devices *= lengths(network)[axis]
        levels.append({**network["levels"][axis], "group_devices": group_devices})
    return {**network, "levels": levels + network["levels"][len(order) :]}


def axis_key(network: Document, placement: str) -> Hashable:
    """Lengths and rates of the axes in their order: what cannot be told apart has the same key."""
    nature = []
    for axis in split(network, placement)[1]:
        level = network["levels"][axis]
        rates = [repr(level[key]) for key in sorted(level) if key not in ("name", "group_devices")]
        nature.append((lengths(network)[axis], *rates))
    return tuple(nature)


def group_key(group: Group) -> Hashable:
    """What a group's costs depend on besides the network."""
    if group.n == 1:
        return 1
    levels = range(len(group.levels))
    distances = tuple(group.d(level) for level in group.crossed() if group.is_ring(level))
    alone = tuple(
        min(group.m(level - 1), max(1, group.levels[level]["port_devices"] // group.stride))
        for level in levels
        if group.m(group.outermost_of_run(level)) > group.m(level - 1)
    )
    return group.n, tuple(group.members()), distances, alone, group.members_inside(group.network["host_devices"])


def symmetry_key(network: Document, layout: Document) -> Hashable:
    """Placements of one layout with the same key hold like ranks in like places."""
    keys = tuple(group_key(group) for group in groups({"network": network}, layout))
    return keys, axis_key(network, layout["placement"])


def every_placement(network: Document) -> list[str]:
    """The list of section 4, those that repeat an earlier one included; the levels' own order has no ``@``."""
    count = len(axes(network))
    names = ["".join(letters) for letters in itertools.permutations(AXES[:count])]
    return [order + (f"@{name}" if name != AXES[:count] else "") for order in ORDERS for name in names]


def default_placements(network: Document) -> list[str]:
    """The list of section 4 without those that repeat an earlier one by symmetry."""
    seen: set[Hashable] = set()
    result = []
    for placement in every_placement(network):
        key = placement.partition("@")[0], axis_key(network, placement)
        if key not in seen:
            seen.add(key)
            result.append(placement)
    return result


def sorted_placements(network: Document, placements: list[str]) -> list[str]:
    """In the order of the list of section 4, repeats dropped."""
    return sorted(set(placements), key=every_placement(network).index)


def is_duplicate(network: Document, layout: Document, allowed: list[str]) -> bool:
    """Whether an allowed placement that comes earlier in the list is equal by symmetry."""
    if len(allowed) == 1:
        return False
    key = symmetry_key(network, layout)
    for placement in sorted_placements(network, allowed):
        if placement == layout["placement"]:
            return False
        if symmetry_key(network, {**layout, "placement": placement}) == key:
            return True
    return False


def is_off_axes(network: Document, layout: Document) -> bool:
    """Whether a group covers part of one axis and part of another."""
    stride = strides(network, layout)
    kept = [name for name in stride if layout[name] > 1]
    boundaries = [stride[name] for name in kept] + [stride[name] * layout[name] for name in kept]
    blocks = [level["group_devices"] for level in axes(placed(network, layout["placement"]))]
    return any(boundary % block and block % boundary for boundary in boundaries for block in blocks)


def groups(problem: Document, layout: Document) -> tuple[Group, Group, Group]:
    """The tensor, data and pipeline groups under the layout's placement."""
    network = placed(problem["network"], layout["placement"])
    stride = strides(problem["network"], layout)
    return (
        Group(network, layout["tp"], stride["tp"]),
        Group(network, layout["dp"], stride["dp"]),
        Group(network, layout["pp"], stride["pp"]),
    )
