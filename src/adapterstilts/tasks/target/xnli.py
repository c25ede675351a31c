"""XNLI: MNLI's question in 15 languages; trained on MNLI."""

from adapterstilts.tasks import Declaration, HubData

TASK = Declaration(
    title="Cross-lingual Natural Language Inference",
    type="classification",
    languages=("en", "ar", "bg", "de", "el", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh"),
    labels=("contradiction", "entailment", "neutral"),
    metric="accuracy",
    chance=100 / 3,
    licence="CC BY-NC 4.0",
    reference="https://aclanthology.org/D18-1269/",
    train_on="mnli",
    hub=(
        HubData(
            "facebook/xnli",
            "{language}",
            {"validation": "validation", "test": "test"},
            "adapterstilts.rows.hub.readers:pairs",
            columns={"sentence1": "premise", "sentence2": "hypothesis"},
            commit="b8dd5d7af51114dbda02c0e3f6133f332186418e",
        ),
    ),
    pocket="adapterstilts.pocket.tasks:xnli",
)
