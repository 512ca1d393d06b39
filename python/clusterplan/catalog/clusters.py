"""Clusters by bundled name or by file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import SpecError
from ..specs.files import read_document
from ..specs.validation import dotted, unknown_name, validate
from .accelerators import load_accelerator
from .names import Names, find_name, look_up

if TYPE_CHECKING:
    from ..specs.cluster import ClusterSpec
    from ..specs.yaml_text import Location

_HINT = "list the names with 'clusterplan topology list', or give a YAML file"
_FOLDER = Path(__file__).resolve().parent.parent / "topologies"


def list_clusters() -> tuple[str, ...]:
    """The names of the bundled clusters, sorted.

    Example:
        >>> "dgx-h100-superpod" in list_clusters()
        True
    """
    return tuple(_files())


def load_cluster(text: str | Path) -> ClusterSpec:
    """A cluster by bundled name or by path to a YAML or JSON file; its sums and its accelerator are checked.

    Raises:
        SpecError: no such name (the nearest are offered), the file is not a valid cluster, or its tiers do not add up.

    Example:
        >>> load_cluster("dgx-h100-superpod").host.accelerators
        8
    """
    return look_up("cluster", text, _names(), bundled=_bundled, from_file=_read, hint=_HINT)


def cluster_file(name: str) -> Path:
    """The bundled YAML file of a cluster, which shows the format with comments.

    Raises:
        SpecError: no such name.
    """
    found = find_name(name, _names())
    if found is None:
        raise unknown_name("cluster", name, _files(), hint=_HINT)
    return _files()[found]


@cache
def _files() -> Mapping[str, Path]:
    return {path.stem: path for path in sorted(_FOLDER.glob("*.yaml"), key=lambda path: path.stem)}


def _names() -> Names:
    return {name: () for name in _files()}


@cache
def _bundled(name: str) -> ClusterSpec:
    return _read(str(_files()[name]))


def _read(path: str) -> ClusterSpec:
    from ..specs.cluster import ClusterSpec
    from ..topology.checks import check_sums

    document = read_document(path)
    cluster = validate(ClusterSpec, document, what="cluster")
    check_sums(cluster, document)
    names: list[tuple[Location, str]] = [(("accelerator",), cluster.accelerator)]
    names += [(("pools", position, "accelerator"), pool.accelerator) for position, pool in enumerate(cluster.pools)]
    for location, name in names:
        try:
            load_accelerator(name)
        except SpecError as error:
            place = f"{document.where(location)}: {dotted(location)}"
            raise SpecError(f"{place}: {error}", code=error.code, hint=error.hint) from None
    return cluster
