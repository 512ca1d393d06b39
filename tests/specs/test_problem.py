"""From names and numbers to the document of the engine."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from clusterplan.catalog.accelerators import load_accelerator
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
    device = load_accelerator(load_cluster(cluster).accelerator)
    made = problem(cluster=cluster, dtype="bf16" if "bf16" in device.peak_flops_per_s else "fp16")
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
    written = tmp_path / "written.yaml"
    written.write_text("tp: 1..4\npp: [1, 4..6]\nvpp: 1,2\nrecompute: none,full\nmicro_batch:\n")
    document = problem(space=written).document["space"]
    assert (document["tp"], document["pp"], document["vpp"]) == ([1, 2, 3, 4], [1, 4, 5, 6], [1, 2])
    assert (document["recompute"], document["micro_batch"]) == (["none", "full"], None)
    for values in (range(1, 5), iter([1, 2, 3, 4]), {1, 2, 3, 4}, (1, 2, 3, 4), "1..4"):
        assert problem(space={"tp": values}).document["space"]["tp"] == [1, 2, 3, 4]
    expected = {"tp": [1, 2], "zero": [1], "recompute": ["none"], "pp": None}
    for space in ({"tp": [1, 2], "zero": [1], "recompute": ["none"]}, path, str(path)):
        document = problem(space=space).document["space"]
        assert {key: document[key] for key in expected} == expected


def test_notes_say_what_the_reader_should_know():
    assert any("shape inferred for 70b: 80 layers" in note for note in problem(model="70b").notes)
    assert any("longer than the 2048" in note for note in problem(seq_len=4096).notes)
    assert any("attention flash-2, norms fused" in note for note in problem().notes)
    assert any("v100" in note for note in problem(accelerator="v100", dtype="fp16").notes)
    assert "slice 4 x 8 x 8 of the torus 16 x 20 x 28" in problem(cluster="tpu-v5p-pod", devices=256).notes


@pytest.mark.parametrize(("cluster", "foreign"), [("tpu-v5p-pod", True), ("mi300x-8x400", True), ("selene", False)])
def test_software_on_devices_that_it_is_not_written_for_is_noted(cluster, foreign):
    notes = problem(cluster=cluster).notes
    assert any("written for nvidia devices" in note and "equal habits" in note for note in notes) is foreign


@pytest.mark.parametrize("reserve", ["4GiB", 4 * 2**30, "4096 MiB"])
def test_a_reserve_is_taken_off_the_memory(reserve):
    plain, less = problem(), problem(reserve=reserve)
    assert less.reserve_bytes == 4 * 2**30
    whole, rest = (made.document["accelerator"]["memory_bytes"] for made in (plain, less))
    assert whole - rest == 4 * 2**30
    assert "4.0 GiB of 79.2 GiB kept free" in less.notes
    assert problem(reserve="0").document == problem(reserve=0).document == problem(reserve="0GiB").document
    assert problem(reserve=None).document == plain.document and plain.reserve_bytes == 0


def test_the_price_is_that_of_the_accelerator_of_the_cluster():
    assert problem().usd_per_device_hour == load_cluster("dgx-a100-superpod").cost.usd_per_device_hour
    assert problem(accelerator="a100").usd_per_device_hour == problem().usd_per_device_hour
    replaced = problem(accelerator="h100")
    assert replaced.usd_per_device_hour is None and replaced.accelerator_replaced
    assert any("so the cost is unknown" in note for note in replaced.notes)
    assert problem(cluster="selene").usd_per_device_hour is None
    assert not any("price" in note for note in problem(cluster="selene", accelerator="h100").notes)


def test_the_scale_up_network_bounds_what_stays_inside():
    assert problem().scale_up_devices == 8
    assert problem(cluster="gb200-nvl72", devices=144).scale_up_devices == 72
    assert problem(cluster="tpu-v5p-pod", devices=256).scale_up_devices == 256


def test_fp16_is_named_where_there_is_no_bf16():
    with pytest.raises(SpecError) as caught:
        problem(accelerator="v100")
    assert caught.value.hint == 'use --dtype fp16 (in Python dtype="fp16")'


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
        (
            {"global_batch": 999999999999999999999},
            "global_batch: 999999999999999999999 is more than 17179869184, the largest supported",
        ),
        ({"global_batch": 10**5000}, "global_batch: a whole number of more than 40 digits is out of range"),
        ({"seq_len": 2**29}, "seq_len: 536870912 is more than 268435456, the largest supported"),
        ({"tokens": "1e25"}, "is more than 1000000000000000000, the largest supported"),
        ({"devices": None}, "devices: has no value; it must be a whole number"),
        ({"accelerator": "h10"}, "there is no accelerator named 'h10'; did you mean 'h100', 'h20' or 'v100'?"),
        ({"model": "x" * 5000}, "there is no model named 'xxx"),
        ({"cluster": 3}, "cluster: 3 is not a name or a file"),
        ({"attention": ["flash-2"]}, "there is no attention kernel named"),
        ({"space": {"tp": 2**21}}, "space.tp[0]: 2097152 is more than 1048576, the largest supported"),
        ({"space": {"tp": range(10**12)}}, "space.tp: has more than 4096 values"),
        ({"space": {"tp": "8..1"}}, "space.tp: the range 8..1 runs backwards"),
        ({"space": {"tp": "1..99999"}}, "space.tp: has more than 4096 values"),
        ({"space": {"zero": [None]}}, "space.zero[0]: has no value; it must be a number from 0 to 3"),
        ({"space": 3}, "space: 3 is not a mapping of keys to values"),
        ({"reserve": "4"}, "reserve: '4' has no unit"),
        ({"reserve": "4G"}, "reserve: '4G' is unclear: it may be 4GB (decimal) or 4GiB"),
        ({"reserve": "90GiB"}, "reserve: 90.0 GiB leaves nothing of the 79.2 GiB of a100-sxm-80gb"),
        ({"reserve": -1}, "reserve: -1 must be greater than zero"),
        ({"space": {"tp": 0}}, "space.tp[0]: 0 must be greater than zero"),
        ({"space": {"tp": [True]}}, "space.tp[0]: true is a yes/no value, not a number"),
        ({"space": {"tp": []}}, "space.tp: [] is empty, but at least one value is needed"),
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
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300
    assert caught.value.hint
