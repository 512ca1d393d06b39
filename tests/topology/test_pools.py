"""Pools of other accelerators in one cluster: a job runs inside one of them."""

from __future__ import annotations

import pytest

from clusterplan.catalog.clusters import load_cluster
from clusterplan.errors import SpecError
from clusterplan.topology.checks import check_sums
from clusterplan.topology.levels import build_network
from clusterplan.topology.pools import pool_names, pool_view

MIXED = """\
name: mixed
accelerator: h100-sxm-80gb
hosts: 4
host:
  accelerators: 8
  scale_up: {technology: nvlink-h100, bandwidth: 450GB/s, latency: 0.8us}
  nics: {count: 8, bandwidth: 400Gb/s}
fabric:
  technology: infiniband
  tiers: [{name: leaf, groups: 1, of: 4, latency: 2us}]
power_w_per_device: 1275
pools:
  - name: a100
    accelerator: a100-sxm-80gb
    hosts: 2
    host:
      accelerators: 8
      scale_up: {technology: nvlink-a100, bandwidth: 300GB/s, latency: 0.8us}
      nics: {count: 8, bandwidth: 200Gb/s}
    fabric:
      technology: infiniband
      tiers: [{name: rack, groups: 1, of: 2, latency: 2us}]
    power_w_per_device: 812.5
  - {name: small, accelerator: h200-sxm-141gb, hosts: 4}
"""


@pytest.fixture
def mixed(tmp_path):
    path = tmp_path / "mixed.yaml"
    path.write_text(MIXED)
    return str(path)


def test_a_pool_is_seen_as_a_cluster(mixed):
    main, a100, small = (pool_view(load_cluster(mixed), pool) for pool in (None, "A100", "small"))
    assert main == load_cluster(mixed) == pool_view(load_cluster(mixed), "main")
    assert (main.name, main.accelerator, main.devices) == ("mixed", "h100-sxm-80gb", 32)
    assert (a100.name, a100.accelerator, a100.devices) == ("mixed/a100", "a100-sxm-80gb", 16)
    assert a100.power_w_per_device == 812.5
    assert (small.accelerator, small.devices, small.power_w_per_device) == ("h200-sxm-141gb", 32, 1275)
    assert [level["name"] for level in build_network(a100, 16)["levels"]] == ["nvlink-a100", "rack"]
    assert [level["name"] for level in build_network(small, 32)["levels"]] == ["nvlink-h100", "leaf"]
    assert pool_names(main) == ("main", "a100", "small")
    assert [pool.name for pool in a100.pools] == ["main", "small"]
    for view in (main, a100, small):
        check_sums(view)


def test_a_job_runs_inside_one_pool(mixed):
    for pool, expected in (
        (None, "devices: 40 are more than the 32 of this pool of mixed; all pools together have 80, but a job runs "
               "inside one pool (the others: a100, small)"),
        ("a100", "devices: 40 are more than the 16 of this pool of mixed/a100; all pools together have 80, but a job "
                 "runs inside one pool (the others: main, small)"),
    ):  # fmt: skip
        with pytest.raises(SpecError) as caught:
            build_network(pool_view(load_cluster(mixed), pool), 40)
        assert (str(caught.value), caught.value.code) == (expected, "too-many-devices")
    with pytest.raises(SpecError, match=r"devices: 88 are more than the 32 of mixed$"):
        build_network(load_cluster(mixed), 88)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MIXED.replace("name: small", "name: a100"), "pools[1].name: two pools are named 'a100'"),
        (MIXED.replace("name: small", "name: main"), "pools[1].name: 'main' is the name of the pool above"),
        (
            MIXED.replace("accelerator: a100-sxm-80gb", "accelerator: a1000"),
            "mixed.yaml:14:5: pools[0].accelerator: there is no accelerator named 'a1000'; did you mean",
        ),
        (
            MIXED.replace("hosts: 4}", "hosts: 5}"),
            "pools[1].fabric.tiers[0]: 1 groups of 4 are 4, but there are 5 hosts below the tier 'leaf'",
        ),
        (
            MIXED.replace("name: rack, groups: 1", "name: rack, groups: 2"),
            "pools[0].fabric.tiers[0]: 2 groups of 2 are 4, but there are 2 hosts below the tier 'rack'",
        ),
        (MIXED.replace("hosts: 4}", "hosts: 4, host: 2}"), "pools[1].host: 2 is not a mapping of keys to values"),
        (MIXED.replace("small, ", "small, nodes: 3, "), "pools[1].nodes: unknown key 'nodes'"),
    ],
)
def test_wrong_pools(tmp_path, text, expected):
    assert text != MIXED
    path = tmp_path / "mixed.yaml"
    path.write_text(text)
    with pytest.raises(SpecError) as caught:
        load_cluster(str(path))
    assert expected in str(caught.value)
    assert str(caught.value).startswith(f"{path}:")


def test_an_unknown_pool_names_all(mixed):
    with pytest.raises(SpecError) as caught:
        pool_view(load_cluster(mixed), "smal")
    assert str(caught.value) == "cluster mixed: there is no pool named 'smal'; did you mean 'small' or 'main'?"
    assert caught.value.hint == "use one of main, a100, small"
    with pytest.raises(SpecError, match="pool: 3 is not a name"):
        pool_view(load_cluster(mixed), 3)
    with pytest.raises(SpecError, match="there is no pool named 'x'"):
        pool_view(load_cluster("dgx-h100-superpod"), "x")
