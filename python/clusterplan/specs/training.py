"""The training that is asked for, and the layouts that are allowed."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field

from .choices import Dtype, Recompute, Schedule
from .degrees import listed
from .fields import Count, Flag, PositiveInteger, Spec, ZeroStage, up_to
from .limits import MOST_SEQUENCE_TOKENS, MOST_SEQUENCES, MOST_TOKENS
from .placements import read_placement


class TrainingSpec(Spec):
    """Global batch in sequences, sequence length in tokens, tokens of the whole training, compute dtype, dropout.

    Example:
        >>> TrainingSpec(global_batch_sequences=1024, sequence_length=8192, tokens="15T").tokens
        15000000000000
    """

    global_batch_sequences: Annotated[PositiveInteger, up_to(MOST_SEQUENCES)]
    sequence_length: Annotated[PositiveInteger, up_to(MOST_SEQUENCE_TOKENS)]
    tokens: Annotated[PositiveInteger, up_to(MOST_TOKENS)] | None = None
    compute_dtype: Dtype = "bf16"
    dropout: Flag = False


_Value = TypeVar("_Value")
# The values that are allowed, or None for the engine's default list.
_Allowed = Annotated[Annotated[tuple[_Value, ...], Field(min_length=1)] | None, BeforeValidator(listed)]


class SearchSpace(Spec):
    """The layouts that are allowed: ``None`` is the engine's default list, else the values of each dimension.

    Values may be written as one value, a list, any iterable, or as text with commas and ranges: ``1,4..8``.

    Example:
        >>> SearchSpace(tp=8, pp=[1, 2, 4]).document()["tp"]
        [8]
    """

    tp: _Allowed[Count] = None
    pp: _Allowed[Count] = None
    vpp: _Allowed[Count] = None
    micro_batch: _Allowed[Count] = None
    sequence_parallel: _Allowed[Flag] = None
    recompute: _Allowed[Recompute] = None
    zero: _Allowed[ZeroStage] = None
    schedule: _Allowed[Schedule] = None
    placement: _Allowed[Annotated[str, BeforeValidator(read_placement)]] = None

    def document(self) -> dict[str, list[Any] | None]:
        """The ``space`` object of the engine's problem document."""
        return {key: None if value is None else list(value) for key, value in self}
