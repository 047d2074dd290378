"""How many runs this machine carries at once."""

import os

from infrastructure.sandbox.config import SandboxConfig

_SHARE_OF_MEMORY = 0.75
_RUNS_PER_CORE = 2


def runs_at_once(config: SandboxConfig) -> int:
    """Return how many runs to admit at once: two a core, as far as memory holds them at their limits.

    Two, because a run waits for disk, for packages or in `sleep` as often as it computes.
    """
    memory_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    fitting = int(_SHARE_OF_MEMORY * memory_bytes) // config.most_memory_bytes
    return max(1, min(_RUNS_PER_CORE * len(os.sched_getaffinity(0)), fitting))
