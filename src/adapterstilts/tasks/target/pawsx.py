"""PAWS-X: do two sentences with nearly the same words mean the same? Label "1" is a paraphrase.

The training data of the languages other than English is machine-translated and is not used.
"""

from adapterstilts.tasks import Declaration, HubData, Part, any_of


def _part(split: str, release: str, language: str) -> Part:
    places = (f"x-final/{language}/{release}.tsv", f"pawsx/{language}/{release}.tsv")
    return (
        *any_of("adapterstilts.rows.formats.readers:pairs", f"pawsx/{split}-{language}.tsv"),
        *any_of("adapterstilts.rows.formats.readers:pawsx_release", *places),
    )


TASK = Declaration(
    title="Cross-lingual Paraphrase Adversaries from Word Scrambling",
    type="classification",
    languages=("en", "de", "es", "fr", "ja", "ko", "zh"),
    labels=("0", "1"),
    metric="accuracy",
    chance=50.0,
    parallel=True,
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
    files={
        "train": (_part("train", "train", "en"),),
        "validation": (_part("dev", "dev_2k", "{language}"),),
        "test": (_part("test", "test_2k", "{language}"),),
    },
    pocket="adapterstilts.pocket.tasks:pawsx",
)
