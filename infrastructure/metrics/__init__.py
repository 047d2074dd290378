"""Readings for Prometheus."""
