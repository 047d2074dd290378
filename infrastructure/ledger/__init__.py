"""The ledger on disk: recorder, mapper with per-user keys, chain, store, following."""
