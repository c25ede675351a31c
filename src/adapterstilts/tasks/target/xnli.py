"""XNLI: MNLI's question in 15 languages; trained on MNLI."""

from adapterstilts.tasks import Declaration, HubData, Part, any_of


def _part(split: str) -> Part:
    release = f"xnli.{split}.tsv"
    return (
        *any_of("adapterstilts.rows.formats.readers:pairs", f"xnli/{split}-{{language}}.tsv"),
        *any_of("adapterstilts.rows.formats.readers:xnli_release", f"XNLI-1.0/{release}", release),
    )


TASK = Declaration(
    title="Cross-lingual Natural Language Inference",
    type="classification",
    languages=("en", "ar", "bg", "de", "el", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh"),
    labels=("contradiction", "entailment", "neutral"),
    metric="accuracy",
    chance=100 / 3,
    parallel=True,
    licence="CC BY-NC 4.0",
    reference="https://aclanthology.org/D18-1269/",
    train_on="mnli",
    hub=(
        HubData(
            "facebook/xnli",
            "{language}",
            {"validation": "validation", "test": "test"},
            "adapterstilts.rows.hub.readers:pairs",
            columns={"sentence1": "premise", "sentence2": "hypothesis"},
            commit="b8dd5d7af51114dbda02c0e3f6133f332186418e",
        ),
    ),
    files={"validation": (_part("dev"),), "test": (_part("test"),)},
    pocket="adapterstilts.pocket.tasks:xnli",
)
