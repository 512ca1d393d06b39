"""Drawings of clusters: one scene of rectangles, lines and texts, and two painters of it."""

from __future__ import annotations

from .page import draw_cluster as draw_cluster
