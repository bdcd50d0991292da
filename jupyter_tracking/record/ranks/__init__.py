"""Several processes of one job, and one run: which of them this is, and what each writes."""
