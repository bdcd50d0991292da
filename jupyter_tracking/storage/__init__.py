"""Durable bytes: folders, files, journals and locks of a run folder. No format is known here."""
