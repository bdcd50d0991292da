"""What stands beside Jupyter: marimo's cells, and a server for agents; each with a library that few have."""
