"""A slow second opinion: the equations of docs/concepts/equations.md in plain Python, apart from the engine."""
