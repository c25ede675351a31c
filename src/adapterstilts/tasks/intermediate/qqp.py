"""QQP: do two questions of Quora ask the same?"""

from adapterstilts.tasks import Declaration, HubData

TASK = Declaration(
    title="Quora Question Pairs",
    type="classification",
    languages=("en",),
    labels=("not_duplicate", "duplicate"),
    metric="accuracy",
    chance=50.0,
    licence="Quora's terms of service, non-commercial",
    reference="https://quoradata.quora.com/First-Quora-Dataset-Release-Question-Pairs",
    train_on="qqp",
    train_examples=363_846,
    hub=(
        HubData(
            "nyu-mll/glue",
            "qqp",
            {"train": "train", "validation": "validation"},
            "adapterstilts.rows.hub.readers:pairs",
            columns={"sentence1": "question1", "sentence2": "question2"},
            commit="bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c",
        ),
    ),
    pocket="adapterstilts.pocket.tasks:qqp",
)
