"""Bad input: exit 2, an empty standard output, and on standard error one sentence and a hint, never a traceback."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_running import HOPELESS, QUESTION, SEARCH, Run

Clusterplan = Callable[..., Run]

SMALL_CLUSTER = """\
schema: clusterplan.cluster/1
name: small
accelerator: h100-sxm-80gb
hosts: 4
host:
  accelerators: 8
  scale_up: {technology: nvlink-h100, bandwidth: 450GB/s, latency: 1us}
  nics: {count: 8, bandwidth: 400Gb/s}
fabric:
  technology: infiniband
  tiers:
    - {name: leaf, groups: GROUPS, of: 4, latency: 2us}
"""
MODEL = "layers: 4\nhidden: 512\nheads: 8\nffn: 2048\nvocab: 32000\n"
REST = ["--global-batch", "1024", "--seq-len", "8192"]


def search(model: str = "llama-3.1-70b", cluster: str = "dgx-h100-superpod", devices: str = "256") -> list[str]:
    return ["search", model, "--cluster", cluster, "--devices", devices, *REST]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(search(model="lama-3.1-70b"), "did you mean 'llama-3.1-70b'", id="unknown model"),
        pytest.param(search(cluster="dgx-h100"), "did you mean 'dgx-h100-superpod'", id="unknown cluster"),
        pytest.param(search(model="syntax.yaml"), "syntax.yaml:4:", id="YAML syntax, file, line and column"),
        pytest.param(search(model="missing.yaml"), "missing.yaml", id="no such file"),
        pytest.param(search(model="key.yaml"), "unknown key 'hiden'; did you mean 'hidden'?", id="unknown key"),
        pytest.param(search(model="zero.yaml"), "layers", id="zero size in a file"),
        pytest.param(search(devices="0"), "devices: 0", id="zero devices"),
        pytest.param(search(devices="-8"), "devices: -8", id="negative devices"),
        pytest.param([*SEARCH, "--global-batch", "0"], "global_batch: 0", id="zero batch"),
        pytest.param([*SEARCH, "--seq-len", "-1"], "seq_len: -1", id="negative sequence"),
        pytest.param([*SEARCH, "--tokens", "many"], "tokens: 'many'", id="tokens that are no number"),
        pytest.param(search(devices="1000000"), "1000000", id="more devices than the cluster has"),
        pytest.param(search(devices="12"), "12 is not a whole number of hosts", id="not a whole number of hosts"),
        pytest.param(search(cluster="sums.yaml", devices="16"), "sums.yaml:12:", id="hosts that do not sum"),
        pytest.param(search(cluster="apart.yaml", devices="16"), "apart.yaml", id="a cluster that is not connected"),
        pytest.param([*SEARCH, "--accelerator", "h10"], "h10", id="unknown accelerator"),
        pytest.param([*SEARCH, "--stack", "megatron-kore"], "did you mean 'megatron-core'", id="unknown stack"),
        pytest.param([*SEARCH, "--dtype", "bf8"], "did you mean 'bf16'?", id="unknown dtype"),
        pytest.param([*SEARCH, "--recompute", "selectiv"], "did you mean 'selective'?", id="unknown recompute"),
        pytest.param([*SEARCH, "--tp", "1..x"], "'1..x'", id="not a range"),
        pytest.param([*SEARCH, "--tp", "8..1"], "runs backwards", id="a backward range"),
        pytest.param([*SEARCH, "--tp", "0"], "0 must be greater than zero", id="degree zero"),
        pytest.param([*SEARCH, "--zero", "4"], "4", id="ZeRO 4"),
        pytest.param([*SEARCH, "--top", "0"], "top is 0", id="top 0"),
        pytest.param([*SEARCH, "--threads", "-1"], "threads is -1", id="negative threads"),
        pytest.param([*SEARCH, "--time-limit", "0"], "--time-limit", id="no time"),
        pytest.param([*SEARCH, "--json", "--format", "csv"], "exclude each other", id="two forms"),
        pytest.param([*SEARCH, "-o", "no/such/folder.json"], "there is no directory no/such", id="no such folder"),
        pytest.param([*SEARCH, "--space", "key.yaml"], "unknown key", id="unknown dimension in a space file"),
        pytest.param([*SEARCH, "--devcies", "3"], "there is no option --devcies", id="unknown option"),
        pytest.param(["search", "llama-3.1-70b"], "the option --cluster is missing", id="missing option"),
        pytest.param(["serch"], "there is no command 'serch'", id="unknown command"),
        pytest.param(["schema", "foo"], "'foo' is not one of search, estimate", id="unknown schema"),
        pytest.param(["models", "show", "gpt5"], "gpt5", id="unknown model to show"),
        pytest.param(
            ["estimate", "llama-3.1-70b", *QUESTION, "--tp", "3"], "does not divide the 256 devices", id="tp 3 of 256"
        ),
        pytest.param(
            ["estimate", "llama-3.1-70b", *QUESTION, "--tp", "8", "--pp", "4", "--schedule", "interleaved"],
            "the layout is not valid",
            id="a layout that breaks a rule",
        ),
    ],
)
def test_bad_input(clusterplan: Clusterplan, tmp_path: Path, arguments: list[str], sentence: str) -> None:
    (tmp_path / "syntax.yaml").write_text("layers: 4\nhidden: 512\nheads: [8\nffn: 2048\n")
    (tmp_path / "key.yaml").write_text(MODEL.replace("hidden", "hiden"))
    (tmp_path / "zero.yaml").write_text(MODEL.replace("layers: 4", "layers: 0"))
    (tmp_path / "sums.yaml").write_text(SMALL_CLUSTER.replace("GROUPS", "2"))
    (tmp_path / "apart.yaml").write_text(SMALL_CLUSTER[: SMALL_CLUSTER.index("fabric:")])
    run = clusterplan(*arguments)
    assert (run.code, run.out) == (2, "")
    lines = run.err.splitlines()
    assert lines[0].startswith("error: ") and sentence in lines[0]
    assert all(line.startswith("hint: ") for line in lines[1:]) and len(lines) <= 2
    assert "Traceback" not in run.err


def test_batch_that_no_layout_divides(clusterplan: Clusterplan) -> None:
    # 48 devices hold a factor of three that neither the heads nor the layers take, so the batch must.
    arguments = ["search", "llama-3.1-8b", "--cluster", "dgx-h100-superpod", "--devices", "48", "--seq-len", "8192"]
    run = clusterplan(*arguments, "--global-batch", "8")
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("error: the global batch of 8 sequences works with no layout on 48 devices")
    offered = re.search(r"hint: .*: (\d+) or (\d+)", run.err)
    assert offered
    for batch in offered.groups():
        assert clusterplan(*arguments, "--global-batch", batch).code == 0


def test_no_layout_fits(clusterplan: Clusterplan) -> None:
    run = clusterplan(*HOPELESS)
    assert (run.code, run.out) == (1, "")
    first = run.err.splitlines()[0]
    assert re.search(r"needs [\d.]+ GiB of 79\.1 GiB on stage \d+; largest part: \w+", first)
    counts = [int(line.split()[0].replace(",", "")) for line in run.err.splitlines() if re.match(r" +[\d,]+  ", line)]
    assert len(counts) > 3 and counts == sorted(counts, reverse=True)
    assert "does not fit the memory of a device" in run.err
    assert "nearest miss: tp " in run.err and "hint: " in run.err


def test_no_layout_fits_and_the_document_is_still_printed(clusterplan: Clusterplan) -> None:
    import json

    from jsonschema import Draft202012Validator

    from clusterplan.planning.schema import schema_of

    run = clusterplan(*HOPELESS, "--json")
    assert run.code == 1 and run.err.startswith("error: ")
    document = json.loads(run.out)
    assert document["plans"] == []
    assert document["search"]["nearest_miss"]["needed_bytes"] > document["search"]["nearest_miss"]["capacity_bytes"]
    assert list(Draft202012Validator(schema_of("search")).iter_errors(document)) == []


def test_no_valid_layout_among_those_allowed(clusterplan: Clusterplan) -> None:
    run = clusterplan(*SEARCH, "--tp", "7")
    assert (run.code, run.out) == (1, "")
    assert "tp x pp does not divide the devices" in run.err
    assert "hint: allow more values of tp" in run.err


def test_estimate_of_a_layout_that_does_not_fit(clusterplan: Clusterplan) -> None:
    run = clusterplan("estimate", "llama-3.1-70b", *QUESTION, "--tp", "1")
    assert run.code == 1
    assert "Layout: tp 1" in run.out
    assert re.match(
        r"error: the layout does not fit: needs [\d.]+ GiB of 79\.1 GiB on stage 0, [\d.]+ GiB too much", run.err
    )


def test_debug_shows_the_traceback(clusterplan: Clusterplan) -> None:
    run = clusterplan(*search(model="lama"), "--debug")
    assert run.code != 0 and "Traceback" in run.err
