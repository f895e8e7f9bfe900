"""One file for each command, and what they share; they print and exit, nothing else does."""
