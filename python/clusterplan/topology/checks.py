"""Whether the numbers of a cluster add up, by arithmetic alone: a search never needs the graph for this."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..data import read_data
from ..errors import SpecError
from ..specs.limits import MOST_DEVICES
from ..specs.placements import AXIS_LETTERS
from ..specs.validation import dotted, unknown_name
from .fabric_checks import check_fabric
from .fact_checks import check_facts
from .host_checks import Fail, check_scale_up, check_torus
from .pools import MAIN_POOL, pool_view

if TYPE_CHECKING:
    from ..specs.cluster import ClusterSpec
    from ..specs.files import Document
    from ..specs.yaml_text import Location

_MOST_LEVELS = 8  # of the engine
_TAKEN = re.compile(r"(rail|host)\d+")


def check_sums(cluster: ClusterSpec, document: Document | None = None) -> None:
    """Check that hosts, scale-up domains, network cards and tiers add up and that the fabric joins all hosts.

    Raises:
        SpecError: one sentence that says which numbers do not match, with file and line where there is a file.
    """

    def fail(location: Location, sentence: str, hint: str, code: str = "topology-sums") -> SpecError:
        place = f"{document.where(location)}: " if document is not None else ""
        return SpecError(f"{place}{dotted(location)}: {sentence}", code=code, hint=hint)

    _check_one(cluster, fail)
    check_facts(cluster, fail)
    for position, pool in enumerate(cluster.pools):
        here: Location = ("pools", position)
        if pool.name in [other.name for other in cluster.pools[:position]]:
            raise fail((*here, "name"), f"two pools are named {pool.name!r}", "give each a name of its own")
        if pool.name == MAIN_POOL:
            if document is not None:
                raise fail((*here, "name"), f"{MAIN_POOL!r} is the name of the pool above", "choose another name")
            continue  # the cluster is the view of another pool, and this is the one that it was read with

        def fail_in_pool(
            location: Location, sentence: str, hint: str, code: str = "topology-sums", here: Location = here
        ) -> SpecError:
            return fail((*here, *location), sentence, hint, code)

        _check_one(pool_view(cluster, pool.name), fail_in_pool)


def _check_one(cluster: ClusterSpec, fail: Fail) -> None:
    """The sums of a cluster without its pools."""
    host = cluster.host
    if cluster.devices > MOST_DEVICES:
        raise fail(
            ("hosts",),
            f"{cluster.hosts} hosts of {host.accelerators} are {cluster.devices} devices, more than the {MOST_DEVICES} "
            "supported",
            f"use at most {MOST_DEVICES // host.accelerators} hosts",
        )
    if (host.scale_up is None) == (host.torus is None):
        raise fail(("host",), "exactly one of scale_up and torus must be given", "say how devices are linked")
    _check_technologies(cluster, fail)
    if host.nics is not None:
        _check_cards(cluster, fail)
    if host.torus is not None:
        check_torus(cluster, host.torus, fail)
    elif host.scale_up is not None:
        check_scale_up(cluster, host.scale_up, fail)
    check_fabric(cluster, fail)
    _check_levels(cluster, fail)


def _check_technologies(cluster: ClusterSpec, fail: Fail) -> None:
    known = read_data("links.json")["technologies"]
    scale_up, torus, fabric = cluster.host.scale_up, cluster.host.torus, cluster.fabric
    given: list[tuple[Location, str | None]] = [
        (("host", "scale_up", "technology"), scale_up.technology if scale_up is not None else None),
        (("host", "torus", "technology"), torus.technology if torus is not None else None),
        (("fabric", "technology"), fabric.technology if fabric is not None else None),
    ]
    for position, group in enumerate(scale_up.inside if scale_up is not None else ()):
        given.append((("host", "scale_up", "inside", position, "technology"), group.technology))
    for location, technology in given:
        if technology is not None and technology not in known:
            error = unknown_name("link technology", technology, known, hint=f"use one of {', '.join(known)}")
            raise fail(location, str(error), error.hint or "", error.code)


def _check_cards(cluster: ClusterSpec, fail: Fail) -> None:
    cards, accelerators = cluster.host.nics, cluster.host.accelerators
    assert cards is not None
    if cards.shared_by is not None and cards.count * cards.shared_by != accelerators:
        raise fail(
            ("host", "nics"),
            f"{cards.count} network cards shared by {cards.shared_by} accelerators each serve "
            f"{cards.count * cards.shared_by}, but the host has {accelerators}",
            f"make count x shared_by equal {accelerators}",
        )
    if cards.shared_by is None and max(cards.count, accelerators) % min(cards.count, accelerators):
        raise fail(
            ("host", "nics", "count"),
            f"{cards.count} network cards cannot be shared evenly by {accelerators} accelerators",
            "use a count that divides the accelerators, or a multiple of them",
        )


def _check_levels(cluster: ClusterSpec, fail: Fail) -> None:
    """The engine takes a few levels; degraded links are named by level, so names differ."""
    scale_up, torus = cluster.host.scale_up, cluster.host.torus
    names: list[tuple[Location, str]] = []
    if scale_up is not None:
        names += [(("host", "scale_up", "inside", at), group.name) for at, group in enumerate(scale_up.inside)]
        names.append((("host", "scale_up", "technology"), scale_up.technology))
    if torus is not None:
        letters = AXIS_LETTERS[: len(torus.axes)]
        names += [(("host", "torus", "axes"), f"{torus.technology}-{letter}") for letter in letters]
    tiers = cluster.fabric.tiers if cluster.fabric is not None else ()
    names += [(("fabric", "tiers", at), tier.name) for at, tier in enumerate(tiers) if tier.of > 1]
    for position, (location, name) in enumerate(names):
        _check_name(cluster, location, name, fail)
        if name in [other for _, other in names[:position]]:
            raise fail(location, f"two levels of the network are named {name!r}", "give each a name of its own")
    if len(names) > _MOST_LEVELS:
        raise fail(
            names[-1][0],
            f"the network has {len(names)} levels from inside the host to the last tier, but at most {_MOST_LEVELS} "
            "are supported",
            "join two that are equally fast",
        )


def _check_name(cluster: ClusterSpec, location: Location, name: str, fail: Fail) -> None:
    """Links are named to be degraded: rail0, host3, on a torus x; and leaf2, a group of the tier leaf."""
    where = (*location, "name")
    if _TAKEN.fullmatch(name) or (location[0] == "fabric" and name in ("rail", "host")):
        what = "rails" if name.startswith("rail") else "hosts"
        raise fail(where, f"{name!r} is a name that --degrade has for {what}", "choose another name, such as leaf")
    if cluster.host.torus is not None and name in AXIS_LETTERS:
        raise fail(where, f"{name!r} is the name of an axis of the torus", "choose another name, such as leaf")
    for tier in cluster.fabric.tiers if cluster.fabric is not None else ():
        if name.startswith(tier.name) and name[len(tier.name) :].isdecimal():
            raise fail(
                where, f"{name!r} is what --degrade calls a group of the tier {tier.name!r}", "choose another name"
            )
