"""The guest's modules, importable by the bare names that they have in the sandbox."""

import sys
from pathlib import Path

GUEST = Path(__file__).parents[5] / "infrastructure" / "sandbox" / "guest"

if str(GUEST) not in sys.path:
    sys.path.append(str(GUEST))
