"""Layouts a second through the Python face: ratios within one run.

``python benchmarks/bench_search.py`` prints, for three questions, the layouts costed, the rate of the engine with one
thread, the speed-up with all threads, and what of a call is spent outside the engine.
"""

from __future__ import annotations

import json
from statistics import median
from time import perf_counter

from clusterplan import _core
from clusterplan.planning.problem import build_problem

QUESTIONS = {
    "llama-3.1-70b on 256 H100": ("llama-3.1-70b", "dgx-h100-superpod", 256, 1024, 8192),
    "gpt3-175b on 1,024 A100": ("gpt3-175b", "selene", 1024, 1536, 2048),
    "llama-3.1-405b on 16,384 H100": ("llama-3.1-405b", "dgx-h100-superpod", 16384, 2048, 8192),
}
REPEATS = 15
EVERYTHING_FITS_BYTES = 10**15


def median_times(document: str, threads: int) -> tuple[float, float, int]:
    """Seconds in the engine, seconds of the call, layouts costed."""
    engine, calls, evaluated = [], [], 0
    for _ in range(REPEATS):
        started = perf_counter()
        outcome = json.loads(_core.search(document, 5, threads))
        calls.append(perf_counter() - started)
        engine.append(outcome["elapsed_s"])
        evaluated = outcome["evaluated"]
    return median(engine), median(calls), evaluated


def main() -> None:
    for name, (model, cluster, devices, batch, length) in QUESTIONS.items():
        problem = build_problem(model, cluster, devices=devices, global_batch=batch, seq_len=length)
        document = dict(problem.document)
        # With memory for everything no layout is dropped before it is costed in full.
        document["accelerator"] = {**document["accelerator"], "memory_bytes": EVERYTHING_FITS_BYTES}
        text = json.dumps(document)
        one_s, call_s, evaluated = median_times(text, 1)
        all_s, _, _ = median_times(text, 0)
        outside = 1 - one_s / call_s
        print(
            f"{name}: {evaluated:,} layouts, one thread {evaluated / one_s / 1e6:.2f} M/s, "
            f"all threads x{one_s / all_s:.2f}, {outside:.0%} of a call outside the engine"
        )


if __name__ == "__main__":
    main()
