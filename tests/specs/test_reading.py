"""Files: every error names file, line and column; keys that stand twice or are misspelt are refused."""

from __future__ import annotations

import pytest
import yaml

from clusterplan.catalog.models import load_model
from clusterplan.errors import SpecError
from clusterplan.specs.files import read_document
from clusterplan.specs.model import ModelSpec
from clusterplan.specs.validation import load_spec, validate

GOOD = "name: mine\nlayers: 32\nhidden: 4096\nheads: 32\nffn: 11008\nvocab: 32000\n"


@pytest.fixture
def write(tmp_path):
    def write_file(text, name="model.yaml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return write_file


def failure(path):
    with pytest.raises(SpecError) as caught:
        load_spec(ModelSpec, path, what="model")
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.hint
    return message


def test_a_good_file(write):
    assert load_spec(ModelSpec, write(GOOD), what="model").parameters() == 6738415616


def test_a_model_without_a_name_is_called_after_its_file(write):
    assert load_model(write(GOOD.split("\n", 1)[1], "small.yaml")).name == "small"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD.replace("hidden", "hiden"), "model.yaml:3:1: hiden: unknown key 'hiden'; did you mean 'hidden'?"),
        (GOOD.replace("32000", "-5"), "model.yaml:6:1: vocab: -5 must be greater than zero"),
        (GOOD.replace("11008", "11008.5"), "model.yaml:5:1: ffn: 11008.5 is not a whole number"),
        (GOOD.replace("32000", "many"), "model.yaml:6:1: vocab: 'many' is not a whole number such as"),
        (GOOD + "gated_mlp: 1\n", "model.yaml:7:1: gated_mlp: 1 is not true or false"),
        (GOOD + "kv_heads: 5\n", "model.yaml:7:1: kv_heads: 5 must divide heads, which is 32"),
        (GOOD + "norm_parameters: 3\n", "model.yaml:7:1: norm_parameters: 3 must be 1 (RMSNorm) or 2 (LayerNorm)"),
        (GOOD.replace("heads: 32", "heads: 33"), "model.yaml:3:1: hidden: 4096 is not divided by 33 heads"),
        (GOOD.replace("vocab: 32000\n", ""), "vocab: the key 'vocab' is missing"),
        (GOOD + "heads: 16\n", "model.yaml:7:1: the key 'heads' stands twice, first in line 4"),
        ("layers: [1, 2\nhidden: 3\n", "model.yaml:2:7: not valid YAML: did not find expected"),
        ("a: &a 1\nb: *c\n", "model.yaml:2:4: not valid YAML: found undefined alias"),
        ("- 1\n", "model.yaml: the file must hold one mapping of keys to values, but holds a list"),
        ("", "model.yaml: the file must hold one mapping of keys to values, but holds nothing"),
        (b"\xff\xfe\x00", "model.yaml: byte 0 is not UTF-8 text"),
        ("a: &a [*a]\n", "model.yaml:1:8: the anchor 'a' holds itself"),
        ("a: &a {b: *a}\n", "model.yaml:1:11: the anchor 'a' holds itself"),
        ("[" * 100000, "model.yaml:1:101: the file is nested more than 100 levels deep"),
        ("{" * 100000, "model.yaml:1:101: the file is nested more than 100 levels deep"),
        ("- " * 50000, "model.yaml:1:201: the file is nested more than 100 levels deep"),
        ("? " * 50000, "model.yaml:1:201: the file is nested more than 100 levels deep"),
        ("a: " + "{b: " * 50000, "the file is nested more than 100 levels deep"),
        ("a: 1\n---\nb: 2\n", "model.yaml:2:1: a second document starts here, but a file holds one"),
        ("7\n", "model.yaml: the file must hold one mapping of keys to values, but holds a number"),
        ("yes\n", "model.yaml: the file must hold one mapping of keys to values, but holds a yes/no value"),
        ("a: 1\nb: x\0y\n", "model.yaml:2: the file holds a NUL character, so it is not text"),
        ("x" * (2**20 + 1), "model.yaml: the file has more than 1 MiB"),
        ("a: [" + "1," * 60000 + "]", "the file has more than 50000 values"),
        ("no: 1\n", "model.yaml:1:1: the key no is not a text"),
        ("? [a]\n: 1\n", "a list or a mapping stands where a key is expected"),
        ("a: " + "9" * 5000 + "\n", "model.yaml: not valid YAML: a value cannot be read"),
        ("a: 2024-13-45\n", "model.yaml: not valid YAML: a value cannot be read"),
        (GOOD.replace("32000", ""), "model.yaml:6:1: vocab: has no value; it must be a whole number"),
        (GOOD.replace("32000", "true"), "model.yaml:6:1: vocab: true is a yes/no value, not a number"),
        (GOOD.replace("32000", "{a: 1}"), "model.yaml:6:1: vocab: a mapping of keys to values is not a whole number"),
        (GOOD.replace("layers: 32", "layers: 16385"), "model.yaml:2:1: layers: 16385 is more than 16384, the largest"),
        (GOOD.replace("mine", "''"), "model.yaml:1:1: name: '' is empty"),
        (GOOD.replace("mine", '"a\\nb"'), "model.yaml:1:1: name: 'a\\nb' is not one line of at most 200 printable"),
        (GOOD.replace("mine", "yes"), "model.yaml:1:1: name: true is a yes/no value, not a text"),
    ],
)
def test_errors_name_the_place(write, text, expected):
    assert expected in failure(write(text))


def test_json_is_read_and_its_errors_have_a_place_too(write):
    good = '{"layers": 32,\n\t"hidden": 4096, "heads": 32, "ffn": 11008, "vocab": 32000}'
    assert load_spec(ModelSpec, write(good, "m.json"), what="model").layers == 32
    assert "m.json:2:45: vocab: 320.5 is not a whole number" in failure(write(good.replace("32000", "320.5"), "m.json"))
    assert "m.json:2:12: not valid JSON: expecting value" in failure(write('{"layers": 3,\n "hidden": }', "m.json"))
    assert "m.json:1:15: the key 'layers' stands twice" in failure(write('{"layers": 3, "layers": 4}', "m.json"))


@pytest.mark.parametrize(
    ("field", "most"),
    [
        ("layers", 2**14),
        ("hidden", 2**20),
        ("heads", 2**14),
        ("kv_heads", 2**14),
        ("head_dim", 2**12),
        ("ffn", 2**22),
        ("vocab", 2**28),
        ("learned_positions", 2**28),
        ("norms_per_layer", 64),
        ("qk_norm_parameters", 2**32),
        ("extra_parameters_per_layer", 2**44),
    ],
)
def test_the_limits_of_the_engine_are_met_before_it(field, most):
    shape = {"layers": 2, "hidden": 2**14, "heads": 2**14, "head_dim": 2, "ffn": 64, "vocab": 10}
    assert getattr(validate(ModelSpec, {**shape, field: most}, what="model"), field) == most
    with pytest.raises(SpecError, match=rf"^model\.{field}: {most + 1} is more than {most}, the largest") as caught:
        validate(ModelSpec, {**shape, field: most + 1}, what="model")
    assert caught.value.hint == f"use at most {most}"


def test_anchors_that_nest_are_refused(write):
    text = "a0: &a0 [1]\n" + "".join(f"a{level}: &a{level} [*a{level - 1}]\n" for level in range(1, 3000))
    assert "the file is nested more than 100 levels deep" in failure(write(text))


def test_json_that_is_nested_deeply_or_has_endless_numbers(write):
    assert "nested more than 100 levels deep" in failure(write("[" * 100000, "m.json"))
    assert "nested more than 100 levels deep" in failure(write('{"a": ' * 200 + "1" + "}" * 200, "m.json"))
    assert "m.json: not valid JSON: a number cannot be read" in failure(write('{"a": ' + "9" * 5000 + "}", "m.json"))


def test_the_parser_of_pure_python_gives_the_same(write, monkeypatch):
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert load_spec(ModelSpec, write(GOOD), what="model").layers == 32
    assert "the file is nested more than 100 levels deep" in failure(write("[" * 5000))


@pytest.mark.parametrize("path", ["x" * 5000 + ".yaml", "a\0b.yaml", "/dev/zero", "/dev/null"])
def test_paths_that_are_no_spec(path):
    failure(path)


def test_a_file_that_is_not_there_and_a_directory(tmp_path):
    assert "no such file or directory" in failure(tmp_path / "nothing.yaml")
    assert "is a directory, not a file" in failure(tmp_path)


def test_anchors_that_multiply_are_refused(write):
    text = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    for level in range(1, 9):
        text += f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n"
    assert "more than 50000 values, counting what its anchors repeat" in failure(write(text))


def test_a_hugging_face_config_is_named_as_such(write):
    path = write('{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}', "config.json")
    with pytest.raises(SpecError, match="import from Hugging Face is not supported yet") as caught:
        load_model(path)
    assert "layers, hidden, heads, kv_heads" in str(caught.value)


def test_values_without_a_file_are_named_by_dotted_field():
    with pytest.raises(SpecError, match=r"^model\.layers: -1 must be greater than zero") as caught:
        validate(ModelSpec, {"layers": -1, "hidden": 64, "heads": 4, "ffn": 64, "vocab": 10}, what="model")
    assert caught.value.code == "bad-value"


def test_marks_lead_to_the_nearest_key_around(write):
    document = read_document(write("a:\n  b: 1\n"))
    assert document.where(("a", "b")).endswith("model.yaml:2:3")
    assert document.where(("a", "missing")).endswith("model.yaml:1:1")


def test_specs_are_frozen():
    shape = ModelSpec(layers=2, hidden=64, heads=4, ffn=256, vocab=1000)
    with pytest.raises(Exception, match="frozen"):
        shape.layers = 3
