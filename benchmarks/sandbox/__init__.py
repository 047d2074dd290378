"""How long people wait for a run, beside what else runs Python: `make bench-sandbox`."""
