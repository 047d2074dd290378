"""Conversations behind the `Conversations` port."""
