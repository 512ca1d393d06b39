"""`clusterplan topology traffic` and `clusterplan explain`: streams and exit codes, apart."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_running import Run

Clusterplan = Callable[..., Run]

QUESTION = ["llama-3.1-70b", "--cluster", "dgx-h100-superpod", "--devices", "64"]
QUESTION += ["--global-batch", "256", "--seq-len", "8192"]
LAYOUT = ["--tp", "8", "--pp", "4", "--zero", "1", "--sequence-parallel"]
TRAFFIC = ["topology", "traffic", *QUESTION]


def test_traffic_of_a_layout(clusterplan: Clusterplan) -> None:
    run = clusterplan(*TRAFFIC, *LAYOUT, "--recompute", "full")
    assert run.code == 0 and run.err == ""
    assert "Layout: tp 8, pp 4, dp 2" in run.out
    for word in ("GB/device", "TB in all", "% of level", "nvlink-h100", "leaf", "Megatron-Core", "reproduce: "):
        assert word in run.out
    assert max(len(line) for line in run.out.splitlines() if not line.startswith("reproduce")) <= 100


def test_without_a_layout_the_best_one_is_taken_and_said(clusterplan: Clusterplan) -> None:
    run = clusterplan(*TRAFFIC)
    assert run.code == 0 and "Best layout of a search" in run.out
    assert "best layout of a search" in run.err
    quiet = clusterplan(*TRAFFIC, "-q")
    assert quiet.err == ""


def test_a_layout_that_does_not_fit_is_shown_with_a_warning(clusterplan: Clusterplan) -> None:
    run = clusterplan(*TRAFFIC, "--tp", "8")
    assert run.code == 0 and run.err.startswith("warning: the layout does not fit")


def test_traffic_as_json_and_csv(clusterplan: Clusterplan) -> None:
    run = clusterplan(*TRAFFIC, *LAYOUT, "--json", "-q")
    document = json.loads(run.out)
    assert document["schema"] == "clusterplan.traffic/1" and document["ranks"] is None
    rows = list(csv.DictReader(io.StringIO(clusterplan(*TRAFFIC, *LAYOUT, "--format", "csv", "-q").out)))
    crossed = [
        (kind["kind"], level["name"], level["total_bytes"])
        for kind in document["traffic"]["kinds"]
        for level in kind["levels"]
        if level["total_bytes"]
    ]
    assert [(row["kind"], row["level"], float(row["total_bytes"])) for row in rows] == crossed and crossed
    markdown = clusterplan(*TRAFFIC, *LAYOUT, "--format", "md", "-q").out
    assert markdown.startswith("# Traffic of a step") and "| tensor |" in markdown


def test_the_rank_map_in_every_form(clusterplan: Clusterplan) -> None:
    table = clusterplan(*TRAFFIC, *LAYOUT, "--ranks", "-q")
    assert table.out.splitlines()[0].split() == ["rank", "host", "device", "rail", "tensor", "data", "pipeline"]
    assert len(table.out.splitlines()) == 65
    rows = list(csv.reader(io.StringIO(clusterplan(*TRAFFIC, *LAYOUT, "--ranks", "--format", "csv", "-q").out)))
    document = json.loads(clusterplan(*TRAFFIC, *LAYOUT, "--ranks", "--json", "-q").out)
    assert [line.split() for line in table.out.splitlines()] == rows
    assert rows[0] == document["ranks"]["columns"]
    assert [[int(cell) for cell in row] for row in rows[1:]] == document["ranks"]["rows"]
    assert rows[10] == ["9", "1", "1", "1", "1", "1", "0"]


@pytest.mark.parametrize(
    ("options", "sentence", "hint"),
    [
        (["-o", "map.md"], "-o map.md: a rank map has no form md", "end it in .txt, .json or .csv"),
        (["--format", "md"], "--format md: a rank map has no form md", "give table, json or csv"),
    ],
)
def test_a_rank_map_is_never_markdown(
    clusterplan: Clusterplan, tmp_path: Path, options: list[str], sentence: str, hint: str
) -> None:
    run = clusterplan(*TRAFFIC, *LAYOUT, "--ranks", *options)
    assert (run.code, run.out, run.err) == (2, "", f"error: {sentence}\nhint: {hint}\n")
    assert list(tmp_path.iterdir()) == []
    assert clusterplan(*TRAFFIC, *LAYOUT, "-q", "-o", "traffic.md").code == 0
    assert (tmp_path / "traffic.md").read_text(encoding="utf-8").startswith("# Traffic of a step")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (["--tp", "3"], "does not divide the 64 devices"),
        (["--placement", "tp-pp"], "is not one of"),
        (["--tpp", "3"], "there is no option --tpp"),
    ],
)
def test_bad_input(clusterplan: Clusterplan, changes: list[str], sentence: str) -> None:
    run = clusterplan(*TRAFFIC, *changes)
    assert run.code == 2 and run.out == "" and sentence in run.err and "hint: " in run.err
    assert "Traceback" not in run.err


def test_a_search_needs_devices(clusterplan: Clusterplan) -> None:
    question = [word for word in TRAFFIC if word not in ("--devices", "64")]
    run = clusterplan(*question)
    assert run.code == 2 and "devices: not given" in run.err


def test_explain(clusterplan: Clusterplan) -> None:
    run = clusterplan("explain", *QUESTION)
    assert run.code == 0 and run.err == ""
    for word in ("Best layout: tp ", "what bounds the step", "groups: ", "ranks in order", "Rank order: ", "optimal"):
        assert word in run.out
    assert max(len(line) for line in run.out.splitlines() if not line.startswith("reproduce")) <= 100
    document = json.loads(clusterplan("explain", *QUESTION, "--json").out)
    assert document["schema"] == "clusterplan.explanation/1"
    assert document["bounds"][0]["part"] == "backward"


def test_explain_to_a_file(clusterplan: Clusterplan, tmp_path: Path) -> None:
    run = clusterplan("explain", *QUESTION, "-o", "why.json")
    assert run.code == 0 and run.out == ""
    assert json.loads((tmp_path / "why.json").read_text())["alternatives"]
    wrong = clusterplan("explain", *QUESTION, "-o", "why.csv")
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err == "error: -o why.csv: an explanation has no form csv\nhint: end it in .txt or .json\n"
    assert not (tmp_path / "why.csv").exists()


def test_explain_says_that_nothing_fits(clusterplan: Clusterplan) -> None:
    run = clusterplan("explain", "llama-3.1-405b", *QUESTION[1:3], "--devices", "16", *QUESTION[5:])
    assert run.code == 1 and run.out == "" and run.err.startswith("error: no layout of llama-3.1-405b fits")


def test_narrow_and_ascii(clusterplan: Clusterplan) -> None:
    run = clusterplan("explain", *QUESTION, COLUMNS="72", PYTHONIOENCODING="ascii")
    assert run.code == 0
    assert max(len(line) for line in run.out.splitlines() if not line.startswith("reproduce")) <= 72
