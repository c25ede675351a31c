"""Start-up: whole processes of what is typed most, beside what one would write without adapterstilts."""

from __future__ import annotations

import os
import statistics
from typing import Any

from benchmarks.measuring import Rounds, interleaved, process_seconds, ratios

from adapterstilts.base.places import zoo_folder
from adapterstilts.findings.table import Column, Table, Value

IMPORTS, PLAIN, PREDICT = "import torch, transformers", "one line by transformers alone", "predict mnli, one line"
_ONE_LINE = """
import sys, torch, transformers
tokenizer = transformers.AutoTokenizer.from_pretrained(sys.argv[1])
model = transformers.AutoModel.from_pretrained(sys.argv[1]).eval()
with torch.inference_mode():
    model(**tokenizer(*sys.stdin.read().strip().split("\\t"), return_tensors="pt"))
"""
_COMMANDS = {
    PREDICT: ["-m", "adapterstilts", "predict", "mnli"],
    PLAIN: ["-c", _ONE_LINE, str(zoo_folder() / "pocket" / "backbone")],
    IMPORTS: ["-c", "import torch, transformers"],
    "adapterstilts --help": ["-m", "adapterstilts", "--help"],
    "adapterstilts compare pawsx": ["-m", "adapterstilts", "compare", "pawsx"],
    "adapterstilts train --help": ["-m", "adapterstilts", "train", "--help"],
    "import adapters (for comparison)": ["-c", "import adapters"],
}


def measured(rounds: int = 3) -> dict[str, Any]:
    """Return the seconds of each in each round, and the machine's load before them."""
    load = round(os.getloadavg()[0], 1)
    sides = {name: lambda c=command: process_seconds(c) for name, command in _COMMANDS.items()}
    return {"load": load, "rounds": interleaved(sides, rounds)}


def section(record: dict[str, Any]) -> str:
    """Return the Markdown of what `measured` gave."""
    rounds: Rounds = record["rounds"]
    to_imports = sorted(ratios(rounds, PREDICT, IMPORTS))
    columns = (Column(""), Column("seconds", "number", 2), Column(f"ratio to {PLAIN}", "number", 2))
    lines = [(name, Value.median(rounds[name]), Value.median(ratios(rounds, name, PLAIN))) for name in rounds]
    return (
        f"Whole processes; the load of the machine before them was {record['load']:.1f}. By transformers alone is a "
        "line read by the backbone: what a program without adapterstilts takes for it. Of "
        f"`{IMPORTS}` alone a prediction takes {statistics.median(to_imports):.2f} times the time ({to_imports[0]:.2f} "
        f"to {to_imports[-1]:.2f}).\n\n{Table(columns, lines).to_markdown()}"
    )
