"""Who writes to a run: the mark that each writer keeps in it, on this machine or on another."""
