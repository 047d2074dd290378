"""The journal: the stored events as lines in files, a witness beside the database."""
