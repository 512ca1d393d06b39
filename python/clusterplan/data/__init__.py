"""Facts with their sources and no code but the reader: models, accelerators, efficiency profiles, stacks, links."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def read_data(name: str) -> Any:
    """The parsed content of the bundled JSON file ``name``; callers must not change it.

    Raises:
        FileNotFoundError: there is no such bundled file.

    Example:
        >>> read_data("models.json")["schema"]
        'clusterplan.models/1'
    """
    # The package has a compiled module, so it always lies in a folder; importlib.resources would only take time.
    return json.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))
