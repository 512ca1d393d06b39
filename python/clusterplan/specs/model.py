"""The shape of a dense decoder, as the engine's problem document has it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import model_validator

from .fields import Flag, Integer, Name, PositiveInteger, Spec, Text, up_to
from .refusals import UnreadableQuantity

SHAPE_KEYS = (
    "name",
    "layers",
    "hidden",
    "heads",
    "kv_heads",
    "head_dim",
    "ffn",
    "vocab",
    "gated_mlp",
    "tied_embeddings",
    "rotary",
    "learned_positions",
    "norms_per_layer",
    "norm_parameters",
    "final_norm",
    "qkv_bias",
    "output_bias",
    "mlp_bias",
    "qk_norm_parameters",
    "extra_parameters_per_layer",
)


class ModelSpec(Spec):
    """A dense decoder; keys and equations: docs/concepts/equations.md, sections 1 and 2.

    Only ``layers hidden heads ffn vocab`` must be given; what is not said is a LLaMA: as many key/value heads as
    heads, ``head_dim = hidden/heads``, gated MLP, RMSNorm, rotary positions, no biases, untied embeddings.
    The upper limits are those of the engine, far above any model.

    Example:
        >>> shape = ModelSpec(name="toy", layers=2, hidden=64, heads=4, ffn=256, vocab=1000)
        >>> shape.head_dim, shape.parameters()
        (16, 259392)
    """

    name: Name = "custom"
    layers: Annotated[PositiveInteger, up_to(2**14)]
    hidden: Annotated[PositiveInteger, up_to(2**20)]
    heads: Annotated[PositiveInteger, up_to(2**14)]
    kv_heads: Annotated[PositiveInteger, up_to(2**14)] = 0  # 0 here only until _fill_in has run
    head_dim: Annotated[PositiveInteger, up_to(2**12)] = 0
    ffn: Annotated[PositiveInteger, up_to(2**22)]
    vocab: Annotated[PositiveInteger, up_to(2**28)]
    gated_mlp: Flag = True
    tied_embeddings: Flag = False
    rotary: Flag = True
    learned_positions: Annotated[Integer, up_to(2**28)] = 0
    norms_per_layer: Annotated[Integer, up_to(64)] = 2
    norm_parameters: PositiveInteger = 1
    final_norm: Flag = True
    qkv_bias: Flag = False
    output_bias: Flag = False
    mlp_bias: Flag = False
    qk_norm_parameters: Annotated[Integer, up_to(2**32)] = 0
    extra_parameters_per_layer: Annotated[Integer, up_to(2**44)] = 0
    max_sequence_length: PositiveInteger | None = None
    published_parameters: PositiveInteger | None = None
    family: Text | None = None
    source: Text | None = None
    confidence: Text | None = None
    notes: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        given = dict(given)
        heads, hidden = given.get("heads"), given.get("hidden")
        if given.get("kv_heads") is None and heads is not None:
            given["kv_heads"] = heads
        if given.get("head_dim") is None and _is_count(heads) and _is_count(hidden):
            if hidden % heads:
                raise UnreadableQuantity(
                    f"{hidden} is not divided by {heads} heads, and head_dim is not given",
                    "give head_dim, or a hidden size that is a multiple of heads",
                    field="hidden",
                )
            given["head_dim"] = hidden // heads
        return given

    @model_validator(mode="after")
    def _agrees(self) -> ModelSpec:
        if self.heads % self.kv_heads:
            divisors = [k for k in range(1, self.heads + 1) if self.heads % k == 0]
            nearest = min(divisors, key=lambda k: (abs(k - self.kv_heads), k))
            raise UnreadableQuantity(
                f"{self.kv_heads} must divide heads, which is {self.heads}",
                f"use kv_heads: {nearest}",
                field="kv_heads",
            )
        if self.norm_parameters > 2:
            raise UnreadableQuantity(
                f"{self.norm_parameters} must be 1 (RMSNorm) or 2 (LayerNorm)", "use 1 or 2", field="norm_parameters"
            )
        if self.rotary and self.head_dim % 2:
            raise UnreadableQuantity(
                f"{self.head_dim} must be even where rotary is true", "use an even head_dim", field="head_dim"
            )
        return self

    def parameters(self) -> int:
        """The number of parameters of a checkpoint (equations.md section 2, unpadded, one tensor rank)."""
        matrices = 3 if self.gated_mlp else 2
        biases = self.qkv_bias * self.head_dim * (self.heads + 2 * self.kv_heads) + self.output_bias * self.hidden
        biases += self.mlp_bias * ((matrices - 1) * self.ffn + self.hidden)
        layer = (
            self.hidden * self.head_dim * (self.heads + 2 * self.kv_heads)
            + self.heads * self.head_dim * self.hidden
            + matrices * self.hidden * self.ffn
            + self.norms_per_layer * self.norm_parameters * self.hidden
            + biases
            + self.qk_norm_parameters
            + self.extra_parameters_per_layer
        )
        tables = (1 if self.tied_embeddings else 2) * self.vocab * self.hidden + self.learned_positions * self.hidden
        return self.layers * layer + tables + self.final_norm * self.norm_parameters * self.hidden

    def sequence_limit(self) -> int | None:
        """The longest sequence, tokens, where a learned table of positions sets one; else ``None``."""
        if not self.learned_positions:
            return None
        return min(self.learned_positions, self.max_sequence_length or self.learned_positions)

    def shape(self) -> dict[str, Any]:
        """The ``model`` object of the engine's problem document."""
        return {key: getattr(self, key) for key in SHAPE_KEYS}


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
