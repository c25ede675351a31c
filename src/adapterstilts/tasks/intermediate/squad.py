"""SQuAD v1.1: find the answer to a question in a paragraph of Wikipedia."""

from adapterstilts.tasks import Declaration, HubData, any_of

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
    files={
        "train": (any_of("adapterstilts.rows.formats.readers:squad", "squad/train-v1.1.json", "train-v1.1.json"),),
        "validation": (any_of("adapterstilts.rows.formats.readers:squad", "squad/dev-v1.1.json", "dev-v1.1.json"),),
    },
    # XTREME's machine translations (Hu et al. 2020, https://arxiv.org/abs/2003.11080)
    translated_into=("ar", "de", "el", "es", "hi", "ru", "th", "tr", "vi", "zh"),
    translations=(
        any_of(
            "adapterstilts.rows.formats.readers:squad",
            "squad/translate-train/squad.translate.train.en-{language}.json",
            "translate-train/squad.translate.train.en-{language}.json",
            "squad.translate.train.en-{language}.json",
        ),
    ),
    pocket="adapterstilts.pocket.tasks:squad",
)
