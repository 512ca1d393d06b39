"""Which network cards of a host serve which of its devices, and on which rail they hang.

Cards are dealt out in order: several to each device, or one to several devices. A rail is the leaf on which the cards
of a device hang, the same in every host. Where every device has cards of its own, be it one or four, its rail is its
number in the host and all its cards hang on it; where devices share a card, its number is their rail. So there are
never more rails than devices, nor more than cards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..specs.host import Host


def cards_of(host: Host, device: int) -> range:
    """The network cards that serve a device, numbers in the host; empty where it has none.

    Example:
        >>> from clusterplan.catalog.clusters import load_cluster
        >>> cards_of(load_cluster("aws-p5").host, 1), cards_of(load_cluster("dgx1-v100").host, 3)
        (range(4, 8), range(1, 2))
    """
    if host.nics is None:
        return range(0)
    each, rail = host.nics.count // rail_count(host), device // devices_per_rail(host)
    return range(rail * each, (rail + 1) * each)


def devices_of(host: Host, card: int) -> range:
    """The devices that a network card serves, numbers in the host; empty where the host lists no cards.

    Example:
        >>> from clusterplan.catalog.clusters import load_cluster
        >>> devices_of(load_cluster("aws-p5").host, 5), devices_of(load_cluster("dgx1-v100").host, 1)
        (range(1, 2), range(2, 4))
    """
    if host.nics is None:
        return range(0)
    each, rail = devices_per_rail(host), rail_of_card(host, card)
    return range(rail * each, (rail + 1) * each)


def rail_of_card(host: Host, card: int) -> int:
    """The rail on which a network card hangs.

    Example:
        >>> from clusterplan.catalog.clusters import load_cluster
        >>> rail_of_card(load_cluster("aws-p5").host, 5)
        1
    """
    assert host.nics is not None
    return card // (host.nics.count // rail_count(host))


def rail_count(host: Host) -> int:
    """How many rails there are: the smaller of devices and network cards; 0 without cards.

    Whether each has a leaf of its own is for ``fabric.rails`` to say.
    """
    return 0 if host.nics is None else min(host.nics.count, host.accelerators)


def devices_per_rail(host: Host) -> int:
    """How many devices of a host are on one rail; 0 without network cards."""
    return 0 if host.nics is None else host.accelerators // rail_count(host)
