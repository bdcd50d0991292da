"""The catalog of a root, and the libraries that read it."""
