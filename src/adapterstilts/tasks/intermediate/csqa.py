"""CommonsenseQA: a question about the everyday world; five answers."""

from adapterstilts.tasks import Declaration, HubData

TASK = Declaration(
    title="CommonsenseQA",
    type="multiple_choice",
    languages=("en",),
    metric="accuracy",
    chance=20.0,
    licence="MIT",
    reference="https://aclanthology.org/N19-1421/",
    train_on="csqa",
    train_examples=9_741,
    hub=(HubData("tau/commonsense_qa", "default", {"train": "train", "validation": "validation"}),),
    pocket="adapterstilts.pocket.tasks:csqa",
)
