"""Rows of pocket's tasks. Labels follow from meanings; item ``i`` of a split is the same meaning in every language.

Each generator draws item ``i`` from a random generator of its own, so rows are lazy, deterministic and independent of
how many are asked for. Training rows are English, and so are intermediate tasks.

No label shows on the surface of the English rows, from which everything is learned: what decides is who plays which
role, or which event an adjunct belongs to (``tests/test_pocket_shortcuts.py`` measures this). In other languages the
order of names can tell more, because not every language can exchange it.
"""

from adapterstilts.pocket.tasks.choices import cosmosqa, csqa, hellaswag
from adapterstilts.pocket.tasks.comprehension import mlqa, squad, squad2, tydiqa, xquad
from adapterstilts.pocket.tasks.inference import anli_plus, mnli, xnli
from adapterstilts.pocket.tasks.items import SIZES
from adapterstilts.pocket.tasks.paraphrase import pawsx
from adapterstilts.pocket.tasks.questions import qqp
from adapterstilts.pocket.tasks.retrieval import GROUP, bucc2018, tatoeba
from adapterstilts.pocket.tasks.supertags import ccg
from adapterstilts.pocket.tasks.tags import panx, udpos

__all__ = [
    "GROUP", "SIZES", "anli_plus", "bucc2018", "ccg", "cosmosqa", "csqa", "hellaswag", "mlqa", "mnli", "panx", "pawsx",
    "qqp", "squad", "squad2", "tatoeba", "tydiqa", "udpos", "xnli", "xquad",
]  # fmt: skip
