"""Models by name, by file, or by size."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data import read_data
from ..errors import SpecError
from ..specs.files import Document, read_document
from ..specs.validation import validate
from .names import look_up
from .sizes import infer_model, reads_as_size

if TYPE_CHECKING:
    from ..specs.model import ModelSpec

_NOT_IN_THE_SPEC = ("aliases", "count_basis")
_HUGGING_FACE_KEYS = ("model_type", "architectures")


def list_models() -> tuple[str, ...]:
    """The names of the bundled models, in the order of the data file.

    Example:
        >>> "llama-3.1-70b" in list_models()
        True
    """
    return tuple(_entries())


def load_model(text: str | Path) -> ModelSpec:
    """A model by bundled name, by path to a YAML or JSON spec, or by size such as ``70b``.

    For a size a plausible dense shape is inferred, and ``notes`` shows it.

    Raises:
        SpecError: no such name (the nearest are offered), or the file is not a valid model.

    Example:
        >>> load_model("llama3.1-8b").hidden
        4096
    """
    return look_up(
        "model",
        text,
        {name: entry["aliases"] for name, entry in _entries().items()},
        bundled=_bundled,
        from_file=_from_file,
        otherwise=lambda size: infer_model(size) if reads_as_size(size) else None,
        hint="list the names with 'clusterplan models list', or give a YAML file, or a size such as 70b",
    )


@cache
def _entries() -> Mapping[str, dict[str, Any]]:
    return {entry["name"]: entry for entry in read_data("models.json")["models"]}


@cache
def _bundled(name: str) -> ModelSpec:
    from ..specs.model import ModelSpec

    entry = {key: value for key, value in _entries()[name].items() if key not in _NOT_IN_THE_SPEC}
    return validate(ModelSpec, entry, what=f"model {name}")


def _from_file(path: str) -> ModelSpec:
    from ..specs.model import ModelSpec

    document = read_document(path)
    if any(key in document.data for key in _HUGGING_FACE_KEYS):
        raise SpecError(
            f"{path}: this is a Hugging Face config.json, and import from Hugging Face is not supported yet; a model "
            "spec has the keys layers, hidden, heads, kv_heads, head_dim, ffn, vocab, gated_mlp, tied_embeddings",
            code="hugging-face-config",
            hint="write these keys in a YAML file, or use a bundled name",
        )
    if "name" not in document.data:
        document = Document(document.path, {"name": Path(path).stem, **document.data}, document.marks)
    return validate(ModelSpec, document, what="model")
