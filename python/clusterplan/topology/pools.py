"""Pools: other accelerators of the same cluster. A job runs inside one of them, which is seen as a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import SpecError
from ..specs.refusals import shown
from ..specs.validation import unknown_name

if TYPE_CHECKING:
    from ..specs.cluster import ClusterSpec

MAIN_POOL = "main"


def pool_names(cluster: ClusterSpec) -> tuple[str, ...]:
    """The names of the pools of a cluster; the first, ``main``, is the cluster as its file describes it."""
    return (MAIN_POOL, *(pool.name for pool in cluster.pools))


def pool_view(cluster: ClusterSpec, name: str | None) -> ClusterSpec:
    """The cluster that a job in the pool ``name`` sees: its accelerators, hosts and fabric, the others as its pools.

    ``None`` is the main pool; upper and lower case are the same.

    Raises:
        SpecError: there is no such pool; all names are in the hint.

    Example:
        >>> from clusterplan.catalog.clusters import load_cluster
        >>> pool_view(load_cluster("perlmutter-gpu"), "a100-80gb").accelerator
        'a100-sxm-80gb'
    """
    from ..specs.cluster import Pool

    if name is None:
        return cluster
    if not isinstance(name, str):
        raise SpecError(f"pool: {shown(name)} is not a name", code="unknown-pool", hint="give the name of a pool")
    if name.lower() == MAIN_POOL:
        return cluster
    chosen = next((pool for pool in cluster.pools if pool.name.lower() == name.lower()), None)
    if chosen is None:
        names = ", ".join(pool_names(cluster))
        error = unknown_name("pool", name, pool_names(cluster), hint=f"use one of {names}")
        raise SpecError(f"cluster {cluster.name}: {error}", code=error.code, hint=error.hint)
    main = Pool(name=MAIN_POOL, accelerator=cluster.accelerator, hosts=cluster.hosts, host=cluster.host)
    others = [
        pool.model_copy(update={"host": pool.host or cluster.host, "fabric": pool.fabric or cluster.fabric})
        for pool in cluster.pools
        if pool is not chosen
    ]
    return cluster.model_copy(
        update={
            "name": f"{cluster.name}/{chosen.name}",
            "accelerator": chosen.accelerator,
            "hosts": chosen.hosts,
            "host": chosen.host or cluster.host,
            "fabric": chosen.fabric or cluster.fabric,
            "cost": chosen.cost or cluster.cost,
            "power_w_per_device": (
                cluster.power_w_per_device if chosen.power_w_per_device is None else chosen.power_w_per_device
            ),
            "pools": (main.model_copy(update={"fabric": cluster.fabric}), *others),
        }
    )
