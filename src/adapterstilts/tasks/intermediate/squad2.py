"""SQuAD v2.0: as SQuAD v1.1, with questions that the paragraph does not answer."""

from adapterstilts.tasks import Declaration, HubData, any_of

TASK = Declaration(
    title="Stanford Question Answering Dataset v2.0",
    type="question_answering",
    languages=("en",),
    metric="squad2",
    chance=0.0,
    licence="CC BY-SA 4.0",
    reference="https://aclanthology.org/P18-2124/",
    train_on="squad2",
    train_examples=130_319,
    hub=(
        HubData(
            "rajpurkar/squad_v2",
            "squad_v2",
            {"train": "train", "validation": "validation"},
            "adapterstilts.rows.hub.readers:answered",
            commit="3ffb306f725f7d2ce8394bc1873b24868140c412",
        ),
    ),
    files={
        "train": (any_of("adapterstilts.rows.formats.readers:squad", "squad/train-v2.0.json", "train-v2.0.json"),),
        "validation": (any_of("adapterstilts.rows.formats.readers:squad", "squad/dev-v2.0.json", "dev-v2.0.json"),),
    },
    pocket="adapterstilts.pocket.tasks:squad2",
)
