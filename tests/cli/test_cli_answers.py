"""Answers: standard output, standard error and exit code, each pinned apart."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_running import QUESTION, SEARCH, SMALL, Run
from jsonschema import Draft202012Validator

Clusterplan = Callable[..., Run]


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_table_fits_the_width_and_says_the_units(clusterplan: Clusterplan, width: int) -> None:
    run = clusterplan(*SEARCH, "--tokens", "15T", COLUMNS=str(width))
    assert (run.code, run.err) == (0, "")
    lines = run.out.splitlines()
    too_wide = [line for line in lines if len(line) > width and not line.startswith("reproduce: ")]
    assert too_wide == []
    assert "\u2026" not in run.out, "a cell was cut"
    words = " ".join(run.out.split())
    for piece in (
        "70.6 B parameters",
        "256 of 16,384 devices h100-sxm-80gb",
        "TFLOP/s dense bf16",
        "model FLOP incl. causal attention over dense bf16 peak 989 TFLOP/s",
        "tokens/s/device",
        "time to train",
        "without failures",
        "device-hours",
        "a device-hour, recalled",
        "memory of stage",
        "hidden",
        "optimal: proven by exhaustive enumeration",
        "ruled out: ",
    ):
        assert piece in words
    assert re.fullmatch(r"clusterplan \d+\.\d+\.\d+", lines[-1])


def test_last_lines_reproduce_the_answer(clusterplan: Clusterplan) -> None:
    run = clusterplan(*SEARCH, "--tp", "4,8", "--top", "2")
    command = next(line for line in run.out.splitlines() if line.startswith("reproduce: ")).removeprefix("reproduce: ")
    again = clusterplan(*shlex.split(command)[1:])
    rows = [line for line in run.out.splitlines() if re.match(r"[12] ", line)]
    assert len(rows) == 2
    assert [line for line in again.out.splitlines() if re.match(r"[12] ", line)] == rows


@pytest.mark.parametrize("command", ["search", "estimate"])
def test_json_is_one_document_that_keeps_the_schema(clusterplan: Clusterplan, command: str) -> None:
    layout = ["--tp", "8", "--pp", "4", "--zero", "1"] if command == "estimate" else []
    run = clusterplan(command, "llama-3.1-70b", *QUESTION, "--tokens", "15T", "--json", *layout)
    assert (run.code, run.err) == (0, "")
    document = json.loads(run.out)
    schema = json.loads(clusterplan("schema", command).out)
    Draft202012Validator.check_schema(schema)
    assert list(Draft202012Validator(schema).iter_errors(document)) == []
    expected = ["schema", "schema_version", "clusterplan_version", "request", "search", "plans", "critical_batch"]
    assert list(document) == [key for key in expected if command == "search" or key != "search"]
    assert document["schema"] == f"clusterplan.{command}/1"
    for plan in document["plans"]:
        assert sum(plan["time_s"].values()) == pytest.approx(plan["step_time_s"], rel=1e-9)
        for stage in plan["memory"]["stages"]:
            assert sum(stage["by_category"].values()) == pytest.approx(stage["total_bytes"], rel=1e-9)
        assert plan["time_to_train_s"] == pytest.approx(plan["steps"] * plan["step_time_s"])


def test_counts_of_a_search_add_up(clusterplan: Clusterplan) -> None:
    document = json.loads(clusterplan(*SEARCH, "--json").out)
    search = document["search"]
    rules = sum(count for reason, count in search["infeasible"].items() if reason != "memory")
    assert search["evaluated"] + rules == search["space"]
    assert search["optimal"] is True
    steps = [plan["step_time_s"] for plan in document["plans"]]
    assert len(steps) == 5 and steps == sorted(steps)


def test_a_narrow_table_leaves_columns_out_and_says_which(clusterplan: Clusterplan) -> None:
    run = clusterplan(*SEARCH, COLUMNS="60")
    assert "(no room for bottleneck, tokens/s/device" in run.out
    steps = [float(line.split()[-3]) for line in run.out.splitlines() if re.match(r"[1-5] ", line)]
    document = json.loads(clusterplan(*SEARCH, "--json").out)
    assert steps == pytest.approx([plan["step_time_s"] for plan in document["plans"]], rel=1e-3)


def test_times_of_a_step_have_one_unit_and_add_up(clusterplan: Clusterplan) -> None:
    run = clusterplan(*SEARCH, COLUMNS="60")
    lines = run.out.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("time of a step"))
    end = next(number for number, line in enumerate(lines) if number > start and line.startswith("step "))
    parts = [re.match(r"[a-z -]+? {2,}<?([\d.,]+)", line) for line in lines[start + 1 : end + 1]]
    values = [float(match[1]) for match in parts if match]
    assert len(values) == end - start > 4
    assert sum(values[:-1]) == pytest.approx(values[-1], abs=0.002 * len(values))


@pytest.mark.parametrize("tokens", ["1000", "15T"])
def test_fewer_tokens_than_a_step_are_warned_about(clusterplan: Clusterplan, tokens: str) -> None:
    run = clusterplan("search", *SMALL, "--tokens", tokens)
    assert run.code == 0
    warned = "warning: 1,000 tokens are fewer than the 1,048,576 of one step; the run is that one step\n"
    assert run.err == (warned if tokens == "1000" else "")
    assert ("1 step," in run.out) is (tokens == "1000")


def test_reserve_is_in_the_heading_and_in_the_document(clusterplan: Clusterplan) -> None:
    run = clusterplan("search", *SMALL, "--reserve", "4GiB")
    assert (run.code, run.err) == (0, "")
    assert "\n4.0 GiB of 79.1 GiB kept free\n" in run.out
    request = json.loads(clusterplan("estimate", *SMALL, "--tp", "2", "--reserve", "4GiB", "--json").out)["request"]
    assert request["reserve_bytes"] == 4 * 2**30 and request["attention"] == "flash-3"


def test_plans_close_to_the_limit_are_marked(clusterplan: Clusterplan) -> None:
    document = json.loads(clusterplan("search", *SMALL, "--top", "600", "--json").out)
    shares = [plan["memory"]["peak_bytes"] / plan["memory"]["capacity_bytes"] for plan in document["plans"]]
    assert any(share > 0.97 for share in shares) and any(share <= 0.97 for share in shares)
    run = clusterplan("search", *SMALL, "--top", "600")
    rows = [line for line in run.out.splitlines() if re.match(r" *\d+ +\d+ +\d+ +\d", line)]
    assert len(rows) == len(shares) and "* within 3 % of the memory of a device" in " ".join(run.out.split())
    assert ["*" in row for row in rows] == [share > 0.97 for share in shares]


def test_estimate_without_devices_takes_whole_hosts(clusterplan: Clusterplan) -> None:
    without = [*SMALL[:3], *SMALL[5:]]
    run = clusterplan("estimate", *without, "--tp", "2", "--zero", "1")
    assert (run.code, run.err) == (0, "")
    assert "devices not given: 8, the fewest whole hosts of dgx-h100-superpod that tp x pp divides" in run.out
    assert "Layout: tp 2, pp 1, dp 4," in run.out


def test_a_dash_is_standard_output(clusterplan: Clusterplan, tmp_path: Path) -> None:
    run = clusterplan("search", *SMALL, "-o", "-", "--format", "csv")
    assert (run.code, run.err) == (0, "") and run.out.startswith("rank,")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("arguments", ["models list", "topology list", "topology show dgx-h100-superpod"])
def test_the_catalog_fits_the_width(clusterplan: Clusterplan, arguments: str, width: int) -> None:
    run = clusterplan(*arguments.split(), COLUMNS=str(width))
    assert (run.code, run.err) == (0, "")
    assert max(map(len, run.out.splitlines())) <= width and "\u2026" not in run.out


def test_a_cluster_is_shown_in_the_units_of_people(clusterplan: Clusterplan) -> None:
    shown = clusterplan("topology", "show", "dgx-h100-superpod").out
    assert "bandwidth: 450 GB/s\n" in shown and "latency: 0.8 us\n" in shown and "e+" not in shown
    document = json.loads(clusterplan("topology", "show", "dgx-h100-superpod", "--json").out)
    assert document["host"]["scale_up"]["bandwidth_bytes_per_s"] == 4.5e11


def test_csv_has_one_line_a_plan(clusterplan: Clusterplan) -> None:
    run = clusterplan(*SEARCH, "--format", "csv", "--top", "3")
    assert (run.code, run.err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(run.out)))
    assert [row["rank"] for row in rows] == ["1", "2", "3"]
    assert {"step_time_s", "peak_memory_bytes", "tp", "zero", "hidden_data_comm_s"} <= set(rows[0])


def test_markdown(clusterplan: Clusterplan) -> None:
    run = clusterplan(*SEARCH, "--format", "md")
    assert (run.code, run.err) == (0, "")
    assert run.out.startswith("# llama-3.1-70b on 256 x h100-sxm-80gb\n")
    assert "| # | tp | pp |" in run.out


@pytest.mark.parametrize(
    ("suffix", "start"), [("json", "{"), ("csv", "rank,"), ("md", "# "), ("txt", "llama-3.1-70b:")]
)
def test_output_file_takes_the_form_of_its_suffix(
    clusterplan: Clusterplan, tmp_path: Path, suffix: str, start: str
) -> None:
    run = clusterplan(*SEARCH, "-o", f"answer.{suffix}")
    assert (run.code, run.out, run.err) == (0, "", "")
    assert (tmp_path / f"answer.{suffix}").read_text(encoding="utf-8").startswith(start)


def test_dimensions_narrow_the_space(clusterplan: Clusterplan, tmp_path: Path) -> None:
    (tmp_path / "space.yaml").write_text("tp: [8]\nmicro_batch: 1\n")
    options = ["--space", "space.yaml", "--tp", "4", "--pp", "1..4", "--recompute", "none,selective", "--zero", "0,1"]
    options.append("--sequence-parallel")
    run = clusterplan(*SEARCH, *options, "--json")
    assert run.code == 0, run.err
    document = json.loads(run.out)
    space = document["request"]["space"]
    assert (space["tp"], space["pp"], space["micro_batch"]) == ([4], [1, 2, 3, 4], [1])
    assert (space["recompute"], space["zero"], space["sequence_parallel"]) == (["none", "selective"], [0, 1], [True])
    assert all(plan["layout"]["tp"] == 4 for plan in document["plans"])


def test_a_size_is_a_model_and_its_shape_is_shown(clusterplan: Clusterplan) -> None:
    run = clusterplan("search", "70b", *QUESTION)
    assert (run.code, run.err) == (0, "")
    assert "inferred" in run.out


def test_estimate_agrees_with_the_search(clusterplan: Clusterplan) -> None:
    best = json.loads(clusterplan(*SEARCH, "--top", "1", "--json").out)["plans"][0]
    layout = best["layout"]
    zero = sum(degree > 1 for degree in layout["shards"].values())
    options = [f"--{name.replace('_', '-')}={layout[name]}" for name in ("tp", "pp", "vpp", "dp", "micro_batch")]
    options += [f"--recompute={layout['recompute']}", f"--schedule={layout['schedule']}", f"--zero={zero}"]
    options += ["--sequence-parallel"] if layout["sequence_parallel"] else []
    run = clusterplan("estimate", "llama-3.1-70b", *QUESTION, *options, "--json")
    assert run.code == 0, run.err
    assert json.loads(run.out)["plans"][0]["step_time_s"] == pytest.approx(best["step_time_s"], rel=1e-12)


@pytest.mark.parametrize("arguments", ["models list", "models show llama-3.1-70b", "topology list", "doctor"])
def test_the_catalog_and_the_doctor(clusterplan: Clusterplan, arguments: str) -> None:
    run = clusterplan(*arguments.split())
    assert (run.code, run.err) == (0, "")
    assert len(run.out.splitlines()) > 5
    run = clusterplan(*arguments.split(), "--json")
    assert (run.code, run.err) == (0, "")
    assert json.loads(run.out)


def test_every_command_has_help_with_an_example(clusterplan: Clusterplan) -> None:
    from clusterplan.cli.entry import _COMMANDS

    assert len(_COMMANDS) >= 6
    for name in _COMMANDS:
        run = clusterplan(name, "--help")
        assert (run.code, run.err) == (0, "")
        assert "Example:\n    clusterplan " in run.out
    assert "70 a mistake in clusterplan" in " ".join(clusterplan("--help").out.split())


def test_version(clusterplan: Clusterplan) -> None:
    run = clusterplan("--version")
    assert (run.code, run.err) == (0, "")
    assert re.fullmatch(r"clusterplan \d+\.\d+\.\d+\n", run.out)
