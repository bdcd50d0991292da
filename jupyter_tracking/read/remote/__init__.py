"""Runs at object stores, read through private folders that are filled on demand."""
