"""Whether every fact of a cluster is one about a field that its file can have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args

from ..specs.refusals import shown
from ..specs.validation import nearest

if TYPE_CHECKING:
    from ..specs.cluster import ClusterSpec
    from .host_checks import Fail

_NUMBER = re.compile(r"\[\d+\]|\.\d+(?=\.|$)")
_OF_THE_FILE = ("schema", "facts", "notes")  # which need no source


def check_facts(cluster: ClusterSpec, fail: Fail) -> None:
    """Check that the dotted keys of ``facts`` name fields: ``host.nics``, ``fabric.tiers.latency``.

    Places in a list may stand with their numbers (``fabric.tiers[0].latency``) or without.

    Raises:
        SpecError: a key names no field; the nearest that does is offered.
    """
    known: list[str] = []
    for key in cluster.facts:
        known = known or fact_keys(type(cluster))
        plain = _NUMBER.sub("", key)
        if plain in known:
            continue
        close = nearest(plain, known, count=1)
        meant = f"; did you mean {close[0]!r}?" if close else ""
        raise fail(
            ("facts",),
            f"{shown(key)} names no field of the file{meant}",
            f"write {close[0]}" if close else "write the keys of the field with dots between, such as host.nics",
            "unknown-fact",
        )


def fact_keys(kind: Any, inside: str = "") -> list[str]:
    """The dotted keys of all fields of a spec, as they are written in a file and by their names in Python.

    Example:
        >>> from clusterplan.specs.host import NetworkCards
        >>> fact_keys(NetworkCards, "host.nics.")
        ['host.nics.count', 'host.nics.bandwidth', 'host.nics.bandwidth_bytes_per_s', 'host.nics.shared_by']
    """
    keys = []
    for name, entry in kind.model_fields.items():
        written = getattr(entry.validation_alias, "choices", [name])
        if not inside and written[0] in _OF_THE_FILE:
            continue
        below = _spec_in(entry.annotation)
        for key in dict.fromkeys([*written, name]):
            keys.append(f"{inside}{key}")
            keys += fact_keys(below, f"{inside}{key}.") if below is not None else []
    return keys


def _spec_in(annotation: Any) -> Any:
    """The spec in ``Spec``, ``Spec | None`` or ``tuple[Spec, ...]``."""
    if hasattr(annotation, "model_fields"):
        return annotation
    return next((found for part in get_args(annotation) if (found := _spec_in(part)) is not None), None)
