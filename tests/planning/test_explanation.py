"""The explanation of a search: it says what the engine found, and its sentences are made of those numbers."""

from __future__ import annotations

import doctest
import json
from typing import Any

import pytest

import clusterplan
from clusterplan import Explanation, InfeasibleError
from clusterplan.planning import explanation
from clusterplan.reports.explanation import level_sentence, sentences
from clusterplan.specs.placements import RANK_ORDERS

LLAMA: dict[str, Any] = {"cluster": "meta-24k-roce", "devices": 16384, "global_batch": 2048, "seq_len": 8192}


@pytest.fixture(scope="module")
def llama() -> Explanation:
    return clusterplan.explain("llama-3.1-405b", **LLAMA)


def test_the_winner_is_that_of_the_search(llama: Explanation) -> None:
    result = clusterplan.search("llama-3.1-405b", **LLAMA, top=1)
    assert llama.plan == result.best and llama.result.optimal
    assert llama.traffic.searched and not llama.interrupted


def test_bounds_are_the_parts_of_the_step_largest_first(llama: Explanation) -> None:
    seconds = [bound.seconds for bound in llama.bounds]
    assert seconds == sorted(seconds, reverse=True) and all(seconds)
    assert sum(seconds) == pytest.approx(llama.plan.step_time_s)
    assert sum(bound.share for bound in llama.bounds) == pytest.approx(1.0)


@pytest.mark.parametrize("order", RANK_ORDERS)
def test_alternatives_are_what_a_restricted_search_finds(llama: Explanation, order: str) -> None:
    (other,) = (other for other in llama.alternatives if other.order == order)
    best = clusterplan.search("llama-3.1-405b", **LLAMA, placement=order, top=1).best
    assert other.plan == best and other.stopped == "complete"
    assert other.slowdown == pytest.approx(best.step_time_s / llama.plan.step_time_s - 1)
    layout = {**llama.plan.layout.to_dict(), "placement": order}
    same = clusterplan.estimate("llama-3.1-405b", layout, **LLAMA)
    assert other.same_degrees is not None and other.same_degrees.step_time_s == same.step_time_s


def test_the_winner_is_first_among_the_alternatives(llama: Explanation) -> None:
    times = [other.plan.step_time_s for other in llama.alternatives if other.plan]
    assert times == sorted(times) and times[0] == llama.plan.step_time_s
    assert llama.alternatives[0].same_ranks and llama.default is not None


def test_the_scarce_level_carries_what_the_engine_counts(llama: Explanation) -> None:
    (level,) = llama.levels
    assert level.level == "aggregation" and level.outermost and level.oversubscription == pytest.approx(7.0)
    carried = {one.kind: one.total_bytes for one in level.carries}
    counted = {kind.kind: kind.levels[-1].total_bytes for kind in llama.traffic.kinds}
    assert carried == {kind: value for kind, value in counted.items() if value > 0}
    assert {kind for kind, _ in level.stays} == {kind for kind, value in counted.items() if value == 0}
    sentence = level_sentence(level, llama)
    assert sentence.startswith("aggregation (7:1, 7.14 GB/s a device) carries only ")
    assert all(f"{one.kind} traffic" in sentence for one in level.carries)
    assert all(f"{kind} groups stay inside one" in sentence for kind, _ in level.stays)


def test_sentences_name_every_kind_and_what_the_default_order_costs(llama: Explanation) -> None:
    lines = sentences(llama)
    for kind in llama.traffic.kinds:
        assert any(line.startswith(f"{kind.kind} groups: {kind.ranks:,} ranks") for line in lines)
    assert any("5.33 pods of 3,072" in line for line in lines)
    assert any("tp-dp-pp" in line for line in lines)


def test_only_allowed_orders_are_compared() -> None:
    found = clusterplan.explain("llama-3.1-405b", **LLAMA, placement=["tp-dp-pp", "dp-tp-pp"])
    assert [other.order for other in found.alternatives] == ["tp-dp-pp", "dp-tp-pp"]
    alone = clusterplan.explain("llama-3.1-405b", **LLAMA, placement="tp-dp-pp")
    assert len(alone.alternatives) == 1 and not any("no difference" in line for line in sentences(alone))


def test_pipeline_outermost_is_said_where_it_is_so() -> None:
    found = clusterplan.explain("llama-3.1-405b", **LLAMA, placement="tp-dp-pp")
    text = level_sentence(found.levels[0], found)
    assert "carries only pipeline traffic" in text and "data groups stay inside one pod" in text


def test_orders_do_not_matter_where_there_is_one_degree() -> None:
    found = clusterplan.explain(
        "llama-3.1-8b", cluster="dgx-h100-superpod", devices=8, global_batch=64, seq_len=8192, tp=1, pp=1
    )
    assert all(other.same_ranks for other in found.alternatives)
    assert any("no difference" in line for line in sentences(found))


def test_one_device_says_that_nothing_is_sent() -> None:
    question: dict[str, Any] = {"cluster": "dgx-h100-superpod", "devices": 1, "global_batch": 8, "seq_len": 2048}
    found = clusterplan.explain("1b", **question)
    assert found.traffic.kinds == () and found.levels[0].carries == ()


def test_on_a_torus_each_order_has_its_best_axes() -> None:
    question: dict[str, Any] = {"cluster": "tpu-v5p-pod", "devices": 128, "global_batch": 256, "seq_len": 4096}
    found = clusterplan.explain("llama-3.1-8b", **question)
    assert {other.order for other in found.alternatives} == set(RANK_ORDERS)
    assert min(other.plan.step_time_s for other in found.alternatives if other.plan) == found.plan.step_time_s


def test_what_goes_out_by_the_card_does_not_stay_inside_the_sockets() -> None:
    question: dict[str, Any] = {"cluster": "a100-pcie-box", "devices": 64, "global_batch": 512, "seq_len": 4096}
    found = clusterplan.explain("llama-3.1-8b", **question, tp=1, pp=2, placement="tp-dp-pp")
    (text,) = (level_sentence(level, found) for level in found.levels if level.level == "pcie4")
    assert "carries data traffic" in text and "pipeline groups go past it, across switch" in text
    assert "only" not in text and "stay" not in text


def test_parts_of_scale_up_domains_are_called_so() -> None:
    question: dict[str, Any] = {"cluster": "gb200-nvl72", "devices": 128, "global_batch": 128, "seq_len": 4096}
    found = clusterplan.explain("llama-3.1-8b", **question, tp=1, pp=1)
    assert any("128 devices are 1.78 scale-up domains of 72: data groups" in line for line in sentences(found))


def test_no_layout_is_an_error() -> None:
    with pytest.raises(InfeasibleError):
        clusterplan.explain("llama-3.1-405b", **{**LLAMA, "devices": 16, "global_batch": 64})


def test_the_document(llama: Explanation) -> None:
    document = json.loads(llama.to_json())
    assert document == llama.to_dict()
    assert document["schema"] == "clusterplan.explanation/1" and document["schema_version"] == 1
    assert list(document) == [
        "schema",
        "schema_version",
        "clusterplan_version",
        "request",
        "search",
        "plans",
        "critical_batch",
        "bounds",
        "traffic",
        "rank_order",
        "levels",
        "alternatives",
    ]
    assert len(document["alternatives"]) == 6 and len(document["plans"]) == 1
    assert "orders of the ranks" in repr(llama)


def test_examples() -> None:
    outcome = doctest.testmod(explanation)
    assert outcome.attempted > 0 and outcome.failed == 0
