"""Bytes and records: the grammar of a run folder, both ways. Pure functions; no file is opened here."""
