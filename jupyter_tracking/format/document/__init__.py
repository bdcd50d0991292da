"""`run.plx.json` as a dict: what is in it, what a user may change of it, and the number that stands for each metric."""
