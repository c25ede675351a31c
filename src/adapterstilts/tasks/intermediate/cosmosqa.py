"""CosmosQA: read between the lines of a blog post; four answers."""

from adapterstilts.tasks import Declaration, HubData, Part, any_of


def _part(*names: str) -> Part:
    return any_of("adapterstilts.rows.formats.readers:cosmosqa", *names)


TASK = Declaration(
    title="Cosmos QA",
    type="multiple_choice",
    languages=("en",),
    metric="accuracy",
    chance=25.0,
    licence="CC BY 4.0",
    reference="https://aclanthology.org/D19-1243/",
    train_on="cosmosqa",
    train_examples=25_262,
    hub=(
        HubData(
            "allenai/cosmos_qa",
            "default",
            {"train": "train", "validation": "validation"},
            "adapterstilts.rows.hub.readers:cosmosqa",
            commit="ed50fe83db62b355759053b1cd5eef344ee371e0",
            revisions=("refs/convert/parquet", "refs/pr/6", "main"),
        ),
    ),
    files={
        "train": (_part("cosmosqa/train.csv", "english/cosmosqa.train.csv", "cosmosqa.train.csv"),),
        "validation": (_part("cosmosqa/valid.csv", "english/cosmosqa.valid.csv", "cosmosqa.valid.csv"),),
        "test": (_part("cosmosqa/test.jsonl", "cosmosqa.test.jsonl"),),
    },
    pocket="adapterstilts.pocket.tasks:cosmosqa",
)
