"""The names that a value is chosen from: as types for the specs, as tuples for options and schemas."""

from __future__ import annotations

from typing import Literal, get_args

Recompute = Literal["none", "selective", "full"]
Schedule = Literal["no-pipeline", "gpipe", "1f1b", "interleaved"]
Dtype = Literal["bf16", "fp16"]

RECOMPUTES: tuple[str, ...] = get_args(Recompute)
SCHEDULES: tuple[str, ...] = get_args(Schedule)
DTYPES: tuple[str, ...] = get_args(Dtype)
