"""Runs as pandas DataFrames: metrics, events, lineage, cells, and the graph between runs."""
