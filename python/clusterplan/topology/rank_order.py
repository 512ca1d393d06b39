"""How an order of the ranks is given to a launcher: facts of `data/rank_orders.json`, applied to one layout."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ..data import read_data
from ..specs.placements import AXIS_LETTERS

if TYPE_CHECKING:
    from .ranks import RankMap

_MESH = "device-mesh"  # in the data: where own code hands over the devices


@dataclass(frozen=True)
class Launch:
    """How one launcher starts an order of the ranks.

    Attributes:
        launcher, title: its name. support: ``default``, ``option``, ``code`` (own code is needed) or ``no``.
        how: what to do, one clause. source, confidence: where that is from, and how sure it is.
    """

    launcher: str
    title: str
    support: str
    how: str
    source: str
    confidence: str


def launches(ranks: RankMap) -> tuple[Launch, ...]:
    """How each launcher that is known starts this order of the ranks.

    An order counts as another one where both put the same ranks in the same places (degrees of 1 do not matter).
    Launchers number the devices of a torus in the order of its axes; where the placement fills them in another one,
    none does it by itself, and devices must be renumbered first.

    Example:
        >>> from clusterplan.topology.ranks import RankMap
        >>> ranks = RankMap(tp=8, dp=4, pp=2, placement="tp-pp-dp", host_devices=8)
        >>> launches(ranks)[0].title, launches(ranks)[0].support
        ('Megatron-Core', 'option')
    """
    found = []
    numbering = _renumbering(ranks)
    for name, facts in read_data("rank_orders.json")["launchers"].items():
        same = next((order for order in facts["orders"] if _effective(order, ranks) == ranks.effective_order), None)
        chosen = facts["others"] if same is None else facts["orders"][same]
        how = chosen["how"].format(
            order="-".join(ranks.order),
            shape=", ".join(str(degree) for _, degree in ranks.mesh),
            names=", ".join(dimension for dimension, _ in ranks.mesh),
        )
        support = chosen["support"]
        if numbering:
            support = "no" if support == "no" else "code"
            array = ": in JAX pass the array of devices in that order" if name == _MESH else ""
            how = f"{numbering}{array}; as for {'-'.join(ranks.order)}: {how}"
        found.append(Launch(name, facts["title"], support, how, facts["source"], facts["confidence"]))
    return tuple(found)


def _renumbering(ranks: RankMap) -> str:
    """What to do where the placement fills the axes in another order than they are listed; empty where it does not."""
    if list(ranks.axis_order) == sorted(ranks.axis_order):
        return ""
    first, *others = (AXIS_LETTERS[axis] for axis in ranks.axis_order)
    return (
        f"not by itself: the devices must be renumbered, ranks handed out in the order of the rank map, which fills "
        f"axis {first} first, then {' and '.join(others)}"
    )


def rank_order_document(ranks: RankMap) -> dict[str, Any]:
    """The ``rank_order`` object of the JSON of `clusterplan topology traffic` and `clusterplan explain`."""
    return {
        "placement": ranks.placement,
        "innermost_first": list(ranks.order),
        "mesh": {
            "names": [name for name, _ in ranks.mesh],
            "shape": [degree for _, degree in ranks.mesh],
        },
        "axes": [{"name": AXIS_LETTERS[axis], "length": ranks.axes[axis]} for axis in ranks.axis_order],
        "launchers": [asdict(launch) for launch in launches(ranks)],
    }


def _effective(order: str, ranks: RankMap) -> str:
    return "-".join(name for name in order.split("-") if ranks.degree(name) > 1)
