"""Accelerators, their efficiency profiles, and the stacks that run on them."""

from __future__ import annotations

import json

import pytest

from clusterplan.catalog.accelerators import attention_kernels, list_accelerators, load_accelerator, require_dtype
from clusterplan.catalog.stacks import list_stacks, load_stack, resolve_stack
from clusterplan.data import read_data
from clusterplan.errors import SpecError


@pytest.mark.parametrize("name", list_accelerators())
def test_every_accelerator_loads_with_a_source_for_every_number(name):
    accelerator = load_accelerator(name)
    assert accelerator.name == name
    assert accelerator.peak_flops_per_s
    for field in ("peak_flops_per_s", "memory_bytes", "memory_bytes_per_s", "compute_units"):
        assert field in accelerator.facts
    for field in ("gemm.efficiency", "gemm.reduction_half", "gemm.tiles", "memory_efficiency", "kernel_floor_s"):
        assert field in accelerator.facts
    for kernel in accelerator.attention:
        assert f"attention.{kernel}.forward_efficiency" in accelerator.facts
    assert {"fused-softmax", "torch"} <= set(attention_kernels(accelerator))
    for fact in accelerator.facts.values():
        assert fact.source and fact.confidence


def test_known_numbers():
    h100, a100 = load_accelerator("h100"), load_accelerator("a100")
    assert (h100.name, h100.memory_bytes) == ("h100-sxm-80gb", round(79.1 * 2**30))
    assert h100.peak_flops_per_s == {"bf16": 989.4e12, "fp16": 989.4e12}
    assert h100.memory_bytes_per_s == 3.35e12
    assert h100.compute_units == 132
    assert a100.peak_flops_per_s["bf16"] == 312e12
    assert load_accelerator("tpu-v5p").compute_units == 8


def test_efficiencies_are_in_the_data_with_their_source():
    document = load_accelerator("a100").document("bf16")
    profile = read_data("efficiency.json")["profiles"]["ampere"]
    assert document["gemm"]["efficiency"] == profile["gemm"]["efficiency"]["value"]
    assert document["gemm"]["tiles"] == profile["gemm"]["tiles"]["value"]


@pytest.mark.parametrize(
    ("name", "kernel"),
    [
        ("a100", "flash-2"),
        ("h100", "flash-3"),
        ("gb200", "cudnn"),
        ("mi300x", "flash-2"),
        ("tpu-v5p", "splash"),
        ("v100", "fused-softmax"),
    ],
)
def test_the_default_stack_takes_the_best_kernel_there_is(name, kernel):
    assert resolve_stack(None, load_accelerator(name)).attention_kernel == kernel


@pytest.mark.parametrize("accelerator", list_accelerators())
@pytest.mark.parametrize("stack", list_stacks())
def test_every_stack_runs_on_every_accelerator(stack, accelerator):
    resolved = resolve_stack(stack, load_accelerator(accelerator))
    assert resolved.stack["name"] == stack
    assert resolved.attention["kind"] in ("flash", "unfused")


def test_dropout_moves_and_saves_more():
    a100 = load_accelerator("a100")
    keys = ("score_bytes_forward", "score_bytes_backward", "score_saved_bytes")
    plain = resolve_stack("megatron-2022", a100).attention
    dropped = resolve_stack("megatron-2022", a100, dropout=True).attention
    assert [plain[key] for key in keys] == [4, 6, 2]
    assert [dropped[key] for key in keys] == [9, 11, 5]
    torch = resolve_stack("megatron-core", a100, attention="torch", dropout=True).attention
    assert [torch[key] for key in keys] == [29, 33, 9]


def test_stacks_differ_where_the_software_does():
    a100 = load_accelerator("a100")
    old = resolve_stack("megatron-2022", a100).stack
    assert (old["gradient_bytes"], old["gradient_reduce_bytes"], old["overlap_gradient_reduce"]) == (4, 4, False)
    scaling = resolve_stack("aa-scaling-2023", a100).stack
    assert (scaling["gradient_bytes"], scaling["gradient_reduce_bytes"]) == (2, 2)
    assert (scaling["norm_bytes_forward"], scaling["norm_saved_bytes"]) == (26, 6)
    fused = resolve_stack("aa-scaling-2023", a100, norm_kernel="fused").stack
    assert (fused["norm_bytes_forward"], fused["norm_bytes_backward"], fused["norm_saved_bytes"]) == (4, 6, 2)


@pytest.mark.parametrize("name", list_stacks())
def test_every_stack_has_sources(name):
    stack = load_stack(name)
    assert "all_others" in stack.facts
    assert set(stack.facts) - {"all_others"} <= set(type(stack).model_fields)
    assert stack.largest_zero_with_pipeline == 1
    assert (stack.logits_bytes, stack.logits_saved_bytes) == (10, 4)
    assert (stack.cross_entropy_bytes_forward, stack.cross_entropy_bytes_backward) == (18, 10)


def test_a_stack_of_ones_own(tmp_path):
    entry = next(entry for entry in read_data("stacks.json")["stacks"] if entry["name"] == "megatron-core")
    renamed = {"step_overhead_s": ("step_overhead", "5ms"), "framework_bytes": ("framework", "3GiB")}
    own = {key: value for key, value in entry.items() if key not in ("aliases", *renamed)} | dict(renamed.values())
    path = tmp_path / "own.json"
    path.write_text(json.dumps(own))
    stack = load_stack(path)
    assert (stack.step_overhead_s, stack.framework_bytes) == (5e-3, 3 * 2**30)
    for changes, expected in (
        ({"framework": 3}, "framework: 3 has no unit"),
        ({"largest_zero_with_pipeline": 4}, "largest_zero_with_pipeline: 4 is not one of 0, 1, 2 or 3"),
        ({"overlap_slowdown": 1.5}, "overlap_slowdown: 1.5 must be less than or equal to 1"),
    ):
        path.write_text(json.dumps(own | changes))
        with pytest.raises(SpecError) as caught:
            load_stack(str(path))
        assert expected in str(caught.value) and caught.value.hint


def test_an_accelerator_of_ones_own(tmp_path):
    path = tmp_path / "mine.yaml"
    text = "name: mine\npeak: {bf16: 500TFLOPS}\nmemory: 64GiB\nmemory_bandwidth: 2TB/s\ncompute_units: 100\n"
    path.write_text(text + "profile: hopper\nkernel_floor: 3us\n")
    mine = load_accelerator(str(path))
    assert (mine.memory_bytes, mine.memory_bytes_per_s, mine.kernel_floor_s) == (64 * 2**30, 2e12, 3e-6)
    assert mine.gemm == load_accelerator("h100").gemm
    for wrong, expected in (
        ("64GiB", ("64", "mine.yaml:3:1: memory: 64 has no unit")),
        ("64GiB", ("64B", "mine.yaml:3:1: memory: 64 bytes is less than any accelerator has")),
        ("500TFLOPS", ("989e12", "mine.yaml:2:8: peak.bf16: '989e12' has no unit")),
        ("2TB/s", ("2", "mine.yaml:4:1: memory_bandwidth: 2 has no unit")),
        ("64GiB", ("64G", "mine.yaml:3:1: memory: '64G' is unclear: it may be 64GB (decimal) or 64GiB")),
        ("bf16", ("fp8", "mine.yaml:2:8: peak.fp8: 'fp8' is not one of 'bf16' or 'fp16'")),
        (
            "hopper",
            ("hoper", "mine.yaml:6:1: profile: there is no efficiency profile named 'hoper'; did you mean 'hopper'"),
        ),
    ):
        path.write_text((text + "profile: hopper\n").replace(wrong, expected[0]))
        with pytest.raises(SpecError) as caught:
            load_accelerator(str(path))
        assert expected[1] in str(caught.value)
        assert caught.value.hint


def test_errors():
    with pytest.raises(SpecError, match="there is no accelerator named 'h1000'; did you mean 'h100'"):
        load_accelerator("h1000")
    with pytest.raises(SpecError) as caught:
        load_accelerator("zzz")
    assert caught.value.hint.startswith("use one of p100-sxm2-16gb") and "gaudi3" in caught.value.hint
    with pytest.raises(SpecError) as caught:
        load_stack("zzz")
    assert caught.value.hint == "use one of megatron-core, megatron-2022, aa-scaling-2023; or give a YAML file"
    with pytest.raises(SpecError, match="v100-sxm2-32gb has no bf16; it has fp16"):
        require_dtype(load_accelerator("v100"), "bf16")
    with pytest.raises(SpecError, match="there is no attention kernel named 'flsh-2'; did you mean 'flash-2'"):
        resolve_stack(None, load_accelerator("a100"), attention="flsh-2")
