"""What Jupyter adds to a run: which cell logged what, what was printed, the session as a notebook."""
