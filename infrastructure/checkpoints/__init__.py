"""Checkpoints on disk: signed notes, and the folder that keeps them."""
