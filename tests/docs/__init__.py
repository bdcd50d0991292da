"""The documentation: its snippets run, and what is built of it is whole."""
