"""Rows of pocket's tasks. Labels follow from meanings; item ``i`` of a split is the same meaning in every language.

Each generator draws item ``i`` from a random generator of its own, so rows are lazy, deterministic and independent of
how many are asked for. Training and validation rows are English.

No label shows on the surface. The two sides of an item hold the same words whatever the label; what decides is who
plays which role, or which event an adjunct belongs to (``tests/test_pocket_shortcuts.py`` measures this).
"""

from adapterstilts.pocket.tasks.comprehension import squad
from adapterstilts.pocket.tasks.entities import panx
from adapterstilts.pocket.tasks.inference import mnli
from adapterstilts.pocket.tasks.items import SIZES
from adapterstilts.pocket.tasks.paraphrase import pawsx
from adapterstilts.pocket.tasks.retrieval import GROUP, tatoeba

__all__ = ["GROUP", "SIZES", "mnli", "panx", "pawsx", "squad", "tatoeba"]
