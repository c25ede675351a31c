"""Carry out one run: resolve, build, train, save, evaluate, record.

Under the output folder a run leaves its adapter (a folder of its name), and by that name its result in
`results/`, its resolved recipe in `recipes/`, its predictions in `predictions/` and, until it is done, its
checkpoints in `checkpoints/`. A run that is already there, by its identity, is not done again.
"""

from adapterstilts.run.evaluating import LayerScores, evaluate, evaluate_layers
from adapterstilts.run.exporting import Exported, export_adapter
from adapterstilts.run.importing import Imported, import_adapter
from adapterstilts.run.inspecting import Inspection, inspect
from adapterstilts.run.learning import baseline, learn
from adapterstilts.run.merging import Merge, merge
from adapterstilts.run.nearest import Nearest, Neighbour
from adapterstilts.run.predicting import FIELDS, Prediction, Predictor, rows_of
from adapterstilts.run.pulling import Pulled, pull
from adapterstilts.run.request import Request

__all__ = [
    "FIELDS",
    "Exported",
    "Imported",
    "Inspection",
    "LayerScores",
    "Merge",
    "Nearest",
    "Neighbour",
    "Prediction",
    "Predictor",
    "Pulled",
    "Request",
    "baseline",
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
