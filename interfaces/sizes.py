"""Sizes as people read them, the same in the console and on Discord."""

_STEP = 1024
_UNITS = ("KB", "MB", "GB", "TB")


def size_text(size_bytes: int) -> str:
    """Return `1.2 MB`: binary steps, one decimal from KB up."""
    if size_bytes < _STEP:
        return f"{size_bytes} B"
    power = min(len(_UNITS), (size_bytes.bit_length() - 1) // 10)
    return f"{size_bytes / _STEP**power:.1f} {_UNITS[power - 1]}"
