"""`clusterplan topology check` and `draw`: streams, exit codes, files, and the page that shows how."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cli_running import Run, environment

Clusterplan = Callable[..., Run]

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "topologies.md"
BLOCK = re.compile(r"^```console\n\$ (.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_check_prints_sizes_levels_and_the_bisection(clusterplan: Clusterplan) -> None:
    run = clusterplan("topology", "check", "meta-24k-roce")
    assert (run.code, run.err) == (0, "")
    lines = run.out.splitlines()
    assert lines[0].startswith("meta-24k-roce: Meta 24k")
    assert "hosts      3,072 of 8 devices" in lines
    cells = next(line.split() for line in lines if line.startswith("aggregation"))
    assert [*cells[:3], cells[4]] == ["aggregation", "24,576", "7.143", "7:1"]
    assert "bisection  87.77 TB/s one way, 7.143 GB/s a device" in run.out
    assert "maximum flow" not in run.out  # too large for it
    assert re.search(r"facts +\d+ seen", run.out)


def test_a_small_cluster_is_checked_by_a_maximum_flow(clusterplan: Clusterplan) -> None:
    run = clusterplan("topology", "check", "tpu-v5e-pod", "--devices", "256")
    assert (run.code, run.err) == (0, "")
    assert "bisection     1.6 TB/s one way" in run.out
    assert "maximum flow  1.6 TB/s between the halves of the graph: agrees" in run.out


def test_check_as_json(clusterplan: Clusterplan) -> None:
    run = clusterplan("topology", "check", "dgx-h100-superpod", "--devices", "64", "--json")
    assert (run.code, run.err) == (0, "")
    found = json.loads(run.out)
    assert (found["schema"], found["schema_version"]) == ("clusterplan.topology-check/1", 1)
    assert (found["devices"], found["job_devices"]) == (16384, 64)
    assert found["graph"] == {"form": "every device", "devices": 64, "nodes": 144, "links": 192, "connected": True}
    assert [level["bytes_per_s"] for level in found["levels"]] == [4.5e11, 5e10]
    bisection = found["bisection"]
    assert bisection["bytes_per_s"] == bisection["flow_bytes_per_s"] == 1.6e12 and bisection["flow_agrees"] is True
    assert bisection["bytes_per_s_per_device"] == 5e10
    assert set(found["facts"]) == {"seen", "derived", "recalled", "assumed", "other"}


def test_check_of_a_pool(clusterplan: Clusterplan) -> None:
    run = clusterplan("topology", "check", "perlmutter-gpu", "--pool", "a100-80gb")
    assert run.code == 0 and "a100-sxm-80gb" in run.out
    run = clusterplan("topology", "check", "perlmutter-gpu", "--pool", "a100-80")
    assert run.code == 2 and run.out == "" and "did you mean 'a100-80gb'?" in run.err


def test_show_a_pool(clusterplan: Clusterplan) -> None:
    run = clusterplan("topology", "show", "perlmutter-gpu", "--pool", "a100-80gb", "--json")
    assert (run.code, run.err) == (0, "")
    found = json.loads(run.out)
    assert (found["accelerator"], found["hosts"], found["devices"]) == ("a100-sxm-80gb", 256, 1024)
    assert [pool["name"] for pool in found["pools"]] == ["main"]


def test_the_last_lines_reproduce_the_check(clusterplan: Clusterplan) -> None:
    run = clusterplan("topology", "check", "dgx1-v100", "--devices", "8")
    *_, command, version = run.out.splitlines()
    assert command == "reproduce: clusterplan topology check dgx1-v100 --devices 8"
    assert re.fullmatch(r"clusterplan \d+\.\d+\.\d+", version)


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("name", ["dgx-h100-superpod", "juwels-booster"])
def test_the_check_fits_the_width(clusterplan: Clusterplan, name: str, width: int) -> None:
    run = clusterplan("topology", "check", name, COLUMNS=str(width))
    assert (run.code, run.err) == (0, "")
    assert max(map(len, run.out.splitlines())) <= width and "\u2026" not in run.out


def test_a_wrong_file_is_one_sentence(clusterplan: Clusterplan, tmp_path: Path) -> None:
    from clusterplan.catalog.clusters import cluster_file

    text = cluster_file("dgx-h100-superpod").read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(text.replace("groups: 64", "groups: 63"), encoding="utf-8")
    for command in (["check", "mine.yaml"], ["draw", "mine.yaml", "-o", "mine.svg"]):
        run = clusterplan("topology", *command)
        assert (run.code, run.out) == (2, "")
        assert "fabric.tiers[0]: 63 groups of 32 are 2016, but there are 2048 hosts" in run.err
        assert "hint:" in run.err and "Traceback" not in run.err
    assert not (tmp_path / "mine.svg").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check"], "NAME|FILE"),
        (["check", "dgx-h100-superpd"], "did you mean 'dgx-h100-superpod'"),
        (["check", "dgx-h100-superpod", "--devices", "12"], "the nearest are 8 and 16"),
        (["check", "dgx-h100-superpod", "--devices", "0"], "--devices"),
        (["check", "dgx-h100-superpod", "--devices", "8", "--devices", "16"], "--devices is given more than once"),
        (["show", "perlmutter-gpu", "--pool", "a100-80"], "did you mean 'a100-80gb'?"),
        (["check", "tpu-v4-pod", "--devices", "100"], "do not form a slice"),
        (["draw", "dgx1-v100"], "-o"),
        (["draw", "dgx1-v100", "-o", "a.pdf"], "the suffix .pdf names no form of a picture"),
        (["draw", "dgx1-v100", "-o", "a.csv"], "a picture has no form csv\nhint: end it in .svg or .png"),
        (["draw", "dgx1-v100", "-o", "picture"], "there is no suffix to choose the form of a picture"),
        (["draw", "dgx1-v100", "-o", "nowhere/a.svg"], "there is no directory nowhere"),
        (["draw", "dgx1-v100", "-o", "nowhere/a.png"], "there is no directory nowhere"),
        (["draw", "dgx1-v100", "-o", "a.svg", "--level", "hosts"], "'host'"),
    ],
)
def test_bad_input(clusterplan: Clusterplan, tmp_path: Path, arguments: list[str], words: str) -> None:
    run = clusterplan("topology", *arguments)
    assert (run.code, run.out) == (2, "") and words in run.err and "Traceback" not in run.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("level", ["host", "fabric", "both"])
def test_draw_an_svg(clusterplan: Clusterplan, tmp_path: Path, level: str) -> None:
    run = clusterplan("topology", "draw", "juwels-booster", "-o", "picture.svg", "--level", level)
    assert (run.code, run.out, run.err) == (0, "", "")
    root = ElementTree.parse(tmp_path / "picture.svg").getroot()
    assert root[0].text == "juwels-booster"
    first = (tmp_path / "picture.svg").read_bytes()
    clusterplan("topology", "draw", "juwels-booster", "-o", "again.svg", "--level", level)
    assert (tmp_path / "again.svg").read_bytes() == first


def test_draw_to_standard_output(clusterplan: Clusterplan, tmp_path: Path) -> None:
    run = clusterplan("topology", "draw", "dgx1-v100", "-o", "-")
    assert (run.code, run.err) == (0, "") and run.out.startswith("<?xml")
    assert list(tmp_path.iterdir()) == []


def test_draw_a_png(clusterplan: Clusterplan, tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    run = clusterplan("topology", "draw", "tpu-v5e-pod", "-o", "picture.png")
    assert (run.code, run.out, run.err) == (0, "", "")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_without_pillow_the_error_names_the_extra(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['PIL'] = None; from clusterplan.cli.entry import run; "
        "sys.exit(run(['topology', 'draw', 'dgx1-v100', '-o', 'picture.png']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=environment())
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: drawing a PNG needs Pillow" in done.stderr
    assert "hint: pip install 'clusterplan[draw]'" in done.stderr


def test_help_of_the_group_loads_nothing_heavy() -> None:
    code = (
        "import sys; from clusterplan.cli.entry import run; code = run(['topology', '--help']); "
        "heavy = {'pydantic', 'rich', 'numpy', 'networkx', 'yaml', 'PIL', 'clusterplan._core'} & set(sys.modules); "
        "print(sorted(heavy), code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment())
    assert done.stdout.splitlines()[-1] == "[] 0"


def test_every_command_of_the_group_has_help_with_an_example(clusterplan: Clusterplan) -> None:
    from clusterplan.cli.topology import _COMMANDS

    assert set(_COMMANDS) >= {"list", "show", "check", "draw", "traffic", "collectives"}
    for command in _COMMANDS:
        run = clusterplan("topology", command, "--help")
        assert (run.code, run.err) == (0, "") and "Example:\n    clusterplan topology " in run.out


def test_the_page_shows_what_is_printed(clusterplan: Clusterplan) -> None:
    text = PAGE.read_text(encoding="utf-8")
    blocks = BLOCK.findall(text)
    assert len(blocks) >= 3
    for command, output in blocks:
        run = clusterplan(*shlex.split(command)[1:])
        printed = run.out + run.err
        if os.environ.get("CLUSTERPLAN_REWRITE_DOCS"):
            text = text.replace(output, printed)
            PAGE.write_text(text, encoding="utf-8")
            output = printed
        assert run.code == (2 if output.startswith("error:") else 0), command
        # Latencies and counts of facts move with the catalog; bandwidths are those of the machines.
        assert without_numbers(printed) == without_numbers(output), command
        for word in ("bisection", "maximum flow"):
            assert lines_with(word, printed) == lines_with(word, output), command


def without_numbers(text: str) -> list[list[str]]:
    return [re.sub(r"[\d.,]+", "0", line).split() for line in text.splitlines()]


def lines_with(word: str, text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(word)]
