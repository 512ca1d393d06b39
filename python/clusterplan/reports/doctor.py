"""What `clusterplan doctor` shows: versions, build, extras, data, and the outcome of a small search."""

from __future__ import annotations

import json
import platform
from importlib.metadata import PackageNotFoundError, version
from time import perf_counter

from clusterplan import __version__

_NEEDED = ("click", "networkx", "numpy", "pydantic", "pyyaml", "rich")
_EXTRAS = {"draw": "pillow", "pandas": "pandas"}


def check_up() -> dict[str, object]:
    """Facts by name; `self_test` is ``passed`` or says what went wrong, `self_test_s` its seconds."""
    from clusterplan.catalog.clusters import list_clusters
    from clusterplan.catalog.models import list_models

    passed, elapsed_s = _self_test()
    return {
        "clusterplan": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        **_engine(),
        **{name: _version_of(name) or "missing" for name in _NEEDED},
        **{
            f"extra_{extra}": _version_of(name) or f"not installed (clusterplan[{extra}])"
            for extra, name in _EXTRAS.items()
        },
        "models": len(list_models()),
        "clusters": len(list_clusters()),
        "self_test": passed,
        "self_test_s": round(elapsed_s, 3),
    }


def _version_of(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _engine() -> dict[str, object]:
    try:
        from clusterplan import _core

        build = json.loads(_core.build_info())
    except ImportError as error:
        return {"engine": f"missing: {error}"}
    return {"engine": build["version"], "engine_profile": build["profile"], "threads": build["threads"]}


def _self_test() -> tuple[str, float]:
    """A small search whose answer must keep the promises of every answer."""
    started_s = perf_counter()
    try:
        from clusterplan.catalog.clusters import list_clusters
        from clusterplan.planning.search import search

        cluster = "dgx-h100-superpod" if "dgx-h100-superpod" in list_clusters() else list_clusters()[0]
        result = search("llama-3.1-8b", cluster=cluster, devices=16, global_batch=64, seq_len=4096, top=3)
        best = result.best
        if abs(best.time_s.total - best.step_time_s) > 1e-9 * best.step_time_s:
            return "failed: the parts do not add up to the step time", perf_counter() - started_s
        if not (result.optimal and best.fits and 0 < best.mfu < 1):
            return "failed: the best layout is not plausible", perf_counter() - started_s
    except Exception as error:  # whatever goes wrong is the finding
        return f"failed: {type(error).__name__}: {error}", perf_counter() - started_s
    return "passed", perf_counter() - started_s
