"""BUCC 2018: find the translation pairs hidden in two large collections of sentences.

The Hub's copies hold the gold pairs without the distractors, so the shared task's own release is read from a
folder. Its sample set tunes the threshold (validation) and its training set is scored (test), as in XTREME.
"""

from adapterstilts.tasks import Declaration

TASK = Declaration(
    title="BUCC 2018 bitext mining",
    type="retrieval",
    languages=("de", "fr", "ru", "zh"),
    metric="mining_f1",
    chance=0.0,
    licence="per corpus: CC BY-SA (Wikipedia) and News Commentary",
    reference="https://aclanthology.org/L18-1605/",
    train_on=None,
    elsewhere="its copies there lack the sentences without a translation, so give --data the folder that XTREME's "
    "download_data.sh leaves",
    pocket="adapterstilts.pocket.tasks:bucc2018",
)
