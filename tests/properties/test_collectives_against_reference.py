"""Single collectives of the engine against the slow reference, on random networks."""

from __future__ import annotations

import math
import random
from collections import Counter
from typing import Any

from properties import engine
from reference import network
from reference.placement import default_placements, every_placement, placed
from reference.random_problems import between, random_network

RELATIVE = 1e-9  # what docs/concepts/network.md promises
COLLECTIVES = engine.examples(1500)
OPERATIONS = (*network.OPERATIONS, "point_to_point")


def random_group(source: random.Random, devices: int) -> tuple[int, int]:
    """Ranks and stride that fit into the devices, aligned or not."""
    ranks = source.choice([one for one in range(1, devices + 1) if devices % one == 0])
    stride = source.choice([one for one in range(1, devices // ranks + 1) if devices % (ranks * one) == 0])
    return ranks, stride


def test_every_collective_equals_the_reference() -> None:
    seen: Counter[Any] = Counter()
    for seed in range(COLLECTIVES):
        source = random.Random(seed)
        document = random_network(source.choice, source.choice([8, 2, 4, 6, 12, 16, 24, 64, 72, 96, 144]))
        document = placed(document, source.choice(every_placement(document)))
        ranks, stride = random_group(source, document["devices"])
        group = network.Group(document, ranks, stride)
        size_bytes = source.choice([0.0, 1.0, between(source.choice, 100, 1e11), between(source.choice, 1e6, 1e9)])
        operation = source.choice(OPERATIONS)
        found = engine.collective(document, operation, ranks, stride, size_bytes)
        wanted = network.seconds(group, operation, size_bytes)
        where = f"seed {seed}: {operation} of {size_bytes} bytes over ({ranks}, {stride})"
        assert math.isclose(found["seconds"], wanted, rel_tol=RELATIVE), f"{where}: {found} instead of {wanted}"
        if ranks == 1 or size_bytes == 0 or operation == "point_to_point":
            continue
        candidates = network.candidate_seconds(group, operation, size_bytes)
        assert math.isclose(min(one["seconds"] for one in found["candidates"]), wanted, rel_tol=RELATIVE), where
        for one in found["candidates"]:
            algorithm = one["algorithm"] if len(candidates) > 1 else next(iter(candidates))
            assert math.isclose(one["seconds"], candidates[algorithm], rel_tol=RELATIVE), f"{where}: {one}"
        assert len(found["candidates"]) == len(candidates), where
        seen[operation] += 1
        seen["chosen", min(candidates, key=lambda name: candidates[name])] += 1
        seen["several axes"] += any(len(run) > 1 for run in group.torus_runs())
        seen["closed axis"] += any(group.closed(level) for run in group.torus_runs() for level in run)
        seen["interleaved axis"] += any(group.d(level) > 1 for run in group.torus_runs() for level in run)
        seen["degree shares"] += any(group.degree_share(level) < 1 for level in group.switches())
        seen["shared port"] += any(group.outermost_of_run(level) > level for level in group.crossed())
        seen["neither tiles"] += any(group.q(level) % 1 for level in group.crossed())
    # A test that scans asserts that it found something of each kind.
    assert {name[1] for name in seen if name[0] == "chosen"} >= {"ring", "pat", "hierarchical", "pairwise", "bruck"}
    if engine.EFFORT >= 1:
        assert not {name: count for name, count in seen.items() if count < 5}
        assert len(seen) == len(network.OPERATIONS) + 12


def test_the_placements_of_a_torus_are_the_orders_of_its_axes() -> None:
    counts = Counter()
    for seed in range(300):
        document = random_network(random.Random(seed).choice, 16)
        default, every = default_placements(document), every_placement(document)
        assert set(default) <= set(every) and default[0] == every[0] == "tp-dp-pp"
        assert len(every) in (6, 12, 36)
        counts[len(every), len(default)] += 1
    # Axes that are alike need not be told apart.
    assert {(6, 6), (12, 6), (12, 12), (36, 36), (36, 18), (36, 6)} <= set(counts), counts
