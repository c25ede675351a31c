"""QQP: do two questions of Quora ask the same?"""

from adapterstilts.tasks import Declaration, HubData, any_of

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
    files={
        "train": (any_of("adapterstilts.rows.formats.readers:glue_qqp", "QQP/train.tsv", "qqp/train.tsv"),),
        "validation": (any_of("adapterstilts.rows.formats.readers:glue_qqp", "QQP/dev.tsv", "qqp/dev.tsv"),),
    },
    pocket="adapterstilts.pocket.tasks:qqp",
)
