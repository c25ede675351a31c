"""PANX: names of people, places and organisations in Wikipedia (WikiANN), in 40 languages."""

from adapterstilts.tasks import Declaration, HubData

TASK = Declaration(
    title="Cross-lingual name tagging (WikiANN)",
    type="tagging",
    languages=tuple(
        (
            "en af ar bg bn de el es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr ms my "
            "nl pt ru sw ta te th tl tr ur vi yo zh"
        ).split()
    ),
    labels=("B-LOC", "B-ORG", "B-PER", "I-LOC", "I-ORG", "I-PER", "O"),
    metric="span_f1",
    chance=0.0,
    licence="ODC-BY (WikiANN), CC BY-SA (Wikipedia text)",
    reference="https://aclanthology.org/P17-1178/",
    train_on="panx",
    train_examples=20_000,
    hub=(
        HubData(
            "google/xtreme",
            "PAN-X.{language}",
            {"train": "train", "validation": "validation", "test": "test"},
            "adapterstilts.rows.hub.readers:tagged",
            columns={"tags": "ner_tags"},
            commit="ec5f1f46e9af79639a90684a7a70a956c4998f04",
        ),
    ),
    pocket="adapterstilts.pocket.tasks:panx",
)
