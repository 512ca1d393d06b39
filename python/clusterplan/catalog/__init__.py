"""Bundled models, accelerators, stacks and clusters, found by name, by file or (models) by size."""
