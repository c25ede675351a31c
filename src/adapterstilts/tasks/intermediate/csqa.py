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
    hub=(
        HubData(
            "tau/commonsense_qa",
            "default",
            {"train": "train", "validation": "validation"},
            "adapterstilts.rows.hub.readers:csqa",
            commit="94630fe30dad47192a8546eb75f094926d47e155",
        ),
    ),
    pocket="adapterstilts.pocket.tasks:csqa",
)
