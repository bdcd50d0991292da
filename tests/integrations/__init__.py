"""Trainings with real frameworks, in environments that `make integrations` and `make integrations-torch` make."""
