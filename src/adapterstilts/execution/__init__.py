"""Carry out one run: build, train, save, measure, record.

Under the output folder a run leaves its adapter (a folder of its name), and by that name its result in `results/`,
its predictions in `predictions/`, its log in `logs/` and, until it is done, its checkpoints in `checkpoints/`. A run
that is there already, by its identity, is not done again, and that of another run is never replaced.
"""

from adapterstilts.exchange.exporting import Exported, export_adapter
from adapterstilts.exchange.importing import Imported, import_adapter
from adapterstilts.exchange.pulling import Pulled, pull
from adapterstilts.execution.evaluating import LayerScores, evaluate, evaluate_layers
from adapterstilts.execution.how import How
from adapterstilts.execution.inspecting import Inspection, inspect
from adapterstilts.execution.learning import learn
from adapterstilts.execution.merging import Merge, merge
from adapterstilts.execution.nearest import Nearest, Neighbour
from adapterstilts.execution.predicting import FIELDS, Prediction, Predictor, checked_rows, rows_of

__all__ = [
    "FIELDS",
    "Exported",
    "How",
    "Imported",
    "Inspection",
    "LayerScores",
    "Merge",
    "Nearest",
    "Neighbour",
    "Prediction",
    "Predictor",
    "Pulled",
    "checked_rows",
    "evaluate",
    "evaluate_layers",
    "export_adapter",
    "import_adapter",
    "inspect",
    "learn",
    "merge",
    "pull",
    "rows_of",
]
