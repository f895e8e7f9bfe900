"""Run the command line as ``python -m mlcards``."""

from mlcards.cli import main

main()
