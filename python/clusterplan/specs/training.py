"""The training that is asked for, and the layouts that are allowed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from .fields import Flag, PositiveInteger, Spec
from .units import read_count


class TrainingSpec(Spec):
    """Global batch in sequences, sequence length in tokens, tokens of the whole training, compute dtype, dropout.

    Example:
        >>> TrainingSpec(global_batch_sequences=1024, sequence_length=8192, tokens="15T").tokens
        15000000000000
    """

    global_batch_sequences: PositiveInteger
    sequence_length: PositiveInteger
    tokens: PositiveInteger | None = None
    compute_dtype: Literal["bf16", "fp16"] = "bf16"
    dropout: Flag = False


def _listed(value: Any) -> Any:
    """A single value is a list of one; what is said twice counts once."""
    if value is None:
        return None
    values = value if isinstance(value, (list, tuple)) else [value]
    return [item for position, item in enumerate(values) if not _seen(item, values[:position])]


def _seen(item: Any, before: Any) -> bool:
    return any(item == other and type(item) is type(other) for other in before)


def _zero_stage(value: Any) -> Any:
    return 0 if not isinstance(value, bool) and value in (0, "0") else read_count(value)


_Degrees = Annotated[tuple[PositiveInteger, ...] | None, BeforeValidator(_listed), Field(min_length=1)]
_ZeroStage = Annotated[Literal[0, 1, 2, 3], BeforeValidator(_zero_stage)]


class SearchSpace(Spec):
    """The layouts that are allowed: ``None`` is the engine's default list, else the values of each dimension.

    Example:
        >>> SearchSpace(tp=8, pp=[1, 2, 4]).document()["tp"]
        [8]
    """

    tp: _Degrees = None
    pp: _Degrees = None
    vpp: _Degrees = None
    micro_batch: _Degrees = None
    sequence_parallel: Annotated[tuple[Flag, ...] | None, BeforeValidator(_listed), Field(min_length=1)] = None
    recompute: Annotated[
        tuple[Literal["none", "selective", "full"], ...] | None, BeforeValidator(_listed), Field(min_length=1)
    ] = None
    zero: Annotated[tuple[_ZeroStage, ...] | None, BeforeValidator(_listed), Field(min_length=1)] = None
    schedule: Annotated[
        tuple[Literal["no-pipeline", "gpipe", "1f1b", "interleaved"], ...] | None,
        BeforeValidator(_listed),
        Field(min_length=1),
    ] = None
    placement: Annotated[
        tuple[Literal["tp-dp-pp", "tp-pp-dp"], ...] | None, BeforeValidator(_listed), Field(min_length=1)
    ] = None

    def document(self) -> dict[str, list[Any] | None]:
        """The ``space`` object of the engine's problem document."""
        return {key: None if value is None else list(value) for key, value in self}
