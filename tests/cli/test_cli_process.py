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
from cli_running import SEARCH, SMALL, Run, environment

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


def test_time_limit_without_a_layout(clusterplan: Clusterplan, tmp_path: Path) -> None:
    (tmp_path / "huge.yaml").write_text(HUGE_MODEL)
    # With so much kept free nothing is ever found.
    arguments = [argument for argument in HUGE_SEARCH if argument != "--json"]
    run = clusterplan(*arguments, "--reserve", "79GiB", "--time-limit", "0.05")
    assert (run.code, run.out) == (1, ""), run.err
    assert run.err.startswith("error: nothing found within the time limit of 0.05 s\n")
    assert run.err.endswith("hint: raise --time-limit\n")


# Modules in the order in which a search loads them; a real Ctrl-C arrives while each is being imported.
LOADED = (
    "clusterplan.cli.entry",
    "click",
    "clusterplan.cli.search",
    "clusterplan.planning.search",
    "clusterplan._core",
)
INTERRUPTED_IMPORT = """
import os, signal, sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
from clusterplan.cli import main
sys.exit(main({arguments!r}))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT that can be sent to one process")
@pytest.mark.parametrize("name", LOADED)
def test_ctrl_c_while_loading_is_one_sentence(name: str) -> None:
    code = INTERRUPTED_IMPORT.format(name=name, arguments=["search", *SMALL])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment())
    # A shell calls both 130: Python sends itself the signal again where it hit code that was being made.
    assert done.returncode in (130, -signal.SIGINT)
    assert (done.stdout, done.stderr) == ("", "error: interrupted\n")


def test_a_panic_of_the_engine_is_a_mistake_and_no_traceback() -> None:
    code = (
        "import sys; from clusterplan import _core; from clusterplan.cli import main\n"
        "class PanicException(BaseException): pass\n"
        "def panic(*_): raise PanicException('index out of bounds')\n"
        f"_core.search = panic; sys.exit(main({['search', *SMALL]!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment())
    assert (done.returncode, done.stdout) == (70, "")
    assert done.stderr.startswith("error: this is a mistake in clusterplan, not in your input: PanicException: index")
    assert len(done.stderr.splitlines()) == 2


def shell(redirection: str, *arguments: str) -> Run:
    """Runs `clusterplan` with streams that a shell has redirected."""
    line = f'exec "$0" -m clusterplan "$@" {redirection}'
    done = subprocess.run(
        ["sh", "-c", line, sys.executable, *arguments], capture_output=True, text=True, env=environment(), timeout=60
    )
    return Run(done.returncode, done.stdout, done.stderr)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize(
    "arguments", [["search", *SMALL], ["search", *SMALL, "--json"], ["--help"], ["models", "list"]]
)
def test_a_full_disk_is_said_in_one_sentence(arguments: list[str]) -> None:
    run = shell("> /dev/full", *arguments)
    assert run.code == 2
    assert run.err == (
        "error: cannot write to standard output: No space left on device\nhint: write to another place with -o FILE\n"
    )


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_tolerated(tmp_path: Path, redirection: str) -> None:
    assert shell(redirection, "search", *SMALL).code == 0
    assert shell(redirection, "search", *SMALL, "--top", "0").code == 2
    answer = tmp_path / "answer.json"
    assert shell(redirection, "search", *SMALL, "-o", str(answer)).code == 0
    assert json.loads(answer.read_text())["plans"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_errors_that_nobody_can_read_keep_their_code() -> None:
    run = shell("2> /dev/full", "search", *SMALL, "--top", "0")
    assert (run.code, run.out) == (2, "")


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
def test_help_that_nobody_reads_to_its_end_is_no_error(tmp_path: Path) -> None:
    line = '("$0" -m clusterplan search --help; echo $? > code) | true'
    subprocess.run(["sh", "-c", line, sys.executable], env=environment(), cwd=tmp_path, timeout=60, check=True)
    assert (tmp_path / "code").read_text() == "0\n"


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


@pytest.mark.parametrize(("name", "loaded"), [("answer.json", []), ("answer.txt", ["rich"])])
def test_a_search_loads_only_what_it_needs(tmp_path: Path, name: str, loaded: list[str]) -> None:
    code = (
        f"import sys; from clusterplan.cli import main; code = main({[*SEARCH, '-o', name]!r}); "
        "heavy = {'rich', 'numpy', 'networkx', 'pandas'} & set(sys.modules); print(sorted(heavy), code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment(), cwd=tmp_path
    )
    assert done.stdout.splitlines()[-1] == f"{loaded} 0"


def test_an_error_that_python_made_of_ctrl_c_is_ctrl_c() -> None:
    from clusterplan.cli import comes_of_an_interrupt

    wrapped = RuntimeError("Error calling __set_name__")
    wrapped.__cause__ = KeyboardInterrupt()
    assert comes_of_an_interrupt(wrapped) and comes_of_an_interrupt(KeyboardInterrupt())
    assert not comes_of_an_interrupt(RuntimeError("no"))
