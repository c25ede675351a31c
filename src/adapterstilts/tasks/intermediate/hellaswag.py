"""HellaSwag: which of four sentences comes next? Video captions and WikiHow, filtered against models."""

from adapterstilts.tasks import Declaration, HubData

TASK = Declaration(
    title="HellaSwag",
    type="multiple_choice",
    languages=("en",),
    metric="accuracy",
    chance=25.0,
    licence="MIT",
    reference="https://aclanthology.org/P19-1472/",
    train_on="hellaswag",
    train_examples=39_905,
    hub=(
        HubData(
            "Rowan/hellaswag",
            "default",
            {"train": "train", "validation": "validation"},
            "adapterstilts.rows.hub.readers:hellaswag",
            commit="218ec52e09a7e7462a5400043bb9a69a41d06b76",
            revisions=("main", "refs/convert/parquet", "refs/pr/7"),
        ),
    ),
    pocket="adapterstilts.pocket.tasks:hellaswag",
)
