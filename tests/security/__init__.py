"""Runs, notebooks and repositories of a stranger: what opening them does not do."""
