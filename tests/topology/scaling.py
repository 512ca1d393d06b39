"""Every bundled cluster scaled down until its graph is small, with the same kinds of host, tier and link."""

from __future__ import annotations

from math import prod

from clusterplan.catalog.clusters import list_clusters, load_cluster
from clusterplan.specs.cluster import ClusterSpec
from clusterplan.topology.checks import check_sums


def scaled_down(cluster: ClusterSpec, most: tuple[int, ...] = (4, 3, 3, 3)) -> ClusterSpec:
    """The cluster with at most so many members in each tier; a single torus stays as it is."""
    if cluster.fabric is None or not cluster.fabric.tiers:
        return cluster
    sizes = [min(tier.of, limit) for tier, limit in zip(cluster.fabric.tiers, most, strict=False)]
    tiers = [
        tier.model_copy(update={"of": size, "groups": prod(sizes[position + 1 :])})
        for position, (tier, size) in enumerate(zip(cluster.fabric.tiers, sizes, strict=True))
    ]
    domain_hosts = cluster.domain_hosts
    fabric = cluster.fabric.model_copy(update={"tiers": tuple(tiers)})
    made = cluster.model_copy(
        update={"fabric": fabric, "hosts": prod(sizes) * domain_hosts, "pools": (), "name": f"small-{cluster.name}"}
    )
    check_sums(made)
    return made


def small_clusters() -> list[ClusterSpec]:
    """All bundled clusters, scaled down."""
    return [scaled_down(load_cluster(name)) for name in list_clusters()]
