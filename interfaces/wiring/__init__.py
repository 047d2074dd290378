"""The composition root: the only place that builds adapters and hands them to use cases.

Every part is made at its first use, so that an audit starts neither MongoDB nor
the sandbox, and is closed in `close`, the last made first.
"""

from interfaces.wiring.keeping import Wiring

__all__ = ["Wiring"]
