"""The Python face: search, estimate, and the values that they return."""

from __future__ import annotations

import dataclasses
import json
import pickle
import sys
from typing import Any

import pytest

import clusterplan
from clusterplan import InfeasibleError, Layout, MissingExtraError, SearchResult, Shards, SpecError
from clusterplan.planning.parts import Parts
from clusterplan.planning.rows import COLUMNS

JOB: dict[str, Any] = {"cluster": "dgx-h100-superpod", "devices": 64, "global_batch": 256, "seq_len": 8192}


@pytest.fixture(scope="module")
def result() -> SearchResult:
    return clusterplan.search("llama-3.1-8b", **JOB, tokens="1T", top=4)


def test_plans_come_fastest_first_and_fit(result: SearchResult) -> None:
    assert result.best is result.plans[0] and len(result.plans) == 4
    assert [plan.step_time_s for plan in result.plans] == sorted(plan.step_time_s for plan in result.plans)
    assert result.optimal and result.stopped == "complete" and result.nearest_miss is None
    for plan in result.plans:
        assert plan.fits and plan.memory.fits and plan.layout.devices == 64
        assert plan.time_s.total == pytest.approx(plan.step_time_s, rel=1e-9)
        assert sum(plan.layers_per_stage) == 32


def test_outlook_of_a_plan(result: SearchResult) -> None:
    plan = result.best
    assert plan.steps is not None and plan.time_to_train_s is not None and plan.device_hours is not None
    assert result.request.usd_per_device_hour is not None
    assert plan.steps == -(-(10**12) // (256 * 8192))
    assert plan.time_to_train_s == pytest.approx(plan.steps * plan.step_time_s)
    assert plan.device_hours == pytest.approx(plan.time_to_train_s * 64 / 3600)
    assert plan.cost_usd == pytest.approx(plan.device_hours * result.request.usd_per_device_hour)


def test_no_tokens_no_outlook() -> None:
    plan = clusterplan.search("llama-3.1-8b", **JOB, top=1).best
    assert (plan.steps, plan.time_to_train_s, plan.device_hours, plan.cost_usd) == (None, None, None, None)


def test_values_are_frozen_hashable_and_picklable(result: SearchResult) -> None:
    assert pickle.loads(pickle.dumps(result)) == result
    assert len({result.best, *result.plans}) == 4 and hash(result) == hash(pickle.loads(pickle.dumps(result)))
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.best.step_time_s = 1.0  # type: ignore[misc]
    with pytest.raises(AttributeError):
        result.best.time_s.total = 1.0  # type: ignore[misc]


def test_to_pandas(result: SearchResult) -> None:
    frame = result.to_pandas()
    assert tuple(frame.columns) == COLUMNS
    assert list(frame["rank"]) == [1, 2, 3, 4]
    assert frame["step_time_s"][0] == result.best.step_time_s


def test_to_pandas_names_the_extra(result: SearchResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError) as caught:
        result.to_pandas()
    assert "pandas" in (caught.value.hint or "")


def test_to_json_is_to_dict(result: SearchResult) -> None:
    assert json.loads(result.to_json()) == result.to_dict()


def test_representations_are_small(result: SearchResult) -> None:
    assert "4 plans" in repr(result) and len(repr(result)) < 500
    html = result._repr_html_()
    assert html.startswith("<table>") and html.count("<tr>") == 5 and len(html) < 5000


def test_estimate_agrees_with_search(result: SearchResult) -> None:
    for plan in result.plans:
        again = clusterplan.estimate("llama-3.1-8b", plan.layout, **JOB, tokens="1T")
        assert again == plan


def test_estimate_takes_a_mapping_and_fills_the_data_degree() -> None:
    plan = clusterplan.estimate("llama-3.1-8b", {"tp": 2, "zero": 1}, **JOB)
    assert plan.layout == Layout(tp=2, dp=32, shards=Shards(1, 1, 32))


@pytest.mark.parametrize(
    ("layout", "piece", "code"),
    [
        ({"tp": 2, "schedul": "1f1b"}, "schedul", "unknown-key"),
        ({"tp": 5}, "does not divide the 64 devices", "devices_not_divisible"),
        ({"tp": 2, "dp": 3}, "2 x 1 x 3 = 6, but the job has 64 devices", "devices_not_divisible"),
        ({"tp": 2, "zero": 7}, "zero is 7", "value"),
        ({"tp": 0}, "tp: 0 is not a whole number", "value"),
        ({"tp": 64}, "not valid", "heads_not_divisible"),
        ({"tp": 2, "vpp": 3, "schedule": "interleaved"}, "not valid", "layers_not_divisible"),
        ({"tp": 2, "schedule": "interleaved"}, "not valid", "schedule_mismatch"),
        ({"sequence_parallel": True}, "not valid", "sequence_parallel_without_tensor"),
    ],
)
def test_layouts_that_are_not_valid(layout: dict[str, Any], piece: str, code: str) -> None:
    with pytest.raises(SpecError, match=piece) as caught:
        clusterplan.estimate("llama-3.1-8b", layout, **JOB)
    assert caught.value.code == code and caught.value.hint


def test_devices_that_are_not_given_are_whole_hosts_that_the_layout_divides() -> None:
    from clusterplan.planning.estimate import estimate_with_request

    job = {name: value for name, value in JOB.items() if name != "devices"}
    for layout, devices in (({"tp": 2}, 8), ({"tp": 8, "pp": 2}, 16), ({"pp": 16}, 16), ({"tp": 2, "dp": 12}, 24)):
        batch = {**job, "global_batch": 48}
        result = estimate_with_request("llama-3.1-8b", layout, **batch)
        assert result.request.devices == result.plan.layout.devices == devices
        assert any(note.startswith("devices not given") for note in result.request.notes) is ("dp" not in layout)
    with pytest.raises(SpecError, match="no whole number of hosts") as caught:
        clusterplan.estimate("llama-3.1-8b", {"dp": 12}, **job)
    assert caught.value.hint == "choose dp 8 or a multiple of it"


def test_reserve_leaves_less_memory() -> None:
    whole, less = (clusterplan.search("llama-3.1-8b", **JOB, top=1, reserve=reserve) for reserve in (None, "4GiB"))
    assert (whole.request.reserve_bytes, less.request.reserve_bytes) == (0, 4 * 2**30)
    assert whole.best.memory.capacity_bytes - less.best.memory.capacity_bytes == 4 * 2**30
    assert less.request.memory_bytes == whole.request.memory_bytes
    assert less.infeasible["memory"] >= whole.infeasible["memory"]
    assert any("kept free" in note for note in less.request.notes)
    plan = clusterplan.estimate("llama-3.1-8b", less.best.layout, **JOB, reserve=4 * 2**30)
    assert plan.memory == less.best.memory


def test_another_accelerator_has_no_price() -> None:
    result = clusterplan.search("llama-3.1-8b", **JOB, tokens="1T", top=1, accelerator="h200")
    assert result.request.price is None and result.best.cost_usd is None and result.best.device_hours is not None


def test_the_attention_kernel_is_named() -> None:
    assert clusterplan.search("llama-3.1-8b", **JOB, top=1).request.attention == "flash-3"
    assert clusterplan.search("llama-3.1-8b", **JOB, top=1, attention="flash-2").request.attention == "flash-2"


def test_tensor_groups_that_span_hosts_are_noted() -> None:
    inside, across = (clusterplan.estimate("llama-3.1-8b", {"tp": tp}, **JOB) for tp in (8, 16))
    assert inside.notes == ()
    assert len(across.notes) == 1 and across.notes[0].startswith("tensor groups span hosts: 16 ranks")


def test_tight_means_within_three_per_cent() -> None:
    plan = clusterplan.estimate("llama-3.1-8b", {"tp": 2, "zero": 1}, **JOB)
    for share, tight in ((0.96, False), (0.98, True), (1.01, False)):
        memory = dataclasses.replace(plan.memory, peak_bytes=share * plan.memory.capacity_bytes)
        assert dataclasses.replace(plan, memory=memory, fits=memory.fits).tight is tight


def test_models_and_clusters_as_mappings_and_specs() -> None:
    shape = {"name": "mine", "layers": 4, "hidden": 512, "heads": 8, "ffn": 2048, "vocab": 32000}
    by_mapping = clusterplan.search(shape, **JOB, top=1)
    assert by_mapping.request.model == "mine"
    assert clusterplan.search(clusterplan.ModelSpec(**shape), **JOB, top=1).plans == by_mapping.plans
    with pytest.raises(SpecError, match="hiden"):
        clusterplan.search({**shape, "hiden": 1}, **JOB)
    from clusterplan.catalog.clusters import load_cluster

    cluster = load_cluster(JOB["cluster"])
    assert isinstance(cluster, clusterplan.ClusterSpec)
    again = clusterplan.search(shape, **{**JOB, "cluster": cluster}, top=1, space=clusterplan.SearchSpace(tp=1))
    assert again.best.layout.tp == 1


def test_dimensions_narrow_the_space_and_replace_those_of_a_space() -> None:
    result = clusterplan.search("llama-3.1-8b", **JOB, space={"tp": [1], "pp": [1]}, tp=[2, 4], zero=1)
    assert dict(result.request.space) == {"tp": (2, 4), "pp": (1,), "zero": (1,)}
    assert {plan.layout.tp for plan in result.plans} <= {2, 4}
    assert {plan.layout.zero for plan in result.plans} == {1}


def test_infeasible_says_why() -> None:
    result = clusterplan.search("llama-3.1-405b", cluster="dgx-h100-superpod", devices=8, global_batch=64, seq_len=8192)
    assert result.plans == () and result.nearest_miss is not None
    with pytest.raises(InfeasibleError, match="the nearest miss needs"):
        _ = result.best
    assert "no layout fits" in repr(result) and "no layout fits" in result._repr_html_()
    none_valid = clusterplan.search("llama-3.1-8b", **JOB, tp=7)
    assert none_valid.optimal and none_valid.evaluated == 0
    assert "no layout keeps all rules" in repr(none_valid) and "fits" not in repr(none_valid)
    stopped = dataclasses.replace(none_valid, stopped="time_limit", optimal=False, time_limit_s=0.5)
    assert "nothing found within the time limit of 0.5 s" in repr(stopped)
    with pytest.raises(InfeasibleError, match=r"within the time limit of 0\.5 s") as caught:
        _ = stopped.best
    assert caught.value.hint == "raise time_limit_s"


def test_a_batch_is_only_blamed_where_another_would_work() -> None:
    job = {**JOB, "global_batch": 250}
    with pytest.raises(SpecError, match="global_batch: 250 sequences work with no layout") as caught:
        _ = clusterplan.search("llama-3.1-8b", **job, tp=1, pp=1).best
    assert caught.value.hint == "the nearest global batches that work: 192 or 256"
    for batch in (192, 256):
        assert clusterplan.search("llama-3.1-8b", **{**job, "global_batch": batch}, tp=1, pp=1).evaluated > 0
    with pytest.raises(InfeasibleError, match="sequence parallelism needs tp above 1"):
        _ = clusterplan.search("llama-3.1-8b", **job, tp=1, sequence_parallel=True).best


def test_progress_is_called_and_its_errors_come_through() -> None:
    calls = []
    clusterplan.search("llama-3.1-8b", **JOB, progress=lambda *values: calls.append(values))
    assert all(len(values) == 3 for values in calls)

    def fail(*values: object) -> None:
        raise RuntimeError("the callback failed")

    with pytest.raises(RuntimeError, match="the callback failed"):
        clusterplan.search("llama-3.1-8b", **JOB, progress=fail)


def test_any_number_of_threads_gives_the_same_answer() -> None:
    one, two = (clusterplan.search("llama-3.1-8b", **JOB, threads=threads) for threads in (1, 2))
    assert one.plans == two.plans and one.infeasible == two.infeasible


def test_engine_and_package_have_the_same_version() -> None:
    from clusterplan import _core

    assert json.loads(_core.build_info())["version"] == clusterplan.__version__


def test_parts() -> None:
    parts = Parts({"a": 1, "b": 3, "c": 2})
    assert (parts.total, parts.largest, parts.sorted()) == (6, "b", [("b", 3), ("c", 2), ("a", 1)])
    assert parts == {"c": 2, "b": 3, "a": 1} and list(parts) == ["a", "b", "c"]


def test_every_reason_and_fix_of_the_engine_has_words() -> None:
    from pathlib import Path

    from clusterplan.planning.infeasibility import FIXES
    from clusterplan.planning.rules import REASONS

    equations = (Path(__file__).parents[2] / "docs/concepts/equations.md").read_text(encoding="utf-8")
    rules = equations[equations.index("## 10.") : equations.index("## 11.")]
    named = [line.split("`")[1] for line in rules.splitlines() if line.startswith("| `")]
    assert named == list(REASONS)
    documents = (Path(__file__).parents[2] / "docs/reference/engine-documents.md").read_text(encoding="utf-8")
    assert all(f"`{fix}`" in documents for fix in FIXES)
