"""One of several processes of a run, told so by the environment as `accelerate launch` does: what is shared of it."""

from __future__ import annotations

import sys
from pathlib import Path

from adapterstilts.base import locks, processes
from adapterstilts.base.errors import UserError


def refuse() -> None:
    raise UserError(f"refused by {processes.index()}")


@processes.by_main
def made(folder: Path) -> str:
    """Written by the main process, with another thing that is shared in it."""
    with (folder / "made").open("a") as file:
        file.write(f"{processes.index()} {processes.shared(processes.index)}\n")
    return f"made by {processes.index()}"


def main(folder: Path) -> None:
    """Print what every process should see."""
    print(processes.shared(lambda: {"by": processes.index()}), made(folder))
    with locks.holding(folder, "run", print):
        print(len(list((folder / ".locks").glob("*.json"))))
        processes.shared(lambda: None)  # the main one holds it until all have looked
    try:
        processes.shared(refuse)
    except UserError as error:
        print(error)
    processes.shared(lambda: None)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
