"""Words to the user beside the result of a load."""


def note(text: str) -> None:
    """Print a remark on how a file was read."""
    print(f"Note: {text}")
