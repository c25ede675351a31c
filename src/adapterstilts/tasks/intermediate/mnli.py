"""MNLI: does the first sentence entail, contradict or leave open the second? Ten genres of English."""

from adapterstilts.tasks import Declaration, HubData, Part, any_of


def _part(plain: str, release: str, *of_xtreme: str) -> Part:
    file = f"multinli_1.0_{release}.jsonl"
    places = (f"multinli_1.0/{file}", file, f"english/mnli.{plain}.jsonl", f"mnli.{plain}.jsonl")
    return (
        *any_of("adapterstilts.rows.formats.readers:nli", *places),
        *any_of("adapterstilts.rows.formats.readers:glue_mnli", f"MNLI/{release}.tsv"),
        *any_of("adapterstilts.rows.formats.readers:pairs", *of_xtreme),
    )


TASK = Declaration(
    title="Multi-Genre Natural Language Inference",
    type="classification",
    languages=("en",),
    labels=("contradiction", "entailment", "neutral"),
    metric="accuracy",
    chance=100 / 3,
    licence="OANC and others, free to use",
    reference="https://aclanthology.org/N18-1101/",
    train_on="mnli",
    train_examples=392_702,
    hub=(
        HubData(
            "nyu-mll/glue",
            "mnli",
            {"train": "train", "validation": "validation_matched", "test": "validation_mismatched"},
            "adapterstilts.rows.hub.readers:pairs",
            columns={"sentence1": "premise", "sentence2": "hypothesis"},
            commit="bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c",
        ),
    ),
    files={
        # XTREME's folder has MNLI's training set as XNLI's, and its validation set is XNLI's English one
        "train": (_part("train", "train", "xnli/train-en.tsv"),),
        "validation": (_part("dev", "dev_matched", "xnli/dev-en.tsv"),),
        "test": (_part("test", "dev_mismatched"),),
    },
    # XNLI's machine translations (Conneau et al. 2018, https://aclanthology.org/D18-1269/)
    translated_into=("ar", "bg", "de", "el", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh"),
    translated_licence="CC BY-NC 4.0",
    translations=(
        any_of(
            "adapterstilts.rows.formats.readers:xnli_translated",
            "XNLI-MT-1.0/multinli/multinli.train.{language}.tsv",
            "multinli/multinli.train.{language}.tsv",
        ),
    ),
    pocket="adapterstilts.pocket.tasks:mnli",
)
