"""The catalog of a root: what is known of its runs and their lineage as two tables, which other libraries read as they are."""
