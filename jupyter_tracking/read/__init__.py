"""Read a run folder, whoever wrote it: running, finished or broken. Nothing is written here."""
