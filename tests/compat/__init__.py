"""Polyaxon and this package, each reading and writing what the other does."""
