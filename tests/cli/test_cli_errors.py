"""Bad input: exit 2, an empty standard output, and on standard error one sentence and a hint, never a traceback."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_running import HOPELESS, QUESTION, SEARCH, SMALL, Run, changed

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
        pytest.param(search(devices="0"), "--devices: 0 is below 1", id="zero devices"),
        pytest.param(search(devices="-8"), "--devices: -8 is below 1", id="negative devices"),
        pytest.param(changed(SEARCH, global_batch="0"), "--global-batch: 0 is below 1", id="zero batch"),
        pytest.param(changed(SEARCH, seq_len="-1"), "--seq-len: -1 is below 1", id="negative sequence"),
        pytest.param([*SEARCH, "--tokens", "many"], "--tokens: 'many'", id="tokens that are no number"),
        pytest.param(search(devices="1000000"), "1000000", id="more devices than the cluster has"),
        pytest.param(
            search(devices="12"), "--devices: 12 is not a whole number of hosts", id="not a whole number of hosts"
        ),
        pytest.param(search(cluster="sums.yaml", devices="16"), "sums.yaml:12:", id="hosts that do not sum"),
        pytest.param(search(cluster="apart.yaml", devices="16"), "apart.yaml", id="a cluster that is not connected"),
        pytest.param([*SEARCH, "--accelerator", "h10"], "h10", id="unknown accelerator"),
        pytest.param([*SEARCH, "--stack", "megatron-kore"], "did you mean 'megatron-core'", id="unknown stack"),
        pytest.param([*SEARCH, "--dtype", "bf8"], "did you mean 'bf16'?", id="unknown dtype"),
        pytest.param([*SEARCH, "--recompute", "selectiv"], "did you mean 'selective'?", id="unknown recompute"),
        pytest.param([*SEARCH, "--tp", "1..x"], "'1..x'", id="not a range"),
        pytest.param([*SEARCH, "--tp", "8..1"], "runs backwards", id="a backward range"),
        pytest.param([*SEARCH, "--tp", "0"], "--tp: 0 is below 1", id="degree zero"),
        pytest.param([*SEARCH, "--zero", "4"], "--zero: 4 is above 3", id="ZeRO 4"),
        pytest.param([*SEARCH, "--top", "0"], "--top: 0 is below 1", id="top 0"),
        pytest.param([*SEARCH, "--threads", "-1"], "--threads: -1 is below 0", id="negative threads"),
        pytest.param([*SEARCH, "--time-limit", "0"], "--time-limit", id="no time"),
        pytest.param([*SEARCH, "--json", "--format", "csv"], "exclude each other", id="two forms"),
        pytest.param([*SEARCH, "-o", "no/such/folder.json"], "there is no directory no/such", id="no such folder"),
        pytest.param([*SEARCH, "--space", "key.yaml"], "unknown key", id="unknown dimension in a space file"),
        pytest.param([*SEARCH, "--devcies", "3"], "there is no option --devcies", id="unknown option"),
        pytest.param(["search", "llama-3.1-70b"], "the option --cluster is missing", id="missing option"),
        pytest.param(["serch"], "there is no command 'serch'", id="unknown command"),
        pytest.param(["schema", "foo"], "'foo' is not one of search, estimate", id="unknown schema"),
        pytest.param(["models", "show", "gpt5"], "gpt5", id="unknown model to show"),
        pytest.param([*SEARCH, "--reserve", "4"], "--reserve: '4' has no unit", id="reserve without a unit"),
        pytest.param([*SEARCH, "--reserve", "90GiB"], "--reserve: 90.0 GiB leaves nothing", id="reserve of everything"),
        pytest.param([*SEARCH, "--tp", "2", "--tp", "4"], "--tp is given more than once", id="an option twice"),
        pytest.param([*SEARCH, "--devices", "8"], "--devices is given more than once", id="two numbers of devices"),
        pytest.param(
            [*SEARCH, "--sequence-parallel", "--no-sequence-parallel"],
            "--sequence-parallel and --no-sequence-parallel",
            id="a flag and its opposite",
        ),
        pytest.param([*SEARCH, "-o", "answer.xyz"], "the suffix .xyz names no form", id="unknown suffix"),
        pytest.param(["estimate", *SMALL, "--micro-batch", "0"], "--micro-batch: 0 is below 1", id="micro-batch 0"),
        pytest.param(["estimate", *SMALL, "--dp", "3"], "1 x 1 x 3 = 3, but the job has 64 devices", id="dp 3 of 64"),
        pytest.param(
            ["estimate", *SMALL[:3], *SMALL[5:], "--dp", "12"], "no whole number of hosts of 8 devices", id="dp 12 of 8"
        ),
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
    assert re.search(r"^hint: \S", run.err, re.MULTILINE), "every error names one action"
    assert "space." not in run.err
    lines = run.err.splitlines()
    assert lines[0].startswith("error: ") and sentence in lines[0]
    assert all(line.startswith("hint: ") for line in lines[1:]) and len(lines) <= 2
    assert "Traceback" not in run.err


def test_batch_that_no_layout_divides(clusterplan: Clusterplan) -> None:
    # 48 devices hold a factor of three that neither the heads nor the layers take, so the batch must.
    arguments = ["search", "llama-3.1-8b", "--cluster", "dgx-h100-superpod", "--devices", "48", "--seq-len", "8192"]
    run = clusterplan(*arguments, "--global-batch", "8")
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("error: --global-batch: 8 sequences work with no layout on 48 devices")
    offered = re.search(r"hint: .*: (\d+) or (\d+)", run.err)
    assert offered
    for batch in offered.groups():
        assert clusterplan(*arguments, "--global-batch", batch).code == 0


def test_no_layout_fits(clusterplan: Clusterplan) -> None:
    run = clusterplan(*HOPELESS)
    assert (run.code, run.out) == (1, "")
    first = run.err.splitlines()[0]
    assert re.search(r"needs [\d.,]+ GiB of 79\.1 GiB on stage \d+; largest part: \w+", first)
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
    assert run.err.startswith("error: no layout keeps all rules: tp x pp must divide the devices\n")
    assert "hint: choose tp and pp whose product divides the devices" in run.err


@pytest.mark.parametrize(
    ("options", "rule", "remedy"),
    [
        ("--tp 1 --sequence-parallel", "sequence parallelism needs tp above 1", "leave sequence parallelism out"),
        ("--tp 8 --pp 8 --zero 1", "ZeRO 1 to 3 needs dp above 1", "take ZeRO 0"),
        ("--pp 2 --schedule no-pipeline", "no-pipeline goes with pp 1", "leave the schedule out"),
    ],
)
def test_another_rule_is_not_blamed_on_the_batch(
    clusterplan: Clusterplan, options: str, rule: str, remedy: str
) -> None:
    run = clusterplan("search", *SMALL, *options.split())
    assert (run.code, run.out) == (1, "")
    first, *_, last = run.err.splitlines()
    assert first.startswith("error: no layout keeps all rules: ") and rule in first
    assert last.startswith("hint: ") and remedy in last
    assert "batches that work" not in run.err


def test_the_batch_hint_never_offers_what_was_given(clusterplan: Clusterplan) -> None:
    arguments = changed(["search", *SMALL, "--tp", "1", "--pp", "1"], global_batch="250")
    run = clusterplan(*arguments)
    assert run.code == 2 and run.err.endswith("hint: the nearest global batches that work: 192 or 256\n")


def test_a_cluster_used_in_full_is_not_told_to_grow(clusterplan: Clusterplan, tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL_CLUSTER.replace("GROUPS", "1"))
    arguments = ["search", "llama-3.1-405b", "--cluster", "small.yaml", "--devices", "32"]
    run = clusterplan(*arguments, "--global-batch", "64", "--seq-len", "8192")
    assert run.code == 1, run.err
    hint = run.err.splitlines()[-1]
    assert hint.startswith("hint: ") and "more devices" not in hint and "twice" not in hint


@pytest.mark.parametrize(("name", "held"), [("none.md", "| layouts | reason |"), ("none.txt", "ruled out, of")])
def test_a_file_holds_the_reasons_where_there_is_no_layout(
    clusterplan: Clusterplan, tmp_path: Path, name: str, held: str
) -> None:
    run = clusterplan(*HOPELESS, "-o", name)
    assert (run.code, run.out) == (1, "")
    assert held in (tmp_path / name).read_text()
    assert run.err.endswith(f"note: {name} holds these reasons and no layout\n")


def test_a_csv_file_without_a_layout_has_its_names(clusterplan: Clusterplan, tmp_path: Path) -> None:
    run = clusterplan(*HOPELESS, "-o", "none.csv")
    assert (run.code, run.out) == (1, "") and run.err.endswith("holds only the names of the columns\n")
    assert (tmp_path / "none.csv").read_text().startswith("rank,tp,")
    assert len((tmp_path / "none.csv").read_text().splitlines()) == 1


def test_estimate_of_a_layout_that_does_not_fit(clusterplan: Clusterplan) -> None:
    run = clusterplan("estimate", "llama-3.1-70b", *QUESTION, "--tp", "1")
    assert run.code == 1
    assert "Layout: tp 1" in run.out
    assert re.match(
        r"error: the layout does not fit: needs [\d.,]+ GiB of 79\.1 GiB on stage 0, [\d.,]+ GiB too much", run.err
    )


def test_debug_shows_the_traceback(clusterplan: Clusterplan) -> None:
    run = clusterplan(*search(model="lama"), "--debug")
    assert run.code == 2 and "Traceback" in run.err and "\nerror: there is no model named 'lama'" in run.err
