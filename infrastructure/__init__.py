"""Adapters: every effect on the world outside the process lives here."""
