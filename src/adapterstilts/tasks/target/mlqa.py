"""MLQA: questions on parallel sentences of Wikipedia, in seven languages; trained on SQuAD v1.1.

Question and context are in the same language, and answers are compared with each
language's own articles removed.
"""

from adapterstilts.tasks import Declaration, HubData, Part, any_of


def _part(split: str) -> Part:
    file = f"{split}-context-{{language}}-question-{{language}}.json"
    places = (f"mlqa/MLQA_V1/{split}/{file}", f"MLQA_V1/{split}/{file}", file)
    return any_of("adapterstilts.rows.formats.readers:squad", *places)


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
    files={"validation": (_part("dev"),), "test": (_part("test"),)},
    pocket="adapterstilts.pocket.tasks:mlqa",
)
