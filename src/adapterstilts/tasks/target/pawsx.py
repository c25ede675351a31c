"""PAWS-X: do two sentences with nearly the same words mean the same? Label "1" is a paraphrase.

The training data of the languages other than English is machine-translated and is not used.
"""

from adapterstilts.tasks import Declaration, HubData

TASK = Declaration(
    title="Cross-lingual Paraphrase Adversaries from Word Scrambling",
    type="classification",
    languages=("en", "de", "es", "fr", "ja", "ko", "zh"),
    labels=("0", "1"),
    metric="accuracy",
    chance=50.0,
    licence="free for any purpose, Google LLC to be acknowledged",
    reference="https://aclanthology.org/D19-1382/",
    train_on="pawsx",
    train_examples=49_401,
    hub=(
        HubData(
            "google-research-datasets/paws-x",
            "{language}",
            {"train": "train", "validation": "validation", "test": "test"},
            "adapterstilts.rows.hub.readers:pairs",
            columns={"sentence1": "sentence1", "sentence2": "sentence2"},
            commit="4cd8187c404bda33cb1f62b49b001115862acf37",
        ),
    ),
    pocket="adapterstilts.pocket.tasks:pawsx",
)
