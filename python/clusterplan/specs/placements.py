"""How the order of the ranks is written: `tp-dp-pp`, on a torus with an order of its axes, `tp-dp-pp@yxz`."""

from __future__ import annotations

from itertools import permutations
from typing import Any

from ..errors import SpecError
from .refusals import UnreadableQuantity, shown

# Innermost first; the launchers' default is the first.
RANK_ORDERS = ("tp-dp-pp", "tp-pp-dp", "dp-tp-pp", "dp-pp-tp", "pp-tp-dp", "pp-dp-tp")
AXIS_LETTERS = "xyz"
PLACEMENT_PATTERN = f"^({'|'.join(RANK_ORDERS)})(@[{AXIS_LETTERS}]{{2,3}})?$"


def read_placement(value: Any) -> str:
    """A placement as the engine takes it, or a refusal that says what is allowed.

    Example:
        >>> read_placement("tp-dp-pp@yxz"), read_placement(" TP-PP-DP ")
        ('tp-dp-pp@yxz', 'tp-pp-dp')
    """
    text = value.strip().lower() if isinstance(value, str) else ""
    order, mark, axes = text.partition("@")
    if order not in RANK_ORDERS:
        from difflib import get_close_matches

        near = get_close_matches(order, RANK_ORDERS, n=1)
        sorted_pieces = sorted(order.split("-"))
        raise UnreadableQuantity(
            f"{shown(value)} is not one of {', '.join(RANK_ORDERS)}" + (f"; did you mean '{near[0]}'?" if near else ""),
            f"use {near[0]}" if near and sorted_pieces != ["dp", "pp", "tp"] else f"use {RANK_ORDERS[0]}",
        )
    if not mark:
        return order
    known = ["".join(letters) for count in (2, 3) for letters in permutations(AXIS_LETTERS[:count])]
    if axes not in known:
        raise UnreadableQuantity(
            f"{shown(value)}: {shown(axes)} is no order of the axes x, y and z", f"use one of {', '.join(known)}"
        )
    return f"{order}@{axes}"


def check_placement(placement: str, axes: int) -> str:
    """The placement on a job of so many torus axes (0: no torus); an order as listed is left out.

    Raises:
        SpecError: it orders axes that the job does not have.

    Example:
        >>> check_placement("tp-dp-pp@xyz", 3), check_placement("tp-dp-pp@yx", 2)
        ('tp-dp-pp', 'tp-dp-pp@yx')
    """
    order, _, letters = placement.partition("@")
    listed = AXIS_LETTERS[:axes]
    if not letters or letters == listed:
        return order
    if axes < 2:
        raise SpecError(
            f"placement: {placement!r} orders axes, but the job is not on a torus of several axes",
            code="value",
            hint=f"use {order}",
        )
    if sorted(letters) != list(listed):
        orders = ", ".join("".join(known) for known in permutations(listed))
        raise SpecError(
            f"placement: {placement!r} orders {', '.join(letters)}, but the job has the axes {', '.join(listed)}",
            code="value",
            hint=f"use one of {orders} behind the @, or leave it out",
        )
    return placement
