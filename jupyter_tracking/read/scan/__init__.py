"""Event files that are looked at without keeping their rows: for a list, and for a check."""
