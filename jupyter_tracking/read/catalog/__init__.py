"""What the catalog of a root says of runs, read and checked."""
