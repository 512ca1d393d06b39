"""The engine, written in Rust (crate `clusterplan-python`). The documents: docs/reference/engine-documents.md."""

from collections.abc import Callable

__all__ = ["build_info", "estimate", "parameters", "search"]

def search(
    problem: str,
    top: int,
    threads: int = 0,
    time_limit_s: float | None = None,
    progress: Callable[[int, int, float | None], None] | None = None,
) -> str: ...
def estimate(problem: str, layout: str) -> str: ...
def parameters(model: str) -> str: ...
def build_info() -> str: ...
