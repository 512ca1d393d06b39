"""What follows from a plan over weeks: time to train, device-hours, money.

Failures, restarts, checkpoints and the effect of the batch size on the tokens needed are not counted here yet:
every figure is that of a run which never stops.
"""

from clusterplan.outlook.duration import Duration, duration

__all__ = ["Duration", "duration"]
