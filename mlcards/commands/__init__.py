"""One file for each group of commands; they print and exit."""
