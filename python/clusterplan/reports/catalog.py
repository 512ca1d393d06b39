"""The bundled models and clusters as rows and facts; the unit is in the key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from clusterplan.catalog.clusters import list_clusters, load_cluster
from clusterplan.catalog.models import list_models, load_model
from clusterplan.reports.columns import Column, fitting
from clusterplan.reports.paper import Paper
from clusterplan.reports.units import bytes_words, gigabytes_per_s, large, seconds, significant, tera_flops_per_s

Row = dict[str, object]
_SHAPE = ("layers", "hidden", "heads", "kv_heads", "ffn", "vocab")


def model_rows() -> list[Row]:
    """One row a bundled model: name, parameters and shape."""
    rows: list[Row] = []
    for name in list_models():
        model = load_model(name)
        rows.append({"name": name, "parameters": model.parameters(), **{key: getattr(model, key) for key in _SHAPE}})
    return rows


def model_facts(name: str) -> Row:
    """What is known of one model. Raises SpecError where there is no such model."""
    model = load_model(name)
    facts = model.model_dump(mode="json")
    return {"name": facts.pop("name"), "parameters": model.parameters(), **facts}


def cluster_rows() -> list[Row]:
    """One row a bundled cluster: name, accelerator, hosts, devices and price."""
    rows: list[Row] = []
    for name in list_clusters():
        cluster = load_cluster(name)
        rows.append(
            {
                "name": name,
                "accelerator": cluster.accelerator,
                "hosts": cluster.hosts,
                "devices": cluster.devices,
                "usd_per_device_hour": cluster.cost.usd_per_device_hour if cluster.cost else None,
                "price_confidence": cluster.cost.confidence if cluster.cost else None,
            }
        )
    return rows


def cluster_facts(name: str, pool: str | None = None) -> Row:
    """What is known of one cluster, seen from a pool of it. Raises SpecError where there is no such cluster or pool."""
    from clusterplan.topology.pools import pool_view

    cluster = pool_view(load_cluster(name), pool)
    facts = cluster.model_dump(mode="json")
    # The name that the file uses, so that what is shown can be pasted into a file.
    facts["schema"] = facts.pop("schema_name")
    return {"name": facts.pop("name"), "devices": cluster.devices, **facts}


# Where a list is too wide, these columns go, in this order; --json and `show` have them all.
_LEAVE_OUT = ("price_confidence", "vocab", "ffn", "kv_heads", "usd_per_device_hour", "accelerator", "heads", "hidden")
_GAP = 2
# By the ending of a key, longest first: what is left of the key, and how a person writes the value.
_WRITTEN: tuple[tuple[str, Callable[[float], str]], ...] = (
    ("_bytes_per_s", gigabytes_per_s),
    ("_flops_per_s", tera_flops_per_s),
    ("_bytes", bytes_words),
    ("_s", seconds),
    ("_w_per_device", lambda value: f"{significant(value, 4)} W a device"),
)


def print_rows(paper: Paper, rows: Sequence[Mapping[str, object]]) -> None:
    """Rows as a table, with fewer columns where there is no room for all."""
    columns = []
    for key in rows[0] if rows else ():
        numeric = all(isinstance(row[key], (int, float)) or row[key] is None for row in rows)
        heading = key.replace("_", "\n", 1).replace("_", " ")
        columns.append(Column(key, heading, [_cell(key, row[key]) for row in rows], right=numeric))
    kept, left_out = fitting(columns, paper.width, gap=_GAP, leave_out=_LEAVE_OUT)
    paper.table(kept, gap=_GAP)
    if left_out:
        paper.paragraph(f"(no room for {', '.join(column.name.replace('_', ' ') for column in left_out)})", "dim")


def print_facts(paper: Paper, facts: Mapping[str, object]) -> None:
    """Facts as nested lines of ``key: value``, units as people write them; what is not known is left out."""
    for line in _lines(facts, ""):
        paper.paragraph(line)


def _lines(value: Any, indent: str) -> list[str]:
    lines: list[str] = []
    for key, item in value.items():
        if item is None or item == {}:
            continue
        if isinstance(item, Mapping):
            lines += [f"{indent}{key}:", *_lines(item, indent + "  ")]
        elif isinstance(item, (list, tuple)) and item and isinstance(item[0], Mapping):
            for position, entry in enumerate(item):
                lines += [f"{indent}{key}[{position}]:", *_lines(entry, indent + "  ")]
        else:
            name, text = _written(str(key), item)
            lines.append(f"{indent}{name}: {text}")
    return lines


def _written(key: str, value: object) -> tuple[str, str]:
    """A key without the unit in its name, and its value with it: ``bandwidth``, ``450 GB/s``."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        for ending, words in _WRITTEN:
            if key.endswith(ending):
                return key.removesuffix(ending), words(value)
    return key, _cell(key, value)


def _cell(key: str, value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return large(value) if key == "parameters" else f"{value:,}"
    if isinstance(value, float):
        return f"{value:.2f}" if key.startswith("usd") else f"{value:g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(_cell(key, item) for item in value)
    return str(value)
