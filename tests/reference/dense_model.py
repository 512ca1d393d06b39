"""Sections 1 to 3 of the equations: symbols, parameters, stages.

Written from docs/concepts/equations.md alone, so that it can be held against the engine. Nothing here is fast.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]

COMPUTE_BYTES = 2  # e of section 1


@dataclass(frozen=True)
class Symbols:
    """The letters of section 1 for one problem and one layout, under the page's names."""

    L: int
    h: int
    a: int
    k: int
    d: int
    f: int
    V: int
    g: int
    s: int
    G: int
    N: int
    t: int
    p: int
    v: int
    D: int
    b: int
    M: int
    T: int
    t_s: int
    a_t: float
    k_t: float
    f_t: float
    V_t: float
    dropout: int  # the delta of section 5
    E: float  # T h / t_s, elements on the sequence-split side


def zero_stage(layout: Document) -> int:
    """The ZeRO stage of a layout document; with one data rank there is nothing to shard, hence 0."""
    if "zero" in layout:
        return int(layout["zero"])
    shards = layout["shards"]
    if layout["dp"] == 1:
        return 0
    return sum(1 for name in ("optimizer", "gradients", "parameters") if shards[name] > 1)


def symbols(problem: Document, layout: Document) -> Symbols:
    """Section 1. The layout must already have passed the rules of section 10."""
    model, training = problem["model"], problem["training"]
    t, p, D, b = layout["tp"], layout["pp"], layout["dp"], layout["micro_batch"]
    s, G = training["sequence_length"], training["global_batch_sequences"]
    T = b * s
    t_s = t if layout["sequence_parallel"] else 1
    padded_rows = 128 * t * math.ceil(model["vocab"] / (128 * t))
    return Symbols(
        L=model["layers"],
        h=model["hidden"],
        a=model["heads"],
        k=model["kv_heads"],
        d=model["head_dim"],
        f=model["ffn"],
        V=model["vocab"],
        g=2 if model["gated_mlp"] else 1,
        s=s,
        G=G,
        N=problem["network"]["devices"],
        t=t,
        p=p,
        v=layout["vpp"],
        D=D,
        b=b,
        M=G // (D * b),
        T=T,
        t_s=t_s,
        a_t=model["heads"] / t,
        k_t=max(model["kv_heads"] / t, 1),
        f_t=model["ffn"] / t,
        V_t=padded_rows / t,
        dropout=1 if training["dropout"] else 0,
        E=T * model["hidden"] / t_s,
    )


# --- section 2: parameters -------------------------------------------------------------------------------------------


def parameters(model: Document) -> dict[str, int]:
    """Section 2, what a checkpoint holds; ``head`` is the untied table alone, without the final norm."""
    L, h, a, k, d = model["layers"], model["hidden"], model["heads"], model["kv_heads"], model["head_dim"]
    f, V, g = model["ffn"], model["vocab"], 2 if model["gated_mlp"] else 1
    biases = 0
    if model["qkv_bias"]:
        biases += d * (a + 2 * k)
    if model["output_bias"]:
        biases += h
    if model["mlp_bias"]:
        biases += g * f + h
    layer_matrices = h * d * (a + 2 * k) + a * d * h + (g + 1) * h * f
    layer = layer_matrices + model["norms_per_layer"] * model["norm_parameters"] * h + biases
    layer += model["qk_norm_parameters"] + model["extra_parameters_per_layer"]
    final_norm = model["norm_parameters"] * h if model["final_norm"] else 0
    embedding = V * h
    positions = model["learned_positions"] * h
    head = 0 if model["tied_embeddings"] else V * h
    return {
        "total": L * layer + embedding + positions + final_norm + head,
        "layer": layer,
        "embedding": embedding,
        "positions": positions,
        "head": head,
        "matrix": L * layer_matrices + V * h,  # section 4
    }


def rank_parameters(model: Document, x: Symbols) -> tuple[float, float, float]:
    """P_layer(t), P_embed(t), P_head(t): what one tensor rank holds."""
    h, d, n_p = x.h, x.d, model["norm_parameters"]
    layer = h * d * (x.a_t + 2 * x.k_t) + x.a_t * d * h + (x.g + 1) * h * x.f_t
    if model["qkv_bias"]:
        layer += d * (x.a_t + 2 * x.k_t)
    if model["mlp_bias"]:
        layer += x.g * x.f_t + h
    if model["output_bias"]:
        layer += h
    layer += model["norms_per_layer"] * n_p * h + model["qk_norm_parameters"]
    layer += model["extra_parameters_per_layer"] / x.t
    embedding = x.V_t * h + model["learned_positions"] * h
    head = float(n_p * h if model["final_norm"] else 0)
    if not model["tied_embeddings"] or x.p > 1:
        head += x.V_t * h
    return layer, embedding, head


# --- section 3: stages -----------------------------------------------------------------------------------------------


def layers_per_stage(layers: int, p: int, v: int) -> list[int] | None:
    """Layers of every stage, or None where section 3 has no split."""
    if layers % (p * v) == 0:
        return [layers // p] * p
    if p >= 2 and (layers + 2) % (p * v) == 0:
        share = (layers + 2) // p
        return [share - 1, *[share] * (p - 2), share - 1]
    return None
