"""Settings of every test."""

import os

from hypothesis import settings

EXAMPLES = int(os.environ.get("FILELEDGER_EXAMPLES", "40"))

# On busy machines examples take as long as they take; the test's own time limit stands.
settings.register_profile("fileledger", deadline=None, max_examples=EXAMPLES)
settings.load_profile("fileledger")
