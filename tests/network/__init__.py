"""The closed forms of docs/concepts/network.md against flows played on an explicit graph, and what holds for all."""
