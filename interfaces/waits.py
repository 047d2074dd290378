"""What a run waited for, in words."""

WORTH_TELLING_MS = 100


def wait_text(package_wait_ms: int) -> str:
    """Return ` (+ 1.8 s for packages)`, nothing when a run hardly waited."""
    return f" (+ {package_wait_ms / 1000:.1f} s for packages)" if package_wait_ms >= WORTH_TELLING_MS else ""
