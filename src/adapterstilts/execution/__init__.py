"""Carry out a run, or several in one process: build, train, save, measure, record.

Under the output folder a run leaves its adapter (a folder of its name), and by that name its result in `results/`,
its predictions in `predictions/`, its log in `logs/` and, until it is done, its checkpoints in `checkpoints/`. A run
that is there already, by its identity, is not done again, and that of another run is never replaced.

Importing this costs no torch; what is carried out does.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from adapterstilts.execution.how import How, check_languages

if TYPE_CHECKING:
    from adapterstilts.exchange.exporting import Exported, export_adapter
    from adapterstilts.exchange.importing import Imported, import_adapter
    from adapterstilts.exchange.pulling import Pulled, pull
    from adapterstilts.execution.evaluating import LayerScores, evaluate, evaluate_layers
    from adapterstilts.execution.inspecting import Inspection, inspect
    from adapterstilts.execution.learning import learn
    from adapterstilts.execution.many import Outcome, learn_all
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
    "Outcome",
    "Prediction",
    "Predictor",
    "Pulled",
    "check_languages",
    "checked_rows",
    "evaluate",
    "evaluate_layers",
    "export_adapter",
    "import_adapter",
    "inspect",
    "learn",
    "learn_all",
    "merge",
    "pull",
    "rows_of",
]

_LATER = {
    "exchange.exporting": ("Exported", "export_adapter"),
    "exchange.importing": ("Imported", "import_adapter"),
    "exchange.pulling": ("Pulled", "pull"),
    "execution.evaluating": ("LayerScores", "evaluate", "evaluate_layers"),
    "execution.inspecting": ("Inspection", "inspect"),
    "execution.learning": ("learn",),
    "execution.many": ("Outcome", "learn_all"),
    "execution.merging": ("Merge", "merge"),
    "execution.nearest": ("Nearest", "Neighbour"),
    "execution.predicting": ("FIELDS", "Prediction", "Predictor", "checked_rows", "rows_of"),
}


def __getattr__(name: str) -> Any:
    for module, names in _LATER.items():
        if name in names:
            return getattr(import_module(f"adapterstilts.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
