"""The shape of a torus slice as it is written: ``8x8x16``, or its lengths."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..errors import SpecError
from .refusals import shown


def read_slice(given: str | Sequence[int] | None) -> tuple[int, ...] | None:
    """The lengths of a slice, one an axis; ``None`` stays ``None``.

    Raises:
        SpecError: not lengths with an x between.

    Example:
        >>> read_slice("8x8x16"), read_slice([4, 4])
        ((8, 8, 16), (4, 4))
    """
    if given is None:
        return None
    lengths = re.split(r"\s*[x×,]\s*", given.strip().lower()) if isinstance(given, str) else list(given)
    if not lengths or not all(re.fullmatch(r"[1-9]\d{0,5}", str(length)) for length in lengths):
        raise SpecError(
            f"slice: {shown(given)} is not a list of lengths, one an axis",
            code="no-such-slice",
            hint="write it such as 8x8x16",
        )
    return tuple(int(length) for length in lengths)
