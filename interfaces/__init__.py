"""Ways in for people and scripts, and the composition root."""
