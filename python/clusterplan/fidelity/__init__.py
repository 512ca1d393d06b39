"""Measured runs beside predictions."""
