"""Packages that runs import and the code environment lacks: chosen, installed, shared on the host."""
