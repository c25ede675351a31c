"""MNLI: does the first sentence entail, contradict or leave open the second? Ten genres of English."""

from adapterstilts.tasks import Declaration, HubData

TASK = Declaration(
    title="Multi-Genre Natural Language Inference",
    type="classification",
    languages=("en",),
    labels=("contradiction", "entailment", "neutral"),
    metric="accuracy",
    chance=100 / 3,
    licence="OANC and others, free to use",
    reference="https://aclanthology.org/N18-1101/",
    train_on="mnli",
    train_examples=392_702,
    hub=(
        HubData(
            "nyu-mll/glue",
            "mnli",
            {"train": "train", "validation": "validation_matched", "test": "validation_mismatched"},
            "adapterstilts.rows.hub.readers:pairs",
            columns={"sentence1": "premise", "sentence2": "hypothesis"},
            commit="bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c",
        ),
    ),
    pocket="adapterstilts.pocket.tasks:mnli",
)
