"""Slices of a torus: which sizes there are, and how a slice lies on the axes."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

# From one whole 4x4x4 cube on, TPU slices are made of cubes, so that every axis is a multiple of 4.
_CUBE_EDGE = 4
_CUBE_DEVICES = 64


def place_slice(axes: tuple[int, ...], devices: int) -> tuple[int, ...] | None:
    """The most cubic slice of ``devices`` in a torus of these axes, one length an axis, or ``None`` if there is none.

    Example:
        >>> place_slice((16, 20, 28), 512)
        (8, 8, 8)
    """
    fitting = [shape for shape in _shapes(axes) if _devices(shape) == devices]
    # Most cubic: the least surface for the volume; ties by the shape itself, so that the answer is always the same.
    return min(fitting, key=lambda shape: (max(shape) / min(shape), sum(shape), shape)) if fitting else None


@lru_cache(maxsize=64)
def slice_sizes(axes: tuple[int, ...], multiple: int) -> tuple[int, ...]:
    """The numbers of devices, multiples of ``multiple``, of which there is a slice; ascending."""
    return tuple(sorted({size for shape in _shapes(axes) if (size := _devices(shape)) % multiple == 0}))


@lru_cache(maxsize=64)
def _shapes(axes: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    return tuple(
        shape
        for shape in product(*(range(1, axis + 1) for axis in axes))
        if shape == axes or _devices(shape) < _CUBE_DEVICES or all(length % _CUBE_EDGE == 0 for length in shape)
    )


def _devices(shape: tuple[int, ...]) -> int:
    result = 1
    for length in shape:
        result *= length
    return result
