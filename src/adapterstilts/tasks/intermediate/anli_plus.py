"""ANLI+: Adversarial NLI together with MNLI and SNLI, sampled in proportion to their sizes.

SNLI rows with label -1 have no agreed label and are left out.
"""

from adapterstilts.tasks import Declaration, Files, HubData, Part, any_of
from adapterstilts.tasks.intermediate import mnli

_NLI = "adapterstilts.rows.formats.readers:nli"


def _anli(split: str) -> Part:
    rounds = tuple(f"R{number}/{split}.jsonl" for number in (1, 2, 3))
    return (
        Files(tuple(f"anli_v1.0/{file}" for file in rounds), _NLI),
        Files(rounds, _NLI),
        *any_of(_NLI, f"english/anli.{split}.jsonl", f"anli.{split}.jsonl"),
    )


def _snli(split: str) -> Part:
    file = f"snli_1.0_{split}.jsonl"
    return any_of(_NLI, f"snli_1.0/{file}", file, f"english/snli.{split}.jsonl", f"snli.{split}.jsonl")


def _hub(id: str, config: str, splits: dict[str, str], commit: str) -> HubData:
    columns = {"sentence1": "premise", "sentence2": "hypothesis"}
    return HubData(id, config, splits, "adapterstilts.rows.hub.readers:pairs", columns, commit)


TASK = Declaration(
    title="Adversarial NLI, with MNLI and SNLI",
    type="classification",
    languages=("en",),
    labels=("contradiction", "entailment", "neutral"),
    metric="accuracy",
    chance=100 / 3,
    licence="CC BY-NC 4.0 (ANLI), CC BY-SA 4.0 (SNLI), OANC and others (MNLI)",
    reference="https://aclanthology.org/2020.acl-main.441/",
    train_on="anli_plus",
    train_examples=1_104_934,
    hub=(
        *(
            _hub(
                "facebook/anli",
                "plain_text",
                {"train": f"train_r{number}", "validation": f"dev_r{number}", "test": f"test_r{number}"},
                "8e4813d81f46d313dac7892e1c28076917cfcdf9",
            )
            for number in (1, 2, 3)
        ),
        _hub(
            "nyu-mll/glue",
            "mnli",
            {"train": "train", "validation": "validation_matched"},
            "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c",
        ),
        _hub(
            "stanfordnlp/snli",
            "plain_text",
            {"train": "train", "validation": "validation", "test": "test"},
            "cdb5c3d5eed6ead6e5a341c8e56e669bb666725b",
        ),
    ),
    files={
        "train": (_anli("train"), *mnli.TASK.files["train"], _snli("train")),
        "validation": (_anli("dev"), *mnli.TASK.files["validation"], _snli("dev")),
        "test": (_anli("test"), _snli("test")),
    },
    pocket="adapterstilts.pocket.tasks:anli_plus",
)
