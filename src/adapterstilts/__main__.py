"""``python -m adapterstilts``: the command line."""

from adapterstilts.cli import main

main()
