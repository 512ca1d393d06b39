"""The training that is asked for, and the layouts that are allowed."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

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
    # By its text: what a person wrote may be a mapping, which pydantic refuses by name later on.
    return list({f"{type(item)} {item!r}": item for item in values}.values())


def _zero_stage(value: Any) -> Any:
    return 0 if not isinstance(value, bool) and value in (0, "0") else read_count(value)


_ZeroStage = Annotated[Literal[0, 1, 2, 3], BeforeValidator(_zero_stage)]
_Value = TypeVar("_Value")
# The values that are allowed, or None for the engine's default list.
_Allowed = Annotated[Annotated[tuple[_Value, ...], Field(min_length=1)] | None, BeforeValidator(_listed)]


class SearchSpace(Spec):
    """The layouts that are allowed: ``None`` is the engine's default list, else the values of each dimension.

    Example:
        >>> SearchSpace(tp=8, pp=[1, 2, 4]).document()["tp"]
        [8]
    """

    tp: _Allowed[PositiveInteger] = None
    pp: _Allowed[PositiveInteger] = None
    vpp: _Allowed[PositiveInteger] = None
    micro_batch: _Allowed[PositiveInteger] = None
    sequence_parallel: _Allowed[Flag] = None
    recompute: _Allowed[Literal["none", "selective", "full"]] = None
    zero: _Allowed[_ZeroStage] = None
    schedule: _Allowed[Literal["no-pipeline", "gpipe", "1f1b", "interleaved"]] = None
    placement: _Allowed[Literal["tp-dp-pp", "tp-pp-dp"]] = None

    def document(self) -> dict[str, list[Any] | None]:
        """The ``space`` object of the engine's problem document."""
        return {key: None if value is None else list(value) for key, value in self}
