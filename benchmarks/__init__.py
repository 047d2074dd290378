"""What is measured, and repeated by whoever doubts it."""
