"""An immutable mapping from names to numbers: the parts of a step, the categories of memory, the counts of reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

Number = TypeVar("Number", int, float)


class Parts(Mapping[str, Number]):
    """Named numbers that cannot be changed, keep their order, and can be hashed and pickled.

    The unit is that of the field that holds the mapping (`time_s` holds seconds, `by_category` bytes).

    Example:
        >>> time_s = Parts({"forward": 1.5, "bubble": 0.5})
        >>> time_s["bubble"], time_s.total
        (0.5, 2.0)
        >>> time_s.largest
        'forward'
    """

    __slots__ = ("_items",)
    _items: dict[str, Number]

    def __init__(self, items: Mapping[str, Number]) -> None:
        object.__setattr__(self, "_items", dict(items))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def __getitem__(self, name: str) -> Number:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        # Mappings are equal whatever their order, so the hash must not see it either.
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return f"Parts({self._items!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (dict(self._items),)

    @property
    def total(self) -> Number:
        """The sum of all parts, in the unit of the parts."""
        return sum(self._items.values())

    @property
    def largest(self) -> str:
        """The name of the largest part (the first of them on a tie).

        Raises:
            ValueError: there are no parts.
        """
        return max(self._items, key=lambda name: self._items[name])

    def sorted(self) -> list[tuple[str, Number]]:
        """Names and numbers, largest first; ties in their own order."""
        return sorted(self._items.items(), key=lambda item: -item[1])
