"""Measured collectives: how far off the network model may be, on tables that nothing was read from."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from statistics import median

import pytest

from clusterplan.data import read_data
from clusterplan.errors import SpecError
from clusterplan.fidelity.collectives import (
    AIM,
    LEAST_BYTES,
    ErrorSummary,
    MeasuredTable,
    by_reach_and_size,
    find_table,
    measured_collectives,
)
from clusterplan.reports.collectives import markdown, report
from tests.fidelity import fit_collectives

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "measured-collectives.md"
# What was reached, rounded up, so that a change that costs accuracy is seen.
HELD_OUT_MEDIAN_ERROR = 0.11
HELD_OUT_MEDIAN_OF_TABLES = 0.15
ACROSS_DOMAINS_MEDIAN_ERROR = 0.14
LARGE_MESSAGES_MEDIAN_ERROR = 0.07
HELD_OUT_BIAS = 0.05
NEAR_THE_OPTIMUM = 0.005


@pytest.fixture(scope="module")
def tables() -> tuple[MeasuredTable, ...]:
    return measured_collectives()


def test_the_median_error_of_held_out_messages_of_a_mebibyte(tables):
    held_out = [table for table in tables if table.split == "held_out"]
    errors = [error for table in held_out for error in table.errors()]
    assert len(held_out) > 50 and len(errors) > 350
    assert median(map(abs, errors)) <= HELD_OUT_MEDIAN_ERROR
    assert abs(median(errors)) <= HELD_OUT_BIAS
    of_tables = [median(map(abs, table.errors())) for table in held_out if table.errors()]
    assert median(of_tables) <= HELD_OUT_MEDIAN_OF_TABLES


def test_reach_and_size(tables):
    found = by_reach_and_size(table for table in tables if table.split == "held_out")
    assert found["across scale-up domains, from 1 MiB on"].median_absolute_error <= ACROSS_DOMAINS_MEDIAN_ERROR
    for reach in ("inside a scale-up domain", "across scale-up domains"):
        assert found[f"{reach}, from 256 MiB on"].median_absolute_error <= LARGE_MESSAGES_MEDIAN_ERROR
        sizes = ("1 to 16 MiB", "16 to 256 MiB", "from 256 MiB on")
        assert sum(found[f"{reach}, {size}"].rows for size in sizes) == found[f"{reach}, from 1 MiB on"].rows


@pytest.mark.parametrize("operation", ["all_reduce", "all_gather", "reduce_scatter", "all_to_all", "broadcast"])
def test_every_operation_is_within_the_aim(tables, operation):
    held_out = [table for table in tables if table.split == "held_out" and table.operation == operation]
    assert median(abs(error) for table in held_out for error in table.errors()) <= AIM


def test_the_link_numbers_are_those_of_the_fit_and_near_its_optimum():
    links = read_data("links.json")["technologies"]
    fabric = links["infiniband"]
    keys = ("half_saturation_bytes", "collective_efficiency", "hop_latency_s")
    assert tuple(fabric[key]["value"] for key in keys) == fit_collectives.TAKEN[1:]
    assert links["nvlink-h100"]["half_saturation_bytes"]["value"] == fit_collectives.TAKEN[0]
    best = min(map(fit_collectives.row_median, fit_collectives.points()))
    assert fit_collectives.row_median(fit_collectives.TAKEN) <= best + NEAR_THE_OPTIMUM


def test_a_source_is_on_one_side_of_the_split(tables):
    sides: dict[str, set[str]] = {}
    for table in tables:
        sides.setdefault(re.split(r" at |[ ,]*\(|, https", table.source)[0], set()).add(table.split)
    assert all(len(split) == 1 for split in sides.values()), sides


def test_tables_are_facts(tables):
    assert len({table.id for table in tables}) == len(tables)
    for table in tables:
        assert table.source and table.title and table.split in ("fit", "held_out")
        sizes = [row.size_bytes for row in table.rows]
        assert sizes == sorted(set(sizes)) and sizes[-1] > 0
        assert all(row.measured_s > 0 and row.predicted_s > 0 for row in table.rows)


def test_the_page_of_the_documentation_is_up_to_date(tables):
    assert PAGE.read_text(encoding="utf-8") == markdown(tables), (
        "write it again: clusterplan topology collectives --format md -o docs/reference/measured-collectives.md"
    )


def test_the_report_adds_up(tables):
    document = report(tables)
    rows = [row for table in document["tables"] for row in table["rows"] if row["size_bytes"] >= LEAST_BYTES]
    assert sum(document["summary"][split]["rows"] for split in ("fit", "held_out")) == len(rows)
    assert (document["least_bytes"], document["aim"]) == (LEAST_BYTES, AIM)
    row = rows[0]
    assert row["error"] == pytest.approx(row["predicted_s"] / row["measured_s"] - 1)


def test_a_summary_keeps_signs_apart():
    summary = ErrorSummary.of([-0.3, -0.15, -0.05, 0.1, 0.16])
    assert summary == ErrorSummary(
        rows=5, median_absolute_error=0.15, largest_absolute_error=0.3, median_error=-0.05, within_aim=0.6
    )
    assert ErrorSummary.of([]) is None


def test_a_report_of_one_split_says_nothing_of_the_other(tables):
    page = markdown([table for table in tables if table.split == "fit"])
    assert "## Fit" in page and "## Held-out" not in page and "| held-out |" not in page


def test_the_examples_of_the_docstrings():
    import clusterplan.fidelity.collectives as module

    outcome = doctest.testmod(module)
    assert outcome.attempted >= 4 and outcome.failed == 0


def test_a_table_is_looked_for_in_its_split(tables):
    fit = next(table for table in tables if table.split == "fit")
    assert find_table(tables, fit.id) is find_table(tables, fit.id, "fit") is fit
    with pytest.raises(SpecError, match=f"table: '{fit.id}' is a table of the split fit, not of held_out"):
        find_table(tables, fit.id, "held_out")


def test_names_that_are_not_there(tables):
    with pytest.raises(SpecError, match="did you mean 'h100-8-dgxc-all-reduce'"):
        find_table(tables, "h100-8-dgxc-all-reduc")
    with pytest.raises(SpecError, match="split is 'all'"):
        measured_collectives("all")
