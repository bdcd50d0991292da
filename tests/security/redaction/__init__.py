"""The corpus of planted secrets and of lines that only look like secrets, and the runs that they are put into."""
