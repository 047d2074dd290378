"""MongoDB views of the ledger: projected, followed, rebuilt; and the embedded server."""
