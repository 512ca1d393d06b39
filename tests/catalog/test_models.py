"""The bundled models have the published sizes, and any size gives a plausible shape."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterplan.catalog.models import list_models, load_model
from clusterplan.catalog.sizes import infer_model
from clusterplan.data import read_data
from clusterplan.errors import SpecError

PUBLISHED = {
    "gpt3-175b": 175e9,
    "llama-7b": 6_738_415_616,
    "llama-13b": 13_015_864_320,
    "llama-33b": 32.5e9,
    "llama-65b": 65.2e9,
    "llama-2-7b": 6_738_415_616,
    "llama-2-13b": 13_015_864_320,
    "llama-2-70b": 68_976_648_192,
    "llama-3-8b": 8_030_261_248,
    "llama-3-70b": 70_553_706_496,
    "llama-3.1-8b": 8_030_261_248,
    "llama-3.1-70b": 70_553_706_496,
    "llama-3.1-405b": 405_853_388_800,
    "megatron-22b": 22e9,
    "megatron-1t": 1008e9,
    "mt-nlg-530b": 530e9,
    "palm-540b": 540.35e9,
    "chinchilla-70b": 70e9,
    "gopher-280b": 280e9,
    "bloom-176b": 176_247_271_424,
    "gemma-2-27b": 27_227_128_320,
    "nemotron-4-340b": 341e9,
    "falcon-180b": 179_522_565_120,
}


def count(model):
    """Section 2 of the equations, written once more, from the document of the engine alone."""
    m = model.shape()
    h, a, k, d, f = m["hidden"], m["heads"], m["kv_heads"], m["head_dim"], m["ffn"]
    g = 2 if m["gated_mlp"] else 1
    layer = h * d * (a + 2 * k) + a * d * h + (g + 1) * h * f + m["norms_per_layer"] * m["norm_parameters"] * h
    if m["qkv_bias"]:
        layer += d * (a + 2 * k)
    if m["output_bias"]:
        layer += h
    if m["mlp_bias"]:
        layer += g * f + h
    layer += m["qk_norm_parameters"] + m["extra_parameters_per_layer"]
    total = m["layers"] * layer + m["vocab"] * h + m["learned_positions"] * h
    if m["final_norm"]:
        total += m["norm_parameters"] * h
    return total if m["tied_embeddings"] else total + m["vocab"] * h


@pytest.mark.parametrize("name", list_models())
def test_every_bundled_model_has_its_published_count(name):
    model = load_model(name)
    assert model.name == name
    assert model.published_parameters is not None
    assert model.source and model.confidence and model.family
    assert abs(count(model) / model.published_parameters - 1) <= 0.005
    assert model.parameters() == count(model)


@pytest.mark.parametrize(("name", "parameters"), PUBLISHED.items())
def test_known_sizes(name, parameters):
    assert name in list_models()
    assert abs(load_model(name).parameters() / parameters - 1) <= 0.005


def test_there_are_many_models_and_every_alias_finds_its_own():
    entries = read_data("models.json")["models"]
    assert len(entries) == len(list_models()) > 50
    for entry in entries:
        for alias in entry["aliases"]:
            assert load_model(alias).name == entry["name"]


@pytest.mark.parametrize("text", ["llama3.1-70b", "Llama-3.1-70B", "LLAMA_3.1_70b", " llama-3.1-70b "])
def test_case_and_separators_do_not_matter(text):
    assert load_model(text).name == "llama-3.1-70b"


def test_what_is_recalled_stays_marked():
    confidences = {entry["confidence"] for entry in read_data("models.json")["models"]}
    assert any("recalled" in confidence for confidence in confidences)
    assert load_model("llama-7b").confidence == "recalled"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lama-7b", "there is no model named 'lama-7b'; did you mean 'llama-7b'"),
        ("70x", "there is no model named '70x'"),
        ("", "model: '' is not a name or a file"),
        ("nothing.yaml", "nothing.yaml: no such file or directory"),
        ("5m", "model size: '5m' is outside 100m to 100t parameters"),
        ("0b", "model size: '0b' must be greater than zero"),
    ],
)
def test_unknown_models(text, expected):
    with pytest.raises(SpecError) as caught:
        load_model(text)
    assert expected in str(caught.value)


@pytest.mark.parametrize("size", ["125m", "1.3b", "7b", "13b", "70b", "175b", "405b", "1t", "2.5t", "10T", "7e9"])
def test_a_size_gives_a_shape_near_it(size):
    model = load_model(size)
    assert model.notes is not None and "shape inferred for" in model.notes and f"{model.layers} layers" in model.notes
    assert model.confidence == "inferred"
    assert model == infer_model.__wrapped__(size)


@settings(max_examples=60, deadline=None)
@given(st.floats(8, 14))
def test_any_size_is_met_within_three_percent(exponent):
    wanted = int(10**exponent)
    model = infer_model(str(wanted))
    assert abs(model.parameters() / wanted - 1) <= 0.03
    assert model.hidden % 128 == 0 and (model.hidden < 4096 or model.hidden % 1024 == 0)
    assert model.head_dim == 128 and model.heads * model.head_dim == model.hidden
    assert model.kv_heads == 8 or model.hidden < 4096
    assert model.heads % model.kv_heads == 0
    assert model.ffn % 256 == 0 and model.gated_mlp and model.vocab == 128256


def test_the_size_70b_has_the_proportions_of_its_family():
    model = load_model("70b")
    assert (model.layers, model.hidden, model.heads, model.kv_heads) == (80, 8192, 64, 8)
