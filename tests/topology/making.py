"""Clusters for tests, from a few words."""

from __future__ import annotations

from typing import Any

from clusterplan.specs.cluster import ClusterSpec
from clusterplan.specs.validation import validate
from clusterplan.topology.checks import check_sums

SWITCH = {"technology": "nvlink-a100", "kind": "switch", "bandwidth": "300GB/s", "latency": "1us"}
CARDS = {"count": 8, "bandwidth": "200Gb/s"}


def tier(name: str, groups: int, of: int, **more: Any) -> dict[str, Any]:
    return {"name": name, "groups": groups, "of": of, "latency": "2us", **more}


def cluster(
    hosts: int = 1,
    accelerators: int = 8,
    *,
    scale_up: dict[str, Any] | None = None,
    torus: dict[str, Any] | None = None,
    nics: dict[str, Any] | None = CARDS,
    tiers: list[dict[str, Any]] | None = None,
    fabric: dict[str, Any] | None = None,
    **more: Any,
) -> ClusterSpec:
    """A checked cluster; one tier joins all hosts if nothing else is said."""
    host = {"accelerators": accelerators, "nics": nics}
    inner = {key: value for key, value in (SWITCH | (scale_up or {})).items() if value is not None}
    host |= {"torus": torus} if torus is not None else {"scale_up": inner}
    if fabric is None and torus is None and (tiers is not None or hosts > 1):
        fabric = {"tiers": tiers if tiers is not None else [tier("all", 1, hosts)]}
    given = {"name": "mine", "accelerator": "a100-sxm-80gb", "hosts": hosts, "host": host, **more}
    if fabric is not None:
        given["fabric"] = {"technology": "infiniband", **fabric}
    made = validate(ClusterSpec, given, what="cluster")
    check_sums(made)
    return made
