"""Use cases, one a file, over ports that the infrastructure implements."""
