"""The wheel as a stranger gets it: installed into an empty environment, away from the source tree, and used there."""

from __future__ import annotations

import ast
import email
import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("Cargo.toml", "Cargo.lock", "pyproject.toml", "README.md", "rust", "python", "topologies")

# Where a package is installed under another name than it is imported by.
IMPORTED_AS = {"pillow": "pil", "pyyaml": "yaml"}


def clean_environment() -> dict[str, str]:
    """The environment without what would let a subprocess find this source tree or this interpreter's packages."""
    hidden = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
    return {name: value for name, value in os.environ.items() if name not in hidden}


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(one) for one in command],
        cwd=folder,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
    )


def newest_source() -> float:
    files = [file for name in SOURCES for file in (ROOT / name, *(ROOT / name).rglob("*"))]
    return max(file.stat().st_mtime for file in files if file.is_file() and file.suffix not in (".pyc", ".so"))


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that make built; the one in dist/ if it is newer than every source; else a fresh one."""
    named = os.environ.get("CLUSTERPLAN_WHEEL")
    if named:
        path = Path(named)
        assert path.is_file(), f"CLUSTERPLAN_WHEEL names no file: {named}"
        return path
    for path in (ROOT / "dist").glob("*.whl"):
        if path.stat().st_mtime > newest_source():
            return path
    folder = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, ROOT, folder=folder)
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="session")
def metadata(wheel: Path, names: list[str]) -> email.message.Message:
    (name,) = [one for one in names if one.endswith(".dist-info/METADATA")]
    with zipfile.ZipFile(wheel) as archive:
        return email.message_from_bytes(archive.read(name))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an environment that holds the wheel and what it depends on, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    venv.EnvBuilder(with_pip=True, symlinks=os.name != "nt").create(folder)
    python = programs(folder) / "python"
    answer = run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel, folder=folder)
    assert answer.returncode == 0, answer.stderr
    return folder


def programs(environment: Path) -> Path:
    return environment / ("Scripts" if os.name == "nt" else "bin")


def test_one_wheel_serves_every_python_from_the_oldest_supported_one(wheel: Path, names: list[str]) -> None:
    assert re.search(r"-cp310-abi3-[^-]+\.whl$", wheel.name), wheel.name
    libraries = [name for name in names if re.search(r"\.(so|pyd)$", name)]
    assert len(libraries) == 1, libraries
    assert re.fullmatch(r"clusterplan/_core(\.abi3\.so|\.pyd)", libraries[0]), libraries


def test_types_and_data_travel_inside(names: list[str]) -> None:
    assert {"clusterplan/py.typed", "clusterplan/_core.pyi"} <= set(names)
    data = [name for name in names if name.endswith((".json", ".yaml", ".yml"))]
    in_source = [path.name for path in (ROOT / "python/clusterplan/data").glob("*.json")]
    clusters = [path.name for path in (ROOT / "topologies").glob("*.yaml")]
    assert in_source and clusters
    carried = {Path(name).name for name in data}
    assert set(in_source) <= carried, set(in_source) - carried
    assert set(clusters) <= carried, set(clusters) - carried


def test_nothing_else_travels_inside(names: list[str]) -> None:
    allowed = re.compile(r"clusterplan/|clusterplan-[^/]+\.dist-info/|clusterplan\.libs/")
    strangers = [name for name in names if not allowed.match(name)]
    strangers += [name for name in names if "__pycache__" in name or "/tests/" in name or name.endswith(".rs")]
    assert names and not strangers, strangers
    assert any(name.endswith("/LICENSE") for name in names)


def test_every_import_is_declared(wheel: Path, names: list[str], metadata: email.message.Message) -> None:
    """Every package imported at a module's top or inside a function is a dependency, or one of an extra."""
    declared = set()
    for line in metadata.get_all("Requires-Dist", []):
        match = re.match(r"[A-Za-z0-9._-]+", line)
        assert match
        name = match[0].lower()
        declared.add(IMPORTED_AS.get(name, name))
    imported: dict[str, str] = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in names:
            if not name.endswith(".py"):
                continue
            for node in ast.walk(ast.parse(archive.read(name), name)):
                if isinstance(node, ast.Import):
                    imported.update({alias.name.split(".")[0]: name for alias in node.names})
                elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                    imported[node.module.split(".")[0]] = name
    foreign = {one: where for one, where in imported.items() if one not in {*sys.stdlib_module_names, "clusterplan"}}
    assert "pydantic" in foreign and "click" in foreign, "the scan found nothing"
    undeclared = {one: where for one, where in foreign.items() if one.lower() not in declared}
    assert not undeclared


def test_the_installed_package_is_the_one_that_runs(installed: Path, tmp_path: Path) -> None:
    question = "import clusterplan, clusterplan._core as core; print(clusterplan.__file__); print(core.__file__)"
    answer = run(programs(installed) / "python", "-c", question, folder=tmp_path)
    assert answer.returncode == 0, answer.stderr
    found = answer.stdout.split("\n")[:2]
    assert all(Path(one).resolve().is_relative_to(installed.resolve()) for one in found), found
    build = run(
        programs(installed) / "python",
        "-c",
        "import clusterplan._core as core; print(core.build_info())",
        folder=tmp_path,
    )
    assert json.loads(build.stdout)["profile"] == "release"


def test_a_search_works_from_any_folder(installed: Path, tmp_path: Path) -> None:
    command = shutil.which("clusterplan", path=str(programs(installed)))
    assert command is not None
    answer = run(
        command,
        *("search", "llama-3.1-8b", "--cluster", "dgx-h100-superpod", "--devices", "16"),
        *("--global-batch", "128", "--seq-len", "8192", "--json"),
        folder=tmp_path,
    )
    assert answer.returncode == 0, answer.stderr
    document = json.loads(answer.stdout)
    assert document["plans"], "a search that every machine of this kind can answer"
    assert document["plans"][0]["step_time_s"] > 0
    assert list(tmp_path.iterdir()) == [], "a search leaves nothing behind"
