"""What happens at a time of day rather than at a request."""
