"""How fast the ledger appends, reads and rebuilds its views, beside the library it is built on."""
