"""Settings of every test."""

import os
import signal

from hypothesis import settings

EXAMPLES = int(os.environ.get("FILELEDGER_EXAMPLES", "40"))

# On busy machines examples take as long as they take; the test's own time limit stands.
settings.register_profile("fileledger", deadline=None, max_examples=EXAMPLES)
settings.load_profile("fileledger")

# A shell without job control has what it starts in the background ignore the keyboard; programs inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
