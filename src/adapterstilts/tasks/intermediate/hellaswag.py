"""HellaSwag: which of four sentences comes next? Video captions and WikiHow, filtered against models."""

from adapterstilts.tasks import Declaration, HubData, Part, any_of


def _part(split: str) -> Part:
    file = f"hellaswag_{split}.jsonl"
    return any_of("adapterstilts.rows.formats.readers:hellaswag", f"hellaswag/{file}", file)


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
    files={"train": (_part("train"),), "validation": (_part("val"),), "test": (_part("test"),)},
    pocket="adapterstilts.pocket.tasks:hellaswag",
)
