"""The engine against the slow reference: single estimates, number by number, and whole searches by brute force."""

from __future__ import annotations

import itertools
import json
import math
import random
from collections import Counter
from typing import Any

import pytest

from clusterplan.errors import SpecError
from properties import engine
from reference import dense_estimate
from reference.dense_step import share_a_port
from reference.placement import groups
from reference.random_problems import random_problem, random_raw_layout, random_search_problem, random_valid_layout

Document = dict[str, Any]
RELATIVE = 1e-9  # what docs/concepts/equations.md promises

LAYOUTS = engine.examples(600)
SEARCHES = engine.examples(150)
TOP = 7


def close(found: float, wanted: float, scale: float = 0.0) -> bool:
    """Equal to 1e-9, of itself or of ``scale`` (for small differences of large numbers, such as the bubble)."""
    return math.isclose(found, wanted, rel_tol=RELATIVE, abs_tol=RELATIVE * scale)


def differences(found: Any, wanted: Any, scale: float, path: str = "") -> list[str]:
    """Every place where two documents differ, keys included."""
    if isinstance(wanted, dict):
        if not isinstance(found, dict) or set(found) != set(wanted):
            return [f"{path}: keys {sorted(found) if isinstance(found, dict) else found} instead of {sorted(wanted)}"]
        return [one for key in wanted for one in differences(found[key], wanted[key], scale, f"{path}.{key}")]
    if isinstance(wanted, list):
        if not isinstance(found, list) or len(found) != len(wanted):
            return [f"{path}: {found} instead of {wanted}"]
        pairs = zip(found, wanted, strict=True)
        return [one for i, (a, b) in enumerate(pairs) for one in differences(a, b, scale, f"{path}[{i}]")]
    if isinstance(wanted, bool) or not isinstance(wanted, int | float):
        return [] if found == wanted and type(found) is type(wanted) else [f"{path}: {found!r} instead of {wanted!r}"]
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return [] if is_number and close(found, wanted, scale) else [f"{path}: {found!r} instead of {wanted!r}"]


def estimate_differences(found: Document, wanted: Document) -> list[str]:
    """``differences`` of two ESTIMATE documents; names chosen by a maximum may differ where the maximum is a tie."""
    found, wanted = dict(found), dict(wanted)
    result: list[str] = []
    if found["bottleneck"] != wanted["bottleneck"]:
        parts, names = wanted["time_s"], (found["bottleneck"], wanted["bottleneck"])
        sizes = [0.05 * wanted["step_time_s"] if name == "compute" else parts[name] for name in names]
        if not close(*sizes):
            result.append(f".bottleneck: {names[0]} instead of {names[1]}")
    found["memory"], wanted["memory"] = dict(found["memory"]), dict(wanted["memory"])
    stages, worst = wanted["memory"]["stages"], (found["memory"]["worst_stage"], wanted["memory"]["worst_stage"])
    if not close(stages[worst[0]]["total_bytes"], stages[worst[1]]["total_bytes"]):
        result.append(f".memory.worst_stage: {worst[0]} instead of {worst[1]}")
    for document in (found, wanted):
        del document["bottleneck"], document["memory"]["worst_stage"]
    if close(wanted["memory"]["peak_bytes"], wanted["memory"]["capacity_bytes"]):
        found["fits"] = wanted["fits"]
    times = {name: (found.pop(name), wanted.pop(name)) for name in ("time_s", "hidden_s")}
    for name, (a, b) in times.items():
        result += differences(a, b, wanted["step_time_s"], f".{name}")
    return result + differences(found, wanted, 0.0)


def random_layouts(number: int) -> list[tuple[int, Document, Document]]:
    result = []
    seed = 0
    while len(result) < number:
        random_source = random.Random(seed)
        problem = random_problem(random_source.choice)
        try:
            result.append((seed, problem, random_valid_layout(random_source.choice, problem)))
        except LookupError:
            assert seed < 10 * number, "the generator hardly finds a valid layout"
        seed += 1
    return result


def test_every_number_of_an_estimate_equals_the_reference() -> None:
    seen: Counter[Any] = Counter()
    for seed, problem, layout in random_layouts(LAYOUTS):
        found, wanted = engine.estimate(problem, layout), dense_estimate.estimate(problem, layout)
        wrong = estimate_differences(found, wanted)
        assert not wrong, f"seed {seed}, layout {layout}:\n" + "\n".join(wrong)
        model = problem["model"]
        stages = wanted["layers_per_stage"]
        seen[layout["schedule"]] += 1
        seen["zero", dense_estimate.zero_stage(layout)] += 1
        seen["order", layout["placement"].partition("@")[0]] += 1
        seen["axes", "given" if "@" in layout["placement"] else "as they are"] += 1
        tensor, data, pipeline = groups(problem, layout)
        if layout["tp"] > 1 and layout["dp"] > 1:
            seen["tensor and data share a port", share_a_port(tensor, data)] += 1
        if layout["pp"] > 1 and layout["dp"] > 1:
            seen["pipeline and data share a port", share_a_port(pipeline, data)] += 1
        seen["over several axes"] += any(len(run) > 1 for group in (tensor, data) for run in group.torus_runs())
        seen["fits", wanted["fits"]] += 1
        seen["attention", problem["attention"]["kind"]] += 1
        seen["recompute", layout["recompute"]] += 1
        seen["sequence parallel", layout["sequence_parallel"]] += 1
        seen["uneven stages"] += stages[0] != max(stages)
        seen["replicated key/value heads"] += layout["tp"] > model["kv_heads"]
        seen["tied over a pipeline"] += model["tied_embeddings"] and layout["pp"] > 1
        seen["tensor and data"] += layout["tp"] > 1 and layout["dp"] > 1
        for kind in {level["kind"] for level in problem["network"]["levels"]}:
            seen["network", kind] += 1
        for part, seconds in (*wanted["time_s"].items(), *wanted["hidden_s"].items()):
            seen["part", part] += seconds > 0
    # A test that scans asserts that it found something of each kind.
    assert sum(seen[name] for name in ("no-pipeline", "gpipe", "1f1b", "interleaved")) == LAYOUTS
    absent = {"context_comm", "expert_comm", "offload"}
    assert {name[1] for name, count in seen.items() if name[0] == "part" and not count} == absent
    if engine.EFFORT >= 1:
        rare = {name: seen[name] for name in seen if name[0] != "part" and seen[name] < 5}
        assert not rare, f"too few of: {rare}"
        assert len([name for name in seen if name[0] == "zero"]) == 4
        assert len([name for name in seen if name[0] == "network"]) == 2
        assert len([name for name in seen if name[0] == "order"]) == 6


def test_layouts_that_break_a_rule_are_refused() -> None:
    reasons: Counter[str] = Counter()
    for seed in range(engine.examples(300)):
        random_source = random.Random(10_000 + seed)
        problem = random_problem(random_source.choice)
        raw = random_raw_layout(random_source.choice, problem)
        reason = dense_estimate.check_without_memory(problem, raw)
        if reason is None or reason == "devices_not_divisible" or reason == "placement_duplicate":
            continue  # the first cannot be written as a layout document; the last is about the space, not the layout
        if reason == "zero_without_data":
            continue  # with one data rank all ZeRO stages are written alike
        layout = dense_estimate.layout_document(raw, problem["network"]["devices"])
        with pytest.raises(SpecError):
            engine.estimate(problem, layout)
        reasons[reason] += 1
    assert sum(reasons.values()) > 0
    if engine.EFFORT >= 1:
        assert len(reasons) >= 5, reasons


def layout_key(layout: Document) -> str:
    return json.dumps(layout, sort_keys=True)


def assert_same_plans(seed: int, plans: list[Document], feasible: list[Document]) -> None:
    """The engine's plans are the best of all feasible ones; the order within a tie is the engine's own."""
    ranked = sorted(feasible, key=lambda plan: (plan["step_time_s"], plan["memory"]["peak_bytes"]))
    by_layout = {layout_key(plan["layout"]): plan for plan in ranked}
    assert len(plans) == min(TOP, len(ranked)), f"seed {seed}"
    assert len({layout_key(plan["layout"]) for plan in plans}) == len(plans), f"seed {seed}: a plan twice"
    for index, (plan, wanted) in enumerate(zip(plans, ranked, strict=False)):
        assert close(plan["step_time_s"], wanted["step_time_s"]), f"seed {seed}, plan {index}"
        twin = by_layout.get(layout_key(plan["layout"]))
        assert twin is not None, f"seed {seed}: {plan['layout']} is not a feasible layout of the space"
        wrong = estimate_differences(plan, twin)
        assert not wrong, f"seed {seed}, plan {index}:\n" + "\n".join(wrong)
    for earlier, later in itertools.pairwise(plans):
        if earlier["step_time_s"] == later["step_time_s"]:
            assert earlier["memory"]["peak_bytes"] <= later["memory"]["peak_bytes"], f"seed {seed}: tie not by memory"
        else:
            assert earlier["step_time_s"] < later["step_time_s"], f"seed {seed}: not sorted"


def test_searches_equal_brute_force() -> None:
    seen: Counter[str] = Counter()
    for seed in range(SEARCHES):
        problem = random_search_problem(random.Random(seed).choice)
        outcome = engine.search(problem, TOP)
        space, infeasible, feasible, costed = 0, Counter[str](), [], []
        for _, reason, found in dense_estimate.enumerate_space(problem):
            space += 1
            if reason is not None:
                infeasible[reason] += 1
            elif found is not None:
                feasible.append(found)
            if found is not None:
                costed.append(found)
        # A capacity within rounding of a peak could be counted either way: not seen so far, and no bug.
        if any(close(one["memory"]["peak_bytes"], one["memory"]["capacity_bytes"]) for one in costed):
            continue
        reported = {reason: count for reason, count in outcome["infeasible"].items() if count}
        assert reported == dict(infeasible), f"seed {seed}"
        assert outcome["space"] == space == sum(infeasible.values()) + len(feasible), f"seed {seed}"
        assert outcome["evaluated"] + outcome.get("pruned", 0) == len(costed), f"seed {seed}"
        assert_same_plans(seed, outcome["plans"], feasible)
        if not engine.REFERENCE_STANDS_IN:
            assert outcome["optimal"] is True and outcome["stopped"] == "complete"
            assert_nearest_miss(seed, problem, outcome, feasible, costed)
        seen.update(infeasible)
        seen["searches with plans"] += bool(feasible)
        seen["searches without"] += not feasible
        seen["nothing but too large"] += bool(costed) and not feasible
        seen["costed"] += len(costed)
    assert seen["costed"] > 0 and seen["searches with plans"] > 0
    if engine.EFFORT >= 1:
        assert seen["searches with plans"] >= 60 and seen["nothing but too large"] >= 5, seen
        assert set(dense_estimate.REASONS) <= set(seen), set(dense_estimate.REASONS) - set(seen)


def assert_nearest_miss(
    seed: int, problem: Document, outcome: Document, feasible: list[Document], costed: list[Document]
) -> None:
    """Where nothing fits: the layout that misses by least, and the single changes that would make it fit."""
    miss = outcome["nearest_miss"]
    if feasible or not costed:
        assert miss is None, f"seed {seed}"
        return
    least = min(one["memory"]["peak_bytes"] for one in costed)
    assert close(miss["needed_bytes"], least), f"seed {seed}"
    assert miss["capacity_bytes"] == problem["accelerator"]["memory_bytes"]
    wanted = dense_estimate.estimate(problem, miss["layout"])
    assert close(wanted["memory"]["peak_bytes"], least), f"seed {seed}"
    stage = wanted["memory"]["stages"][miss["stage"]]
    assert close(stage["total_bytes"], least), f"seed {seed}"
    assert close(stage["by_category"][miss["largest_category"]], max(stage["by_category"].values())), f"seed {seed}"
    layout = miss["layout"]
    dp = layout["dp"]
    changes = {
        "full_recompute": {"recompute": "full"},
        "sequence_parallel": {"sequence_parallel": True},
        "zero_3": {"shards": {"parameters": dp, "gradients": dp, "optimizer": dp}},
    }
    for name, change in changes.items():
        possible = name != "zero_3" or dp > 1
        mends = possible and dense_estimate.check(problem, {**layout, **change}) is None
        assert (name in miss["fixes"]) == mends, f"seed {seed}: {name}"


def test_parameters_equal_the_reference() -> None:
    for seed in range(engine.examples(200)):
        model = random_problem(random.Random(seed).choice)["model"]
        assert engine.parameters(model) == dense_estimate.parameters(model), f"seed {seed}: {model}"
