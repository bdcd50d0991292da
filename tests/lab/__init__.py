"""Tests in a real JupyterLab or Notebook, in headless Chromium, on loopback, in an empty home."""
