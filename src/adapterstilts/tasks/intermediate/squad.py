"""SQuAD v1.1: find the answer to a question in a paragraph of Wikipedia."""

from adapterstilts.tasks import Declaration, HubData

TASK = Declaration(
    title="Stanford Question Answering Dataset v1.1",
    type="question_answering",
    languages=("en",),
    metric="squad",
    chance=0.0,
    licence="CC BY-SA 4.0",
    reference="https://aclanthology.org/D16-1264/",
    train_on="squad",
    train_examples=87_599,
    hub=(
        HubData(
            "rajpurkar/squad",
            "plain_text",
            {"train": "train", "validation": "validation"},
            "adapterstilts.rows.hub.readers:answered",
            commit="7b6d24c440a36b6815f21b70d25016731768db1f",
        ),
    ),
    pocket="adapterstilts.pocket.tasks:squad",
)
