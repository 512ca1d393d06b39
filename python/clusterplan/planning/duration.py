"""Time, device-hours and money of a whole run without failures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Duration:
    """What a run of a fixed number of tokens takes, if nothing ever fails.

    Attributes:
        steps: optimizer steps.
        time_to_train_s: seconds of wall clock.
        device_hours: devices times hours.
        cost_usd: US dollars, or `None` where the price of a device-hour is not known.
    """

    steps: int
    time_to_train_s: float
    device_hours: float
    cost_usd: float | None


def duration(
    *,
    step_time_s: float,
    devices: int,
    tokens: int,
    global_batch_sequences: int,
    sequence_length: int,
    usd_per_device_hour: float | None = None,
) -> Duration:
    """Steps = tokens / (global batch x sequence length), rounded up; time = steps x step time; cost = hours x price.

    Failures, restarts, checkpoints and evaluation are not counted.

    Example:
        >>> run = duration(step_time_s=10.0, devices=64, tokens=10**9, global_batch_sequences=512, sequence_length=2048,
        ...                usd_per_device_hour=2.0)
        >>> run.steps, run.time_to_train_s, round(run.device_hours, 1), round(run.cost_usd)
        (954, 9540.0, 169.6, 339)
    """
    steps = -(-tokens // (global_batch_sequences * sequence_length))
    time_to_train_s = steps * step_time_s
    device_hours = devices * time_to_train_s / 3600.0
    cost_usd = None if usd_per_device_hour is None else device_hours * usd_per_device_hour
    return Duration(steps, time_to_train_s, device_hours, cost_usd)
