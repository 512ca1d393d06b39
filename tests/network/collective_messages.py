"""The real messages of the collectives of docs/concepts/network.md, section 3, of one group of ranks.

An algorithm sends its array in many small chunks, so all its steps run at once: the messages of a step that repeats
are one flow with the bytes of all repeats. The flows of all groups of a kind are then played together.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

from .cluster_graph import HostCluster, Torus
from .flow_simulation import Flow

Members = list[int]


def groups_of(devices: int, n: int, stride: int) -> list[Members]:
    """All groups (n, stride): every device is in exactly one."""
    firsts = [one for one in range(devices) if one // stride % n == 0]
    return [[first + stride * k for k in range(n)] for first in firsts]


def by_host(cluster: HostCluster, members: Members) -> list[Members]:
    """The members of each host that has any."""
    return [list(one) for _, one in itertools.groupby(members, lambda device: device // cluster.host_devices)]


def rotated(items: Members, by: int) -> Members:
    return items[by:] + items[:by]


# --- hosts -----------------------------------------------------------------------------------------------------------


def ring_all_gather(cluster: HostCluster, members: Members, S: float, on_rail: bool = True) -> Iterator[Flow]:
    """One ring a port, each of which leaves a host by the card of the rail that it came in on (else by its last card).

    Through a mesh the rings take the members in every order, so that each direct link carries as much.
    """
    hosts, n = by_host(cluster, members), len(members)
    ports = min(len(host) for host in hosts)
    channels = ports if len(hosts) > 1 else 1
    passed = S * (n - 1) / n
    if cluster.mesh:
        for host in hosts:
            for source, target in itertools.permutations(host, 2):
                yield Flow(passed / (len(host) - 1), cluster.path(source, target))
        for channel in range(channels if len(hosts) > 1 else 0):
            for here, there in zip(hosts, hosts[1:] + hosts[:1], strict=True):
                yield Flow(passed / channels, cluster.path(here[channel], there[channel]))
        return
    way = cluster.path_on_rail if on_rail else cluster.path
    for channel in range(channels):
        ring = [device for host in hosts for device in rotated(host, channel)]
        for source, target in zip(ring, rotated(ring, 1), strict=True):
            yield Flow(passed / channels, way(source, target))


def ring_all_reduce(cluster: HostCluster, members: Members, S: float) -> Iterator[Flow]:
    """Reduce-scatter, then all-gather, over the same rings."""
    for flow in ring_all_gather(cluster, members, S):
        yield Flow(2 * flow.size_bytes, flow.links)


def binary_tree(count: int) -> list[tuple[int, int]]:
    """(child, parent) pairs of NCCL's binary tree (src/graph/trees.cc, ncclGetBtree)."""
    pairs = []
    for rank in range(1, count):
        bit = rank & -rank
        parent = (rank ^ bit) | (bit << 1)
        pairs.append((rank, parent if parent < count else rank ^ bit))
    return pairs


def double_binary_tree(count: int) -> list[list[tuple[int, int]]]:
    """Two trees: who has children in one has none in the other (ncclGetDtree). Mirrored, or shifted by one."""
    first = binary_tree(count)
    if count % 2 == 0:
        return [first, [(count - 1 - child, count - 1 - parent) for child, parent in first]]
    return [first, [((child + 1) % count, (parent + 1) % count) for child, parent in first]]


def tree_edges(cluster: HostCluster, heads: Members, size_bytes: float) -> Iterator[Flow]:
    """An all-reduce over a double binary tree: each half goes up one tree and comes down again."""
    for tree in double_binary_tree(len(heads)):
        for child, parent in tree:
            yield Flow(size_bytes / 2, cluster.path(heads[child], heads[parent]))
            yield Flow(size_bytes / 2, cluster.path(heads[parent], heads[child]))


def hierarchical_all_reduce(cluster: HostCluster, members: Members, S: float) -> Iterator[Flow]:
    """Reduce-scatter in the hosts, a double tree over the hosts for each part, all-gather in the hosts.

    Behind one port (PCIe) a chain through the host stands for the first and last: NCCL's tree.
    """
    hosts = by_host(cluster, members)
    ports = min(len(host) for host in hosts)
    if len(hosts) == 1:
        yield from tree_edges(cluster, members, S)
        return
    for host in hosts:
        if not cluster.through_inside:
            for source, target in itertools.permutations(host, 2):
                yield Flow(2 * S / len(host), cluster.path(source, target))
            continue
        for channel in range(ports):
            for one, other in itertools.pairwise(rotated(host, channel)):
                yield Flow(S / ports, cluster.path(one, other))
                yield Flow(S / ports, cluster.path(other, one))
    for channel in range(ports):
        yield from tree_edges(cluster, [host[channel] for host in hosts], S / ports)


def pairwise_all_to_all(cluster: HostCluster, members: Members, S: float) -> Iterator[Flow]:
    for source, target in itertools.permutations(members, 2):
        yield Flow(S / len(members), cluster.path(source, target))


def pipelined_broadcast(cluster: HostCluster, members: Members, S: float) -> Iterator[Flow]:
    """One channel a port: from card to card through the hosts, and a chain through each host from where it came in."""
    hosts = by_host(cluster, members)
    ports, root = len(hosts[0]), members[0]
    if cluster.mesh and len(hosts) == 1:
        # A part to each member, which passes it on to the others.
        for first in members[1:]:
            part = S / (len(members) - 1)
            yield Flow(part, cluster.path(root, first))
            for other in members[1:]:
                if other != first:
                    yield Flow(part, cluster.path(first, other))
        return
    if cluster.through_inside:  # one chain through all
        for source, target in itertools.pairwise(members):
            yield Flow(S, cluster.path(source, target))
        return
    for channel in range(ports):
        for index, host in enumerate(hosts):
            chain = rotated(host, channel)
            if index == 0:  # from the root, and last to the device whose card it leaves by
                chain = [root, *(device for device in chain[::-1] if device != root)]
            for source, target in itertools.pairwise(chain):
                yield Flow(S / ports, cluster.path(source, target))
        for here, there in itertools.pairwise(hosts):
            yield Flow(S / ports, cluster.path(here[channel], there[channel]))


def neighbours(cluster: HostCluster, members: Members, S: float) -> Iterator[Flow]:
    """Every stage of a pipeline sends to the next."""
    for source, target in itertools.pairwise(members):
        yield Flow(S, cluster.path(source, target))


# --- torus -----------------------------------------------------------------------------------------------------------


def torus_neighbours(torus: Torus, members: Members, S: float) -> Iterator[Flow]:
    """A message takes one way, also where the other way round is as long."""
    for source, target in itertools.pairwise(members):
        yield Flow(S, torus.paths(source, target)[0][1])


def torus_all_to_all(torus: Torus, members: Members, S: float) -> Iterator[Flow]:
    for source, target in itertools.permutations(members, 2):
        for share, links in torus.paths(source, target):
            yield Flow(share * S / len(members), links)


def axis_all_gather(torus: Torus, axis: int, line: Members, part_bytes: float) -> Iterator[Flow]:
    """Of parts of ``part_bytes`` from each of a line: both ways round a closed axis, to both ends of an open one."""
    count = len(line)
    length, spacing = torus.lengths[axis], torus.position(line[1], axis) - torus.position(line[0], axis)
    closed = torus.wraps[axis] and count * spacing >= length
    for index, device in enumerate(line):
        forwards, backwards = ((count - 1) / 2,) * 2 if closed else (index + 1, count - index)
        if closed or index + 1 < count:
            yield Flow(forwards * part_bytes, torus.along(device, axis, spacing))
        if closed or index > 0:
            yield Flow(backwards * part_bytes, torus.along(device, axis, -spacing))


def torus_all_gather(
    torus: Torus, members: Members, degrees: list[int], shares: dict[tuple[int, ...], float], S: float
) -> Iterator[Flow]:
    """``degrees``: members along each axis; ``shares``: how much of the array takes the axes in which order."""
    n = len(members)
    for order, share in shares.items():
        held = share * S / n
        for axis in order:
            inner = math.prod(degrees[:axis])
            for first in range(n):
                if first // inner % degrees[axis] == 0:
                    line = [members[first + inner * k] for k in range(degrees[axis])]
                    yield from axis_all_gather(torus, axis, line, held)
            held *= degrees[axis]


def best_shares(degrees: list[int], rates: list[float]) -> dict[tuple[int, ...], float]:
    """How to split an array over the orders of the axes so that the busiest axis ends soonest.

    Found by play: in every round the order that is best against the load so far gets a little more.
    """
    crossed = [axis for axis, degree in enumerate(degrees) if degree > 1]
    loads: dict[tuple[int, ...], list[float]] = {}
    for order in itertools.permutations(crossed):
        held, load = 1.0, [0.0] * len(degrees)
        for axis in order:
            load[axis] = held * (degrees[axis] - 1) / rates[axis]
            held *= degrees[axis]
        loads[order] = load
    shares = dict.fromkeys(loads, 0.0)
    total = [0.0] * len(degrees)
    rounds = 300
    for _ in range(rounds):

        def worst(order: tuple[int, ...]) -> float:
            return max(one + more for one, more in zip(total, loads[order], strict=True))  # noqa: B023

        order = min(loads, key=worst)
        shares[order] += 1 / rounds
        total = [one + more for one, more in zip(total, loads[order], strict=True)]
    return shares
