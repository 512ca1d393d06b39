"""`Layout`: one full answer to 'how is the training parallelised'."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from clusterplan.errors import SpecError


@dataclass(frozen=True, order=True)
class Shards:
    """Over how many ranks parameters, gradients and optimizer states are each partitioned (1: not at all)."""

    parameters: int = 1
    gradients: int = 1
    optimizer: int = 1

    @classmethod
    def of_zero(cls, stage: int, dp: int) -> Shards:
        """The shard degrees of a ZeRO stage (0 to 3) at data degree `dp`.

        Raises:
            SpecError: the stage is not 0, 1, 2 or 3.

        Example:
            >>> Shards.of_zero(1, dp=8)
            Shards(parameters=1, gradients=1, optimizer=8)
        """
        if stage not in (0, 1, 2, 3):
            raise SpecError(
                f"zero is {stage!r}; a ZeRO stage is 0, 1, 2 or 3",
                code="value",
                hint="zero=1 shards the optimizer states",
            )
        return cls(dp if stage >= 3 else 1, dp if stage >= 2 else 1, dp if stage >= 1 else 1)


@dataclass(frozen=True, order=True)
class Layout:
    """One way to lay a training job over devices. Degrees are counts of ranks; `micro_batch` is in sequences.

    Attributes:
        tp: tensor degree. pp: pipeline stages. vpp: chunks a stage (1: not interleaved).
        cp: context degree. ep: expert degree. etp: tensor degree of the experts. dp: data degree.
        micro_batch: sequences in one micro-batch.
        sequence_parallel: whether norms and dropout are split along the sequence inside the tensor group.
        shards: over how many ranks each of the model states is partitioned; `zero` names the ZeRO stage.
        recompute: ``none``, ``selective`` (attention core) or ``full``.
        schedule: ``no-pipeline``, ``gpipe``, ``1f1b`` or ``interleaved``.
        offload: what is moved to host memory; ``none``.
        placement: the order of the ranks, innermost first, such as ``tp-dp-pp``; on a torus also of its axes,
            ``tp-dp-pp@yxz``.

    Example:
        >>> layout = Layout.of(tp=8, pp=4, dp=8, zero=1)
        >>> layout.devices, layout.zero, layout.schedule
        (256, 1, '1f1b')
    """

    tp: int = 1
    pp: int = 1
    vpp: int = 1
    cp: int = 1
    ep: int = 1
    etp: int = 1
    dp: int = 1
    micro_batch: int = 1
    sequence_parallel: bool = False
    shards: Shards = field(default_factory=Shards)
    recompute: str = "none"
    schedule: str = "no-pipeline"
    offload: str = "none"
    placement: str = "tp-dp-pp"

    @classmethod
    def of(cls, *, zero: int = 0, schedule: str | None = None, **degrees: Any) -> Layout:
        """A layout from a ZeRO stage instead of shard degrees; the schedule follows from `pp` and `vpp` if not given.

        Raises:
            SpecError: an unknown field, or a ZeRO stage other than 0 to 3.
        """
        known = {item.name for item in fields(cls)} - {"shards"}
        for name in degrees:
            if name not in known:
                raise _unknown_field(name, known | {"zero"})
        if schedule is None:
            pp, vpp = degrees.get("pp", 1), degrees.get("vpp", 1)
            schedule = "no-pipeline" if pp == 1 else "interleaved" if vpp > 1 else "1f1b"
        return cls(schedule=schedule, shards=Shards.of_zero(zero, degrees.get("dp", 1)), **degrees)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Layout:
        """A layout from the `layout` object of a plan, or the keywords of `Layout.of` (`zero` in place of `shards`).

        Raises:
            SpecError: an unknown field, or shards that are not three whole numbers.
        """
        values = dict(document)
        shards = values.pop("shards", None)
        if shards is None:
            return cls.of(**values)
        known = {item.name for item in fields(cls)}
        for name in values:
            if name not in known:
                raise _unknown_field(name, known)
        try:
            return cls(shards=shards if isinstance(shards, Shards) else Shards(**shards), **values)
        except TypeError as error:
            raise SpecError(
                f"shards is {shards!r}; it must hold parameters, gradients and optimizer",
                code="value",
                hint='for example {"parameters": 1, "gradients": 1, "optimizer": 8}',
            ) from error

    @property
    def devices(self) -> int:
        """How many devices the layout takes: tp x pp x dp."""
        return self.tp * self.pp * self.dp

    @property
    def zero(self) -> int | None:
        """The ZeRO stage (0 to 3) that the shard degrees are, or `None` where they are none of the four."""
        return next((stage for stage in range(4) if self.shards == Shards.of_zero(stage, self.dp)), None)

    def to_dict(self) -> dict[str, Any]:
        """The layout as in the JSON contract."""
        return asdict(self)

    def __str__(self) -> str:
        parts = [
            f"tp={self.tp}",
            f"pp={self.pp}",
            f"vpp={self.vpp}",
            f"dp={self.dp}",
            f"micro_batch={self.micro_batch}",
        ]
        parts.append("sp=on" if self.sequence_parallel else "sp=off")
        return " ".join([*parts, f"recompute={self.recompute}", f"zero={self.zero}", f"schedule={self.schedule}"])


def _unknown_field(name: str, known: set[str]) -> SpecError:
    from difflib import get_close_matches

    near = get_close_matches(name, sorted(known), n=1)
    return SpecError(
        f"a layout has no field '{name}'; it has {', '.join(sorted(known))}",
        code="unknown-key",
        hint=f"did you mean '{near[0]}'?" if near else "remove it",
    )
