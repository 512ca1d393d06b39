"""`clusterplan schema`: what `--json` prints keeps the schema of its document, which allows no other key."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_running import HOPELESS, SMALL, Run, environment
from jsonschema import Draft202012Validator

from clusterplan.errors import SpecError
from clusterplan.planning.schema import DOCUMENTS, schema_of

Clusterplan = Callable[..., Run]

TORUS = ["llama-3-8b", "--cluster", "tpu-v4-pod", "--devices", "64", "--global-batch", "256", "--seq-len", "4096"]
SLICE = ["--slice", "4x4x4", "--tp", "4"]
LAYOUT = ["--tp", "2", "--pp", "2", "--zero", "1"]
POOL = ["llama-3-8b", "--cluster", "perlmutter-gpu", "--pool", "a100-80gb", "--devices", "64"]
POOL += ["--global-batch", "64", "--seq-len", "4096", "--degrade", "host0=0.5", "--tokens", "1T"]
PRINTED = {
    "search": [["search", *SMALL, "--time-limit", "60"], HOPELESS, ["search", *TORUS, *SLICE], ["search", *POOL]],
    "estimate": [["estimate", *SMALL, *LAYOUT], ["estimate", *TORUS, *SLICE], ["estimate", *POOL, "--tp", "4"]],
    "explain": [["explain", *SMALL], ["explain", *TORUS, *SLICE], ["explain", *SMALL, "--placement", "pp-dp-tp"]],
    "traffic": [
        ["topology", "traffic", *SMALL, *LAYOUT],
        ["topology", "traffic", *TORUS, *SLICE, "--ranks"],
        ["topology", "traffic", *POOL, "--tp", "4", "--ranks"],
    ],
    "topology-check": [
        ["topology", "check", "dgx-h100-superpod"],
        ["topology", "check", "dgx-h100-superpod", "--devices", "1"],
        ["topology", "check", "tpu-v5e-pod", "--devices", "256"],
        ["topology", "check", "perlmutter-gpu", "--pool", "a100-80gb"],
    ],
    "topology-collectives": [
        ["topology", "collectives"],
        ["topology", "collectives", "--split", "fit"],
        ["topology", "collectives", "--table", "h100-8-dgxc-all-reduce"],
    ],
}


def test_every_document_is_printed_here() -> None:
    assert set(PRINTED) == set(DOCUMENTS)


@pytest.mark.parametrize(
    ("document", "arguments"),
    [pytest.param(name, command, id=f"{name}-{at}") for name in PRINTED for at, command in enumerate(PRINTED[name])],
)
def test_what_is_printed_keeps_its_schema(clusterplan: Clusterplan, document: str, arguments: list[str]) -> None:
    run = clusterplan(*arguments, "--json", "-q")
    # Also where nothing fits, as on the small devices of the torus, the document is printed.
    assert run.code in (0, 1), run.err
    schema = schema_of(document)
    printed = json.loads(run.out)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(printed)] == []
    assert list(printed) == list(schema["properties"]), "keys stand in the order of the schema"
    assert list(printed)[:3] == ["schema", "schema_version", "clusterplan_version"]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_schema_is_valid_strict_and_said_in_words(clusterplan: Clusterplan, document: str) -> None:
    run = clusterplan("schema", document)
    assert (run.code, run.err) == (0, "")
    schema = json.loads(run.out)
    assert schema == schema_of(document)
    Draft202012Validator.check_schema(schema)
    found = list(objects(schema))
    assert len(found) >= 3
    for one in found:
        assert one["additionalProperties"] is False and one["description"]
        assert all(set(value) & {"description", "const", "$ref"} for value in one["properties"].values())


def objects(schema: Any) -> list[dict[str, Any]]:
    """Every object with keys that a schema describes."""
    if isinstance(schema, list):
        return [found for item in schema for found in objects(item)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if isinstance(schema.get("properties"), dict) and "type" in schema else []
    return own + [found for item in schema.values() for found in objects(item)]


def test_the_schema_of_search_is_the_default(clusterplan: Clusterplan, tmp_path: Path) -> None:
    assert json.loads(clusterplan("schema").out) == schema_of("search")
    run = clusterplan("schema", "explain", "-o", "explain.json")
    assert (run.code, run.out, run.err) == (0, "", "")
    assert json.loads((tmp_path / "explain.json").read_text(encoding="utf-8")) == schema_of("explain")


def test_no_such_schema(clusterplan: Clusterplan) -> None:
    run = clusterplan("schema", "topology-chek")
    assert (run.code, run.out) == (2, "") and "did you mean 'topology-check'?" in run.err
    run = clusterplan("schema", "-o", "search.csv")
    assert (run.code, run.out) == (2, "")
    assert run.err == "error: -o search.csv: a schema has no form csv\nhint: end it in .json\n"
    with pytest.raises(SpecError, match="there is no schema named 'nothing'"):
        schema_of("nothing")


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from clusterplan.cli.entry import run; code = run(['schema', '--help']); "
        "heavy = {'pydantic', 'rich', 'numpy', 'networkx', 'yaml', 'clusterplan._core'} & set(sys.modules); "
        "print(sorted(heavy), code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment())
    assert done.stdout.splitlines()[-1] == "[] 0"
