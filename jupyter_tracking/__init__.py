"""Experiment tracking that lives wholly inside Jupyter."""
