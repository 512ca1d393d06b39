"""A plausible dense shape for a size such as ``70b``: the proportions of the LLaMA 3 family, interpolated."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import lru_cache
from math import gcd
from typing import TYPE_CHECKING

from ..errors import SpecError
from ..specs.units import parse_count

if TYPE_CHECKING:
    from ..specs.model import ModelSpec

_SIZE = re.compile(r"\s*[\d._]+(?:e[+-]?\d+)?\s*[kmbt]?\s*", re.IGNORECASE)
_SMALLEST, _LARGEST = 10**8, 10**14
_HEAD_DIM, _KEY_VALUE_HEADS, _VOCABULARY = 128, 8, 128256
_TOLERANCE = 0.03
# (hidden, layers) of LLaMA 3.2 1B and 3B, 3.1 8B, 70B, 405B; in between and beyond, layers grow linearly with hidden.
_DEPTHS = ((0, 0), (2048, 16), (3072, 28), (4096, 32), (8192, 80), (16384, 126), (131072, 1008))
_FFN_PER_HIDDEN = 3.5
_FFN_RANGE = (2.5, 4.5)
_TIED_BELOW = 4 * 10**9  # the small members of the family share the table with the head


def reads_as_size(text: str) -> bool:
    """Whether a text is a number of parameters such as ``70b``, ``1.5t`` or ``7e9``."""
    return _SIZE.fullmatch(text) is not None and any(letter.isdigit() for letter in text)


@lru_cache(maxsize=256)
def infer_model(size: str) -> ModelSpec:
    """A LLaMA-3-like dense shape with about ``size`` parameters (within 3 %), always the same for the same size.

    Hidden is a multiple of 128 (of 1024 from 4096 on), head size 128, 8 key/value heads, gated MLP with a
    feed-forward size that is a multiple of 256, a vocabulary of 128256. ``notes`` shows the shape.

    Raises:
        SpecError: not a size, or outside 100 million to 100 trillion parameters.

    Example:
        >>> shape = infer_model("70b")
        >>> shape.layers, shape.hidden, shape.kv_heads
        (80, 8192, 8)
    """
    wanted = parse_count(size, field="model size")
    if not _SMALLEST <= wanted <= _LARGEST:
        raise SpecError(
            f"model size: {size!r} is outside 100m to 100t parameters, for which a shape can be inferred",
            code="bad-value",
            hint="give a bundled name or a YAML file with the shape",
        )
    tied = wanted < _TIED_BELOW
    candidates = [candidate for hidden in _widths() for candidate in _candidates(hidden, wanted, tied)]
    if not candidates:
        raise SpecError(
            f"model size: no plausible shape has {size!r} parameters",
            code="bad-value",
            hint="give a size a few percent away, or a YAML file with the shape",
        )
    _, hidden, layers, ffn = min(candidates)
    return _spec(size.strip(), hidden, layers, ffn, tied)


def _spec(size: str, hidden: int, layers: int, ffn: int, tied: bool) -> ModelSpec:
    from ..specs.model import ModelSpec

    heads = hidden // _HEAD_DIM
    shape = ModelSpec(
        name=f"inferred-{size.lower()}",
        layers=layers,
        hidden=hidden,
        heads=heads,
        kv_heads=gcd(heads, _KEY_VALUE_HEADS),
        head_dim=_HEAD_DIM,
        ffn=ffn,
        vocab=_VOCABULARY,
        tied_embeddings=tied,
        family="llama",
        source="inferred from the size with the proportions of the LLaMA 3 family (arXiv 2407.21783)",
        confidence="inferred",
    )
    note = (
        f"shape inferred for {size}: {layers} layers, hidden {hidden}, {heads} heads ({shape.kv_heads} key/value) of "
        f"{_HEAD_DIM}, feed-forward {ffn}, vocabulary {_VOCABULARY}, {'tied' if tied else 'untied'} embeddings: "
        f"{shape.parameters() / 1e9:.4g} billion parameters"
    )
    return shape.model_copy(update={"notes": note})


def _widths() -> list[int]:
    return [*range(128, 1024, 128), *range(1024, 4096, 512), *range(4096, _DEPTHS[-1][0] + 1, 1024)]


def _typical_layers(hidden: int) -> float:
    for (narrow, few), (wide, many) in itertools.pairwise(_DEPTHS):
        if hidden <= wide:
            return few + (many - few) * (hidden - narrow) / (wide - narrow)
    return float(_DEPTHS[-1][1])


def _candidates(hidden: int, wanted: int, tied: bool) -> Iterator[tuple[float, int, int, int]]:
    """Shapes of this width with ``wanted`` parameters: (distance from the family, hidden, layers, feed-forward)."""
    heads = hidden // _HEAD_DIM
    table = (1 if tied else 2) * _VOCABULARY * hidden
    attention = 2 * hidden * _HEAD_DIM * (heads + gcd(heads, _KEY_VALUE_HEADS))
    typical = _typical_layers(hidden)
    few, many = (round((wanted - table) / (attention + 3 * hidden * hidden * ratio)) for ratio in reversed(_FFN_RANGE))
    for layers in range(max(1, few, round(typical / 2)), min(many, round(2 * typical)) + 1):
        # Solve layers x (attention + 3 x hidden x ffn) + table = wanted for the feed-forward size.
        ffn = 256 * round(((wanted - table) / layers - attention) / (3 * hidden * 256))
        miss = abs((table + layers * (attention + 3 * hidden * ffn)) / wanted - 1)
        if miss > _TOLERANCE or not _FFN_RANGE[0] * hidden <= ffn <= _FFN_RANGE[1] * hidden:
            continue
        distance = abs(ffn / hidden / _FFN_PER_HIDDEN - 1) + abs(layers / typical - 1) + 4 * miss
        # Numbers with many factors of two can be split in many ways, which is why real models have them.
        odd = sum(layers % power > 0 for power in (2, 4, 8)) + sum(heads % power > 0 for power in (4, 8, 16, 32))
        yield distance + 0.05 * odd, hidden, layers, ffn
