"""What holds for every problem and layout, tried through the engine on what hypothesis thinks up."""

from __future__ import annotations

import copy
import json
import math
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from properties import engine
from reference.placement import every_placement, groups, is_off_axes, symmetry_key
from reference.random_problems import problems, problems_with_layout

Document = dict[str, Any]

# The same examples in every run: a red build must mean that the code changed.
promise = settings(
    max_examples=engine.examples(60),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
ROUNDING = 1 + 1e-9


def best_step_time_s(problem: Document) -> float:
    plans = engine.search(problem, 1)["plans"]
    return float(plans[0]["step_time_s"]) if plans else math.inf


def assert_never_slower(problem: Document, better: Document) -> None:
    before = best_step_time_s(problem)
    assume(before < math.inf)
    assert best_step_time_s(better) <= before * ROUNDING


factors = st.sampled_from([2.0, 1.01, 1.3, 10.0])


@promise
@given(problem=problems(), factor=factors, data=st.data())
def test_more_bandwidth_at_any_level_is_never_slower(problem: Document, factor: float, data: st.DataObject) -> None:
    better = copy.deepcopy(problem)
    level = data.draw(st.sampled_from(range(len(better["network"]["levels"]))))
    better["network"]["levels"][level]["bytes_per_s"] *= factor
    assert_never_slower(problem, better)


@promise
@given(problem=problems(), factor=factors)
def test_more_memory_is_never_slower(problem: Document, factor: float) -> None:
    better = copy.deepcopy(problem)
    better["accelerator"]["memory_bytes"] = int(better["accelerator"]["memory_bytes"] * factor)
    assert_never_slower(problem, better)


@promise
@given(problem=problems(), factor=factors)
def test_more_memory_bandwidth_is_never_slower(problem: Document, factor: float) -> None:
    better = copy.deepcopy(problem)
    better["accelerator"]["memory_bytes_per_s"] *= factor
    assert_never_slower(problem, better)


@promise
@given(problem=problems(), factor=factors)
def test_more_peak_flops_is_never_slower(problem: Document, factor: float) -> None:
    better = copy.deepcopy(problem)
    better["accelerator"]["peak_flops_per_s"] *= factor
    assert_never_slower(problem, better)


@promise
@given(example=problems_with_layout())
def test_parts_add_up(example: tuple[Document, Document]) -> None:
    problem, layout = example
    found = engine.estimate(problem, layout)
    assert math.isclose(sum(found["time_s"].values()), found["step_time_s"], rel_tol=1e-9)
    assert all(seconds >= -1e-9 * found["step_time_s"] for seconds in found["time_s"].values())
    assert all(seconds >= 0 for seconds in found["hidden_s"].values())
    memory = found["memory"]
    for stage in memory["stages"]:
        assert math.isclose(sum(stage["by_category"].values()), stage["total_bytes"], rel_tol=1e-9)
        assert all(held >= 0 for held in stage["by_category"].values())
    assert len(memory["stages"]) == layout["pp"] == len(found["layers_per_stage"])
    assert sum(found["layers_per_stage"]) == problem["model"]["layers"]
    assert memory["peak_bytes"] == max(stage["total_bytes"] for stage in memory["stages"])
    assert memory["stages"][memory["worst_stage"]]["total_bytes"] == memory["peak_bytes"]


@promise
@given(example=problems_with_layout())
def test_a_second_of_computation_hides_one_second_of_traffic_on_one_port(example: tuple[Document, Document]) -> None:
    problem, layout = example
    found = engine.estimate(problem, layout)
    computation_s = sum(found["time_s"][part] for part in ("forward", "backward", "recompute"))
    hidden = dict(zip(("tensor_comm", "data_comm", "pipeline_comm"), groups(problem, layout), strict=True))
    if layout["pp"] > 1:  # data traffic may be of another stage than the rest
        del hidden["data_comm"]
    for port in range(len(problem["network"]["levels"])):
        on_it = [found["hidden_s"][kind] for kind, group in hidden.items() if port in group.ports()]
        assert sum(on_it) <= computation_s * (1 + 1e-9)


@promise
@given(example=problems_with_layout())
def test_fits_if_and_only_if_the_peak_is_within_capacity(example: tuple[Document, Document]) -> None:
    problem, layout = example
    found = engine.estimate(problem, layout)
    assert found["memory"]["capacity_bytes"] == problem["accelerator"]["memory_bytes"]
    assert found["fits"] is (found["memory"]["peak_bytes"] <= problem["accelerator"]["memory_bytes"])
    # ... at the very edge too: a whole number of bytes just above and just below the peak.
    for capacity, fits in (
        (math.ceil(found["memory"]["peak_bytes"]), True),
        (math.ceil(found["memory"]["peak_bytes"]) - 1, False),
    ):
        problem["accelerator"]["memory_bytes"] = capacity
        assert engine.estimate(problem, layout)["fits"] is fits


@promise
@given(example=problems_with_layout())
def test_a_degree_of_one_has_no_traffic(example: tuple[Document, Document]) -> None:
    problem, layout = example
    found = engine.estimate(problem, layout)

    def traffic(kind: str) -> float:
        return float(found["time_s"][kind] + found["hidden_s"][kind])

    assert (traffic("tensor_comm") > 0) is (layout["tp"] > 1)
    assert (traffic("pipeline_comm") > 0) is (layout["pp"] > 1)
    tied_over_pipeline = problem["model"]["tied_embeddings"] and layout["pp"] > 1
    assert (traffic("data_comm") > 0) is (layout["dp"] > 1 or tied_over_pipeline)
    assert traffic("context_comm") == traffic("expert_comm") == traffic("offload") == 0
    if layout["pp"] == 1:
        assert abs(found["time_s"]["bubble"]) <= 1e-9 * found["step_time_s"]
    if layout["recompute"] == "none":
        assert found["time_s"]["recompute"] == 0 and found["hfu"] == found["mfu"]


@promise
@given(example=problems_with_layout())
def test_utilisation_is_between_none_and_all(example: tuple[Document, Document]) -> None:
    found = engine.estimate(*example)
    assert 0 < found["mfu"] <= found["hfu"]
    assert found["mfu"] < 1
    devices, training = example[0]["network"]["devices"], example[0]["training"]
    tokens = training["global_batch_sequences"] * training["sequence_length"]
    assert math.isclose(found["tokens_per_s_per_device"] * devices * found["step_time_s"], tokens, rel_tol=1e-9)


@promise
@given(problem=problems())
def test_every_plan_uses_every_device_and_the_whole_batch(problem: Document) -> None:
    plans = engine.search(problem, 20)["plans"]
    assume(plans)
    for plan in plans:
        layout = plan["layout"]
        assert layout["tp"] * layout["pp"] * layout["dp"] == problem["network"]["devices"]
        sequences = plan["micro_batches"] * layout["micro_batch"] * layout["dp"]
        assert sequences == problem["training"]["global_batch_sequences"]
        assert plan["fits"] is True


@promise
@given(problem=problems())
def test_plans_are_what_estimate_says_of_their_layouts(problem: Document) -> None:
    plans = engine.search(problem, 5)["plans"]
    assume(plans)
    for plan in plans:
        assert engine.estimate(problem, plan["layout"]) == plan


@promise
@given(problem=problems(), top=st.sampled_from([1, 3, 50]))
def test_the_answer_is_the_same_for_any_number_of_threads(problem: Document, top: int) -> None:
    outcomes = [engine.search(problem, top, threads) for threads in (1, 2, 2)]
    for outcome in outcomes:
        outcome.pop("elapsed_s", None)
        outcome.pop("threads", None)
    one, two, again = (json.dumps(outcome) for outcome in outcomes)
    assert one == two == again


@promise
@given(problem=problems())
def test_asking_for_fewer_plans_gives_the_head_of_the_longer_list(problem: Document) -> None:
    longer = engine.search(problem, 10)["plans"]
    assert engine.search(problem, 3)["plans"] == longer[:3]


def test_the_strategies_reach_what_the_promises_speak_of() -> None:
    """Were every example trivial, the tests above would pass for nothing."""
    seen: Counter[str] = Counter()

    @settings(parent=promise, max_examples=100, database=None)
    @given(example=problems_with_layout())
    def look(example: tuple[Document, Document]) -> None:
        layout = example[1]
        seen.update(name for name in ("tp", "pp", "vpp", "dp") if layout[name] > 1)
        seen.update([layout["schedule"], f"sequence_parallel {layout['sequence_parallel']}"])

    @settings(parent=promise, max_examples=100, database=None)
    @given(problem=problems())
    def look_for_plans(problem: Document) -> None:
        seen["searches with plans"] += best_step_time_s(problem) < math.inf

    look()
    look_for_plans()
    for name in ("tp", "pp", "dp", "no-pipeline", "1f1b", "gpipe", "sequence_parallel True", "searches with plans"):
        assert seen[name] >= 3, f"{name}: only {seen[name]} of 100 examples ({dict(seen)})"


@promise
@given(found=problems_with_layout())
def test_placements_that_count_once_cost_the_same(found: tuple[Document, Document]) -> None:
    problem, layout = found
    times: dict[Any, list[float]] = {}
    for placement in every_placement(problem["network"]):
        placed = {**layout, "placement": placement}
        if not is_off_axes(problem["network"], placed):
            key = symmetry_key(problem["network"], placed)
            times.setdefault(key, []).append(engine.estimate(problem, placed)["step_time_s"])
    assume(any(len(alike) > 1 for alike in times.values()))
    for alike in times.values():
        assert max(alike) <= min(alike) * ROUNDING
