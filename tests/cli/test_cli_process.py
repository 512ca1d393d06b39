"""The command line as a process: Ctrl-C, closed pipes, colours, and what is imported."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import pytest
from cli_running import SEARCH, Run, environment

Clusterplan = Callable[..., Run]

# Numbers with many divisors: ten seconds of work for one thread, and degrees at which something fits at once.
HUGE_MODEL = "layers: 5040\nhidden: 10080\nheads: 5040\nhead_dim: 2\nffn: 5040\nvocab: 32000\n"
DIVISORS = [degree for degree in range(12, 400) if 5040 % degree == 0]
HUGE_SEARCH = ["search", "huge.yaml", "--cluster", "dgx-h100-superpod", "--devices", "15120", "--seq-len", "5040"]
HUGE_SEARCH += ["--global-batch", "3491888400", "--placement", "tp-dp-pp,tp-pp-dp", "--threads", "1", "--json"]
HUGE_SEARCH += ["--tp", ",".join(map(str, DIVISORS)), "--pp", ",".join(map(str, DIVISORS[5:]))]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT that can be sent to one process")
def test_ctrl_c_ends_within_a_second_with_the_best_so_far(tmp_path: Path) -> None:
    (tmp_path / "huge.yaml").write_text(HUGE_MODEL)
    process = subprocess.Popen(
        [sys.executable, "-m", "clusterplan", *HUGE_SEARCH],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment(),
    )
    sleep(2.5)  # loading takes half a second; the search must be under way
    assert process.poll() is None, "the search was over before it could be interrupted"
    sent_s = monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert monotonic() - sent_s < 1
    assert process.returncode == 130
    assert "best so far" in err and "Traceback" not in err, err
    document = json.loads(out)
    assert document["plans"], "the best so far is printed"
    search = document["search"]
    assert search["stopped"] == "interrupted" and search["optimal"] is False
    assert 0 < search["evaluated"] < search["space"]


def test_time_limit_stops_with_a_warning(clusterplan: Clusterplan, tmp_path: Path) -> None:
    (tmp_path / "huge.yaml").write_text(HUGE_MODEL)
    run = clusterplan(*HUGE_SEARCH, "--time-limit", "1")
    assert run.code == 0, run.err
    assert json.loads(run.out)["search"]["stopped"] == "time_limit"
    assert run.err.startswith("warning: stopped by the time limit")


def test_closed_pipe_is_quiet(tmp_path: Path) -> None:
    errors = tmp_path / "errors"
    with errors.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "clusterplan", *SEARCH, "--json"],
            stdout=subprocess.PIPE,
            stderr=stream,
            env=environment(),
        )
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(timeout=60) == 0
    assert errors.read_text() == ""


def test_no_colours_where_nobody_sees_them(clusterplan: Clusterplan) -> None:
    assert "\x1b" not in clusterplan(*SEARCH).out


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_a_terminal_gets_colours_unless_told_otherwise(no_color: str, coloured: bool) -> None:
    import pty

    leader, follower = pty.openpty()
    changes = {"TERM": "xterm-256color", **({"NO_COLOR": no_color} if no_color else {})}
    process = subprocess.Popen(
        [sys.executable, "-m", "clusterplan", *SEARCH],
        stdout=follower,
        stderr=subprocess.PIPE,
        env=environment(**changes),
    )
    os.close(follower)
    pieces = []
    try:
        while piece := os.read(leader, 65536):
            pieces.append(piece)
    except OSError:  # the other end is closed
        pass
    os.close(leader)
    process.communicate(timeout=60)
    text = b"".join(pieces).decode()
    assert process.returncode == 0 and "Best layout" in text
    assert ("\x1b[32m" in text) is coloured


def test_letters_that_the_terminal_lacks(clusterplan: Clusterplan) -> None:
    run = clusterplan(*SEARCH, PYTHONIOENCODING="ascii")
    assert (run.code, run.err) == (0, "")
    assert run.out.isascii() and "\\u" not in run.out


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from clusterplan.cli import main; code = main(['--help']); "
        "heavy = {'pydantic', 'rich', 'numpy', 'networkx', 'yaml', 'clusterplan._core'} & set(sys.modules); "
        "print(sorted(heavy), code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment())
    assert done.stdout.splitlines()[-1] == "[] 0"


def test_search_as_json_loads_neither_rich_nor_networkx(tmp_path: Path) -> None:
    code = (
        f"import sys; from clusterplan.cli import main; code = main({[*SEARCH, '--json', '-o', 'answer.json']!r}); "
        "heavy = {'rich', 'numpy', 'networkx', 'pandas'} & set(sys.modules); print(sorted(heavy), code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment(), cwd=tmp_path
    )
    assert done.stdout.splitlines()[-1] == "[] 0"
