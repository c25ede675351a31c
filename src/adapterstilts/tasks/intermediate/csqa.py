"""CommonsenseQA: a question about the everyday world; five answers."""

from adapterstilts.tasks import Declaration, HubData, Part, any_of


def _part(file: str) -> Part:
    return any_of("adapterstilts.rows.formats.readers:csqa", f"csqa/{file}", f"commonsenseqa/{file}", file)


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
    files={
        "train": (_part("train_rand_split.jsonl"),),
        "validation": (_part("dev_rand_split.jsonl"),),
        "test": (_part("test_rand_split_no_answers.jsonl"),),
    },
    pocket="adapterstilts.pocket.tasks:csqa",
)
