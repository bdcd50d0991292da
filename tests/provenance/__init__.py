"""Which cell made this: cells, sessions, what is printed, what the machine uses, and what notebooks and runs share."""
