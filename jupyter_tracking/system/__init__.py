"""What is asked of the operating system, the same on each."""
