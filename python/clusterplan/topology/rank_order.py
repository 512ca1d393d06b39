"""How an order of the ranks is given to a launcher: facts of `data/rank_orders.json`, applied to one layout."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ..data import read_data

if TYPE_CHECKING:
    from .ranks import RankMap


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

    Example:
        >>> from clusterplan.topology.ranks import RankMap
        >>> ranks = RankMap(tp=8, dp=4, pp=2, placement="tp-pp-dp", host_devices=8)
        >>> launches(ranks)[0].title, launches(ranks)[0].support
        ('Megatron-Core', 'option')
    """
    found = []
    for name, facts in read_data("rank_orders.json")["launchers"].items():
        same = next((order for order in facts["orders"] if _effective(order, ranks) == ranks.effective_order), None)
        chosen = facts["others"] if same is None else facts["orders"][same]
        how = chosen["how"].format(
            order="-".join(ranks.order),
            shape=", ".join(str(degree) for _, degree in ranks.mesh),
            names=", ".join(dimension for dimension, _ in ranks.mesh),
        )
        found.append(Launch(name, facts["title"], chosen["support"], how, facts["source"], facts["confidence"]))
    return tuple(found)


def rank_order_document(ranks: RankMap) -> dict[str, Any]:
    """The ``rank_order`` object of the JSON of `clusterplan topology traffic` and `clusterplan explain`."""
    return {
        "placement": ranks.placement,
        "innermost_first": list(ranks.order),
        "mesh": {
            "names": [name for name, _ in ranks.mesh],
            "shape": [degree for _, degree in ranks.mesh],
        },
        "axes": [{"name": "xyz"[axis], "length": ranks.axes[axis]} for axis in ranks.axis_order],
        "launchers": [asdict(launch) for launch in launches(ranks)],
    }


def _effective(order: str, ranks: RankMap) -> str:
    return "-".join(name for name in order.split("-") if ranks.degree(name) > 1)
