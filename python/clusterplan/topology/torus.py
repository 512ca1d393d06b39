"""Slices of a torus: which sizes there are, how a slice lies on the axes, and what each axis is called and gives.

Shapes are in the order of the cluster file; x, y and z are the axes in the order of `axis_order`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..specs.host import Torus

Shape = tuple[int, ...]

# From one whole 4x4x4 cube on, TPU slices are made of cubes, so that every axis is a multiple of 4.
_CUBE_EDGE = 4
_CUBE_DEVICES = 64


def axis_order(shape: Shape) -> tuple[int, ...]:
    """The positions in ``shape`` of the axes x, y, z: shortest first, equal ones in the order of the file.

    This is the order of the levels and of the ranks, x innermost (docs/concepts/network.md, section 1). An axis of
    length 1 leads nowhere and has no letter; one axis is named even where all are so short.

    Example:
        >>> axis_order((16, 4, 4)), axis_order((8, 1, 2)), axis_order((1, 1))
        ((1, 2, 0), (2, 0), (0,))
    """
    return tuple(sorted((axis for axis, length in enumerate(shape) if length > 1), key=shape.__getitem__)) or (0,)


def closed_axes(torus: Torus, shape: Shape) -> tuple[bool, ...]:
    """Which axes of a slice of this shape close to rings, in the order of the file."""
    closed = tuple(length % torus.wrap_multiple == 0 for length in shape)
    return (all(closed),) * len(closed) if torus.wrap == "whole" else closed


def axis_rates(torus: Torus) -> tuple[float, ...]:
    """One-way bandwidth of one link of each axis, bytes/s, in the order of the file."""
    given = torus.axis_bytes_per_s
    return given if len(given) > 1 else given * len(torus.axes)


@lru_cache(maxsize=256)
def place_slice(axes: Shape, devices: int, host_axes: Shape | None = None) -> Shape | None:
    """The most cubic slice of ``devices`` in a torus of these axes, one length an axis, or ``None`` if there is none.

    ``host_axes`` is the part of the torus that one host is: slices are whole hosts, or part of one.

    Example:
        >>> place_slice((16, 20, 28), 512)
        (8, 8, 8)
    """
    fitting = [shape for shape in _shapes_of(axes, devices) if is_slice(axes, shape, host_axes)]
    # Most cubic: the least surface for the volume; ties by the shape itself, so that the answer is always the same.
    return min(fitting, key=lambda shape: (max(shape) / min(shape), sum(shape), shape)) if fitting else None


def is_slice(axes: Shape, shape: Shape, host_axes: Shape | None = None) -> bool:
    """Whether a torus of these axes gives out slices of this shape.

    Example:
        >>> is_slice((16, 20, 28), (8, 8, 16)), is_slice((16, 20, 28), (8, 8, 15))
        (True, False)
    """
    if len(shape) != len(axes) or any(not 1 <= length <= axis for length, axis in zip(shape, axes, strict=True)):
        return False
    if host_axes is not None:
        pairs = list(zip(shape, host_axes, strict=True))
        if any(length % host for length, host in pairs) and any(length > host for length, host in pairs):
            return False
    return shape == axes or prod(shape) < _CUBE_DEVICES or all(length % _CUBE_EDGE == 0 for length in shape)


@lru_cache(maxsize=64)
def slice_sizes(axes: Shape, multiple: int, host_axes: Shape | None = None) -> tuple[int, ...]:
    """The numbers of devices, multiples of ``multiple``, of which there is a slice; ascending."""
    # Counted in parts and in cubes, not in devices: the axes of a large torus have too many shapes to list.
    parts = _products(tuple(range(1, min(axis, _CUBE_DEVICES - 1) + 1) for axis in axes), most=_CUBE_DEVICES - 1)
    cubes = _products(tuple(range(_CUBE_EDGE, axis + 1, _CUBE_EDGE) for axis in axes), most=prod(axes))
    shapes = (*parts, *cubes, axes)
    return tuple(
        sorted({size for shape in shapes if (size := prod(shape)) % multiple == 0 and is_slice(axes, shape, host_axes)})
    )


def _products(choices: tuple[range, ...], most: int) -> Iterator[Shape]:
    """The shapes of one length from each of ``choices`` whose product is at most ``most``."""
    if not choices:
        yield ()
        return
    for length in choices[0]:
        if length > most:
            return
        for rest in _products(choices[1:], most // length):
            yield (length, *rest)


def _shapes_of(axes: Shape, devices: int) -> Iterator[Shape]:
    """The shapes within ``axes`` whose product is ``devices``."""
    if len(axes) == 1:
        if devices <= axes[0]:
            yield (devices,)
        return
    for length in range(1, min(axes[0], devices) + 1):
        if devices % length == 0:
            for rest in _shapes_of(axes[1:], devices // length):
                yield (length, *rest)
