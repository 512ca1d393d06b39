"""Clusters by bundled name or by file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import SpecError
from ..specs.files import read_document
from ..specs.validation import unknown_name, validate
from .names import index_of, looks_like_a_file, normalised

if TYPE_CHECKING:
    from ..specs.cluster import ClusterSpec

_HINT = "list the names with 'clusterplan topology list', or give a YAML file"
_FOLDER = Path(__file__).resolve().parent.parent / "topologies"


def list_clusters() -> tuple[str, ...]:
    """The names of the bundled clusters, sorted.

    Example:
        >>> "dgx-h100-superpod" in list_clusters()
        True
    """
    return tuple(_files())


def load_cluster(text: str) -> ClusterSpec:
    """A cluster by bundled name or by path to a YAML or JSON file; its sums are checked.

    Raises:
        SpecError: no such name (the nearest are offered), the file is not a valid cluster, or its tiers do not add up.

    Example:
        >>> load_cluster("dgx-h100-superpod").host.accelerators
        8
    """
    if not isinstance(text, str) or not text.strip():
        raise SpecError(f"cluster: {text!r} is not a name or a file", code="unknown-cluster", hint=_HINT)
    name = _index().get(normalised(text))
    if name is not None:
        return _bundled(name)
    if looks_like_a_file(text):
        return _read(text)
    raise unknown_name("cluster", text, _files(), hint=_HINT)


def cluster_file(name: str) -> Path:
    """The bundled YAML file of a cluster, which shows the format with comments.

    Raises:
        SpecError: no such name.
    """
    found = _index().get(normalised(name))
    if found is None:
        raise unknown_name("cluster", name, _files(), hint=_HINT)
    return _files()[found]


@cache
def _files() -> Mapping[str, Path]:
    return {path.stem: path for path in sorted(_FOLDER.glob("*.yaml"))}


@cache
def _index() -> Mapping[str, str]:
    return index_of((name, ()) for name in _files())


@cache
def _bundled(name: str) -> ClusterSpec:
    return _read(str(_files()[name]))


def _read(path: str) -> ClusterSpec:
    from ..specs.cluster import ClusterSpec
    from ..topology.checks import check_sums

    document = read_document(path)
    cluster = validate(ClusterSpec, document, what="cluster")
    check_sums(cluster, document)
    return cluster
