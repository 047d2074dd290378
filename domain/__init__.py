"""The rules of the file ledger: pure, no I/O, no clock, no randomness."""
