"""The kernel half of the views, without a browser."""
