"""MLQA: questions on parallel sentences of Wikipedia, in seven languages; trained on SQuAD v1.1.

Question and context are in the same language, and answers are compared with each
language's own articles removed.
"""

from adapterstilts.tasks import Declaration, HubData

TASK = Declaration(
    title="MultiLingual Question Answering",
    type="question_answering",
    languages=("en", "ar", "de", "es", "hi", "vi", "zh"),
    metric="mlqa",
    chance=0.0,
    licence="CC BY-SA 3.0",
    reference="https://aclanthology.org/2020.acl-main.653/",
    train_on="squad",
    hub=(
        HubData(
            "google/xtreme",
            "MLQA.{language}.{language}",
            {"validation": "validation", "test": "test"},
            "adapterstilts.rows.hub.readers:answered",
            commit="ec5f1f46e9af79639a90684a7a70a956c4998f04",
        ),
    ),
    pocket="adapterstilts.pocket.tasks:mlqa",
)
