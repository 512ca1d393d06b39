"""From names and numbers to the document of the engine."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from clusterplan.catalog.clusters import list_clusters, load_cluster
from clusterplan.catalog.models import load_model
from clusterplan.errors import SpecError
from clusterplan.planning.problem import build_problem

DOCUMENTS = Path(__file__).parents[2] / "docs" / "reference" / "engine-documents.md"


def problem(**changes):
    request = {"model": "llama-7b", "cluster": "dgx-a100-superpod", "devices": 64, "global_batch": 512, "seq_len": 2048}
    return build_problem(**{**request, **changes})


def same_keys(given, example, path=""):
    assert isinstance(given, dict) == isinstance(example, dict), path
    if isinstance(example, dict):
        assert list(given) == list(example), path
        for key in example:
            same_keys(given[key], example[key], f"{path}.{key}")
    elif isinstance(example, list) and example and isinstance(example[0], dict):
        for entry in given:
            same_keys(entry, example[0], f"{path}[]")


def test_the_document_has_exactly_the_keys_of_the_reference():
    example = json.loads(re.search(r"```json\n(.*?)```", DOCUMENTS.read_text(), re.DOTALL)[1])
    made = problem(model="llama-3.1-70b", cluster="dgx-h100-superpod", devices=512)
    same_keys(json.loads(made.to_json()), example)
    assert made.document["model"] == example["model"]
    assert made.document["accelerator"]["peak_flops_per_s"] == example["accelerator"]["peak_flops_per_s"]


@pytest.mark.parametrize("cluster", list_clusters())
def test_every_cluster_makes_a_problem(cluster):
    made = problem(cluster=cluster)
    assert made.document["network"]["levels"][-1]["group_devices"] >= 64
    assert json.loads(made.to_json()) == made.document


def test_specs_and_texts_give_the_same_problem():
    by_name = problem(devices="64", global_batch="512", seq_len="2048", tokens="1.4T")
    by_spec = problem(model=load_model("llama-7b"), cluster=load_cluster("dgx-a100-superpod"), tokens=1.4e12)
    assert by_name.document == by_spec.document
    assert by_name.training.tokens == by_spec.training.tokens == 14 * 10**11


def test_a_space_comes_from_a_mapping_or_a_file(tmp_path):
    path = tmp_path / "space.yaml"
    path.write_text("tp: [1, 2, 2]\nzero: 1\nrecompute: none\n")
    expected = {"tp": [1, 2], "zero": [1], "recompute": ["none"], "pp": None}
    for space in ({"tp": [1, 2], "zero": [1], "recompute": ["none"]}, path, str(path)):
        document = problem(space=space).document["space"]
        assert {key: document[key] for key in expected} == expected


def test_notes_say_what_the_reader_should_know():
    assert any("shape inferred for 70b: 80 layers" in note for note in problem(model="70b").notes)
    assert any("longer than the 2048" in note for note in problem(seq_len=4096).notes)
    assert any("attention flash-2, norms fused" in note for note in problem().notes)
    assert any("v100" in note for note in problem(accelerator="v100", dtype="fp16").notes)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"model": "gpt3-175b", "seq_len": 4096},
            "seq_len: 4096 is longer than the 2048 learned positions of gpt3-175b",
        ),
        ({"model": "opt-13b", "seq_len": 2050}, "seq_len: 2050 is longer than the 2048 learned positions of opt-13b"),
        ({"accelerator": "v100"}, "dtype: v100-sxm2-32gb has no bf16; it has fp16"),
        ({"dtype": "fp8"}, "dtype: 'fp8' is not one of 'bf16', 'fp16'"),
        ({"global_batch": 0}, "global_batch: 0 must be greater than zero"),
        ({"seq_len": "2.5"}, "seq_len: '2.5' is not a whole number"),
        ({"tokens": "15TB"}, "tokens: '15TB' is not a whole number"),
        ({"dropout": "yes"}, "training.dropout: 'yes' is not true or false"),
        ({"space": {"tpp": 1}}, "space.tpp: unknown key 'tpp'; did you mean 'tp'?"),
        ({"space": {"tp": 0}}, "space.tp[0]: 0 must be greater than zero"),
        ({"space": {"tp": [True]}}, "space.tp[0]: True is not a whole number"),
        ({"space": {"tp": []}}, "space.tp: [] is empty, but at least 1 value is needed"),
        ({"space": {"zero": 4}}, "space.zero[0]: 4 is not one of 0, 1, 2 or 3"),
        ({"space": {"recompute": "ful"}}, "'ful' is not one of 'none', 'selective' or 'full'; did you mean 'full'?"),
        ({"space": {"sequence_parallel": "yes"}}, "space.sequence_parallel[0]: 'yes' is not true or false"),
        ({"cluster": "dgx-h100"}, "there is no cluster named 'dgx-h100'; did you mean 'dgx-h100-superpod'"),
        ({"stack": "megatron-cor"}, "there is no stack named 'megatron-cor'; did you mean 'megatron-core'"),
        ({"attention": "flash-3"}, "attention: a100-sxm-80gb has no kernel 'flash-3'"),
        ({"norm_kernel": "fussed"}, "there is no norm kernel named 'fussed'; did you mean 'fused'?"),
    ],
)
def test_bad_requests_are_one_sentence(changes, expected):
    with pytest.raises(SpecError) as caught:
        problem(**changes)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
