"""Runs the command line as `python -m stretto.cli`."""

from stretto.cli import main

main()
