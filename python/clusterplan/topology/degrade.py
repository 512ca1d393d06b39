"""Links at a share of their speed (network.md section 5): ``rail0=0.5``, ``host3=0.25``, ``leaf2=0.5``, ``x=0.5``.

What is split evenly over like links waits for the slowest of them, so a level is as fast as its worst link. A slow link
slows the level it belongs to: network cards (of a rail, of a host) are the first level of the fabric, the uplinks of a
group the next level outward. Levels behind the same port get no more than the level inside them lets out, and lose
nothing where they had less already. Where several degradations meet on one level the worst counts; only rails that are
gone take their share away besides, from all levels of the fabric.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, isfinite
from typing import TYPE_CHECKING, Any

from ..errors import SpecError
from ..specs.refusals import shown
from ..specs.validation import nearest
from .cards import rail_count

if TYPE_CHECKING:
    from ..specs.cluster import ClusterSpec

_NUMBERED = re.compile(r"(.*?[^\d])(\d{1,9})")


@dataclass(frozen=True)
class Degradation:
    """A named link, or kind of links, at a ``factor`` (the share that is left) of its speed, 0 to 1."""

    name: str
    factor: float


def parse_degradations(texts: Iterable[str]) -> tuple[Degradation, ...]:
    """``LINK=SHARE`` texts, each also several with commas between.

    Raises:
        SpecError: not of that form, a share outside 0 to 1, or a name that stands twice.

    Example:
        >>> parse_degradations(["rail0=0.5,leaf=0.9"])
        (Degradation(name='rail0', factor=0.5), Degradation(name='leaf', factor=0.9))
    """
    found: list[Degradation] = []
    for part in [texts] if isinstance(texts, str) else texts:
        if not isinstance(part, str):
            raise _wrong(f"{shown(part)} is not of the form LINK=SHARE", "write it such as rail0=0.5")
        for text in part.split(","):
            name, equals, number = (piece.strip() for piece in text.partition("="))
            if not (name and equals and number):
                raise _wrong(f"{shown(text.strip())} is not of the form LINK=SHARE", "write it such as rail0=0.5")
            if any(other.name == name for other in found):
                raise _wrong(f"{name} stands twice", "give each name once")
            found.append(Degradation(name, _factor(name, number)))
    return tuple(found)


def degrade_network(cluster: ClusterSpec, network: dict[str, Any], texts: Iterable[str]) -> dict[str, Any]:
    """A copy of ``network`` (of `build_network` for this cluster) with the levels' ``bytes_per_s`` degraded.

    Raises:
        SpecError: as `parse_degradations`; a name that the job has no link of, or a share of 0 with which the cluster
            would fall apart.

    Example:
        >>> from clusterplan.catalog.clusters import load_cluster
        >>> from clusterplan.topology.levels import build_network
        >>> cluster = load_cluster("dgx-h100-superpod")
        >>> slow = degrade_network(cluster, build_network(cluster, 64), ["leaf=0.5"])
        >>> [level["bytes_per_s"] / 1e9 for level in slow["levels"]]
        [450.0, 25.0]
    """
    job = _Job(cluster, network)
    worst = [1.0] * len(job.levels)
    gone: set[int] = set()
    for degradation in parse_degradations(texts):
        name, factor = degradation.name, degradation.factor
        touched, rail = job.level_of(name)
        if factor == 0.0:
            if rail is None:
                raise _wrong(
                    f"{name}=0 would let the cluster fall apart; only a rail may be gone",
                    f"give a share above 0, or leave {name} out",
                )
            gone.add(rail)
            continue
        worst[touched] = min(worst[touched], factor)
    if gone:
        left = job.rails - len(gone)
        if left <= 0:
            raise _wrong(f"all {job.rails} rails are gone, so the cluster would fall apart", "keep one rail")
        for index in job.fabric:
            worst[index] *= left / job.rails
    return {**network, "levels": _slowed(job.levels, worst)}


def _slowed(levels: Sequence[dict[str, Any]], factors: Sequence[float]) -> list[dict[str, Any]]:
    """The levels at these factors of their speed, none behind a slowed port faster than the level inside it."""
    slowed: list[dict[str, Any]] = []
    for index, (level, factor) in enumerate(zip(levels, factors, strict=True)):
        rate = level["bytes_per_s"] * factor
        if level["shares_inner_link"] and slowed[-1]["bytes_per_s"] < levels[index - 1]["bytes_per_s"]:
            rate = min(rate, slowed[-1]["bytes_per_s"])
        slowed.append({**level, "bytes_per_s": rate})
    return slowed


class _Job:
    """What of a cluster a job uses, and which names that gives its links."""

    def __init__(self, cluster: ClusterSpec, network: dict[str, Any]) -> None:
        self.cluster, self.levels, self.devices = cluster, network["levels"], network["devices"]
        domain = cluster.domain_devices
        self.fabric = [index for index, level in enumerate(self.levels) if level["group_devices"] > domain]
        self.hosts = ceil(self.devices / cluster.host.accelerators)
        self.rails = rail_count(cluster.host) if cluster.fabric is not None and cluster.fabric.rails else 0
        self.named = self._named_levels()

    def _named_levels(self) -> dict[str, int]:
        """The levels by the names that a person may use for them."""
        names: dict[str, int] = {}
        inner = [index for index in range(len(self.levels)) if index not in self.fabric]
        for index in inner:
            # x for ici-x; nvlink for nvlink-h100, of several levels the outermost.
            name, torus = self.levels[index]["name"], self.cluster.host.torus is not None
            names[name.rsplit("-", 1)[-1] if torus else name.split("-")[0]] = index
        names.update({level["name"]: index for index, level in enumerate(self.levels)})
        return names

    def level_of(self, name: str) -> tuple[int, int | None]:
        """The level that a name degrades, and the number of the rail where it is one."""
        if name in self.named:
            return self.named[name], None
        numbered = _NUMBERED.fullmatch(name)
        if numbered is not None:
            stem, number = numbered[1], int(numbered[2])
            if stem == "rail":
                return self._rail(name, number), number
            if stem == "host":
                return self._host(name, number), None
            if stem in self.named and self.named[stem] in self.fabric:
                return self._uplinks(name, stem, number), None
        raise self._unknown(name)

    def _rail(self, name: str, number: int) -> int:
        if not self.rails:
            raise _wrong(
                f"{name}: the fabric of {self.cluster.name} has no rails", f"use one of {', '.join(self._valid())}"
            )
        if number >= self.rails:
            raise _wrong(
                f"{name}: {self.cluster.name} has {self.rails} rails, rail0 to rail{self.rails - 1}",
                f"use rail0 to rail{self.rails - 1}",
            )
        return self._cards(name)

    def _host(self, name: str, number: int) -> int:
        if number >= self.hosts:
            raise _wrong(
                f"{name}: the job of {self.devices} devices has {_range('host', self.hosts)} of {self.cluster.name}",
                f"use {_range('host', self.hosts)}",
            )
        return self._cards(name)

    def _cards(self, name: str) -> int:
        """The level of the network cards: the first of the fabric."""
        if not self.fabric:
            raise _wrong(
                f"{name}: the job of {self.devices} devices stays inside one "
                f"{'torus' if self.cluster.host.torus else 'scale-up domain'} and uses no network card",
                f"use one of {', '.join(self._valid())}",
            )
        return self.fabric[0]

    def _uplinks(self, name: str, stem: str, number: int) -> int:
        """The level that the links out of a group belong to: the next one outward."""
        level = self.named[stem]
        groups = ceil(self.devices / self.levels[level]["group_devices"])
        if groups == 1:
            raise _wrong(
                f"{name}: the job of {self.devices} devices stays inside {stem}0 and uses no uplink of it",
                f"use {stem} for the links inside it",
            )
        if number >= groups:
            raise _wrong(
                f"{name}: the job of {self.devices} devices is in {_range(stem, groups)}",
                f"use {_range(stem, groups)}",
            )
        return level + 1

    def _valid(self) -> list[str]:
        names = list(self.named)
        if self.fabric:
            names += [_range("rail", self.rails)] * (self.rails > 0) + [_range("host", self.hosts)]
            for index in self.fabric[:-1]:
                level = self.levels[index]
                names.append(_range(level["name"], ceil(self.devices / level["group_devices"])))
        return names

    def _unknown(self, name: str) -> SpecError:
        valid = self._valid()
        close = nearest(name, valid, count=1)
        return _wrong(
            f"there is no link named {shown(name)} in the job of {self.devices} devices on {self.cluster.name}"
            + (f"; did you mean {close[0]!r}?" if close and " " not in close[0] else ""),
            f"use one of {', '.join(valid)}",
        )


def _range(stem: str, count: int) -> str:
    return f"{stem}0" if count == 1 else f"{stem}0 to {stem}{count - 1}"


def _factor(name: str, text: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = float("nan")
    if not isfinite(factor) or not 0 <= factor <= 1:
        raise _wrong(
            f"{name}: {shown(text)} is not a share from 0 to 1", f"write the share that is left, such as {name}=0.5"
        )
    return factor


def _wrong(sentence: str, hint: str) -> SpecError:
    return SpecError(f"degrade: {sentence}", code="bad-degrade", hint=hint)
