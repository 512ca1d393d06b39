"""`clusterplan topology collectives`: streams, exit codes and forms."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_running import Run

from clusterplan.data import read_data

Clusterplan = Callable[..., Run]

COLLECTIVES = ["topology", "collectives"]
# A table that link technologies were read from, with messages of all sizes, and one that they were not read from.
FIT = "h100-8-dgxc-all-reduce"
HELD_OUT = next(table["id"] for table in read_data("measured_collectives.json")["tables"] if table["split"] != "fit")


def test_the_table_of_all_measurements(clusterplan: Clusterplan) -> None:
    run = clusterplan(*COLLECTIVES)
    assert (run.code, run.err) == (0, "")
    lines = run.out.splitlines()
    assert max(map(len, lines)) <= 100 and "\u2026" not in run.out
    starts = [line.split()[0] for line in lines if line]
    assert starts.index("fit") < starts.index(FIT) < starts.index("held-out") < starts.index(HELD_OUT)
    assert len(re.findall(r"% of rows within 15 %$", run.out, re.MULTILINE)) == 2
    assert lines[-2] == "reproduce: clusterplan topology collectives"
    assert re.fullmatch(r"clusterplan \d+\.\d+\.\d+", lines[-1])


@pytest.mark.parametrize(("split", "other"), [("fit", HELD_OUT), ("held_out", FIT)])
def test_one_split(clusterplan: Clusterplan, split: str, other: str) -> None:
    run = clusterplan(*COLLECTIVES, "--split", split)
    assert (run.code, run.err) == (0, "") and other not in run.out
    document = json.loads(clusterplan(*COLLECTIVES, "--split", split, "--json").out)
    assert {table["split"] for table in document["tables"]} == {split}
    assert [name for name, summary in document["summary"].items() if summary] == [split]


def test_one_table_row_by_row(clusterplan: Clusterplan) -> None:
    run = clusterplan(*COLLECTIVES, "--table", FIT)
    assert (run.code, run.err) == (0, "")
    assert "all-reduce, 8 ranks at stride 1" in run.out and "source: NVIDIA/dgxc-benchmarking" in run.out
    rows = [line for line in run.out.splitlines() if re.match(r" *[\d.,]+ (bytes|[KMG]iB) ", line)]
    (table,) = json.loads(clusterplan(*COLLECTIVES, "--table", FIT, "--json").out)["tables"]
    assert table["id"] == FIT and len(rows) == len(table["rows"]) > 10
    assert [f"{row['error'] * 100:+.1f}" for row in table["rows"]] == [line.split()[-2] for line in rows]
    command = run.out.splitlines()[-2].removeprefix("reproduce: ")
    assert clusterplan(*shlex.split(command)[1:]).out == run.out


def test_one_table_as_markdown(clusterplan: Clusterplan) -> None:
    run = clusterplan(*COLLECTIVES, "--table", HELD_OUT, "--format", "md")
    assert (run.code, run.err) == (0, "")
    assert run.out.startswith("# ") and "\n| message | measured | predicted | error % | algorithm |\n" in run.out
    assert HELD_OUT not in run.out.splitlines()[0] and "# Measured collectives" not in run.out


def test_a_table_and_its_split(clusterplan: Clusterplan) -> None:
    assert clusterplan(*COLLECTIVES, "--table", FIT, "--split", "fit").code == 0
    run = clusterplan(*COLLECTIVES, "--table", FIT, "--split", "held_out")
    assert (run.code, run.out) == (2, "")
    assert run.err == (
        f"error: --table: '{FIT}' is a table of the split fit, not of held_out\n"
        "hint: take the split fit, or leave it out\n"
    )


@pytest.mark.parametrize(("suffix", "start"), [("json", "{"), ("md", "# "), ("txt", "fit (read from these tables)")])
def test_a_file_takes_the_form_of_its_suffix(clusterplan: Clusterplan, tmp_path: Path, suffix: str, start: str) -> None:
    run = clusterplan(*COLLECTIVES, "-o", f"errors.{suffix}")
    assert (run.code, run.out, run.err) == (0, "", "")
    assert (tmp_path / f"errors.{suffix}").read_text(encoding="utf-8").startswith(start)


def test_the_page_of_the_documentation_is_written_by_the_command(clusterplan: Clusterplan, tmp_path: Path) -> None:
    from clusterplan.fidelity.collectives import measured_collectives
    from clusterplan.reports.collectives import markdown

    run = clusterplan(*COLLECTIVES, "--format", "md", "-o", "page.md")
    assert (run.code, run.out, run.err) == (0, "", "")
    # That this is the page in docs/reference is a test of tests/fidelity.
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == markdown(measured_collectives())


@pytest.mark.parametrize(
    ("options", "sentence", "hint"),
    [
        (["-o", "x.csv"], "-o x.csv: a comparison of collectives has no form csv", "end it in .txt, .json, .md"),
        (["-o", "x.xyz"], "-o x.xyz: the suffix .xyz names no form", "end it in .txt, .json, .md"),
        (["--format", "csv"], "--format: 'csv' is not one of table, json, md", "use one of table, json, md"),
        (["--split", "heldout"], "--split: 'heldout' is not one of fit, held_out", "use held_out"),
        (["--table", f"{FIT}x"], f"there is no table named '{FIT}x'; did you mean '{FIT}'", "list them with"),
        (["--json", "--format", "md"], "--json and --format md exclude each other", "give one of them"),
    ],
)
def test_bad_input(clusterplan: Clusterplan, tmp_path: Path, options: list[str], sentence: str, hint: str) -> None:
    run = clusterplan(*COLLECTIVES, *options)
    assert (run.code, run.out) == (2, "") and list(tmp_path.iterdir()) == []
    first, second = run.err.splitlines()
    assert first.startswith(f"error: {sentence}") and second.startswith(f"hint: {hint}")


def test_help_promises_only_the_forms_that_there_are(clusterplan: Clusterplan) -> None:
    words = " ".join(clusterplan(*COLLECTIVES, "--help").out.split())
    assert "table|json|md" in words and "(.json, .md, .txt choose the form)" in words and "csv" not in words
    words = " ".join(clusterplan("explain", "--help").out.split())
    assert "(.json, .txt choose the form)" in words and "csv" not in words
    assert "(.json, .csv, .md, .txt choose the form)" in " ".join(clusterplan("search", "--help").out.split())
