"""The bundled models and clusters as rows and facts; the unit is in the key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from clusterplan.catalog.clusters import list_clusters, load_cluster
from clusterplan.catalog.models import list_models, load_model
from clusterplan.reports.units import large

if TYPE_CHECKING:
    from rich.console import Console

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


def cluster_facts(name: str) -> Row:
    """What is known of one cluster. Raises SpecError where there is no such cluster."""
    cluster = load_cluster(name)
    facts = cluster.model_dump(mode="json")
    # The name that the file uses, so that what is shown can be pasted into a file.
    facts["schema"] = facts.pop("schema_name")
    return {"name": facts.pop("name"), "devices": cluster.devices, **facts}


def print_rows(console: Console, rows: Sequence[Mapping[str, object]]) -> None:
    """Rows as a table."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for key in rows[0] if rows else ():
        numeric = all(isinstance(row[key], (int, float)) or row[key] is None for row in rows)
        table.add_column(key.replace("_", " "), justify="right" if numeric else "left", no_wrap=key == "name")
    for row in rows:
        table.add_row(*(_cell(key, value) for key, value in row.items()))
    console.print(table)


def print_facts(console: Console, facts: Mapping[str, object]) -> None:
    """Facts as nested lines of ``key: value``; what is not known is left out."""
    from rich.text import Text

    for line in _lines(facts, ""):
        console.print(Text(line))


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
            lines.append(f"{indent}{key}: {_cell(str(key), item)}")
    return lines


def _cell(key: str, value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if key == "parameters" and isinstance(value, int):
        return large(value)
    if isinstance(value, float):
        return f"{value:.2f}" if key.startswith("usd") else f"{value:g}"
    return str(value)
