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
    hub=(HubData("rajpurkar/squad", "plain_text", {"train": "train", "validation": "validation"}),),
    pocket="adapterstilts.pocket.tasks:squad",
)
