"""Section 5 of the equations: the time of one operator, of a layer, of the embedding and of the head."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .dense_model import COMPUTE_BYTES as e
from .dense_model import Document, Symbols


@dataclass(frozen=True)
class Device:
    """The accelerator's operator times, in seconds."""

    accelerator: Document

    @property
    def bandwidth(self) -> float:
        """Bytes per second that a kernel really gets from memory."""
        return float(self.accelerator["memory_bytes_per_s"] * self.accelerator["memory_efficiency"])

    @property
    def floor(self) -> float:
        return float(self.accelerator["kernel_floor_s"])

    @property
    def peak(self) -> float:
        return float(self.accelerator["peak_flops_per_s"])

    @property
    def units(self) -> int:
        return int(self.accelerator["compute_units"])

    def gemm(self, count: float, M: float, N: float, K: float, moved: float | None = None) -> float:
        """count products of M x N x K; ``moved`` is the x of the page, in bytes."""
        profile = self.accelerator["gemm"]
        best = 0.0
        for rows, columns, relative in profile["tiles"]:
            blocks = count * math.ceil(M / rows) * math.ceil(N / columns)
            waves = math.ceil(blocks / self.units)
            best = max(best, count * M * N / (waves * self.units * rows * columns) * relative)
        efficiency = profile["efficiency"] * best * K / (K + profile["reduction_half"])
        if moved is None:
            moved = e * count * (M * K + K * N + M * N)
        return max(2 * count * M * N * K / (self.peak * efficiency), moved / self.bandwidth, self.floor)

    def mem(self, moved: float) -> float:
        """A memory-bound operator that moves ``moved`` bytes."""
        return 0.0 if moved == 0 else max(moved / self.bandwidth, self.floor)


@dataclass(frozen=True)
class LayerTimes:
    """Seconds of one layer for one micro-batch, with the four windows that tensor traffic may hide behind."""

    forward: float
    backward: float
    attention_forward: float
    dgrad_qkv: float
    dgrad_up: float
    wgrad_qkv: float
    wgrad_up: float


@dataclass(frozen=True)
class EndTimes:
    """Seconds of the embedding or of the head for one micro-batch."""

    forward: float
    backward: float
    dgrad: float = 0.0
    wgrad: float = 0.0


def wgrad(device: Device, stack: Document, x: Symbols, n: float, m: float) -> float:
    """The weight gradient of an n x m matrix, accumulated in ``gradient_bytes``."""
    gb = stack["gradient_bytes"]
    if stack["fused_gradient_accumulation"]:
        return device.gemm(1, n, m, x.T, e * x.T * (n + m) + 2 * gb * n * m)
    return device.gemm(1, n, m, x.T, e * x.T * (n + m) + e * n * m) + device.mem((e + 2 * gb) * n * m)


def attention_core(device: Device, attention: Document, x: Symbols) -> tuple[float, float]:
    """Forward and backward of the attention core."""
    if attention["kind"] == "flash":
        blocks = x.b * x.a_t * math.ceil(x.s / 128)
        d_h = attention["head_dim_half"]
        shape = x.s / (x.s + attention["half_length"])
        shape *= min(1, (x.d / (x.d + d_h)) / (128 / (128 + d_h)))
        shape *= blocks / (math.ceil(blocks / device.units) * device.units)
        flop = 2 * x.b * x.s**2 * x.a_t * x.d
        forward = max(flop / (device.peak * attention["forward_efficiency"] * shape), device.floor)
        backward = max(2.5 * flop / (device.peak * attention["backward_efficiency"] * shape), device.floor)
        return forward, backward
    n = x.b * x.a_t
    scores = device.gemm(n, x.s, x.s, x.d)
    values = device.gemm(n, x.s, x.d, x.s)
    forward = scores + values + device.mem(attention["score_bytes_forward"] * n * x.s**2)
    backward = scores + 3 * values + device.mem(attention["score_bytes_backward"] * n * x.s**2)
    return forward, backward


def layer_times(problem: Document, x: Symbols) -> LayerTimes:
    """The table 'the layer' of section 5, row by row."""
    device, stack, model = Device(problem["accelerator"]), problem["stack"], problem["model"]
    norms, delta, T, h, d = model["norms_per_layer"], x.dropout, x.T, x.h, x.d
    qkv = d * (x.a_t + 2 * x.k_t)
    up = x.g * x.f_t
    forward = backward = 0.0
    # 1 norm
    forward += norms * device.mem(stack["norm_bytes_forward"] * x.E)
    backward += norms * device.mem(stack["norm_bytes_backward"] * x.E)
    # 2 qkv
    dgrad_qkv, wgrad_qkv = device.gemm(1, T, h, qkv), wgrad(device, stack, x, qkv, h)
    forward += device.gemm(1, T, qkv, h)
    backward += dgrad_qkv + wgrad_qkv
    # 3 rotary
    if model["rotary"]:
        rotary = device.mem(stack["rotary_factor"] * 4 * T * d * (x.a_t + x.k_t))
        forward += rotary
        backward += rotary
    # 4 attention core
    core_forward, core_backward = attention_core(device, problem["attention"], x)
    forward += core_forward
    backward += core_backward
    # 5 output projection
    forward += device.gemm(1, T, h, x.a_t * d)
    backward += device.gemm(1, T, x.a_t * d, h) + wgrad(device, stack, x, h, x.a_t * d)
    # 6 residual add, with dropout
    forward += 2 * device.mem((6 + delta) * x.E)
    backward += 2 * device.mem((4 + delta) * x.E)
    # 7 up, and gate
    dgrad_up, wgrad_up = device.gemm(1, T, h, up), wgrad(device, stack, x, up, h)
    forward += device.gemm(1, T, up, h)
    backward += dgrad_up + wgrad_up
    # 8 activation
    forward += device.mem(stack["activation_factor"] * 2 * (x.g + 1) * T * x.f_t)
    backward += device.mem(stack["activation_factor"] * 2 * (2 * x.g + 1) * T * x.f_t)
    # 9 down
    forward += device.gemm(1, T, h, x.f_t)
    backward += device.gemm(1, T, x.f_t, h) + wgrad(device, stack, x, h, x.f_t)
    return LayerTimes(forward, backward, core_forward, dgrad_qkv, dgrad_up, wgrad_qkv, wgrad_up)


def embedding_times(problem: Document, x: Symbols) -> EndTimes:
    device, gb = Device(problem["accelerator"]), problem["stack"]["gradient_bytes"]
    forward = device.mem(2 * e * x.T * x.h + x.dropout * x.E)
    return EndTimes(forward, device.mem((e + 2 * gb) * x.T * x.h))


def head_times(problem: Document, x: Symbols) -> EndTimes:
    device, stack = Device(problem["accelerator"]), problem["stack"]
    forward = device.mem(stack["norm_bytes_forward"] * x.E) + device.gemm(1, x.T, x.V_t, x.h)
    forward += device.mem(stack["cross_entropy_bytes_forward"] * x.T * x.V_t)
    dgrad, weight = device.gemm(1, x.T, x.h, x.V_t), wgrad(device, stack, x, x.V_t, x.h)
    backward = device.mem(stack["norm_bytes_backward"] * x.E) + dgrad + weight
    backward += device.mem(stack["cross_entropy_bytes_backward"] * x.T * x.V_t)
    return EndTimes(forward, backward, dgrad, weight)
