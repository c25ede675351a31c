"""XQuAD: 1,190 SQuAD questions, translated by people into ten languages; trained on SQuAD v1.1."""

from adapterstilts.tasks import Declaration, HubData, any_of

TASK = Declaration(
    title="Cross-lingual Question Answering Dataset",
    type="question_answering",
    languages=("en", "ar", "de", "el", "es", "hi", "ru", "th", "tr", "vi", "zh"),
    metric="squad",
    chance=0.0,
    parallel=True,
    licence="CC BY-SA 4.0",
    reference="https://aclanthology.org/2020.acl-main.421/",
    train_on="squad",
    paragraphs_of=("squad", "squad2"),
    hub=(
        HubData(
            "google/xquad",
            "xquad.{language}",
            {"test": "validation"},
            "adapterstilts.rows.hub.readers:answered",
            commit="51adfef1c1287aab1d2d91b5bead9bcfb9c68583",
        ),
    ),
    files={
        "test": (
            any_of("adapterstilts.rows.formats.readers:squad", "xquad/xquad.{language}.json", "xquad.{language}.json"),
        ),
    },
    pocket="adapterstilts.pocket.tasks:xquad",
)
