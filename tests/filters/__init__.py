"""Tests of the language that runs are filtered with."""
