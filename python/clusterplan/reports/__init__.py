"""Answers as people read them: terminal tables, Markdown, CSV, progress. Nothing here computes a prediction."""
