"""Fuzzing of the reading side, and what it found."""
