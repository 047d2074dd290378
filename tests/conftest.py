"""Settings of every test."""

from hypothesis import settings

# On busy machines examples take as long as they take; the test's own time limit stands.
settings.register_profile("fileledger", deadline=None)
settings.load_profile("fileledger")
